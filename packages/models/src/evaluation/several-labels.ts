/** Reports of models that answer with any number of labels a picture. */
import type { AnsweredPicture, TaskView, Wrong } from "./answered-picture.js";
import { higher, lower, once } from "./bootstrap.js";
import { labelCurves } from "./curves.js";
import { meanOf, rankingOf, share, sumOf, type Weights, weightedAuroc, weightedAveragePrecision } from "./ranking.js";

/** @param thresholds one per label: from this probability on it holds */
export function multilabelView(
  pictures: readonly AnsweredPicture[],
  labels: readonly string[],
  thresholds: readonly number[],
): TaskView {
  const columns = labels.map((label, k) => {
    const probabilities = pictures.map(({ prediction }) => prediction.probabilities[label] ?? 0);
    const isTrue = pictures.map((picture) => picture.labels?.includes(label) ?? false);
    const isSaid = probabilities.map((probability) => probability >= (thresholds[k] ?? 0.5));
    return { probabilities, isTrue, isSaid, ranking: rankingOf(probabilities, (i) => isTrue[i] === true) };
  });
  const isExact = pictures.map((_, i) => columns.every(({ isTrue, isSaid }) => isTrue[i] === isSaid[i]));
  const countsOf = (weights: Weights): Counts[] => columns.map((column) => count(column, weights));
  const present = (weights: Weights): Counts[] => countsOf(weights).filter(({ actual }) => actual > 0);
  const mean = (weights: Weights, of: (one: Counts) => number | null): number | null =>
    meanOf(present(weights).map((one) => of(one) ?? 0));
  const f1Of = ({ hits, answered, actual }: Counts): number | null => share(2 * hits, answered + actual);
  const all = countsOf(once(pictures.length));
  const curves = labels.map((label, k) =>
    labelCurves(label, columns[k]?.probabilities ?? [], (i) => columns[k]?.isTrue[i] === true),
  );
  const answers = columns.flatMap(({ probabilities, isTrue, isSaid }) =>
    probabilities.map((probability, i) => ({
      probability: isSaid[i] ? probability : 1 - probability,
      isRight: isSaid[i] === isTrue[i],
    })),
  );
  return {
    statistics: [
      higher("meanAveragePrecision", "Average precision, mean of the labels", (w) =>
        meanOf(columns.map(({ ranking }) => weightedAveragePrecision(ranking, w))),
      ),
      higher(
        "exactMatch",
        "Pictures with every label right",
        (w) =>
          share(
            isExact.reduce((sum, is, i) => sum + (is ? (w[i] as number) : 0), 0),
            sumOf(w),
          ),
        sumOf,
      ),
      higher("accuracy", "Right yes or no answers", (w) =>
        share(
          countsOf(w).reduce((sum, { right }) => sum + right, 0),
          sumOf(w) * labels.length,
        ),
      ),
      higher("recall", "Recall, mean of the labels", (w) => mean(w, ({ hits, actual }) => share(hits, actual))),
      higher("precision", "Precision, mean of the labels", (w) =>
        mean(w, ({ hits, answered }) => share(hits, answered)),
      ),
      higher("f1", "F1, mean of the labels", (w) => mean(w, f1Of)),
      higher("auroc", "AUROC, mean of the labels", (w) =>
        meanOf(columns.map(({ ranking }) => weightedAuroc(ranking, w))),
      ),
      lower("labelMistakes", "Wrong labels a picture", (w) =>
        share(
          countsOf(w).reduce((sum, { wrong }) => sum + wrong, 0),
          sumOf(w),
        ),
      ),
    ],
    // Few pictures share all their labels: one stratum.
    strata: pictures.map(() => "pictures"),
    curves,
    perLabel: labels.map((label, k) => {
      const { hits, answered, actual } = all[k] as Counts;
      const counts = all[k] as Counts;
      return {
        label,
        truths: actual,
        precision: share(hits, answered),
        recall: share(hits, actual),
        f1: f1Of(counts),
        averagePrecision: curves[k]?.averagePrecision ?? null,
      };
    }),
    wrong: pictures.map((picture, i): Wrong | null => {
      if (isExact[i]) return null;
      // How far the surest wrong label is from what it should be.
      const gaps = columns.map(({ probabilities, isTrue, isSaid }) =>
        isTrue[i] === isSaid[i] ? 0 : Math.abs((isTrue[i] ? 1 : 0) - (probabilities[i] as number)),
      );
      const { label: answer } = picture.prediction;
      return { kind: "mistaken", truth: picture.labels?.join(", ") || "none", answer, weight: Math.max(...gaps) };
    }),
    answers,
  };
}

interface Counts {
  readonly hits: number;
  readonly answered: number;
  readonly actual: number;
  readonly right: number;
  readonly wrong: number;
}

function count(
  { isTrue, isSaid }: { readonly isTrue: readonly boolean[]; readonly isSaid: readonly boolean[] },
  weights: Weights,
): Counts {
  let [hits, answered, actual, right, wrong] = [0, 0, 0, 0, 0];
  for (let i = 0; i < isTrue.length; i++) {
    const weight = weights[i] as number;
    if (isTrue[i]) actual += weight;
    if (isSaid[i]) answered += weight;
    if (isTrue[i] && isSaid[i]) hits += weight;
    if (isTrue[i] === isSaid[i]) right += weight;
    else wrong += weight;
  }
  return { hits, answered, actual, right, wrong };
}
