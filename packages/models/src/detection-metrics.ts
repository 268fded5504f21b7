/**
 * How well a detector finds: average precision by the rules of COCO (Lin et al. 2014), to the last digit those of
 * pycocotools; and precision, recall and the best score to act on at one overlap.
 */
import { intersectionOverUnion } from "@sightline/vision/detections";

/** Corners in pixels; `x2` and `y2` lie outside. */
export interface TruthBox {
  readonly label: string;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}
export interface FoundBox extends TruthBox {
  readonly score: number;
}

/** What there was to find in one picture, and what was found, with all scores however low. */
export interface DetectionSample {
  readonly truths: readonly TruthBox[];
  readonly found: readonly FoundBox[];
}

export interface AveragePrecision {
  readonly ap50: number | null;
  readonly ap75: number | null;
  /** Mean over the overlaps 0.50, 0.55 … 0.95. */
  readonly ap50_95: number | null;
}

export interface SizeMetrics extends AveragePrecision {
  /** How many there were to find. */
  readonly truths: number;
  /** Mean over the overlaps of the share found, with at most 100 answers a picture and label. */
  readonly recall: number | null;
}

export interface DetectionMetrics {
  readonly mAP50: number | null;
  readonly mAP75: number | null;
  readonly mAP50_95: number | null;
  /** Mean recall over labels and overlaps with at most so many answers a picture and label. */
  readonly recall: { readonly max1: number | null; readonly max10: number | null; readonly max100: number | null };
  readonly perLabel: readonly (AveragePrecision & { readonly label: string; readonly truths: number })[];
  readonly perSize: Readonly<Record<ObjectSize, SizeMetrics>>;
}

export type ObjectSize = keyof typeof sizes;

/** Areas in square pixels of the picture, ends included, as COCO has them. */
const everySize = [0, 1e10] as const;
const sizes = {
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const;

/** As numpy's linspace makes them, so that comparisons fall out alike. */
const overlaps = Array.from({ length: 10 }, (_, i) => (i === 9 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / 9)));
const recallPoints = Array.from({ length: 101 }, (_, i) => i * 0.01);
const maxAnswers = 100;

/**
 * @example
 * detectionMetrics(["RBC", "WBC"], [{ truths, found }]).mAP50
 */
export function detectionMetrics(labels: readonly string[], samples: readonly DetectionSample[]): DetectionMetrics {
  const prepared = labels.map((label) => samples.map((sample) => prepare(sample, label)));
  const measure = (range: readonly [number, number], limit = maxAnswers): Curve[] =>
    prepared.map((pictures) => curve(pictures, range, limit));
  const all = measure(everySize);
  const perSize = Object.fromEntries(
    Object.entries(sizes).map(([name, range]) => {
      const curves = measure(range);
      const truths = curves.reduce((sum, { truths: count }) => sum + count, 0);
      return [name, { truths, ...averages(curves), recall: meanRecall(curves) }];
    }),
  ) as Record<ObjectSize, SizeMetrics>;
  const { ap50, ap75, ap50_95 } = averages(all);
  return {
    mAP50: ap50,
    mAP75: ap75,
    mAP50_95: ap50_95,
    recall: {
      max1: meanRecall(measure(everySize, 1)),
      max10: meanRecall(measure(everySize, 10)),
      max100: meanRecall(all),
    },
    perLabel: labels.map((label, k) => {
      const own = all[k] as Curve;
      return { label, truths: own.truths, ...averages([own]) };
    }),
    perSize,
  };
}

/** One label in one picture: best answers first, with their overlaps with every truth. */
interface Prepared {
  readonly truthAreas: readonly number[];
  readonly foundAreas: readonly number[];
  readonly scores: readonly number[];
  /** `overlaps[answer][truth]`. */
  readonly overlaps: readonly (readonly number[])[];
}

function prepare({ truths, found }: DetectionSample, label: string): Prepared {
  const own = truths.filter((box) => box.label === label);
  const best = found
    .filter((box) => box.label === label)
    .sort((a, b) => b.score - a.score)
    .slice(0, maxAnswers);
  const corners = own.flatMap(({ x1, y1, x2, y2 }) => [x1, y1, x2, y2]);
  return {
    truthAreas: own.map(area),
    foundAreas: best.map(area),
    scores: best.map(({ score }) => score),
    overlaps: best.map(({ x1, y1, x2, y2 }) =>
      own.map((_, truth) => intersectionOverUnion([x1, y1, x2, y2], 0, corners, truth * 4)),
    ),
  };
}

function area({ x1, y1, x2, y2 }: TruthBox): number {
  return (x2 - x1) * (y2 - y1);
}

/** What one label's ranking gives, for each of the ten overlaps; `null` where there was nothing to find. */
interface Curve {
  readonly truths: number;
  readonly precision: readonly (number | null)[];
  readonly recall: readonly (number | null)[];
}

type Outcome = "hit" | "miss" | "ignored";

function curve(pictures: readonly Prepared[], range: readonly [number, number], limit: number): Curve {
  const isOutside = (size: number): boolean => size < range[0] || size > range[1];
  const truths = pictures.reduce((sum, { truthAreas }) => sum + truthAreas.filter((a) => !isOutside(a)).length, 0);
  if (truths === 0) return { truths, precision: overlaps.map(() => null), recall: overlaps.map(() => null) };
  // Equal scores keep the order of the pictures, and within one the order of its answers.
  const ranking = pictures
    .flatMap(({ scores }, picture) => scores.slice(0, limit).map((score, answer) => ({ score, picture, answer })))
    .sort((a, b) => b.score - a.score);
  const rows = overlaps.map((overlap) => {
    const outcomes = pictures.map((picture) => match(picture, overlap, limit, isOutside));
    const counted = ranking
      .map(({ picture, answer }) => outcomes[picture]?.[answer])
      .filter((outcome) => outcome !== "ignored");
    return interpolated(
      counted.map((outcome) => outcome === "hit"),
      truths,
    );
  });
  return { truths, precision: rows.map(({ precision }) => precision), recall: rows.map(({ recall }) => recall) };
}

/**
 * Each answer, best first, takes the truth it overlaps most of those still free; truths of another size only where no other
 * fits, and then the answer counts neither way, like an answer of another size that hits nothing.
 */
function match(
  { truthAreas, foundAreas, overlaps: shared }: Prepared,
  overlap: number,
  limit: number,
  isOutside: (size: number) => boolean,
): Outcome[] {
  const ignored = truthAreas.map(isOutside);
  const order = [...truthAreas.keys()].sort((a, b) => Number(ignored[a]) - Number(ignored[b]));
  const isTaken = truthAreas.map(() => false);
  return shared.slice(0, limit).map((row, answer) => {
    let least = Math.min(overlap, 1 - 1e-10);
    let found = -1;
    for (const truth of order) {
      if (isTaken[truth]) continue;
      if (found >= 0 && !ignored[found] && ignored[truth]) break;
      if ((row[truth] as number) < least) continue;
      least = row[truth] as number;
      found = truth;
    }
    if (found < 0) return isOutside(foundAreas[answer] as number) ? "ignored" : "miss";
    isTaken[found] = true;
    return ignored[found] ? "ignored" : "hit";
  });
}

/** Precision at the 101 recall points, each the best at that recall or a higher one, and the recall at the end. */
function interpolated(hits: readonly boolean[], truths: number): { precision: number; recall: number } {
  const recalls: number[] = [];
  const precisions: number[] = [];
  let right = 0;
  for (const [i, isHit] of hits.entries()) {
    if (isHit) right++;
    recalls.push(right / truths);
    precisions.push(right / (i + 1 + Number.EPSILON));
  }
  for (let i = precisions.length - 1; i > 0; i--) {
    precisions[i - 1] = Math.max(precisions[i - 1] as number, precisions[i] as number);
  }
  let at = 0;
  let sum = 0;
  for (const point of recallPoints) {
    while (at < recalls.length && (recalls[at] as number) < point) at++;
    sum += precisions[at] ?? 0;
  }
  return { precision: sum / recallPoints.length, recall: recalls.at(-1) ?? 0 };
}

function averages(curves: readonly Curve[]): AveragePrecision {
  const at = (index: number): number | null => mean(curves.map(({ precision }) => precision[index] ?? null));
  return { ap50: at(0), ap75: at(5), ap50_95: mean(curves.flatMap(({ precision }) => precision)) };
}

function meanRecall(curves: readonly Curve[]): number | null {
  return mean(curves.flatMap(({ recall }) => recall));
}

/** Over what there is; `null` when there is nothing. */
function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

export interface OperatingPoint {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** Precision and recall of the answers from a score up, at an overlap of 0.5, for each label and for all together. */
export function operatingPoint(
  labels: readonly string[],
  samples: readonly DetectionSample[],
  lowestScore: number,
): { readonly overall: OperatingPoint; readonly perLabel: readonly OperatingPoint[] } {
  const counts = labels.map((label) => {
    const ranked = rankedAnswers(label, samples).filter(({ score }) => score >= lowestScore);
    return {
      hits: ranked.filter(({ isHit }) => isHit).length,
      answers: ranked.length,
      truths: countOf(label, samples),
    };
  });
  const total = { hits: 0, answers: 0, truths: 0 };
  for (const { hits, answers, truths } of counts) {
    total.hits += hits;
    total.answers += answers;
    total.truths += truths;
  }
  return { overall: pointOf(total), perLabel: counts.map(pointOf) };
}

/**
 * The score from which on answers are worth showing: the one with the best F1 over all labels at an overlap of 0.5. Of a
 * range of equally good ones the middle. `null` without anything found right.
 */
export function bestScoreThreshold(labels: readonly string[], samples: readonly DetectionSample[]): number | null {
  const ranked = labels.flatMap((label) => rankedAnswers(label, samples)).sort((a, b) => b.score - a.score);
  const truths = labels.reduce((sum, label) => sum + countOf(label, samples), 0);
  let best = 0;
  let threshold: number | null = null;
  let hits = 0;
  for (const [i, { score, isHit }] of ranked.entries()) {
    if (isHit) hits++;
    const next = ranked[i + 1]?.score ?? 0;
    if (next === score) continue;
    const f1 = (2 * hits) / (i + 1 + truths);
    if (f1 > best) {
      best = f1;
      threshold = (score + next) / 2;
    }
  }
  return threshold;
}

/** One box that was answered. */
export interface RankedAnswer {
  readonly score: number;
  /** Place among the samples. */
  readonly picture: number;
  readonly isHit: boolean;
}

/** All answers of one label, best first; equal scores keep the order of the pictures. */
export function rankedAnswers(label: string, samples: readonly DetectionSample[], overlap = 0.5): RankedAnswer[] {
  return samples
    .flatMap((sample, picture) => {
      const own = prepare(sample, label);
      const outcomes = match(own, overlap, maxAnswers, () => false);
      return own.scores.map((score, answer) => ({ score, picture, isHit: outcomes[answer] === "hit" }));
    })
    .sort((a, b) => b.score - a.score);
}

function countOf(label: string, samples: readonly DetectionSample[]): number {
  return samples.reduce((sum, { truths }) => sum + truths.filter((box) => box.label === label).length, 0);
}

function pointOf({ hits, answers, truths }: { hits: number; answers: number; truths: number }): OperatingPoint {
  return {
    precision: answers === 0 ? null : hits / answers,
    recall: truths === 0 ? null : hits / truths,
    f1: answers + truths === 0 ? null : (2 * hits) / (answers + truths),
  };
}
