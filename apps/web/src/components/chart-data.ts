/** From the server's buckets to the columns that the chart draws. */
import type { Stats } from "@sightline/api/inspections";

export type ChartData = [times: number[], volume: (number | null)[], rate: (number | null)[]];

/** A bucket without inspections has no rate: zero would claim that all was well. */
export function chartData(stats: Pick<Stats, "buckets">): ChartData {
  const times: number[] = [];
  const volume: (number | null)[] = [];
  const rate: (number | null)[] = [];
  for (const { startsAt, inspected, anomalous } of stats.buckets) {
    times.push(Date.parse(startsAt) / 1000);
    volume.push(inspected);
    rate.push(inspected === 0 ? null : anomalous / inspected);
  }
  return [times, volume, rate];
}

/** Upper end of the rate axis: room above the highest point, never so fine that noise looks like an alarm. */
export function rateCeiling(highest: number | null): number {
  const wanted = Math.max(0.05, (highest ?? 0) * 1.15);
  const steps = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];
  return steps.find((step) => step >= wanted) ?? 1;
}
