/** Lines over epochs with uPlot: one or several trainings, one figure; React only creates it, feeds it and sizes it. */
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { type Curve, columns } from "./chart-columns.js";

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
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const scheme = useComputedColorScheme("light");
  const data = useMemo(() => columns(curves), [curves]);
  const latest = useRef(data);
  latest.current = data;
  const count = curves.length;

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the page, so a new scheme means a new chart
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const size = () => ({ width: element.clientWidth, height });
    const plot = new uPlot(options(size(), count, isShare), latest.current, element);
    chart.current = plot;
    const observer = new ResizeObserver(() => plot.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [scheme, count, isShare, height]);

  useEffect(() => chart.current?.setData(data), [data]);

  return <div ref={frame} role="img" aria-label={describe(title, curves)} style={{ height, width: "100%" }} />;
}

function describe(title: string, curves: readonly Curve[]): string {
  const last = (curve: Curve) => curve.points.findLast(({ value }) => value !== null);
  const said = curves.map((curve) => `${curve.title}: ${last(curve)?.value?.toPrecision(3) ?? "no point yet"}`);
  return `${title} by epoch. ${said.join("; ")}.`;
}

function options(size: { width: number; height: number }, count: number, isShare: boolean): uPlot.Options {
  const style = getComputedStyle(document.body);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: color("--mantine-color-dimmed"), font: "11.5px 'Inter Variable', system-ui, sans-serif" };
  const lines = Array.from({ length: count }, (_, index): uPlot.Series => {
    const stroke = color(lineNames[index % lineNames.length] as string);
    return { stroke, width: 2, points: { size: 4, fill: stroke }, spanGaps: true };
  });
  const percents = (_: uPlot, ticks: number[]) => ticks.map((tick) => `${Math.round(tick * 100)} %`);
  const upper = (max: number | null) => Math.max(max ?? 0, 1e-6) * 1.08;
  return {
    ...size,
    padding: [10, 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_, __, max) => (isShare ? [0, 1] : [0, upper(max)]) } },
    axes: [
      { ...axis, grid: { show: false }, ticks: { show: false }, size: 30, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] },
      {
        ...axis,
        grid: { stroke: color("--edge"), width: 1 },
        ticks: { show: false },
        size: 50,
        ...(isShare ? { values: percents } : {}),
      },
    ],
    series: [{}, ...lines],
  };
}
