/** What chance makes of proportions: control limits of a p-chart, and the interval that a measured share stands for. */

export interface Proportion {
  readonly part: number;
  readonly whole: number;
}

export interface ControlPoint {
  /** `null`: nothing was counted. */
  readonly share: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly isBeyond: boolean;
}

export interface ControlChart {
  /** The share of all together; `null`: nothing was counted. */
  readonly center: number | null;
  readonly points: readonly ControlPoint[];
}

/** Three standard deviations, as is usual: chance alone leaves them about three times in a thousand points. */
const sigmas = 3;
/** Mean distance of two standard normal numbers: turns a mean moving range into a standard deviation. */
const d2 = 1.128;

/**
 * A p-chart with limits for each point's own number of pictures (Montgomery, Introduction to Statistical Quality Control, 7.2.2).
 * With `ownSpread` the limits are as wide as the points' usual step from one to the next asks for (p′-chart; Laney, Quality
 * Engineering 14(4), 2002): with thousands of pictures a point, chance alone explains next to no step.
 */
export function controlChart(proportions: readonly Proportion[], ownSpread = false): ControlChart {
  const whole = proportions.reduce((all, one) => all + one.whole, 0);
  if (whole === 0) {
    const nothing = { share: null, lower: null, upper: null, isBeyond: false };
    return { center: null, points: proportions.map(() => nothing) };
  }
  const center = proportions.reduce((all, one) => all + one.part, 0) / whole;
  const deviationOf = (count: number) => Math.sqrt((center * (1 - center)) / count);
  const width = sigmas * (ownSpread ? spreadOf(proportions, center, deviationOf) : 1);
  const points = proportions.map(({ part, whole: count }): ControlPoint => {
    if (count === 0) return { share: null, lower: null, upper: null, isBeyond: false };
    const reach = width * deviationOf(count);
    const lower = Math.max(0, center - reach);
    const upper = Math.min(1, center + reach);
    const value = part / count;
    // A rounding error is no cause for a search.
    const isBeyond = value < lower - 1e-12 || value > upper + 1e-12;
    return { share: value, lower, upper, isBeyond };
  });
  return { center, points };
}

/** By how much the points step more than chance does; 1 where there is no step to measure. */
function spreadOf(proportions: readonly Proportion[], center: number, deviationOf: (count: number) => number): number {
  const scores = proportions.flatMap(({ part, whole }) => {
    const deviation = whole === 0 ? 0 : deviationOf(whole);
    return deviation === 0 ? [] : [(part / whole - center) / deviation];
  });
  if (scores.length < 2) return 1;
  const steps = scores.slice(1).map((score, index) => Math.abs(score - (scores[index] ?? score)));
  return steps.reduce((all, step) => all + step, 0) / steps.length / d2;
}

/** Between these the true share lies with 95 %, by what was counted (Wilson's interval). */
export function interval({ part, whole }: Proportion): { low: number; high: number } | null {
  if (whole === 0) return null;
  const z = 1.96;
  const value = part / whole;
  const scale = 1 + z ** 2 / whole;
  const middle = (value + z ** 2 / (2 * whole)) / scale;
  const reach = (z / scale) * Math.sqrt((value * (1 - value)) / whole + z ** 2 / (4 * whole ** 2));
  return { low: Math.max(0, middle - reach), high: Math.min(1, middle + reach) };
}
