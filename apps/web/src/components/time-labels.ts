/** What a chart writes along its axis of time. */
import type uPlot from "uplot";

/** Hours and minutes; the day where the axis spans several. */
export function timeLabels(plot: uPlot, splits: number[]): string[] {
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  const manyDays = (max ?? 0) - (min ?? 0) > 2 * 86_400;
  const style: Intl.DateTimeFormatOptions = manyDays
    ? { weekday: "short", day: "numeric" }
    : { hour: "2-digit", minute: "2-digit" };
  return splits.map((seconds) => new Date(seconds * 1000).toLocaleString(undefined, style));
}
