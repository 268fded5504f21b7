/** Draws rate and volume with uPlot; React only creates it, feeds it and sizes it. */
import { useComputedColorScheme } from "@mantine/core";
import type { Stats } from "@sightline/api/schemas";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { chartData, rateCeiling } from "./chart-data.js";
import { count, percent } from "./format.js";
import { timeLabels } from "./time-labels.js";

const height = 224;

export interface RateChartProps {
  stats: Stats;
  /** Several classes have no rate of defects: only the bars. */
  volumeOnly?: boolean;
  onPoint: (index: number | null) => void;
}

export function RateChart({ stats, volumeOnly = false, onPoint }: RateChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const scheme = useComputedColorScheme("light");
  const data = useMemo(() => chartData(stats), [stats]);
  const latest = useRef({ data, onPoint });
  latest.current = { data, onPoint };

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the page, so a new scheme means a new chart
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const size = () => ({ width: element.clientWidth, height });
    const plot = new uPlot(
      options(size(), volumeOnly, (index) => latest.current.onPoint(index)),
      latest.current.data,
      element,
    );
    chart.current = plot;
    const observer = new ResizeObserver(() => plot.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [scheme, volumeOnly]);

  useEffect(() => chart.current?.setData(data), [data]);

  return <div ref={frame} role="img" aria-label={describe(stats, volumeOnly)} style={{ height, width: "100%" }} />;
}

function describe(stats: Stats, volumeOnly: boolean): string {
  const { inspected, anomalous } = stats.totals;
  if (volumeOnly) return `Pictures inspected over time: ${inspected} in all.`;
  return `Anomaly rate over time: ${percent(inspected === 0 ? null : anomalous / inspected)} overall.`;
}

function options(
  size: { width: number; height: number },
  volumeOnly: boolean,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(document.body);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: color("--mantine-color-dimmed"), font: "11.5px 'Inter Variable', system-ui, sans-serif" };
  const grid = { stroke: color("--edge"), width: 1 };
  const line = color("--chart-line");
  return {
    ...size,
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
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
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
