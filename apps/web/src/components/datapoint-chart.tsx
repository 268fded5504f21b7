/** Datapoints of a watched metric over time with the threshold of an alarm. */
import type { Datapoint } from "@sightline/api/monitoring";
import { useMemo, useRef } from "react";
import { Plot, type PlotLook, type PlotProps } from "./plot.js";
import { timeLabels } from "./time-labels.js";

const height = 240;

export interface DatapointChartProps {
  /** What is drawn, for people who can't see it. */
  title: string;
  points: readonly Datapoint[];
  threshold?: number | undefined;
  /** A value as people read it. */
  text: (value: number) => string;
  onPoint?: (index: number | null) => void;
}

type Columns = [times: number[], values: (number | null)[], threshold: (number | null)[]];

export function DatapointChart({ title, points, threshold, text, onPoint }: DatapointChartProps) {
  const data = useMemo(
    (): Columns => [
      points.map(({ startsAt }) => Date.parse(startsAt) / 1000),
      points.map(({ value }) => value),
      points.map(() => threshold ?? null),
    ],
    [points, threshold],
  );
  const latestText = useRef(text);
  latestText.current = text;
  const hasThreshold = threshold !== undefined;
  const last = points.findLast(({ value }) => value !== null)?.value ?? null;
  const said = `${title} over time. Latest: ${last === null ? "nothing read" : text(last)}.`;
  const limit = threshold === undefined ? "" : ` Threshold: ${text(threshold)}.`;
  return (
    <Plot
      description={said + limit}
      data={data}
      height={height}
      options={(look) => options(look, hasThreshold, (value) => latestText.current(value))}
      kind={hasThreshold ? "threshold" : "plain"}
      onPoint={onPoint}
    />
  );
}

function options(
  { color, axis, grid }: PlotLook,
  hasThreshold: boolean,
  text: (value: number) => string,
): ReturnType<PlotProps["options"]> {
  const line = color("--curve-2");
  return {
    padding: [12, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 8 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, min, max) => rangeOf(min, max) } },
    axes: [
      { ...axis, grid: { show: false }, ticks: { show: false }, gap: 6, values: timeLabels, space: 64, size: 32 },
      {
        ...axis,
        grid,
        ticks: { show: false },
        size: 64,
        gap: 8,
        values: (_, ticks) => ticks.map(text),
      },
    ],
    series: [
      {},
      { stroke: line, fill: `${line}14`, width: 2, points: { size: 5, space: 5, fill: line }, spanGaps: false },
      { show: hasThreshold, stroke: color("--defect-text"), width: 1.5, dash: [6, 5], points: { show: false } },
    ],
  };
}

/** From zero, with room above; a threshold is part of the data, so it is always in the picture. */
function rangeOf(min: number | null, max: number | null): [number, number] {
  const top = Math.max(max ?? 0, 1e-3);
  return [Math.min(0, min ?? 0), top * 1.15];
}
