/** How a figure from 0 to 1 is distributed: a bar for each step of it, a part of which is of another kind. */
import { useMemo } from "react";
import uPlot from "uplot";
import { count, percent } from "./format.js";
import { Plot, type PlotLook, type PlotProps } from "./plot.js";

export interface Bar {
  /** Lower end. */
  readonly from: number;
  readonly all: number;
  readonly part: number;
}

export interface HistogramChartProps {
  /** What is drawn, for people who can't see it. */
  description: string;
  bars: readonly Bar[];
  /** Width of a bar on the scale. */
  step: number;
  onPoint?: (index: number | null) => void;
}

const height = 220;

export function HistogramChart({ description, bars, step, onPoint }: HistogramChartProps) {
  const data = useMemo(
    (): uPlot.AlignedData => [
      bars.map(({ from }) => from + step / 2),
      bars.map(({ all }) => all),
      bars.map(({ part }) => part),
    ],
    [bars, step],
  );
  return <Plot description={description} data={data} height={height} options={options} onPoint={onPoint} />;
}

function options({ color, axis, grid }: PlotLook): ReturnType<PlotProps["options"]> {
  const paths = uPlot.paths.bars?.({ size: [0.86, 60], radius: 0.1 });
  const bar = (fill: string) => ({
    fill,
    width: 0,
    points: { show: false },
    ...(paths === undefined ? {} : { paths }),
  });
  return {
    padding: [12, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: false, range: [0, 1] }, y: { range: (_, __, max) => [0, Math.max(1, max) * 1.08] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        ticks: { show: false },
        size: 32,
        gap: 6,
        incrs: [0.1, 0.2, 0.25, 0.5],
        values: (_, ticks) => ticks.map((tick) => percent(Math.round(tick * 100) / 100)),
      },
      {
        ...axis,
        grid,
        ticks: { show: false },
        size: 62,
        gap: 8,
        values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : "")),
      },
    ],
    series: [{}, bar(color("--curve-2")), bar(color("--chart-line"))],
  };
}
