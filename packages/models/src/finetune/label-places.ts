/**
 * Finds where in the picture each label shows, from nothing but which pictures have it: a small linear judge at every
 * place of a feature map, measured on pictures that it did not learn from (a searchlight; Kriegeskorte et al. 2006 look at
 * brains so). A place counts only where shuffled labels could hardly have made it: things that lie elsewhere in each
 * picture have none.
 */
import { type Random, randomStream, shuffled } from "@sightline/nn/random";
import { factorise, solve } from "../cholesky.js";

export interface LabelPlace {
  /** Shares of the picture's sides, 0 to 1. */
  readonly x: number;
  readonly y: number;
  /** How well held-out pictures are told apart there: −1 to 1, 0 is chance. */
  readonly score: number;
}

export interface PlaceSearchOptions {
  /** Standardised maps `[pictures, channels, height, width]`. */
  readonly maps: Float32Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** One row a picture, one value a label, 0 or 1. */
  readonly targets: readonly (readonly number[])[];
  readonly seed: number;
}

/** Shufflings of a label that its best place must beat, all of them. */
const shufflings = 9;
/** How like a real label a shuffled one may be: 0 not at all, 1 the same. */
const mostLikeness = 0.5;
/** Least score: below, most pictures could be told apart no better than by chance. */
const leastScore = 0.4;
const foldCount = 4;
/** The ridge, as a share of the features' mean square. */
const ridge = 0.3;

/** One for each label; `null` where it shows nowhere in particular. */
export function findLabelPlaces(options: PlaceSearchOptions): (LabelPlace | null)[] {
  const { targets, channels, height, width, seed } = options;
  const count = targets.length;
  const labels = targets[0]?.length ?? 0;
  const lights = conditions(options);
  const fold = lights ?? dealt(targets, seed);
  const truths = Array.from({ length: labels }, (_, k) =>
    Float64Array.from(targets, (row) => ((row[k] ?? 0) >= 0.5 ? 1 : -1)),
  );
  // Each truth, then its shufflings: all share the costly part of each judge.
  const columns = truths.flatMap((truth, k) => [
    truth,
    ...shufflingsOf(truth, truths, randomStream(seed, "places", k)),
  ]);
  const scores = columns.map(() => new Float64Array(height * width));
  const features = new Float64Array(count * channels);
  for (let place = 0; place < height * width; place++) {
    gatherPlace(options, place, features);
    const answers = heldOutAnswers(features, { count, channels, fold, columns, isLightApart: lights !== null });
    columns.forEach((truth, i) => {
      (scores[i] as Float64Array)[place] = separation(truth, answers[i] as Float64Array);
    });
  }
  return Array.from({ length: labels }, (_, k) => {
    const bests = scores.slice(k * (shufflings + 1), (k + 1) * (shufflings + 1)).map((map) => peak(map, width, height));
    const [found, ...chance] = bests as [Peak, ...Peak[]];
    const isClear = found.score >= leastScore && chance.every(({ score }) => score < found.score);
    return isClear ? { x: (found.x + 0.5) / width, y: (found.y + 0.5) / height, score: found.score } : null;
  });
}

interface Peak {
  /** In places of the map, with fractions. */
  readonly x: number;
  readonly y: number;
  readonly score: number;
}

/** The greatest mean of 3x3 places, and the middle of what is nearly as good around it: one place alone may be luck. */
function peak(scores: Float64Array, width: number, height: number): Peak {
  const smooth = scores.map((_, at) => {
    const [x0, y0] = [at % width, Math.floor(at / width)];
    let sum = 0;
    let count = 0;
    for (let y = Math.max(0, y0 - 1); y <= Math.min(height - 1, y0 + 1); y++) {
      for (let x = Math.max(0, x0 - 1); x <= Math.min(width - 1, x0 + 1); x++) {
        sum += scores[y * width + x] as number;
        count++;
      }
    }
    return sum / count;
  });
  const best = smooth.reduce((a, value, at) => (value > (smooth[a] as number) ? at : a), 0);
  const score = smooth[best] as number;
  const [x0, y0] = [best % width, Math.floor(best / width)];
  let [sum, sumX, sumY] = [0, 0, 0];
  for (let y = Math.max(0, y0 - 2); y <= Math.min(height - 1, y0 + 2); y++) {
    for (let x = Math.max(0, x0 - 2); x <= Math.min(width - 1, x0 + 2); x++) {
      const weight = Math.max(0, (smooth[y * width + x] as number) - 0.5 * score);
      sum += weight;
      sumX += weight * x;
      sumY += weight * y;
    }
  }
  return sum > 0 ? { x: sumX / sum, y: sumY / sum, score } : { x: x0, y: y0, score };
}

/** Half the gap between the mean answers for pictures with and without the label; what is beyond ±1 counts as ±1. */
function separation(truth: Float64Array, answers: Float64Array): number {
  let [withSum, withCount, withoutSum, withoutCount] = [0, 0, 0, 0];
  for (const [i, value] of truth.entries()) {
    const answer = Math.max(-1, Math.min(1, answers[i] as number));
    if (value > 0) {
      withSum += answer;
      withCount++;
    } else {
      withoutSum += answer;
      withoutCount++;
    }
  }
  return (withSum / Math.max(1, withCount) - withoutSum / Math.max(1, withoutCount)) / 2;
}

/** What the pictures show at one place: `[picture, channel]`, as they are laid out but for the places. */
function gatherPlace({ maps, height, width }: PlaceSearchOptions, place: number, into: Float64Array): void {
  const area = height * width;
  for (let i = 0; i < into.length; i++) into[i] = maps[i * area + place] as number;
}

interface JudgeOptions {
  readonly count: number;
  readonly channels: number;
  readonly fold: readonly number[];
  readonly columns: readonly Float64Array[];
  /** Whether folds differ in their light: it adds the same to every answer, so only how they differ tells anything. */
  readonly isLightApart: boolean;
}

/** What ridge regression says of each picture that learnt from the other folds, for all columns of truths at once. */
function heldOutAnswers(
  features: Float64Array,
  { count, channels, fold, columns, isLightApart }: JudgeOptions,
): Float64Array[] {
  const answers = columns.map(() => new Float64Array(count));
  const folds = Math.max(...fold) + 1;
  for (let held = 0; held < folds; held++) {
    const learnt = fold.flatMap((f, i) => (f === held ? [] : [i]));
    const asked = fold.flatMap((f, i) => (f === held ? [i] : []));
    if (learnt.length === 0 || asked.length === 0) continue;
    const centred = centredBy(features, channels, learnt);
    const factor = ridgeFactor(centred, channels, learnt);
    columns.forEach((truth, k) => {
      const mean = learnt.reduce((sum, i) => sum + (truth[i] as number), 0) / learnt.length;
      const weights = new Float64Array(channels);
      for (const i of learnt) addRow(weights, centred, i, (truth[i] as number) - mean);
      solve(factor, channels, weights);
      const says = asked.map((i) => dot(weights, centred, i));
      const offset = isLightApart ? says.reduce((sum, value) => sum + value, 0) / says.length - mean : 0;
      asked.forEach((i, at) => {
        (answers[k] as Float64Array)[i] = mean + (says[at] as number) - offset;
      });
    });
  }
  return answers;
}

/** All rows less the mean of those that are learnt from. */
function centredBy(features: Float64Array, channels: number, learnt: readonly number[]): Float64Array {
  const mean = new Float64Array(channels);
  for (const i of learnt) addRow(mean, features, i, 1 / learnt.length);
  return features.map((value, at) => value - (mean[at % channels] as number));
}

function ridgeFactor(centred: Float64Array, channels: number, learnt: readonly number[]): Float64Array {
  const gram = new Float64Array(channels * channels);
  for (const i of learnt) {
    const from = i * channels;
    for (let a = 0; a < channels; a++) {
      const value = centred[from + a] as number;
      for (let b = 0; b <= a; b++) {
        gram[a * channels + b] = (gram[a * channels + b] as number) + value * (centred[from + b] as number);
      }
    }
  }
  let trace = 0;
  for (let c = 0; c < channels; c++) trace += gram[c * channels + c] as number;
  const penalty = (ridge * trace) / Math.min(learnt.length, channels) + 1e-9;
  for (let c = 0; c < channels; c++) gram[c * channels + c] = (gram[c * channels + c] as number) + penalty;
  factorise(gram, channels);
  return gram;
}

function addRow(into: Float64Array, rows: Float64Array, row: number, times: number): void {
  const from = row * into.length;
  for (let c = 0; c < into.length; c++) into[c] = (into[c] as number) + times * (rows[from + c] as number);
}

function dot(weights: Float64Array, rows: Float64Array, row: number): number {
  const from = row * weights.length;
  let sum = 0;
  for (let c = 0; c < weights.length; c++) sum += (weights[c] as number) * (rows[from + c] as number);
  return sum;
}

/**
 * Two folds by what the pictures look like as a whole (two means): light and camera then differ between what a judge
 * learnt from and what it is measured on. `null` where one of them lacks a label, or pictures that lack it.
 */
function conditions({ maps, channels, height, width, targets }: PlaceSearchOptions): number[] | null {
  const area = height * width;
  const count = targets.length;
  const looks = Array.from({ length: count }, (_, i) =>
    Float64Array.from({ length: channels }, (_, c) => {
      let sum = 0;
      for (let at = 0; at < area; at++) sum += maps[(i * channels + c) * area + at] as number;
      return sum / area;
    }),
  );
  const distance = (a: Float64Array, b: Float64Array): number =>
    a.reduce((sum, value, c) => sum + (value - (b[c] as number)) ** 2, 0);
  // Begins with the picture farthest from the first one, and the one farthest from that.
  const farthest = (from: Float64Array): Float64Array =>
    looks.reduce((best, look) => (distance(look, from) > distance(best, from) ? look : best), from);
  let centres = [farthest(looks[0] as Float64Array)];
  centres.push(farthest(centres[0] as Float64Array));
  let fold: number[] = [];
  for (let round = 0; round < 20; round++) {
    fold = looks.map((look) =>
      distance(look, centres[0] as Float64Array) <= distance(look, centres[1] as Float64Array) ? 0 : 1,
    );
    centres = centres.map((centre, which) => {
      const members = looks.filter((_, i) => fold[i] === which);
      return members.length === 0
        ? centre
        : centre.map((_, c) => members.reduce((sum, look) => sum + (look[c] as number), 0) / members.length);
    });
  }
  const labels = targets[0]?.length ?? 0;
  const isWhole = [0, 1].every((which) =>
    Array.from({ length: labels }, (_, k) => k).every((k) => {
      const members = targets.filter((_, i) => fold[i] === which);
      const present = members.filter((row) => (row[k] ?? 0) >= 0.5).length;
      return present >= 3 && members.length - present >= 3;
    }),
  );
  return isWhole ? fold : null;
}

/** Dealt one by one to the fold that has the fewest like it, so that every fold holds pictures with and without each label. */
function dealt(targets: readonly (readonly number[])[], seed: number): number[] {
  const fold = new Array<number>(targets.length).fill(0);
  const alike = (a: readonly number[], b: readonly number[]): number =>
    a.filter((value, k) => value === b[k]).length + 1;
  const order = shuffled(targets.length, randomStream(seed, "deal"));
  for (const [at, i] of order.entries()) {
    const crowd = new Array<number>(foldCount).fill(0);
    for (const j of order.slice(0, at)) {
      const which = fold[j] as number;
      crowd[which] = (crowd[which] as number) + alike(targets[i] ?? [], targets[j] ?? []);
    }
    fold[i] = crowd.indexOf(Math.min(...crowd));
  }
  return fold;
}

/** Labels that were dealt anew; not those that happen to be much like a real one, its opposite, or another label. */
function shufflingsOf(truth: Float64Array, truths: readonly Float64Array[], random: Random): Float64Array[] {
  const count = truth.length;
  const likeness = (a: Float64Array, b: Float64Array): number =>
    Math.abs(a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)) / count;
  const share = truth.reduce((sum, value) => sum + value, 0) / count;
  const result: Float64Array[] = [];
  for (let tries = 0; result.length < shufflings && tries < 50 * shufflings; tries++) {
    const order = shuffled(count, random);
    const made = truth.map((_, i) => truth[order[i] as number] as number);
    // Rare labels are alike in what they lack, however they are dealt.
    if (truths.every((other) => likeness(made, other) <= mostLikeness + (1 - mostLikeness) * share ** 2))
      result.push(made);
  }
  return result;
}
