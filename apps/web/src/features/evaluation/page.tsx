/** How good a version is: evaluated on the test pictures, or on inspections that people have since told the truth of. */
import { Button, Group, SegmentedControl, Select, Stack } from "@mantine/core";
import { mdiChartBellCurve, mdiDownload } from "@mdi/js";
import type { EvaluatedPictures, Evaluation } from "@sightline/api/evaluations";
import type { ModelDetail } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { client, useApi, useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { localTime } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { isUnderWay, MeasurementProgress, NotMeasured } from "../../components/measurement-progress.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { OfVersion } from "../models/of-version.js";
import { RepeatForm } from "./repeat-form.js";
import { ReportView } from "./report-view.js";

const mostListed = 10;

export function Page() {
  return <OfVersion>{(model, project) => <Evaluated model={model} project={project} />}</OfVersion>;
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
        <RepeatForm
          isStarting={start.isPending}
          start={(repeats) => start.mutate({ params: { modelId: model.id }, body: { pictures, repeats } })}
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
  const cancel = useChange("cancelEvaluation");
  if (isUnderWay(evaluation)) {
    return (
      <Panel>
        <MeasurementProgress
          measurement={evaluation}
          isCancelling={cancel.isPending}
          cancel={() => cancel.mutate({ params: { evaluationId: evaluation.id } })}
        />
      </Panel>
    );
  }
  if (evaluation.status !== "succeeded")
    return <NotMeasured measurement={evaluation} did="evaluated" again="Evaluate again" />;
  return <Done evaluation={evaluation} project={project} />;
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
