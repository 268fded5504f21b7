/** How sure the model was: unsure answers are what people should look at. */
import { Group, Text } from "@mantine/core";
import { mdiChartHistogram } from "@mdi/js";
import { useMemo, useState } from "react";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { count, percent, plural } from "../../components/format.js";
import { HistogramChart } from "../../components/histogram-chart.js";
import { Panel } from "../../components/panel.js";
import { type ConfidenceBar, confidenceBars, confidenceStep, shareBelow } from "./confidences.js";
import { type Subject, useFigures } from "./use-figures.js";

export function ConfidencePanel({ subject, alertConfidence }: { subject: Subject; alertConfidence: number }) {
  const confidences = useFigures("confidences", subject);
  const groups = confidences.data?.groups;
  const bars = useMemo(() => confidenceBars(groups ?? []), [groups]);
  const [at, setAt] = useState<number | null>(null);
  const pointed = at === null ? undefined : bars[at];
  return (
    <Panel title="Confidence" note={pointed ? barWords(pointed) : "Pictures by how sure the verdict was"}>
      <Answer query={confidences} compact>
        {() =>
          bars.every(({ all }) => all === 0) ? (
            <Face compact icon={mdiChartHistogram} title="No verdict told how sure it was" />
          ) : (
            <>
              <HistogramChart
                description={`Confidence of the verdicts: ${belowWords(bars, alertConfidence)}`}
                bars={bars}
                step={confidenceStep}
                onPoint={setAt}
              />
              <Group gap="md" mt={4}>
                <Key color="var(--curve-2)" name="all" />
                <Key color="var(--chart-line)" name="judged anomalous" />
              </Group>
              <Text size="xs" c="dimmed" mt={4}>
                {belowWords(bars, alertConfidence)}
              </Text>
            </>
          )
        }
      </Answer>
    </Panel>
  );
}

function Key({ color, name }: { color: string; name: string }) {
  return (
    <Group gap={6}>
      <span style={{ width: 10, height: 10, borderRadius: 2, background: color }} />
      <Text size="xs" c="dimmed">
        {name}
      </Text>
    </Group>
  );
}

function barWords({ from, all, part }: ConfidenceBar): string {
  return `${percent(from)} to ${percent(from + confidenceStep)} sure: ${plural(all, "picture")}, ${count(part)} judged anomalous`;
}

function belowWords(bars: readonly ConfidenceBar[], limit: number): string {
  const below = shareBelow(bars, limit);
  return `${percent(below.share)} are less sure than ${percent(below.limit)}.`;
}
