/** The confidences of verdicts in twentieths, as the server counts them. */
import type { AnalyticsGroup } from "@sightline/api/analytics";

export interface ConfidenceBar {
  readonly from: number;
  readonly all: number;
  /** Judged anomalous. */
  readonly part: number;
}

const steps = 20;
export const confidenceStep = 1 / steps;

export function confidenceBars(
  groups: readonly Pick<AnalyticsGroup, "key" | "inspected" | "anomalous">[],
): ConfidenceBar[] {
  const bars = Array.from({ length: steps }, (_, index) => ({ from: index / steps, all: 0, part: 0 }));
  for (const { key, inspected, anomalous } of groups) {
    if (typeof key.confidence !== "number") continue;
    const bar = bars[Math.round(key.confidence * steps)];
    if (bar === undefined) continue;
    bar.all += inspected;
    bar.part += anomalous;
  }
  return bars;
}

/** The share below a limit, which goes down to the next step that is counted. */
export function shareBelow(bars: readonly ConfidenceBar[], limit: number): { share: number | null; limit: number } {
  const whole = bars.reduce((all, bar) => all + bar.all, 0);
  const full = Math.max(1, Math.floor(limit * steps + 1e-9));
  const below = bars.slice(0, full).reduce((all, bar) => all + bar.all, 0);
  return { share: whole === 0 ? null : below / whole, limit: full / steps };
}
