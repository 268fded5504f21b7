/** Reports of models that answer with one label a picture: anomaly and classification. */

import { anomalyLabels } from "../manifest.js";
import { accuracy, type Confusion, macroPrecisionRecall, type PrecisionRecall, precisionRecall } from "../metrics.js";
import { reanchor } from "../threshold.js";
import type { AnsweredPicture, TaskView, Wrong } from "./answered-picture.js";
import { higher, lower, once, type Statistic } from "./bootstrap.js";
import { labelCurves } from "./curves.js";
import {
  meanOf,
  rankingOf,
  share,
  sumOf,
  type Weights,
  weightedAuroc,
  weightedAveragePrecision,
  weightOf,
} from "./ranking.js";

/** @param threshold on the model's own scale: a score from it up is an anomaly */
export function anomalyView(pictures: readonly AnsweredPicture[], threshold: number): TaskView {
  const labels = anomalyLabels;
  const [normal, anomaly] = labels;
  const own = pictures.map(({ prediction }) => prediction.score ?? 0);
  // 0.5 at the threshold, whatever it is.
  const scores = own.map((score) => (threshold === 0.5 ? score : reanchor(score, threshold)));
  const scoreOf = (i: number): number => scores[i] as number;
  const isAnomaly = pictures.map(({ truth }) => (truth === anomaly ? 1 : 0));
  const isNormal = isAnomaly.map((is) => 1 - is);
  const said = own.map((score) => (score >= threshold ? 1 : 0));
  const isEscape = pictures.map((_, i) => (isAnomaly[i] === 1 && said[i] === 0 ? 1 : 0));
  const isFalseReject = pictures.map((_, i) => (isAnomaly[i] === 0 && said[i] === 1 ? 1 : 0));
  const ranking = rankingOf(scores, (i) => isAnomaly[i] === 1);
  const matrix = weightedConfusion(labels, isAnomaly, said);
  const answers = pictures.map((_, i) => ({
    probability: said[i] === 1 ? scoreOf(i) : 1 - scoreOf(i),
    isRight: said[i] === isAnomaly[i],
  }));
  const defects = (weights: Weights): number => weightOf(isAnomaly, weights);
  const good = (weights: Weights): number => weightOf(isNormal, weights);
  const hasBoth = isAnomaly.includes(1) && isNormal.includes(1);
  const pr = (weights: Weights): PrecisionRecall => precisionRecall(matrix(weights), anomaly);
  const statistics: Statistic[] = [
    higher("auroc", "AUROC", (w) => weightedAuroc(ranking, w)),
    higher("accuracy", "Accuracy", (w) => accuracy(matrix(w)), sumOf),
    higher("recall", "Defects found", (w) => pr(w).recall, defects),
    higher("precision", "Precision", (w) => pr(w).precision),
    higher("f1", "F1", (w) => pr(w).f1),
    higher("averagePrecision", "Average precision", (w) => (hasBoth ? weightedAveragePrecision(ranking, w) : null)),
    lower("escapeRate", "Escapes among defects", (w) => share(weightOf(isEscape, w), defects(w)), defects),
    lower("falseRejectRate", "False rejects among good parts", (w) => share(weightOf(isFalseReject, w), good(w)), good),
    // From good pictures alone nobody can say how often a defect's score is right.
    { ...lower("ece", "Calibration error", (w) => (hasBoth ? weightedEce(answers, w) : null)), isExaggerated: true },
  ];
  const { precision, recall, f1 } = pr(once(pictures.length));
  const curves = labelCurves(anomaly, own, (i) => isAnomaly[i] === 1);
  return {
    statistics,
    strata: pictures.map(({ truth }) => truth),
    curves: hasBoth ? [curves] : [],
    perLabel: [
      { label: anomaly, truths: curves.truths, precision, recall, f1, averagePrecision: curves.averagePrecision },
      {
        label: normal,
        truths: pictures.length - curves.truths,
        ...precisionRecall(matrix(once(pictures.length)), normal),
        averagePrecision: null,
      },
    ],
    wrong: pictures.map((picture, i): Wrong | null =>
      said[i] === isAnomaly[i]
        ? null
        : {
            kind: isAnomaly[i] === 1 ? "escape" : "falseReject",
            truth: picture.slices.kind ?? picture.truth,
            answer: said[i] === 1 ? anomaly : normal,
            weight: Math.abs(scoreOf(i) - 0.5) * 2,
          },
    ),
    answers: hasBoth ? answers : [],
  };
}

export function classView(pictures: readonly AnsweredPicture[], labels: readonly string[]): TaskView {
  const truths = pictures.map(({ truth }) => labels.indexOf(truth));
  const said = pictures.map(({ prediction }) => labels.indexOf(prediction.label));
  const matrix = weightedConfusion(labels, truths, said);
  const probabilities = labels.map((label) => pictures.map(({ prediction }) => prediction.probabilities[label] ?? 0));
  const rankings = labels.map((_, k) => rankingOf(probabilities[k] ?? [], (i) => truths[i] === k));
  const answers = pictures.map(({ prediction }, i) => ({
    probability: prediction.confidence,
    isRight: said[i] === truths[i],
  }));
  const all = matrix(once(pictures.length));
  const curves = labels.map((label, k) => labelCurves(label, probabilities[k] ?? [], (i) => truths[i] === k));
  const macro = (weights: Weights): PrecisionRecall => macroPrecisionRecall(matrix(weights));
  return {
    statistics: [
      higher("accuracy", "Accuracy", (w) => accuracy(matrix(w)), sumOf),
      higher("recall", "Recall, mean of the labels", (w) => macro(w).recall),
      higher("precision", "Precision, mean of the labels", (w) => macro(w).precision),
      higher("f1", "F1, mean of the labels", (w) => macro(w).f1),
      higher("auroc", "AUROC, mean of the labels", (w) => meanOf(rankings.map((one) => weightedAuroc(one, w)))),
      { ...lower("ece", "Calibration error", (w) => weightedEce(answers, w)), isExaggerated: true },
    ],
    strata: pictures.map(({ truth }) => truth),
    curves,
    perLabel: labels.map((label, k) => ({
      label,
      truths: curves[k]?.truths ?? 0,
      ...precisionRecall(all, label),
      averagePrecision: curves[k]?.averagePrecision ?? null,
    })),
    wrong: pictures.map(({ truth, prediction }, i): Wrong | null =>
      said[i] === truths[i]
        ? null
        : {
            kind: "mistaken",
            truth,
            answer: prediction.label,
            // By how much the wrong answer beat the right one.
            weight: prediction.confidence - (prediction.probabilities[truth] ?? 0),
          },
    ),
    answers,
  };
}

/** Rows as metrics.ts has them, with weights for counts. */
export function weightedConfusion(
  labels: readonly string[],
  truths: readonly number[],
  answers: readonly number[],
): (weights: Weights) => Confusion {
  return (weights) => {
    const counts = labels.map(() => labels.map(() => 0));
    for (let i = 0; i < truths.length; i++) {
      const row = counts[truths[i] as number] as number[];
      row[answers[i] as number] = (row[answers[i] as number] as number) + (weights[i] as number);
    }
    return { labels, counts };
  };
}

/** As `ece` of metrics.ts. */
function weightedEce(
  answers: readonly { readonly probability: number; readonly isRight: boolean }[],
  weights: Weights,
  bins = 15,
): number | null {
  const gaps = new Float64Array(bins);
  let total = 0;
  for (let i = 0; i < answers.length; i++) {
    const { probability, isRight } = answers[i] as (typeof answers)[number];
    const weight = weights[i] as number;
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(probability * bins) - 1));
    gaps[bin] = (gaps[bin] as number) + weight * (probability - (isRight ? 1 : 0));
    total += weight;
  }
  return total === 0 ? null : gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / total;
}
