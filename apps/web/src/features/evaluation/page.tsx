/** How good a version is: evaluated on the test pictures, or on inspections that people have since told the truth of. */
import { Alert, Button, Group, Progress, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { mdiChartBellCurve, mdiCubeOutline, mdiDownload } from "@mdi/js";
import type { EvaluatedPictures, Evaluation } from "@sightline/api/evaluations";
import type { ModelDetail } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { useParams } from "react-router";
import { client, useApi, useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { localTime } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { LinkFace } from "../../components/link-face.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { ReportView } from "./report-view.js";

const mostListed = 10;

export function Page() {
  const { modelId = "" } = useParams();
  const model = useApi("getModel", { params: { modelId } });
  const projectId = model.data?.projectId;
  const project = useApi(
    "getProject",
    { params: { projectId: projectId ?? "" } },
    { enabled: projectId !== undefined },
  );
  return (
    <Answer
      query={model}
      missing={<LinkFace icon={mdiCubeOutline} title="This version is no longer here" to="/models" link="All models" />}
    >
      {(detail) => <Answer query={project}>{(owner) => <Evaluated model={detail} project={owner} />}</Answer>}
    </Answer>
  );
}

function Evaluated({ model, project }: { model: ModelDetail; project: Project }) {
  const { filters, set } = useUrlFilters(["pictures", "evaluation"]);
  const pictures: EvaluatedPictures = filters.pictures === "inspections" ? "inspections" : "test";
  const evaluations = useApi("listEvaluations", { query: { model: model.id, pictures, limit: mostListed } });
  const start = useChange("startEvaluation", { onDone: () => set({ evaluation: null }) });
  return (
    <>
      <PageHeader
        title={`Evaluation of ${project.name}, version ${model.version}`}
        note={
          pictures === "test"
            ? "On the pictures that are kept for the test."
            : "On what this version inspected and people have since told the truth of: mostly what it was unsure about."
        }
        back={{ to: `/models/${model.id}`, title: `Version ${model.version}` }}
      >
        <SegmentedControl
          aria-label="Pictures"
          value={pictures}
          onChange={(value) => set({ pictures: value === "test" ? null : value, evaluation: null })}
          data={[
            { value: "test", label: "Test pictures" },
            { value: "inspections", label: "Inspections" },
          ]}
        />
        <ActionButton
          route="startEvaluation"
          loading={start.isPending}
          onClick={() => start.mutate({ params: { modelId: model.id }, body: { pictures } })}
        >
          {evaluations.data?.items.length === 0 ? "Evaluate" : "Evaluate again"}
        </ActionButton>
      </PageHeader>
      <Answer query={evaluations}>
        {({ items }) => {
          const chosen = items.find(({ id }) => id === filters.evaluation) ?? items[0];
          if (chosen === undefined) return <NotYet />;
          return (
            <Stack gap="lg">
              {items.length > 1 && (
                <Select
                  aria-label="Evaluation"
                  w={{ base: "100%", xs: 280 }}
                  allowDeselect={false}
                  value={chosen.id}
                  data={items.map(({ id, createdAt }) => ({ value: id, label: localTime(createdAt) }))}
                  onChange={(evaluation) => set({ evaluation })}
                />
              )}
              <One evaluation={chosen} project={project} />
            </Stack>
          );
        }}
      </Answer>
    </>
  );
}

function NotYet() {
  return (
    <Face icon={mdiChartBellCurve} title="Not evaluated yet">
      An evaluation tells each figure with its interval, where the version is worse than elsewhere, what mistakes cost,
      and which pictures it gets most wrong.
    </Face>
  );
}

function One({ evaluation, project }: { evaluation: Evaluation; project: Project }) {
  const { status, error } = evaluation;
  if (status === "queued" || status === "running") return <UnderWay evaluation={evaluation} />;
  if (status !== "succeeded")
    return (
      <Alert
        color={status === "failed" ? "grape" : "gray"}
        variant="light"
        title={status === "failed" ? "It could not be evaluated" : "It was cancelled"}
      >
        {error?.message ?? "Evaluate again whenever you like."}
      </Alert>
    );
  return <Done evaluation={evaluation} project={project} />;
}

function UnderWay({ evaluation: { id, progress, step } }: { evaluation: Evaluation }) {
  const cancel = useChange("cancelEvaluation");
  return (
    <Panel>
      <Stack gap="xs" role="status">
        <Group justify="space-between">
          <Text size="sm">{step}</Text>
          <Button
            variant="subtle"
            size="compact-sm"
            loading={cancel.isPending}
            onClick={() => cancel.mutate({ params: { evaluationId: id } })}
          >
            Cancel
          </Button>
        </Group>
        <Progress value={progress * 100} animated aria-label={step} />
      </Stack>
    </Panel>
  );
}

function Done({ evaluation, project }: { evaluation: Evaluation; project: Project }) {
  const { id, modelVersion, pictures } = evaluation;
  const params = { evaluationId: id };
  const detail = useApi("getEvaluation", { params });
  const name = `${project.name}-v${modelVersion}-${pictures}`;
  return (
    <Answer query={detail}>
      {({ report }) =>
        report === null ? (
          <NotYet />
        ) : (
          <Stack gap="lg">
            <Group gap="sm">
              <Button
                component="a"
                href={client.address("getEvaluationPage", { params })}
                download={`${name}.html`}
                variant="default"
                size="xs"
                leftSection={<Icon path={mdiDownload} size={16} />}
              >
                Report, HTML
              </Button>
              <Button
                component="a"
                href={client.address("getEvaluation", { params })}
                download={`${name}.json`}
                variant="default"
                size="xs"
                leftSection={<Icon path={mdiDownload} size={16} />}
              >
                Data, JSON
              </Button>
            </Group>
            <ReportView report={report} evaluation={evaluation} currency={project.mistakeCosts?.currency ?? ""} />
          </Stack>
        )
      }
    </Answer>
  );
}
