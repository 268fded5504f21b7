/** Datapoints of a watched metric over time with the threshold of an alarm, drawn by uPlot; React only creates it, feeds it and sizes it. */
import { useComputedColorScheme } from "@mantine/core";
import type { Datapoint } from "@sightline/api/monitoring";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
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
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const scheme = useComputedColorScheme("light");
  const data = useMemo(
    (): Columns => [
      points.map(({ startsAt }) => Date.parse(startsAt) / 1000),
      points.map(({ value }) => value),
      points.map(() => threshold ?? null),
    ],
    [points, threshold],
  );
  const latest = useRef({ data, text, onPoint });
  latest.current = { data, text, onPoint };
  const hasThreshold = threshold !== undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the page, so a new scheme means a new chart
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const size = () => ({ width: element.clientWidth, height });
    const plot = new uPlot(
      options(
        size(),
        hasThreshold,
        (value) => latest.current.text(value),
        (index) => latest.current.onPoint?.(index),
      ),
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
  }, [scheme, hasThreshold]);

  useEffect(() => chart.current?.setData(data), [data]);

  const last = points.findLast(({ value }) => value !== null)?.value ?? null;
  const said = `${title} over time. Latest: ${last === null ? "nothing read" : text(last)}.`;
  const limit = threshold === undefined ? "" : ` Threshold: ${text(threshold)}.`;
  return <div ref={frame} role="img" aria-label={said + limit} style={{ height, width: "100%" }} />;
}

function options(
  size: { width: number; height: number },
  hasThreshold: boolean,
  text: (value: number) => string,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const style = getComputedStyle(document.body);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: color("--mantine-color-dimmed"), font: "11.5px 'Inter Variable', system-ui, sans-serif" };
  const line = color("--curve-2");
  return {
    ...size,
    padding: [12, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 8 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, min, max) => rangeOf(min, max) } },
    axes: [
      { ...axis, grid: { show: false }, ticks: { show: false }, gap: 6, values: timeLabels, space: 64, size: 32 },
      {
        ...axis,
        grid: { stroke: color("--edge"), width: 1 },
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
    hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
  };
}

/** From zero, with room above; a threshold is part of the data, so it is always in the picture. */
function rangeOf(min: number | null, max: number | null): [number, number] {
  const top = Math.max(max ?? 0, 1e-3);
  return [Math.min(0, min ?? 0), top * 1.15];
}
