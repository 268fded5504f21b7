/** The figures of a set of answered pictures, the same for held-out folds, a server's test pictures and a test part. */
import type { Task } from "@sightline/dataset/dataset";
import { anomalyLabels } from "./manifest.js";
import {
  accuracy,
  auroc,
  averagePrecision,
  confusion,
  ece,
  type LabelMetrics,
  type Metrics,
  macroAuroc,
  macroPrecisionRecall,
  noMetrics,
  precisionRecall,
  type ScoredSample,
} from "./metrics.js";
import { type Calibration, calibratedScore } from "./threshold.js";

/** @param threshold score from which a picture counts as an anomaly */
export function anomalyMetrics(source: Metrics["source"], samples: readonly ScoredSample[], threshold = 0.5): Metrics {
  const [normal, anomaly] = anomalyLabels;
  const name = (isAnomaly: boolean): string => (isAnomaly ? anomaly : normal);
  const matrix = confusion(
    anomalyLabels,
    samples.map(({ isAnomaly }) => name(isAnomaly)),
    samples.map(({ score }) => name(score >= threshold)),
  );
  const answers = samples.map(({ score, isAnomaly }) => ({
    probability: score >= threshold ? score : 1 - score,
    isRight: score >= threshold === isAnomaly,
  }));
  const hasBoth = samples.some((s) => s.isAnomaly) && samples.some((s) => !s.isAnomaly);
  return {
    ...noMetrics,
    source,
    images: samples.length,
    accuracy: accuracy(matrix),
    ...precisionRecall(matrix, anomaly),
    auroc: auroc(
      samples.map(({ score }) => score),
      (i) => samples[i]?.isAnomaly === true,
    ),
    // From good pictures alone nobody can say how often a defect's score is right.
    ece: hasBoth ? ece(answers) : null,
    confusion: matrix,
  };
}

/** @param probabilities one row per picture, in the order of `labels` */
export function classMetrics(
  source: Metrics["source"],
  labels: readonly string[],
  truths: readonly string[],
  probabilities: readonly ArrayLike<number>[],
): Metrics {
  const answers = probabilities.map((row) => indexOfLargest(row));
  const matrix = confusion(
    labels,
    truths,
    answers.map((k) => labels[k] as string),
  );
  return {
    ...noMetrics,
    source,
    images: truths.length,
    accuracy: accuracy(matrix),
    ...macroPrecisionRecall(matrix),
    auroc: macroAuroc(
      labels,
      truths,
      probabilities.map((row) => Object.fromEntries(labels.map((label, k) => [label, row[k] as number]))),
    ),
    ece: ece(answers.map((k, i) => ({ probability: probabilities[i]?.[k] ?? 0, isRight: labels[k] === truths[i] }))),
    confusion: matrix,
  };
}

/** What several labels at once reach, with how many pictures are right in every label. */
export interface MultilabelFigures {
  readonly metrics: Metrics;
  /** Share of the pictures whose every label is right. */
  readonly exactMatch: number;
}

/**
 * @param truths one row per picture: does the label hold?
 * @param probabilities one row per picture, in the order of `labels`
 * @param thresholds one per label: from this probability on it holds
 */
export function multilabelMetrics(
  source: Metrics["source"],
  labels: readonly string[],
  truths: readonly (readonly boolean[])[],
  probabilities: readonly ArrayLike<number>[],
  thresholds: readonly number[],
): MultilabelFigures {
  const holds = (i: number, k: number): boolean => (probabilities[i]?.[k] ?? 0) >= (thresholds[k] ?? 0.5);
  const counts = labels.map((label, k) => {
    let [hits, answered, actual, right] = [0, 0, 0, 0];
    truths.forEach((row, i) => {
      const [isTrue, isAnswered] = [row[k] === true, holds(i, k)];
      if (isTrue) actual++;
      if (isAnswered) answered++;
      if (isTrue && isAnswered) hits++;
      if (isTrue === isAnswered) right++;
    });
    return { label, hits, answered, actual, right };
  });
  const perLabel = counts.map(
    ({ label, hits, answered, actual }, k): LabelMetrics => ({
      label,
      truths: actual,
      precision: answered === 0 ? null : hits / answered,
      recall: actual === 0 ? null : hits / actual,
      ap50: averagePrecision(
        probabilities.map((row) => row[k] as number),
        (i) => truths[i]?.[k] === true,
      ),
      ap50_95: null,
    }),
  );
  const answers = truths.length * labels.length;
  const present = counts.filter(({ actual }) => actual > 0);
  const mean = (pick: (row: (typeof counts)[number]) => number): number | null =>
    present.length === 0 ? null : present.reduce((sum, row) => sum + pick(row), 0) / present.length;
  const areas = labels
    .map((_, k) =>
      auroc(
        probabilities.map((row) => row[k] as number),
        (i) => truths[i]?.[k] === true,
      ),
    )
    .filter((area) => area !== null);
  const exact = truths.filter((row, i) => labels.every((_, k) => (row[k] === true) === holds(i, k))).length;
  return {
    metrics: {
      ...noMetrics,
      source,
      images: truths.length,
      accuracy: answers === 0 ? 0 : counts.reduce((sum, { right }) => sum + right, 0) / answers,
      precision: mean(({ hits, answered }) => (answered === 0 ? 0 : hits / answered)),
      recall: mean(({ hits, actual }) => hits / actual),
      f1: mean(({ hits, answered, actual }) => (2 * hits) / (answered + actual)),
      auroc: areas.length === 0 ? null : areas.reduce((sum, area) => sum + area, 0) / areas.length,
      perLabel,
    },
    exactMatch: truths.length === 0 ? 0 : exact / truths.length,
  };
}

/**
 * How well one fold was answered, higher is better. Anomaly task: AUROC, which no choice of threshold can flatter; with
 * good pictures only, the share not called a defect. Several classes: mean recall. `null`: the fold can't tell.
 */
export function foldScore(
  task: Task,
  outputs: readonly ArrayLike<number>[],
  truths: readonly number[],
  calibration: Calibration,
): number | null {
  if (truths.length === 0) return null;
  if (task === "anomaly") {
    const raw = outputs.map((row) => row[0] as number);
    const area = auroc(raw, (i) => truths[i] === 1);
    if (area !== null || truths.includes(1)) return area;
    return raw.filter((value) => calibratedScore(value, calibration) < 0.5).length / raw.length;
  }
  const present = [...new Set(truths)];
  const recalls = present.map((k) => {
    const members = outputs.filter((_, i) => truths[i] === k);
    return members.filter((row) => indexOfLargest(row) === k).length / members.length;
  });
  return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
}

/** Probes weigh in the choice of a method as much as this many real defects. */
const probeWeight = 5;
/** From so many real defects on these alone decide: what probes add is noise then, larger than what methods differ by. */
const decidingDefects = 20;

/**
 * The measure by which methods compare. Anomaly task: the AUROC of held-out good pictures against probes, and the more real
 * defects there are, the more their AUROC counts, `n / (n + 5)` of the whole: an AUROC from five defects is as uncertain
 * (± 0.05 or so) as the way from probes to real defects is long. So with good pictures only the probes decide, with a
 * handful both, from 20 on the real ones; these also tell how often the verdict at the threshold is right, which counts as much
 * as the order. Other tasks, and methods without probes: `foldScore`.
 *
 * @param calibration `null`: settings are chosen before there is a threshold, so that only the order counts
 * @param probes raw scores of probes whose good pictures were held out
 * @param defects how many real defects the whole training part has
 */
export function methodScore(
  task: Task,
  { outputs, truths }: { readonly outputs: readonly ArrayLike<number>[]; readonly truths: readonly number[] },
  calibration: Calibration | null,
  probes: readonly ArrayLike<number>[],
  defects: number,
): number | null {
  const real = foldScore(task, outputs, truths, calibration ?? { threshold: 0, temperature: 1 });
  if (task !== "anomaly" || probes.length === 0) return real;
  const raw = [...outputs.filter((_, i) => truths[i] === 0), ...probes].map((row) => row[0] as number);
  const onProbes = auroc(raw, (i) => i >= raw.length - probes.length);
  if (defects === 0 || onProbes === null) return onProbes;
  // A fold without a real defect says nothing of them.
  if (real === null || !truths.includes(1)) return onProbes;
  if (defects >= decidingDefects)
    return calibration === null ? real : (real + balancedAccuracy(outputs, truths, calibration)) / 2;
  const share = defects / (defects + probeWeight);
  return share * real + (1 - share) * onProbes;
}

/** Mean of the shares of good pictures and of defects that the threshold tells right. */
function balancedAccuracy(
  outputs: readonly ArrayLike<number>[],
  truths: readonly number[],
  calibration: Calibration,
): number {
  const shares = [0, 1].flatMap((kind) => {
    const members = outputs.filter((_, i) => truths[i] === kind);
    const right = members.filter((row) => Number(calibratedScore(row[0] as number, calibration) >= 0.5) === kind);
    return members.length === 0 ? [] : [right.length / members.length];
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

export function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}
