/** How good answers are: accuracy, precision, recall, F1, ROC, AUROC, calibration error, pixel AUROC and AUPRO. */

import type { DefectMetrics } from "./segmentation/segmentation-metrics.js";

export interface Confusion {
  readonly labels: readonly string[];
  /** `counts[truth][answer]`, in the order of `labels`. */
  readonly counts: readonly (readonly number[])[];
}

export interface RocPoint {
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
  /** A picture counts as positive from this score up. */
  readonly threshold: number;
}

export interface ScoredSample {
  readonly score: number;
  readonly isAnomaly: boolean;
}

/** The figures a model is shown with; the HTTP interface has the same shape. */
export interface Metrics {
  /** test: pictures kept apart; heldOut: each picture scored by a model that never saw it. */
  readonly source: "test" | "heldOut";
  readonly images: number;
  /** Several labels at once: share of right yes/no answers. `null` for detection. */
  readonly accuracy: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly auroc: number | null;
  readonly ece: number | null;
  /** Empty for several labels at once and for detection. */
  readonly confusion: Confusion;
  /** Detection: mean average precision at an overlap of 0.5. */
  readonly mAP50: number | null;
  /** Detection: mean over the overlaps 0.5, 0.55 … 0.95. */
  readonly mAP50_95: number | null;
  /** One row a label for several labels at once and for detection; else empty. */
  readonly perLabel: readonly LabelMetrics[];
  /** Models that learnt from masks: how well each kind of defect is found to the pixel. */
  readonly defects?: readonly DefectMetrics[];
}

/** How well one label is found, whatever becomes of the others. */
export interface LabelMetrics {
  readonly label: string;
  /** How many there were to find. */
  readonly truths: number;
  readonly precision: number | null;
  readonly recall: number | null;
  /** Average precision; of several labels at once over the pictures, of detection at an overlap of 0.5. */
  readonly ap50: number | null;
  readonly ap50_95: number | null;
}

/** What a task without this kind of figure says. */
export const noMetrics = {
  precision: null,
  recall: null,
  f1: null,
  auroc: null,
  ece: null,
  confusion: { labels: [], counts: [] },
  mAP50: null,
  mAP50_95: null,
  perLabel: [],
} as const;

export function confusion(labels: readonly string[], truths: readonly string[], answers: readonly string[]): Confusion {
  const index = new Map(labels.map((label, i) => [label, i]));
  const counts = labels.map(() => labels.map(() => 0));
  truths.forEach((truth, i) => {
    const row = counts[index.get(truth) ?? -1];
    const column = index.get(answers[i] as string);
    if (row === undefined || column === undefined)
      throw new RangeError(`Labels must be among ${labels.join(", ")}; got ${truth} → ${answers[i]}.`);
    row[column] = (row[column] as number) + 1;
  });
  return { labels, counts };
}

export function accuracy({ counts }: Confusion): number {
  const total = counts.flat().reduce((sum, n) => sum + n, 0);
  const right = counts.reduce((sum, row, i) => sum + (row[i] as number), 0);
  return total === 0 ? 0 : right / total;
}

export interface PrecisionRecall {
  /** `null`: nothing was answered so. */
  readonly precision: number | null;
  /** `null`: there was none to find. */
  readonly recall: number | null;
  /** `null` where there was none and none was answered. */
  readonly f1: number | null;
}

export function precisionRecall({ labels, counts }: Confusion, positive: string): PrecisionRecall {
  const k = labels.indexOf(positive);
  const hits = counts[k]?.[k] ?? 0;
  const actual = counts[k]?.reduce((sum, n) => sum + n, 0) ?? 0;
  const answered = counts.reduce((sum, row) => sum + (row[k] ?? 0), 0);
  return {
    precision: answered === 0 ? null : hits / answered,
    recall: actual === 0 ? null : hits / actual,
    f1: answered + actual === 0 ? null : (2 * hits) / (answered + actual),
  };
}

/** Mean over the labels that have pictures; a label never answered counts as precision 0 (scikit-learn's default). */
export function macroPrecisionRecall(matrix: Confusion): PrecisionRecall {
  const present = matrix.labels.filter((_, i) => matrix.counts[i]?.some((n) => n > 0));
  if (present.length === 0) return { precision: null, recall: null, f1: null };
  const rows = present.map((label) => precisionRecall(matrix, label));
  const mean = (pick: (row: PrecisionRecall) => number | null): number =>
    rows.reduce((sum, row) => sum + (pick(row) ?? 0), 0) / rows.length;
  return { precision: mean((r) => r.precision), recall: mean((r) => r.recall), f1: mean((r) => r.f1) };
}

/** Probability that a positive scores above a negative, ties counted half; `null` when one of the two is missing. */
export function auroc(scores: ArrayLike<number>, isPositive: (index: number) => boolean): number | null {
  const positives: number[] = [];
  const negatives: number[] = [];
  for (let i = 0; i < scores.length; i++) (isPositive(i) ? positives : negatives).push(scores[i] as number);
  return aurocOf(Float64Array.from(positives), Float64Array.from(negatives));
}

/** The same from the two sets of scores; sorts them in place. */
export function aurocOf(positives: Float32Array | Float64Array, negatives: Float32Array | Float64Array): number | null {
  if (positives.length === 0 || negatives.length === 0) return null;
  positives.sort();
  negatives.sort();
  let below = 0;
  let notAbove = 0;
  let wins = 0;
  for (const score of positives) {
    while (below < negatives.length && (negatives[below] as number) < score) below++;
    while (notAbove < negatives.length && (negatives[notAbove] as number) <= score) notAbove++;
    wins += (below + notAbove) / 2;
  }
  return wins / positives.length / negatives.length;
}

/** Mean of one-against-the-rest AUROC over the labels that occur; `null` when none can be told. */
export function macroAuroc(
  labels: readonly string[],
  truths: readonly string[],
  probabilities: readonly Readonly<Record<string, number>>[],
): number | null {
  const each = labels
    .map((label) =>
      auroc(
        Float64Array.from(probabilities, (p) => p[label] ?? 0),
        (i) => truths[i] === label,
      ),
    )
    .filter((value) => value !== null);
  return each.length === 0 ? null : each.reduce((sum, value) => sum + value, 0) / each.length;
}

/** The ROC curve from (0, 0) to (1, 1), one point per distinct score; empty when one of the two kinds is missing. */
export function roc(samples: readonly ScoredSample[]): RocPoint[] {
  const sorted = [...samples].sort((a, b) => b.score - a.score);
  const anomalies = sorted.filter((s) => s.isAnomaly).length;
  const normals = sorted.length - anomalies;
  if (anomalies === 0 || normals === 0) return [];
  const points: RocPoint[] = [{ falsePositiveRate: 0, truePositiveRate: 0, threshold: 1 }];
  let hits = 0;
  let falseAlarms = 0;
  sorted.forEach((sample, i) => {
    if (sample.isAnomaly) hits++;
    else falseAlarms++;
    if (sorted[i + 1]?.score !== sample.score)
      points.push({
        falsePositiveRate: falseAlarms / normals,
        truePositiveRate: hits / anomalies,
        threshold: sample.score,
      });
  });
  return points;
}

/**
 * Expected calibration error (Guo et al. 2017): mean gap between how sure the answers are and how often they are right,
 * over equally wide bins of the answer's probability.
 */
export function ece(
  answers: readonly { readonly probability: number; readonly isRight: boolean }[],
  bins = 15,
): number | null {
  if (answers.length === 0) return null;
  const sums = Array.from({ length: bins }, () => ({ probability: 0, right: 0 }));
  for (const { probability, isRight } of answers) {
    // Bins are (low, high], as in the paper.
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(probability * bins) - 1))] as (typeof sums)[number];
    bin.probability += probability;
    bin.right += isRight ? 1 : 0;
  }
  return sums.reduce((sum, bin) => sum + Math.abs(bin.probability - bin.right), 0) / answers.length;
}

/**
 * Average precision of a ranking: the mean precision at the places of the positives (the area under the stepped
 * precision-recall curve). Equal scores enter together. `null` without a positive.
 */
export function averagePrecision(scores: ArrayLike<number>, isPositive: (index: number) => boolean): number | null {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number),
  );
  const positives = order.filter(isPositive).length;
  if (positives === 0) return null;
  let area = 0;
  let hits = 0;
  let counted = 0;
  order.forEach((index, rank) => {
    if (isPositive(index)) hits++;
    const next = order[rank + 1];
    if (next !== undefined && scores[next] === scores[index]) return;
    area += ((hits - counted) / positives) * (hits / (rank + 1));
    counted = hits;
  });
  return area;
}
