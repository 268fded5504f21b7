/** Shares over time between their control limits; those beyond stand out. */
import { useMemo } from "react";
import uPlot from "uplot";
import { percent } from "./format.js";
import { Plot, type PlotLook, type PlotProps } from "./plot.js";

export interface SharePoint {
  /** Epoch seconds. */
  readonly time: number;
  readonly share: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly isBeyond: boolean;
}

export interface ControlChartProps {
  /** What is drawn, for people who can't see it. */
  description: string;
  points: readonly SharePoint[];
  center: number | null;
  /** The clock that the axis goes by. */
  timeZone: string;
  isDays: boolean;
  onPoint?: (index: number | null) => void;
}

const height = 260;

export function ControlChart({ description, points, center, timeZone, isDays, onPoint }: ControlChartProps) {
  const data = useMemo(
    (): uPlot.AlignedData => [
      points.map(({ time }) => time),
      points.map(({ upper }) => upper),
      points.map(({ lower }) => lower),
      points.map(() => center),
      points.map(({ share }) => share),
      points.map(({ share, isBeyond }) => (isBeyond ? share : null)),
    ],
    [points, center],
  );
  return (
    <Plot
      description={description}
      data={data}
      height={height}
      options={(look) => options(look, timeZone, isDays)}
      kind={`${timeZone} ${isDays}`}
      onPoint={onPoint}
    />
  );
}

function options({ color, axis, grid }: PlotLook, timeZone: string, isDays: boolean): ReturnType<PlotProps["options"]> {
  const line = color("--curve-2");
  const limit = { stroke: color("--mantine-color-dimmed"), width: 1, dash: [4, 4], points: { show: false } };
  const beyond = color("--chart-line");
  return {
    padding: [12, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 8 }, drag: { x: false, y: false } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), timeZone),
    scales: {
      x: { time: true, range: ({ data }) => padded(data[0], isDays ? 43_200 : 1800) },
      y: { range: rangeOf },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        ticks: { show: false },
        gap: 6,
        values: (_, splits) => splits.map(labelOf(timeZone, isDays)),
        space: 64,
        size: 32,
        // Days are drawn at noon: no label at half past.
        ...(isDays ? { incrs: [1, 2, 3, 5, 7, 14, 30, 60, 90].map((days) => days * 86_400) } : {}),
      },
      { ...axis, grid, ticks: { show: false }, size: 58, gap: 8, values: (_, ticks) => ticks.map(percent) },
    ],
    bands: [{ series: [1, 2], fill: color("--chart-volume") }],
    series: [
      {},
      limit,
      limit,
      { stroke: color("--mantine-color-dimmed"), width: 1, points: { show: false } },
      { stroke: line, width: 2, points: { size: 5, space: 3, fill: line }, spanGaps: false },
      {
        stroke: beyond,
        width: 0,
        paths: () => null,
        points: { show: true, size: 10, width: 2, stroke: beyond, fill: color("--surface") },
      },
    ],
  };
}

/** A single point stands in the middle; uPlot's own range of one point in time is 1,000 days long. */
function padded(times: ArrayLike<number>, by: number): [number, number] {
  return [(times[0] ?? 0) - by, (times[times.length - 1] ?? 0) + by];
}

/** All that is drawn, with room around it; from zero where zero is near. */
function rangeOf(_: uPlot, min: number | null, max: number | null): [number, number] {
  const low = min ?? 0;
  const high = max ?? 1;
  const room = Math.max((high - low) * 0.12, 0.002);
  return [low < high * 0.35 ? 0 : low - room, Math.min(1 + room, high + room)];
}

function labelOf(timeZone: string, isDays: boolean): (seconds: number) => string {
  const style: Intl.DateTimeFormatOptions = isDays
    ? { day: "numeric", month: "short", timeZone }
    : { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone };
  const format = new Intl.DateTimeFormat(undefined, style);
  return (seconds) => format.format(seconds * 1000);
}
