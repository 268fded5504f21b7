/**
 * Figures of a ranking in which each picture counts as often as its weight says: resamples and slices are weights over one
 * ranking that is sorted once.
 */

/** How often each picture counts. */
export type Weights = ArrayLike<number>;

export interface Ranking {
  /** Picture of each place, best score first. */
  readonly pictures: Int32Array;
  /** 1 where the place ends a run of equal scores: no threshold lies between those. */
  readonly ends: Uint8Array;
  readonly isPositive: Uint8Array;
}

export function rankingOf(scores: ArrayLike<number>, isPositive: (index: number) => boolean): Ranking {
  const pictures = Int32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
  );
  return {
    pictures,
    ends: Uint8Array.from(pictures, (picture, place) => {
      const next = pictures[place + 1];
      return next === undefined || scores[next] !== scores[picture] ? 1 : 0;
    }),
    isPositive: Uint8Array.from(pictures, (picture) => (isPositive(picture) ? 1 : 0)),
  };
}

/** Probability that a positive ranks above a negative, ties counted half. */
export function weightedAuroc({ pictures, ends, isPositive }: Ranking, weights: Weights): number | null {
  let positives = 0;
  let negatives = 0;
  let wins = 0;
  let tiedPositives = 0;
  let tiedNegatives = 0;
  for (let place = 0; place < pictures.length; place++) {
    const weight = weights[pictures[place] as number] as number;
    if (isPositive[place] === 1) tiedPositives += weight;
    else tiedNegatives += weight;
    if (ends[place] === 0) continue;
    // Each negative loses to the positives before it.
    wins += tiedNegatives * (positives + tiedPositives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
    tiedPositives = 0;
    tiedNegatives = 0;
  }
  return positives === 0 || negatives === 0 ? null : wins / positives / negatives;
}

/** Mean precision at the places of the positives, as `averagePrecision` of metrics.ts. */
export function weightedAveragePrecision({ pictures, ends, isPositive }: Ranking, weights: Weights): number | null {
  let hits = 0;
  let counted = 0;
  let answers = 0;
  let area = 0;
  for (let place = 0; place < pictures.length; place++) {
    const weight = weights[pictures[place] as number] as number;
    answers += weight;
    if (isPositive[place] === 1) hits += weight;
    if (ends[place] === 0 || hits === counted) continue;
    area += (hits - counted) * (hits / answers);
    counted = hits;
  }
  return hits === 0 ? null : area / hits;
}

/** Sum of the weights of those that hold. */
export function weightOf(holds: ArrayLike<number>, weights: Weights): number {
  let sum = 0;
  for (let i = 0; i < holds.length; i++) if (holds[i] === 1) sum += weights[i] as number;
  return sum;
}

export function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

/** Over what there is; `null` where there is nothing. */
export function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

export function sumOf(weights: Weights): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] as number;
  return sum;
}
