/**
 * How far apart two samples of a figure are: the Kolmogorov–Smirnov distance, held against what chance alone brings about.
 * (Kolmogorov 1933, Smirnov 1948; the critical value is the asymptotic one for two samples.)
 */

/** Below this a distance is of no practical weight, however many pictures prove it. */
const leastDistance = 0.2;
/** How often chance alone may go beyond the critical distance: once in a thousand times. */
const chance = 0.001;
/** More anomalies than this among the pictures is itself a change. */
const largestShare = 0.5;

export interface Drift {
  /** 0: the same distribution; 1: no overlap. */
  readonly distance: number;
  /** The distance in units of the one that counts: from 1 on it is more than chance and more than a trifle. */
  readonly drift: number;
}

/** "above": only what is larger than it should be counts. */
type Side = "both" | "above";

/** Largest difference between two step functions, each given as sorted values with weights that sum to 1; one-sided: of `b` above `a`. */
function largestGap(a: readonly Weighted[], b: readonly Weighted[], side: Side): number {
  let [i, j, below, above, gap] = [0, 0, 0, 0, 0];
  while (i < a.length || j < b.length) {
    const value = Math.min(a[i]?.value ?? Number.POSITIVE_INFINITY, b[j]?.value ?? Number.POSITIVE_INFINITY);
    for (let next = a[i]; next !== undefined && next.value <= value; next = a[++i]) below += next.weight;
    for (let next = b[j]; next !== undefined && next.value <= value; next = b[++j]) above += next.weight;
    gap = Math.max(gap, side === "both" ? Math.abs(below - above) : below - above);
  }
  return gap;
}

interface Weighted {
  readonly value: number;
  readonly weight: number;
}

const weighted = (values: readonly number[], total = 1): Weighted[] =>
  values.map((value) => ({ value, weight: total / values.length }));
const sorted = (values: readonly Weighted[]) => values.toSorted((a, b) => a.value - b.value);

/** The distance that chance exceeds once in a thousand times, between samples of these sizes. */
export function criticalDistance(reference: number, live: number, figures = 1, side: Side = "both"): number {
  // Several figures are several chances to be wrong (Bonferroni).
  const tail = chance / figures / (side === "both" ? 2 : 1);
  return Math.sqrt((-Math.log(tail) / 2) * ((reference + live) / (reference * live)));
}

function against(distance: number, critical: number): Drift {
  return { distance, drift: distance / Math.max(leastDistance, critical) };
}

/** @param figures how many figures are held against their references at the same time. */
export function driftOf(reference: readonly number[], live: readonly number[], figures = 1): Drift {
  const distance = largestGap(sorted(weighted(reference)), sorted(weighted(live)), "both");
  return against(distance, criticalDistance(reference.length, live.length, figures));
}

/**
 * Drift of what differs between normal and anomalous pictures, such as scores. More or fewer anomalies than in the training
 * pictures is no drift, so the live values are held against the nearest mix of normal and anomalous held-out ones
 * (after González-Castro et al. 2013, who estimate shares so).
 */
export function mixDriftOf(
  normal: readonly number[],
  anomalous: readonly number[],
  live: readonly number[],
  side: Side = "both",
): Drift {
  const seen = sorted(weighted(live));
  let nearest = Number.POSITIVE_INFINITY;
  for (let percent = 0; percent <= (anomalous.length === 0 ? 0 : largestShare * 100); percent++) {
    const share = percent / 100;
    const mix = sorted([...weighted(normal, 1 - share), ...(share === 0 ? [] : weighted(anomalous, share))]);
    nearest = Math.min(nearest, largestGap(mix, seen, side));
  }
  return against(nearest, criticalDistance(normal.length + anomalous.length, live.length, 1, side));
}
