/** Curves of one share against another, such as ROC, precision against recall or reliability: both axes from 0 to 1. */
import { useMemo } from "react";
import type uPlot from "uplot";
import { curveColor } from "./curve-chart.js";
import { Plot, type PlotLook, type PlotProps } from "./plot.js";
import { joined, type ShareCurve } from "./share-columns.js";

export interface SharePlotProps {
  /** What is drawn, for people who can't see it. */
  description: string;
  curves: readonly ShareCurve[];
  x: string;
  y: string;
  height?: number;
}

export function SharePlot({ description, curves, x, y, height = 260 }: SharePlotProps) {
  const data = useMemo((): uPlot.AlignedData => joined(curves), [curves]);
  const shapes = curves.map(({ shape = "line" }) => shape);
  return (
    <Plot
      description={description}
      data={data}
      height={height}
      options={(look) => options(look, shapes, x, y)}
      kind={`${shapes.join()} ${x} ${y}`}
    />
  );
}

function options(
  { color, axis, grid }: PlotLook,
  shapes: readonly NonNullable<ShareCurve["shape"]>[],
  x: string,
  y: string,
): ReturnType<PlotProps["options"]> {
  let coloured = 0;
  const series = shapes.map((shape): uPlot.Series => {
    if (shape === "reference")
      return {
        stroke: color("--mantine-color-dimmed"),
        width: 1,
        dash: [4, 4],
        spanGaps: true,
        points: { show: false },
      };
    const stroke = color(/--[\w-]+/.exec(curveColor(coloured++))?.[0] ?? "");
    if (shape === "dots") return { stroke, width: 0, paths: () => null, points: { show: true, size: 9, fill: stroke } };
    return { stroke, width: 2, spanGaps: true, points: { show: false } };
  });
  const percents = (_: uPlot, ticks: number[]) => ticks.map((tick) => `${Math.round(tick * 100)}`);
  const ends = [0, 0.25, 0.5, 0.75, 1];
  const side = { ...axis, grid, ticks: { show: false }, splits: () => ends, values: percents, labelFont: axis.font };
  return {
    padding: [10, 14, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [0, 1] }, y: { range: [0, 1] } },
    axes: [
      { ...side, size: 30, label: `${x}, %`, labelSize: 20 },
      { ...side, size: 40, label: `${y}, %`, labelSize: 20 },
    ],
    series: [{}, ...series],
  } as ReturnType<PlotProps["options"]>;
}
