/**
 * Intervals of figures by the percentile bootstrap (Efron 1979): the pictures are drawn again with replacement, each stratum
 * as often as it has pictures, and the middle 95 % of what the figure then is are its interval.
 */
import { seededRandom } from "@sightline/dataset/seeded-random";
import { quantile } from "../threshold.js";
import type { Figure } from "./evaluation-report.js";
import type { Weights } from "./ranking.js";

/** A figure as a function of how often each picture counts. */
export interface Statistic {
  readonly name: string;
  readonly title: string;
  readonly better: Figure["better"];
  of(weights: Weights): number | null;
  /** Of a share of pictures: how many of them, so that "all right" has an interval, too. */
  readonly shareOf?: (weights: Weights) => number | null;
  /**
   * Resamples exaggerate it, as a mean of absolute gaps does: its interval is turned about the value (the basic bootstrap;
   * Davison and Hinkley 1997, 5.2).
   */
  readonly isExaggerated?: boolean;
  /** Too slow to be computed a thousand times: no interval. */
  readonly isOnce?: boolean;
}

export function higher(name: string, title: string, of: Statistic["of"], shareOf?: Statistic["of"]): Statistic {
  return { name, title, better: "higher", of, ...(shareOf && { shareOf }) };
}

export function lower(name: string, title: string, of: Statistic["of"], shareOf?: Statistic["of"]): Statistic {
  return { name, title, better: "lower", of, ...(shareOf && { shareOf }) };
}

export interface BootstrapOptions {
  /** One per picture: resamples keep the count of each. */
  readonly strata: readonly string[];
  readonly resamples: number;
  readonly seed: number;
}

export const level = 0.95;
const tail = (1 - level) / 2;
/** Two-sided 95 % of the normal distribution. */
const z = 1.959963984540054;

/** Every picture once. */
export function once(count: number): Float64Array {
  return new Float64Array(count).fill(1);
}

/** Calls with the weights of each resample; the array is used again. */
export function resample({ strata, resamples, seed }: BootstrapOptions, take: (weights: Float64Array) => void): void {
  const groups = [...new Set(strata)].map((name) => [...strata.keys()].filter((i) => strata[i] === name));
  const random = seededRandom(seed);
  const weights = new Float64Array(strata.length);
  for (let round = 0; round < resamples; round++) {
    weights.fill(0);
    for (const members of groups)
      for (let draw = 0; draw < members.length; draw++) {
        const picture = members[random.index(members.length)] as number;
        weights[picture] = (weights[picture] as number) + 1;
      }
    take(weights);
  }
}

export function withIntervals(statistics: readonly Statistic[], options: BootstrapOptions): Figure[] {
  const all = once(options.strata.length);
  const values = statistics.map((statistic) => statistic.of(all));
  const drawn = statistics.map((): number[] => []);
  const repeated = statistics.map(({ isOnce }, i) => isOnce !== true && values[i] !== null);
  resample(options, (weights) => {
    for (const [i, statistic] of statistics.entries()) {
      if (!repeated[i]) continue;
      const value = statistic.of(weights);
      if (value !== null) drawn[i]?.push(value);
    }
  });
  return statistics.map(({ name, title, better, shareOf, isExaggerated }, i) => {
    const value = values[i] as number | null;
    const interval =
      value === null
        ? null
        : intervalOf(
            (drawn[i] ?? []).map((other) => (isExaggerated ? Math.max(0, 2 * value - other) : other)),
            value,
            shareOf?.(all),
          );
    return { name, title, value, low: interval?.low ?? null, high: interval?.high ?? null, better };
  });
}

/**
 * Where every resample says the same, as when all pictures are right, resampling shows no spread and would promise certainty:
 * a share of pictures has Wilson's interval then, any other figure none.
 */
function intervalOf(
  values: readonly number[],
  value: number,
  pictures: number | null | undefined,
): { low: number; high: number } | null {
  const sorted = Float64Array.from(values).sort();
  const [low, high] = sorted.length === 0 ? [value, value] : [quantile(sorted, tail), quantile(sorted, 1 - tail)];
  if (high > low) return { low: Math.min(low, value), high: Math.max(high, value) };
  return !pictures ? null : wilson(Math.round(value * pictures), pictures);
}

/** 95 % interval of a share (Wilson 1927): honest also for few pictures and at 0 and 1. */
export function wilson(hits: number, count: number): { low: number; high: number } {
  const share = hits / count;
  const divisor = 1 + z ** 2 / count;
  const middle = (share + z ** 2 / (2 * count)) / divisor;
  const reach = (z / divisor) * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2));
  return { low: hits === 0 ? 0 : Math.max(0, middle - reach), high: hits === count ? 1 : Math.min(1, middle + reach) };
}
