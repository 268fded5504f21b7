/** Versions of a project's model side by side: figures, labels, curves; the better one is started from here. */
import { Anchor, Badge, Group, MultiSelect, Stack, Table, Text } from "@mantine/core";
import { mdiCompare } from "@mdi/js";
import type { Job, TrainingHistory } from "@sightline/api/jobs";
import type { Model } from "@sightline/api/models";
import { useQueries } from "@tanstack/react-query";
import { Link } from "react-router";
import { client, useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import type { Curve } from "../../components/chart-columns.js";
import { CurveChart, curveColor } from "../../components/curve-chart.js";
import { Face } from "../../components/face.js";
import { bytes, duration, percent } from "../../components/format.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { ProjectSelect } from "../../components/project-select.js";
import { TimeText } from "../../components/time-text.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { metricTitles } from "../training/training-curves.js";
import { trainingMs } from "../training/training-time.js";
import { MeasuredTogether } from "./measured-together.js";
import { StartStopButton } from "./start-stop-button.js";

/** More columns than this can't be read side by side. */
const maxCompared = 4;

export function Page() {
  const { filters, set } = useUrlFilters(["project", "versions"]);
  const projects = useApi("listProjects").data?.items ?? [];
  const projectId = filters.project ?? projects[0]?.id;
  return (
    <>
      <PageHeader
        title="Compare versions"
        note="Starting a version puts it in the place of the one that runs; pictures under way are finished, and a rollback leads back."
        back={{ to: `/models${projectId === undefined ? "" : `?project=${projectId}`}`, title: "Models" }}
      >
        <ProjectSelect
          value={projectId ?? null}
          onChange={(project) => set({ project, versions: null })}
          placeholder="Project"
          w={{ base: "100%", xs: 200 }}
        />
      </PageHeader>
      {projectId !== undefined && (
        <Compared
          projectId={projectId}
          versions={filters.versions}
          onChange={(versions) => set({ versions: versions.join(",") })}
        />
      )}
    </>
  );
}

interface ComparedProps {
  projectId: string;
  versions: string | undefined;
  onChange: (versions: readonly string[]) => void;
}

function Compared({ projectId, versions, onChange }: ComparedProps) {
  const models = useApi("listModels", { query: { project: projectId } });
  const jobs = useApi("listJobs", { query: { project: projectId, limit: 200 } }).data?.items ?? [];
  return (
    <Answer query={models}>
      {({ items }) => {
        if (items.length < 2) {
          return (
            <Face icon={mdiCompare} title="Nothing to compare yet">
              A project needs two versions of its model.
            </Face>
          );
        }
        const wanted = versions?.split(",") ?? defaultVersions(items);
        const shown = items.filter((model) => wanted.includes(String(model.version))).slice(0, maxCompared);
        return (
          <Stack gap="lg">
            <MultiSelect
              label="Versions"
              data={items.map((model) => ({ value: String(model.version), label: `Version ${model.version}` }))}
              value={shown.map((model) => String(model.version))}
              maxValues={maxCompared}
              onChange={onChange}
            />
            <Together models={shown} />
            <Figures models={shown} jobs={jobs} />
            <Labels models={shown} />
            <Curves models={shown} jobs={jobs} />
          </Stack>
        );
      }}
    </Answer>
  );
}

/** Two at a time: the running one first, else the older. */
function Together({ models }: { models: readonly Model[] }) {
  if (models.length !== 2) return null;
  const base = models.find((model) => model.isRunning) ?? models.toSorted((a, b) => a.version - b.version)[0];
  const candidate = models.find((model) => model !== base);
  if (base === undefined || candidate === undefined) return null;
  return <MeasuredTogether base={base} candidate={candidate} />;
}

/** The running one and the newest other. */
function defaultVersions(models: readonly Model[]): string[] {
  const running = models.find((model) => model.isRunning) ?? models[1];
  const newest = models.find((model) => model !== running);
  return [running, newest].flatMap((model) => (model === undefined ? [] : [String(model.version)]));
}

interface Row {
  title: string;
  valueOf: (model: Model) => React.ReactNode;
  /** Higher is better; the best is set in bold. */
  rankOf?: (model: Model) => number | null | undefined;
}

function share(title: string, pick: (model: Model) => number | null | undefined): Row {
  return { title, valueOf: (model) => percent(pick(model)), rankOf: pick };
}

function Figures({ models, jobs }: { models: readonly Model[]; jobs: readonly Job[] }) {
  const took = (model: Model) => {
    const job = jobs.find((one) => one.modelId === model.id);
    const tookMs = job === undefined ? null : trainingMs(job);
    return tookMs === null ? "–" : duration(tookMs);
  };
  const all: Row[] = [
    { title: "Method", valueOf: (model) => model.method },
    { title: "Made", valueOf: (model) => <TimeText time={model.createdAt} /> },
    { title: "Training took", valueOf: took },
    { title: "Learnt from", valueOf: (model) => `${model.trainImages} pictures` },
    { title: "Measured on", valueOf: ({ metrics }) => (metrics === null ? "–" : measuredOn(metrics)) },
    share("mAP50", ({ metrics }) => metrics?.mAP50),
    share("mAP50–95", ({ metrics }) => metrics?.mAP50_95),
    share("Accuracy", ({ metrics }) => metrics?.accuracy),
    share("Recall", ({ metrics }) => metrics?.recall),
    share("Precision", ({ metrics }) => metrics?.precision),
    share("AUROC", ({ metrics }) => metrics?.auroc),
    { title: "File", valueOf: (model) => bytes(model.sizeBytes) },
  ];
  const rows = all.filter(({ rankOf }) => rankOf === undefined || models.some((model) => rankOf(model) != null));
  return (
    <Panel title="Figures" note="Only figures measured on the same pictures can be compared." flush>
      <Table.ScrollContainer minWidth={160 + models.length * 150}>
        <Table aria-label="Figures of the versions">
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              {models.map((model, index) => (
                <Table.Th key={model.id} scope="col">
                  <Head model={model} index={index} />
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="figures">
            {rows.map((row) => (
              <FigureRow key={row.title} row={row} models={models} />
            ))}
            <Table.Tr>
              <Table.Td />
              {models.map((model) => (
                <Table.Td key={model.id}>
                  <StartStopButton model={model} size="xs" />
                </Table.Td>
              ))}
            </Table.Tr>
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

function measuredOn({ images, source }: NonNullable<Model["metrics"]>): string {
  return `${images} ${source === "test" ? "test pictures" : "held-out pictures"}`;
}

function Head({ model, index }: { model: Model; index: number }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <span aria-hidden style={{ width: 10, height: 10, borderRadius: 3, background: curveColor(index) }} />
      <Anchor component={Link} to={`/models/${model.id}`} size="sm" fw={600}>
        Version {model.version}
      </Anchor>
      {model.isRunning && (
        <Badge size="sm" variant="light" color="good" radius="sm">
          Running
        </Badge>
      )}
    </Group>
  );
}

function FigureRow({ row, models }: { row: Row; models: readonly Model[] }) {
  const { rankOf } = row;
  const best = rankOf && Math.max(...models.map((model) => rankOf(model) ?? Number.NEGATIVE_INFINITY));
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={560}>
        {row.title}
      </Table.Th>
      {models.map((model) => (
        <Table.Td key={model.id} fw={rankOf !== undefined && rankOf(model) === best ? 650 : 400}>
          {row.valueOf(model)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

/** Label by label, where the task has such figures. */
function Labels({ models }: { models: readonly Model[] }) {
  const labels = [...new Set(models.flatMap(({ metrics }) => metrics?.perLabel.map(({ label }) => label) ?? []))];
  if (labels.length === 0) return null;
  const isDetection = models.some(({ task }) => task === "detection");
  const find = (model: Model, label: string) => model.metrics?.perLabel.find((row) => row.label === label);
  return (
    <Panel title={isDetection ? "AP50 by label" : "Recall by label"} flush>
      <Table.ScrollContainer minWidth={160 + models.length * 110}>
        <Table aria-label="Figures by label">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Label</Table.Th>
              {models.map((model) => (
                <Table.Th key={model.id}>Version {model.version}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="figures">
            {labels.map((label) => (
              <FigureRow
                key={label}
                models={models}
                row={share(label, (model) => find(model, label)?.[isDetection ? "ap50" : "recall"])}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

function Curves({ models, jobs }: { models: readonly Model[]; jobs: readonly Job[] }) {
  const histories = useQueries({
    queries: models.map((model) => {
      const params = { jobId: jobs.find((job) => job.modelId === model.id)?.id ?? "" };
      return {
        queryKey: ["getJobHistory", { params }],
        queryFn: () => client.call("getJobHistory", { params }),
        enabled: params.jobId !== "",
      };
    }),
  });
  const curve = (pick: (point: TrainingHistory["points"][number]) => number | null): Curve[] =>
    models.map((model, index) => ({
      title: `Version ${model.version}`,
      points: (histories[index]?.data?.points ?? []).map((point) => ({ epoch: point.epoch, value: pick(point) })),
    }));
  const names = new Set(histories.flatMap(({ data }) => (data?.points.length ? [data.metricName ?? ""] : [])));
  const [name = ""] = names;
  const title = names.size === 1 ? (metricTitles[name] ?? (name || "Metric")) : "Metric";
  if (histories.every(({ data }) => (data?.points.length ?? 0) === 0)) return null;
  return (
    <Panel title="Curves" note="By epoch of each training.">
      <Stack gap="md">
        <div>
          <Text size="sm" fw={560}>
            {title} on held-out pictures
          </Text>
          <CurveChart isShare title={title} curves={curve(({ metric }) => metric)} />
        </div>
        <div>
          <Text size="sm" fw={560}>
            Loss
          </Text>
          <CurveChart title="Loss" curves={curve(({ loss }) => loss)} />
        </div>
      </Stack>
    </Panel>
  );
}
