/** One uPlot chart in a page: React only creates it, feeds it and sizes it. */
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

/** What every chart is drawn with, as the page has it in its colour scheme. */
export interface PlotLook {
  color(name: string): string;
  readonly axis: Pick<uPlot.Axis, "stroke" | "font">;
  readonly grid: uPlot.Axis.Grid;
}

export interface PlotProps {
  /** What is drawn, for people who can't see it. */
  description: string;
  data: uPlot.AlignedData;
  height: number;
  options: (look: PlotLook) => Omit<uPlot.Options, "width" | "height">;
  /** What `options` decides by: where it changes, the chart is made anew. */
  kind?: string;
  /** Told where the pointer is. */
  onPoint?: ((index: number | null) => void) | undefined;
}

export function Plot({ description, data, height, options, kind = "", onPoint }: PlotProps) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const scheme = useComputedColorScheme("light");
  const latest = useRef({ data, options, onPoint });
  latest.current = { data, options, onPoint };

  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the page, so a new scheme means a new chart
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const size = () => ({ width: element.clientWidth, height });
    const hooks = { setCursor: [({ cursor }: uPlot) => latest.current.onPoint?.(cursor.idx ?? null)] };
    const plot = new uPlot({ ...size(), hooks, ...latest.current.options(lookOf()) }, latest.current.data, element);
    chart.current = plot;
    const observer = new ResizeObserver(() => plot.setSize(size()));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [scheme, height, kind]);

  useEffect(() => chart.current?.setData(data), [data]);

  return <div ref={frame} role="img" aria-label={description} style={{ height, width: "100%" }} />;
}

function lookOf(): PlotLook {
  const style = getComputedStyle(document.body);
  const color = (name: string) => style.getPropertyValue(name).trim();
  return {
    color,
    axis: { stroke: color("--mantine-color-dimmed"), font: "11.5px 'Inter Variable', system-ui, sans-serif" },
    grid: { stroke: color("--edge"), width: 1 },
  };
}
