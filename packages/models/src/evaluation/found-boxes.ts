/** Reports of detectors: COCO's average precision as a function of how often each picture counts. */
import { type DetectionSample, rankedAnswers } from "../detection-metrics.js";
import type { AnsweredPicture, TaskView, Wrong } from "./answered-picture.js";
import { higher, once } from "./bootstrap.js";
import { precisionRecallCurve, thinned } from "./curves.js";
import type { LabelCurves } from "./evaluation-report.js";
import { meanOf, share, type Weights } from "./ranking.js";

/** As COCO steps them. */
const overlaps = Array.from({ length: 10 }, (_, i) => (i === 9 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / 9)));

/** One label at one overlap: what was found, best first, over all pictures. */
interface Ranked {
  readonly pictures: Int32Array;
  readonly isHit: Uint8Array;
}

/**
 * @param scoreThreshold from this score on an object counts in precision, recall and the list of mistakes
 */
export function detectionView(
  pictures: readonly AnsweredPicture[],
  labels: readonly string[],
  scoreThreshold: number,
): TaskView {
  const samples: DetectionSample[] = pictures.map(({ boxes = [], prediction }) => ({
    truths: boxes,
    found: prediction.detections,
  }));
  const truthsOf = labels.map((label) =>
    samples.map(({ truths }) => truths.filter((box) => box.label === label).length),
  );
  const ranked = labels.map((label) =>
    overlaps.map((overlap): Ranked => {
      const answers = rankedAnswers(label, samples, overlap);
      return {
        pictures: Int32Array.from(answers, ({ picture }) => picture),
        isHit: Uint8Array.from(answers, ({ isHit }) => (isHit ? 1 : 0)),
      };
    }),
  );
  const precisionAt = (weights: Weights, k: number, overlap: number): number | null =>
    weightedInterpolated(ranked[k]?.[overlap] as Ranked, truthsOf[k] as number[], weights);
  const mean = (weights: Weights, at: readonly number[]): number | null =>
    meanOf(labels.flatMap((_, k) => at.map((overlap) => precisionAt(weights, k, overlap))));
  const shown = labels.map((label) =>
    rankedAnswers(label, samples, 0.5).filter(({ score }) => score >= scoreThreshold),
  );
  // Per picture and label: boxes there were, boxes answered, those of them that are right.
  const counts = pictures.map((_, picture) =>
    labels.map((_, k) => {
      const answers = shown[k]?.filter((one) => one.picture === picture) ?? [];
      return {
        truths: truthsOf[k]?.[picture] ?? 0,
        answers: answers.length,
        hits: answers.filter(({ isHit }) => isHit).length,
        surestMiss: answers.find(({ isHit }) => !isHit)?.score ?? 0,
      };
    }),
  );
  const total = (weights: Weights): { hits: number; answers: number; truths: number } => {
    const sum = { hits: 0, answers: 0, truths: 0 };
    for (const [i, row] of counts.entries())
      for (const { hits, answers, truths } of row) {
        sum.hits += hits * (weights[i] as number);
        sum.answers += answers * (weights[i] as number);
        sum.truths += truths * (weights[i] as number);
      }
    return sum;
  };
  const all = once(pictures.length);
  const every = [...overlaps.keys()];
  const curves = labels.map((label, k): LabelCurves => {
    const truths = truthsOf[k]?.reduce((sum, count) => sum + count, 0) ?? 0;
    return {
      label,
      truths,
      auroc: null,
      averagePrecision: precisionAt(all, k, 0),
      roc: [],
      precisionRecall: thinned(precisionRecallCurve(rankedAnswers(label, samples, 0.5), truths)),
    };
  });
  return {
    statistics: [
      higher("mAP50", "mAP50", (w) => mean(w, [0])),
      higher("mAP50_95", "mAP50–95", (w) => mean(w, every)),
      higher("mAP75", "mAP75", (w) => mean(w, [5])),
      higher("recall", "Objects found", (w) => {
        const { hits, truths } = total(w);
        return share(hits, truths);
      }),
      higher("precision", "Precision", (w) => {
        const { hits, answers } = total(w);
        return share(hits, answers);
      }),
      higher("f1", "F1", (w) => {
        const { hits, answers, truths } = total(w);
        return share(2 * hits, answers + truths);
      }),
    ],
    strata: pictures.map(() => "pictures"),
    curves,
    perLabel: labels.map((label, k) => {
      const sum = (of: "hits" | "answers" | "truths"): number => counts.reduce((s, row) => s + (row[k]?.[of] ?? 0), 0);
      const [hits, answers, truths] = [sum("hits"), sum("answers"), sum("truths")];
      return {
        label,
        truths,
        precision: share(hits, answers),
        recall: share(hits, truths),
        f1: share(2 * hits, answers + truths),
        averagePrecision: curves[k]?.averagePrecision ?? null,
      };
    }),
    wrong: pictures.map((_, i): Wrong | null => {
      const row = counts[i] ?? [];
      const missed = row.reduce((sum, { truths, hits }) => sum + truths - hits, 0);
      const invented = row.reduce((sum, { answers, hits }) => sum + answers - hits, 0);
      if (missed + invented === 0) return null;
      const surest = Math.max(...row.map(({ surestMiss }) => surestMiss));
      const truth =
        row.flatMap(({ truths }, k) => (truths === 0 ? [] : [`${truths} ${labels[k]}`])).join(", ") || "none";
      // Every object missed or invented counts, and the surest invented one decides between equals.
      const answer =
        row.flatMap(({ answers }, k) => (answers === 0 ? [] : [`${answers} ${labels[k]}`])).join(", ") || "none";
      return { kind: missed >= invented ? "missed" : "invented", truth, answer, weight: missed + invented + surest };
    }),
    answers: [],
  };
}

const recallPoints = Array.from({ length: 101 }, (_, i) => i * 0.01);

/** COCO's average precision at 101 recall points, as `interpolated` of detection-metrics.ts, of weighted pictures. */
function weightedInterpolated({ pictures, isHit }: Ranked, truths: readonly number[], weights: Weights): number | null {
  let total = 0;
  for (let i = 0; i < truths.length; i++) total += (truths[i] as number) * (weights[i] as number);
  if (total === 0) return null;
  const recalls = new Float64Array(pictures.length);
  const precisions = new Float64Array(pictures.length);
  let length = 0;
  let right = 0;
  let answers = 0;
  for (let place = 0; place < pictures.length; place++) {
    const weight = weights[pictures[place] as number] as number;
    if (weight === 0) continue;
    answers += weight;
    if (isHit[place] === 1) right += weight;
    recalls[length] = right / total;
    precisions[length++] = right / (answers + Number.EPSILON);
  }
  for (let i = length - 1; i > 0; i--)
    precisions[i - 1] = Math.max(precisions[i - 1] as number, precisions[i] as number);
  let at = 0;
  let sum = 0;
  for (const point of recallPoints) {
    while (at < length && (recalls[at] as number) < point) at++;
    sum += at < length ? (precisions[at] as number) : 0;
  }
  return sum / recallPoints.length;
}
