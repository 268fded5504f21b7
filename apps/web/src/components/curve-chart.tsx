/** Lines over epochs: one or several trainings, one figure. */
import { useMemo } from "react";
import type uPlot from "uplot";
import { type Curve, columns } from "./chart-columns.js";
import { Plot, type PlotLook, type PlotProps } from "./plot.js";

export interface CurveChartProps {
  /** What is drawn, for people who can't see it. */
  title: string;
  curves: readonly Curve[];
  /** A share from 0 to 1, shown as per cent. */
  isShare?: boolean;
  height?: number;
}

const lineNames = ["--curve-1", "--curve-2", "--curve-3", "--curve-4"] as const;

export function curveColor(index: number): string {
  return `var(${lineNames[index % lineNames.length]})`;
}

export function CurveChart({ title, curves, isShare = false, height = 180 }: CurveChartProps) {
  const data = useMemo(() => columns(curves), [curves]);
  const count = curves.length;
  return (
    <Plot
      description={describe(title, curves)}
      data={data}
      height={height}
      options={(look) => options(look, count, isShare)}
      kind={`${count} ${isShare}`}
    />
  );
}

function describe(title: string, curves: readonly Curve[]): string {
  const last = (curve: Curve) => curve.points.findLast(({ value }) => value !== null);
  const said = curves.map((curve) => `${curve.title}: ${last(curve)?.value?.toPrecision(3) ?? "no point yet"}`);
  return `${title} by epoch. ${said.join("; ")}.`;
}

function options({ color, axis, grid }: PlotLook, count: number, isShare: boolean): ReturnType<PlotProps["options"]> {
  const lines = Array.from({ length: count }, (_, index): uPlot.Series => {
    const stroke = color(lineNames[index % lineNames.length] as string);
    return { stroke, width: 2, points: { size: 4, fill: stroke }, spanGaps: true };
  });
  const percents = (_: uPlot, ticks: number[]) => ticks.map((tick) => `${Math.round(tick * 100)} %`);
  const upper = (max: number | null) => Math.max(max ?? 0, 1e-6) * 1.08;
  return {
    padding: [10, 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_, __, max) => (isShare ? [0, 1] : [0, upper(max)]) } },
    axes: [
      { ...axis, grid: { show: false }, ticks: { show: false }, size: 30, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
      {
        ...axis,
        grid,
        ticks: { show: false },
        size: 50,
        ...(isShare ? { values: percents } : {}),
      },
    ],
    series: [{}, ...lines],
  };
}
