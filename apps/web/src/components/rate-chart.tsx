/** Rate and volume over time. */
import type { Stats } from "@sightline/api/inspections";
import { useMemo } from "react";
import uPlot from "uplot";
import { chartData, rateCeiling } from "./chart-data.js";
import { count, percent } from "./format.js";
import { Plot, type PlotLook, type PlotProps } from "./plot.js";
import { timeLabels } from "./time-labels.js";

const height = 224;

export interface RateChartProps {
  stats: Stats;
  /** Several classes have no rate of defects: only the bars. */
  volumeOnly?: boolean;
  onPoint: (index: number | null) => void;
}

export function RateChart({ stats, volumeOnly = false, onPoint }: RateChartProps) {
  const data = useMemo(() => chartData(stats), [stats]);
  return (
    <Plot
      description={describe(stats, volumeOnly)}
      data={data}
      height={height}
      options={(look) => options(look, volumeOnly)}
      kind={volumeOnly ? "volume" : "rate"}
      onPoint={onPoint}
    />
  );
}

function describe(stats: Stats, volumeOnly: boolean): string {
  const { inspected, anomalous } = stats.totals;
  if (volumeOnly) return `Pictures inspected over time: ${inspected} in all.`;
  return `Anomaly rate over time: ${percent(inspected === 0 ? null : anomalous / inspected)} overall.`;
}

function options({ color, axis, grid }: PlotLook, volumeOnly: boolean): ReturnType<PlotProps["options"]> {
  const line = color("--chart-line");
  return {
    padding: [10, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 8 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true },
      rate: { range: (_, __, max) => [0, rateCeiling(max)] },
      volume: { range: (_, __, max) => [0, Math.max(1, max) * (volumeOnly ? 1.15 : 2.6)] },
    },
    axes: [
      { ...axis, grid: { show: false }, ticks: { show: false }, gap: 6, values: timeLabels, space: 64, size: 32 },
      {
        ...axis,
        scale: volumeOnly ? "volume" : "rate",
        grid,
        ticks: { show: false },
        size: 46,
        gap: 8,
        values: (_, ticks) => ticks.map(volumeOnly ? wholeCount : percent),
      },
    ],
    series: [
      {},
      { scale: "volume", fill: color("--chart-volume"), width: 0, points: { show: false }, ...bars() },
      {
        scale: "rate",
        show: !volumeOnly,
        stroke: line,
        width: 2,
        points: { size: 5, space: 5, fill: line },
        spanGaps: true,
        fill: `${line}14`,
      },
    ],
  };
}

/** Half a picture is no tick. */
function wholeCount(tick: number): string {
  return Number.isInteger(tick) ? count(tick) : "";
}

function bars(): Pick<uPlot.Series, "paths"> {
  const paths = uPlot.paths.bars?.({ size: [0.72, 18], radius: 0.15, align: 1 });
  return paths === undefined ? {} : { paths };
}
