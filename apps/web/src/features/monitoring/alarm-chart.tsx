/** The metric of an alarm over its latest periods, with the threshold as a line. */
import { Text } from "@mantine/core";
import { mdiChartLine } from "@mdi/js";
import { periodText, valueText } from "@sightline/api/alarm-words";
import { type Alarm, factsOf } from "@sightline/api/monitoring";
import { useState } from "react";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { DatapointChart } from "../../components/datapoint-chart.js";
import { Face } from "../../components/face.js";
import { Panel } from "../../components/panel.js";
import { datapointText } from "./datapoint-text.js";

/** As many periods as are read at a glance, and all that the alarm looks at. */
const shownPeriods = (alarm: Alarm) => Math.min(1440, Math.max(60, alarm.evaluationPeriods * 3));

export function AlarmChart({ alarm }: { alarm: Alarm }) {
  const [at, setAt] = useState<number | null>(null);
  const { metric, statistic, periodSeconds, threshold } = alarm;
  const periodMs = periodSeconds * 1000;
  const fromMs = (Math.floor(Date.now() / periodMs) + 1 - shownPeriods(alarm)) * periodMs;
  const readings = useApi(
    "getReadings",
    {
      query: {
        project: alarm.projectId,
        ...(alarm.cameraId === null ? {} : { camera: alarm.cameraId }),
        metric,
        statistic,
        period: periodSeconds,
        from: new Date(fromMs).toISOString(),
      },
    },
    { keepPrevious: true, refetchEveryMs: 15_000 },
  );
  const text = (value: number) => valueText(metric, statistic, value);
  const point = at === null ? undefined : readings.data?.points[at];
  return (
    <Panel
      title={factsOf(metric).title}
      note={
        point
          ? datapointText(point, text)
          : `${statistic} per ${periodText(periodSeconds)}; the dashed line is the threshold, ${text(threshold)}`
      }
    >
      <Answer query={readings} compact>
        {({ points }) =>
          points.every(({ value }) => value === null) ? (
            <Face compact icon={mdiChartLine} title="Nothing was read yet">
              The last {points.length} periods have no readings of this metric.
            </Face>
          ) : (
            <>
              <DatapointChart
                title={factsOf(metric).title}
                points={points}
                threshold={threshold}
                text={text}
                onPoint={setAt}
              />
              <Text size="xs" c="dimmed" mt={4}>
                A gap is a period without readings.
              </Text>
            </>
          )
        }
      </Answer>
    </Panel>
  );
}
