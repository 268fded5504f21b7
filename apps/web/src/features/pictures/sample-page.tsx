/** One labelled picture: what a person says of it, to see and to change, and the way to the pictures before and after. */
import { ActionIcon, Badge, Group, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { mdiChevronLeft, mdiChevronRight } from "@mdi/js";
import type { Project } from "@sightline/api/projects";
import type { Sample } from "@sightline/api/samples";
import { Link, useNavigate, useParams } from "react-router";
import { client, useApi, useChange } from "../../app/api.js";
import { ConfirmButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Icon } from "../../components/icon.js";
import { PageHeader } from "../../components/page-header.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { ExplainButton } from "../explain/explain-button.js";
import { ProjectGone } from "../projects/project-gone.js";
import { BoxesView } from "./boxes-view.js";
import { LabelsView } from "./labels-view.js";

export function Page() {
  const { projectId = "", sampleId = "" } = useParams();
  const project = useApi("getProject", { params: { projectId } });
  const sample = useApi("getSample", { params: { sampleId } });
  return (
    <Answer query={project} missing={<ProjectGone />}>
      {(ofProject) => (
        <Answer query={sample}>
          {/* A new picture begins anew: what is changed on it lives in its own view until it is saved. */}
          {(data) => <SampleView key={data.id} project={ofProject} sample={data} />}
        </Answer>
      )}
    </Answer>
  );
}

const partTitles = { train: "for training", test: "kept for the test", auto: "not yet in a training" } as const;

function SampleView({ project, sample }: { project: Project; sample: Sample }) {
  const navigate = useNavigate();
  const { filters, text } = useUrlFilters(["label"]);
  const search = text === "" ? "" : `?${text}`;
  const read = { params: { projectId: project.id }, query: { label: filters.label, cursor: sample.id, limit: 1 } };
  const older = useApi("listSamples", read).data?.items[0]?.id;
  const newer = useApi("listSamples", { ...read, query: { ...read.query, order: "oldest" } }).data?.items[0]?.id;
  const address = (id: string) => `/projects/${project.id}/pictures/${id}${search}`;
  const back = `/projects/${project.id}${search}`;
  const go = (id: string | undefined) => id && void navigate(address(id));
  useHotkeys([
    ["ArrowLeft", () => go(newer)],
    ["ArrowRight", () => go(older)],
  ]);
  const next = older ?? newer;
  const remove = useChange("deleteSample", {
    done: "The picture is removed.",
    onDone: () => void navigate(next === undefined ? back : address(next), { replace: true }),
  });
  return (
    <>
      <PageHeader
        title={sample.name.split("/").at(-1) ?? sample.name}
        mark={
          <Badge variant="light" color={sample.part === "test" ? "petrol" : "gray"} radius="sm">
            {partTitles[sample.part]}
          </Badge>
        }
        note={`${sample.name.includes("/") ? `${sample.name} · ` : ""}${sample.width} × ${sample.height} pixels`}
        back={{ to: back, title: `Pictures of ${project.name}` }}
      >
        <Group gap={6}>
          <Step to={newer && address(newer)} icon={mdiChevronLeft} title="Picture before (left arrow key)" />
          <Step to={older && address(older)} icon={mdiChevronRight} title="Next picture (right arrow key)" />
        </Group>
        {project.runningModelId !== null && (
          <ExplainButton
            src={client.address("getSampleImage", { params: { sampleId: sample.id } })}
            alt={sample.name}
            labels={[]}
            detections={[]}
            start={(ask) => client.call("explainSample", { params: { sampleId: sample.id }, query: ask })}
          />
        )}
        <ConfirmButton
          route="deleteSample"
          variant="default"
          loading={remove.isPending}
          question="Remove this picture?"
          consequence="It leaves the project’s pictures; models that learned from it stay as they are."
          confirm="Remove"
          onClick={() => remove.mutate({ params: { sampleId: sample.id } })}
        >
          Remove
        </ConfirmButton>
      </PageHeader>
      {sample.boxes === null ? (
        <LabelsView project={project} sample={sample} />
      ) : (
        <BoxesView project={project} sample={sample} boxes={sample.boxes} />
      )}
    </>
  );
}

function Step({ to, icon, title }: { to: string | undefined; icon: string; title: string }) {
  if (to === undefined) {
    return (
      <ActionIcon variant="default" size={36} disabled aria-label={`${title}: there is none`}>
        <Icon path={icon} />
      </ActionIcon>
    );
  }
  return (
    <Tooltip label={title}>
      <ActionIcon component={Link} to={to} variant="default" size={36} aria-label={title}>
        <Icon path={icon} />
      </ActionIcon>
    </Tooltip>
  );
}
