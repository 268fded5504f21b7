/** The p-chart: which hours or days were other than chance explains. */
import { Group, SegmentedControl, Stack, Text, Tooltip } from "@mantine/core";
import { mdiChartTimelineVariant } from "@mdi/js";
import type { Analytics } from "@sightline/api/analytics";
import { useMemo, useState } from "react";
import { ControlChart } from "../../components/control-chart.js";
import { Face } from "../../components/face.js";
import { count, percent, plural } from "../../components/format.js";
import { Panel } from "../../components/panel.js";
import { anomalyRate, by, type Counts, firstPassYield, type Keyed } from "./counts.js";
import { overTime, pointName } from "./over-time.js";
import type { Proportion } from "./proportions.js";
import type { AnalyticsFilters, SetFilters } from "./use-figures.js";

const rates = {
  anomalies: {
    title: "Anomaly rate",
    proportion: ({ anomalous, judged }: Counts): Proportion => ({ part: anomalous, whole: judged }),
    rate: anomalyRate,
  },
  yield: {
    title: "First-pass yield",
    proportion: ({ firstNormal, firstJudged }: Counts): Proportion => ({ part: firstNormal, whole: firstJudged }),
    rate: firstPassYield,
  },
} as const;

export interface ControlPanelProps {
  answer: Analytics;
  filters: AnalyticsFilters;
  set: SetFilters;
}

export function ControlPanel({ answer, filters, set }: ControlPanelProps) {
  const [at, setAt] = useState<number | null>(null);
  const name = filters.rate === "yield" ? "yield" : "anomalies";
  const ownSpread = filters.limits === "spread";
  const { title, proportion } = rates[name];
  const bucket = answer.groupBy.includes("hour") ? "hour" : "day";
  const chart = useMemo(
    () => overTime(by(answer.groups, bucket), bucket, proportion, ownSpread),
    [answer, bucket, proportion, ownSpread],
  );
  const zone = bucket === "day" ? "UTC" : answer.timeZone;
  const nameOf = (key: string) => pointName(key, bucket, answer.timeZone);
  const pointed = at === null ? undefined : chart.rows[at];
  const beyond = chart.points.flatMap(({ isBeyond }, index) => {
    const row = chart.rows[index];
    return isBeyond && row !== null && row !== undefined ? [nameOf(row.key)] : [];
  });
  // Below five expected, chance is no longer shaped as three standard deviations assume.
  const expected = (chart.center ?? 0) * (1 - (chart.center ?? 0)) * (chart.whole / Math.max(1, chart.counted));
  const isRough = expected < 5;
  const usual = `By ${bucket}, between the limits of chance (three standard deviations)`;
  return (
    <Panel
      title={`${title} by ${bucket}`}
      note={pointed ? pointWords(pointed, nameOf(pointed.key), proportion(pointed)) : usual}
      side={
        <Group gap="sm">
          <SegmentedControl
            aria-label="What is drawn"
            size="xs"
            value={name}
            onChange={(value) => set({ rate: value === "yield" ? value : null })}
            data={Object.entries(rates).map(([value, rate]) => ({ value, label: rate.title }))}
          />
          <Tooltip label="From chance alone (p-chart), or as wide as the points usually step (Laney’s p′-chart): with thousands of pictures a point, chance alone is too strict.">
            <SegmentedControl
              aria-label="Limits"
              size="xs"
              value={ownSpread ? "spread" : "chance"}
              onChange={(value) => set({ limits: value === "spread" ? value : null })}
              data={[
                { value: "chance", label: "p" },
                { value: "spread", label: "p′" },
              ]}
            />
          </Tooltip>
        </Group>
      }
    >
      {chart.center === null ? (
        <Face compact icon={mdiChartTimelineVariant} title="Nothing here is normal or anomalous">
          The model tells classes, and a class is no defect. They are counted below.
        </Face>
      ) : (
        <Stack gap={4}>
          <ControlChart
            description={describe(title, chart.center, beyond)}
            points={chart.points}
            center={chart.center}
            timeZone={zone}
            isDays={bucket === "day"}
            onPoint={setAt}
          />
          <Text size="sm" role="status">
            {chart.counted < 2
              ? `One ${bucket} so far: limits say something from two on.`
              : beyond.length === 0
                ? `In control: all ${plural(chart.counted, bucket)} lie between the limits.`
                : `${plural(beyond.length, bucket)} of ${count(chart.counted)} beyond the limits: ${listed(beyond)}.`}
          </Text>
          <Text size="xs" c="dimmed">
            Overall {percent(chart.center)}, the thin line.{" "}
            {isRough && "With so few pictures a point, limits are rough. "}
            {dayWords(bucket, answer.timeZone)}
          </Text>
        </Stack>
      )}
    </Panel>
  );
}

function dayWords(bucket: "hour" | "day", timeZone: string): string {
  return bucket === "hour"
    ? `Hours of ${timeZone}.`
    : `Days of ${timeZone}; a night shift belongs to the day it began.`;
}

function pointWords(row: Keyed, name: string, { part, whole }: Proportion): string {
  if (whole === 0) return `${name}: nothing that is normal or anomalous`;
  return `${name}: ${percent(part / whole)}, ${count(part)} of ${count(whole)} · ${plural(row.inspected, "picture")}`;
}

function describe(title: string, center: number, beyond: readonly string[]): string {
  const found = beyond.length === 0 ? "All points lie between the limits." : `Beyond the limits: ${listed(beyond)}.`;
  return `${title} over time with control limits: ${percent(center)} overall. ${found}`;
}

const mostListed = 6;
function listed(names: readonly string[]): string {
  const rest = names.length - mostListed;
  return names.slice(0, mostListed).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
