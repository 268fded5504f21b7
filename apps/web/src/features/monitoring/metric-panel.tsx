/** One watched metric of a project over time. */
import { Select, Text } from "@mantine/core";
import { mdiChartLine } from "@mdi/js";
import { valueText } from "@sightline/api/alarm-words";
import { factsOf, metricNames } from "@sightline/api/monitoring";
import { useState } from "react";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { DatapointChart } from "../../components/datapoint-chart.js";
import { Face } from "../../components/face.js";
import { Panel } from "../../components/panel.js";
import { datapointText } from "./datapoint-text.js";
import { type SpanName, spans } from "./spans.js";

export interface MetricPanelProps {
  projectId: string;
  span: SpanName;
  metric: string | undefined;
  onMetric: (metric: string | null) => void;
}

export function MetricPanel({ projectId, span, metric: wanted, onMetric }: MetricPanelProps) {
  const [at, setAt] = useState<number | null>(null);
  const metric = metricNames.find((name) => name === wanted) ?? "processed";
  const statistic = factsOf(metric).statistics[0] ?? "sum";
  const { from, periodSeconds } = spans[span];
  const readings = useApi(
    "getReadings",
    { query: { project: projectId, metric, statistic, period: periodSeconds, from: from() } },
    { keepPrevious: true, refetchEveryMs: 30_000 },
  );
  const project = useApi("listProjects").data?.items.find(({ id }) => id === projectId);
  const text = (value: number) => valueText(metric, statistic, value);
  const point = at === null ? undefined : readings.data?.points[at];
  return (
    <Panel
      title={factsOf(metric).title}
      note={point ? datapointText(point, text) : `${project?.name ?? ""} · ${factsOf(metric).description}`}
      side={
        <Select
          aria-label="Metric"
          data={metricNames.map((name) => ({ value: name, label: factsOf(name).title }))}
          value={metric}
          onChange={onMetric}
          allowDeselect={false}
          w={180}
        />
      }
    >
      <Answer query={readings} compact>
        {({ points }) =>
          points.every(({ value }) => value === null) ? (
            <Face compact icon={mdiChartLine} title="Nothing was read in this time">
              Choose a longer time, or wait for the next picture.
            </Face>
          ) : (
            <>
              <DatapointChart title={factsOf(metric).title} points={points} text={text} onPoint={setAt} />
              <Text size="xs" c="dimmed" mt={4}>
                {statistic} per {periodSeconds / 60} min
              </Text>
            </>
          )
        }
      </Answer>
    </Panel>
  );
}
