/** Curves over all thresholds, and how often answers are right that say they are sure by so much. */
import { auroc, averagePrecision, roc } from "../metrics.js";
import { wilson } from "./bootstrap.js";
import type { LabelCurves, PrecisionRecallPoint, Reliability, ReliabilityBin } from "./evaluation-report.js";

/** More points than this no eye tells apart. */
const mostPoints = 400;

/** One label against the rest. */
export function labelCurves(
  label: string,
  scores: readonly number[],
  isPositive: (index: number) => boolean,
): LabelCurves {
  const samples = scores.map((score, i) => ({ score, isAnomaly: isPositive(i) }));
  return {
    label,
    truths: samples.filter(({ isAnomaly }) => isAnomaly).length,
    auroc: auroc(scores, isPositive),
    averagePrecision: averagePrecision(scores, isPositive),
    roc: thinned(withoutStraights(roc(samples))),
    precisionRecall: thinned(
      precisionRecallCurve(samples.map(({ score, isAnomaly }) => ({ score, isHit: isAnomaly }))),
    ),
  };
}

/**
 * Precision against recall from the strictest threshold to the laxest, one point per distinct score.
 *
 * @param truths how many there were to find; left out: as many as are among the answers
 */
export function precisionRecallCurve(
  answers: readonly { readonly score: number; readonly isHit: boolean }[],
  truths = answers.filter(({ isHit }) => isHit).length,
): PrecisionRecallPoint[] {
  if (truths === 0) return [];
  const sorted = [...answers].sort((a, b) => b.score - a.score);
  const points: PrecisionRecallPoint[] = [];
  let hits = 0;
  sorted.forEach(({ score, isHit }, i) => {
    if (isHit) hits++;
    if (sorted[i + 1]?.score !== score)
      points.push({ recall: hits / truths, precision: hits / (i + 1), threshold: score });
  });
  return points;
}

/** Points on a straight line between their neighbours say nothing: a ROC curve is steps. */
function withoutStraights<P extends { readonly falsePositiveRate: number; readonly truePositiveRate: number }>(
  points: readonly P[],
): P[] {
  return points.filter((point, i) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    if (before === undefined || after === undefined) return true;
    const isLevel =
      before.truePositiveRate === point.truePositiveRate && point.truePositiveRate === after.truePositiveRate;
    const isUpright =
      before.falsePositiveRate === point.falsePositiveRate && point.falsePositiveRate === after.falsePositiveRate;
    return !isLevel && !isUpright;
  });
}

/** Evenly taken, the ends included. */
export function thinned<P>(points: readonly P[], most = mostPoints): P[] {
  if (points.length <= most) return [...points];
  return Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))] as P);
}

/** The bins of `ece` in metrics.ts, so that their gaps add up to it. */
export function reliabilityOf(
  answers: readonly { readonly probability: number; readonly isRight: boolean }[],
  bins = 15,
): Reliability | null {
  if (answers.length === 0) return null;
  const rows = Array.from({ length: bins }, () => ({ count: 0, probability: 0, right: 0 }));
  for (const { probability, isRight } of answers) {
    const row = rows[Math.min(bins - 1, Math.max(0, Math.ceil(probability * bins) - 1))] as (typeof rows)[number];
    row.count++;
    row.probability += probability;
    if (isRight) row.right++;
  }
  return {
    ece: rows.reduce((sum, { probability, right }) => sum + Math.abs(probability - right), 0) / answers.length,
    bins: rows.flatMap(({ count, probability, right }, i): ReliabilityBin[] =>
      count === 0
        ? []
        : [
            {
              from: i / bins,
              to: (i + 1) / bins,
              count,
              meanProbability: probability / count,
              rightShare: right / count,
              ...wilson(right, count),
            },
          ],
    ),
  };
}
