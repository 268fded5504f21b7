/** One trial: its pictures to drop, its figures, and its answers one by one. */
import { Alert, Badge, Group, Loader, SegmentedControl, SimpleGrid, Stack, Text } from "@mantine/core";
import { mdiFlaskOutline } from "@mdi/js";
import type { Project } from "@sightline/api/projects";
import type { Trial } from "@sightline/api/reviews";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useNavigate, useParams } from "react-router";
import { makeStale, useApi, useChange } from "../../app/api.js";
import { useMay } from "../../app/session.js";
import { ActionButton, ConfirmButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { DropZone } from "../../components/drop-zone.js";
import { Face } from "../../components/face.js";
import { localTime, percent, plural } from "../../components/format.js";
import { LinkFace } from "../../components/link-face.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { reportOthers } from "../projects/report-others.js";
import { ProjectDeck } from "./deck-setup.js";
import { sourceTitles, tally } from "./trial-figures.js";
import type { DeckFilter } from "./use-deck.js";
import { useTrialUploads } from "./use-trial-uploads.js";

export function Page() {
  const { trialId = "" } = useParams();
  const trial = useApi("getTrial", { params: { trialId } });
  const projectId = trial.data?.projectId ?? "";
  const project = useApi("getProject", { params: { projectId } }, { enabled: projectId !== "" });
  return (
    <Answer
      query={trial}
      missing={<LinkFace icon={mdiFlaskOutline} title="This trial is no longer here" to="/trials" link="All trials" />}
    >
      {(data) => <Answer query={project}>{(owner) => <TrialView trial={data} project={owner} />}</Answer>}
    </Answer>
  );
}

const views = {
  open: { title: "To look at", filter: { status: "open" } },
  wrong: { title: "Wrong", filter: { word: "wrong" } },
  differing: { title: "Differing", filter: { differing: "true" } },
  all: { title: "All", filter: {} },
} as const satisfies Record<string, { title: string; filter: DeckFilter }>;
type View = keyof typeof views;

function TrialView({ trial, project }: { trial: Trial; project: Project }) {
  const navigate = useNavigate();
  const { filters, set } = useUrlFilters(["view"]);
  const view = (Object.keys(views) as View[]).find((one) => one === filters.view) ?? "open";
  const shown = (Object.keys(views) as View[]).filter((one) => one !== "differing" || trial.source !== "pictures");
  const end = useChange("endTrial", { done: "The trial has ended." });
  const remove = useChange("deleteTrial", {
    done: "The trial is deleted.",
    onDone: () => void navigate(`/trials?project=${project.id}`, { replace: true }),
  });
  const params = { trialId: trial.id };
  return (
    <>
      <PageHeader
        title={`Trial of version ${trial.modelVersion}`}
        mark={
          <Badge variant="light" radius="sm" color={trial.isOpen ? "petrol" : "gray"}>
            {trial.isOpen ? (trial.source === "shadow" ? "Beside the line" : "Open") : "Ended"}
          </Badge>
        }
        note={`${project.name} · ${sourceTitles[trial.source].toLowerCase()} · since ${localTime(trial.createdAt)}, by ${trial.createdBy}`}
        back={{ to: `/trials?project=${project.id}`, title: "Trials" }}
      >
        {trial.isOpen && (
          <ActionButton
            route="endTrial"
            variant="default"
            loading={end.isPending}
            onClick={() => end.mutate({ params })}
          >
            End
          </ActionButton>
        )}
        <ConfirmButton
          route="deleteTrial"
          variant="default"
          loading={remove.isPending}
          question="Delete this trial?"
          consequence="Its pictures and answers are deleted. What became labelled pictures stays."
          confirm="Delete"
          onClick={() => remove.mutate({ params })}
        >
          Delete
        </ConfirmButton>
      </PageHeader>
      <Stack gap="lg">
        {trial.isOpen && trial.source === "pictures" && <Drop trial={trial} />}
        <Figures trial={trial} />
        <SegmentedControl
          aria-label="Which pictures"
          style={{ alignSelf: "flex-start" }}
          value={view}
          onChange={(value) => set({ view: value })}
          data={shown.map((value) => ({ value, label: views[value].title }))}
        />
        <ProjectDeck
          key={view}
          // Not with each answer, which would change it under a person's hands: with the first, and when all have come.
          edition={trial.counts.queued === 0 ? String(tally(trial).all) : String(tally(trial).judged > 0)}
          project={project}
          filter={{ trial: trial.id, ...views[view].filter }}
          empty={<NothingThere trial={trial} view={view} />}
        />
      </Stack>
    </>
  );
}

function Drop({ trial }: { trial: Trial }) {
  const queries = useQueryClient();
  const may = useMay("addTrialPicture");
  const onSent = useCallback(() => makeStale(queries, ["getTrial"]), [queries]);
  const { left, refused, add } = useTrialUploads(trial.id, onSent);
  return (
    <Stack gap="sm">
      <DropZone
        title="Drop pictures to try"
        note="JPEG or PNG, one or many. The version judges them as it would judge a camera’s."
        disabled={may.allowed ? undefined : may.reason}
        onFiles={({ pictures, others }) => {
          reportOthers(others);
          add(pictures);
        }}
      />
      {left > 0 && (
        <Group gap="xs" role="status">
          <Loader size="xs" />
          <Text size="sm">{plural(left, "picture")} on their way</Text>
        </Group>
      )}
      {refused.length > 0 && (
        <Alert color="defect" variant="light" title={`${plural(refused.length, "picture")} could not be taken`}>
          {refused.slice(0, 5).map(({ name, reason }) => (
            <Text key={name} size="sm">
              {name}: {reason}
            </Text>
          ))}
        </Alert>
      )}
    </Stack>
  );
}

function Figures({ trial }: { trial: Trial }) {
  const { counts, skipped } = trial;
  const { all, judged, said, rightShare, agreedShare } = tally(trial);
  const figures: [title: string, value: string][] = [
    ["Judged", counts.queued > 0 ? `${judged} of ${all}` : String(judged)],
    ...(agreedShare === null ? [] : [["Like the line", percent(agreedShare)] as [string, string]]),
    ["To look at", String(counts.open)],
    ["Right", said === 0 ? "–" : `${counts.correct} of ${said}, ${percent(rightShare)}`],
    ...(counts.failed > 0 ? [["Without an answer", String(counts.failed)] as [string, string]] : []),
    ...(skipped > 0 ? [["Left out, line busy", String(skipped)] as [string, string]] : []),
  ];
  return (
    <Panel>
      <SimpleGrid cols={{ base: 2, sm: figures.length }} spacing="lg" pt={4} aria-live="polite">
        {figures.map(([title, value]) => (
          <div key={title}>
            <Text size="xs" c="dimmed">
              {title}
            </Text>
            <Text fw={620} fz={20} className="figures">
              {value}
            </Text>
          </div>
        ))}
      </SimpleGrid>
    </Panel>
  );
}

function NothingThere({ trial, view }: { trial: Trial; view: View }) {
  const { all, judged } = tally(trial);
  if (judged === 0 && trial.counts.queued > 0) {
    return (
      <Face compact icon={mdiFlaskOutline} title="The version is being loaded">
        Its answers appear here by themselves.
      </Face>
    );
  }
  if (all === 0) {
    return (
      <Face compact icon={mdiFlaskOutline} title="No pictures yet">
        {trial.source === "pictures"
          ? "Drop some above."
          : trial.source === "shadow"
            ? "The next inspections of this project appear here."
            : "This project has no inspections that match."}
      </Face>
    );
  }
  const words = {
    open: trial.source === "pictures" ? "All were looked at." : "Where the answers differ, you have looked at all.",
    wrong: "Nobody found an answer wrong.",
    differing: "Every answer is the one the line gave.",
    all: "",
  };
  return (
    <Face compact icon={mdiFlaskOutline} title="Nothing here">
      {words[view]}
    </Face>
  );
}
