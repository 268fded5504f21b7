/** From a method's raw anomaly score to a score of 0–1 with 0.5 at the threshold, and how that threshold is found. */

/** `score = sigmoid((raw − threshold) / temperature)`. */
export interface Calibration {
  /** Raw score at which a picture turns from normal to anomalous. */
  readonly threshold: number;
  /** Raw units per unit of log-odds; above 0. */
  readonly temperature: number;
}

export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

export function logit(p: number): number {
  return Math.log(p) - Math.log1p(-p);
}

/** Scores stay this far from 0 and 1: a model is never certain, and log-odds stay finite. */
const EDGE = 1e-6;

export function clampScore(score: number): number {
  return Math.min(1 - EDGE, Math.max(EDGE, score));
}

/** The anomaly score of a raw score: 0.5 at the model's own threshold. */
export function calibratedScore(raw: number, calibration: Calibration): number {
  return clampScore(sigmoid((raw - calibration.threshold) / calibration.temperature));
}

/**
 * The score seen from another threshold: 0.5 where `score === thresholdInForce`, order unchanged.
 * A threshold of 0 or 1 means "everything" or "nothing" is an anomaly.
 */
export function reanchor(score: number, thresholdInForce: number): number {
  return clampScore(sigmoid(logit(clampScore(score)) - logit(clampScore(thresholdInForce))));
}

/** How sure the verdict is, 0 at the threshold and towards 1 away from it. */
export function confidence(score: number): number {
  return 2 * Math.abs(score - 0.5);
}

/** Places between the two kinds' medians that are tried as the threshold. */
const placesTried = 400;
/** A logistic curve of this slope is nearest to the normal distribution's. */
const logisticSlope = 1.702;

/**
 * Where the shares of mistakes of both kinds are least in sum, so that five defects among two hundred good parts still count.
 * Each score is smeared by Silverman's rule (1986, equation 3.31), or a few scores would place it by chance. Unlike the middle
 * of a sigmoid fitted to both, it isn't drawn towards defects that are far beyond it.
 */
export function thresholdBetween(normals: readonly number[], anomalies: readonly number[]): number {
  const [ofNormals, ofAnomalies] = [Float64Array.from(normals).sort(), Float64Array.from(anomalies).sort()];
  const [low, high] = [quantile(ofNormals, 0.5), quantile(ofAnomalies, 0.5)];
  // Defects that mostly rank below good parts: no place between them is better than another.
  if (!(high > low)) return (meanOf(ofNormals) + meanOf(ofAnomalies)) / 2;
  const least = 0.02 * (high - low);
  const [widthNormal, widthAnomaly] = [smear(ofNormals, least), smear(ofAnomalies, least)];
  const share = (scores: Float64Array, at: number, width: number): number =>
    meanOf(scores.map((value) => sigmoid((logisticSlope * (value - at)) / width)));
  let best = { threshold: low, mistakes: Number.POSITIVE_INFINITY };
  for (let place = 0; place <= placesTried; place++) {
    const threshold = low + ((high - low) * place) / placesTried;
    const mistakes = share(ofNormals, threshold, widthNormal) + 1 - share(ofAnomalies, threshold, widthAnomaly);
    if (mistakes < best.mistakes) best = { threshold, mistakes };
  }
  return best.threshold;
}

/** Silverman's width of a kernel, at least `least`. */
function smear(sorted: Float64Array, least: number): number {
  const deviation = deviationOf(sorted);
  const quartiles = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
  const spread = quartiles > 0 ? Math.min(deviation, quartiles) : deviation;
  return Math.max(least, 0.9 * spread * sorted.length ** -0.2);
}

/**
 * The temperature that makes probabilities of both kinds honest where 0.5 lies at `threshold`: Platt's loss with his smoothed
 * targets (1999), by Newton steps as Lin, Lin and Weng (2007). Both kinds weigh the same however many there are of each.
 */
export function temperatureAt(threshold: number, normals: readonly number[], anomalies: readonly number[]): number {
  const all = Float64Array.from([...normals, ...anomalies]);
  const deviation = deviationOf(all);
  if (!(deviation > 0)) return 1;
  const weights = [all.length / (2 * normals.length), all.length / (2 * anomalies.length)] as const;
  const targets = [1 / (normals.length + 2), (anomalies.length + 1) / (anomalies.length + 2)] as const;
  const kind = (i: number): 0 | 1 => (i < normals.length ? 0 : 1);
  // On scores in deviations from the threshold; p = sigmoid(slope · x).
  const xs = all.map((value) => (value - threshold) / deviation);
  const loss = (slope: number): number =>
    xs.reduce((sum, x, i) => {
      const z = slope * x;
      // log(1 + e^z) − target·z, stable for either sign
      return sum + weights[kind(i)] * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - targets[kind(i)] * z);
    }, 0);
  let slope = 1;
  let current = loss(slope);
  for (let step = 0; step < 100; step++) {
    let gradient = 0;
    let curvature = 1e-9;
    xs.forEach((x, i) => {
      const p = sigmoid(slope * x);
      gradient += weights[kind(i)] * (p - targets[kind(i)]) * x;
      curvature += weights[kind(i)] * p * (1 - p) * x * x;
    });
    let change = gradient / curvature;
    while (loss(slope - change) > current && Math.abs(change) > 1e-9) change /= 2;
    const next = loss(slope - change);
    if (!(next <= current)) break;
    slope -= change;
    const isDone = current - next < 1e-12 * all.length;
    current = next;
    if (isDone) break;
  }
  // A method that ranks defects below good parts must not be turned round silently: keep a flat, rising curve.
  return slope > 1e-3 ? deviation / slope : deviation;
}

/**
 * The temperature that makes probabilities of several classes honest (Guo et al. 2017): it minimises the log loss of
 * held-out logits, by golden-section search over its logarithm.
 */
export function calibrationFromLogits(logits: readonly ArrayLike<number>[], truths: readonly number[]): Calibration {
  const loss = (temperature: number): number =>
    logits.reduce(
      (sum, row, i) => sum - Math.log(Math.max(1e-12, softmax(row, temperature)[truths[i] as number] as number)),
      0,
    );
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(0.05);
  let high = Math.log(20);
  for (let step = 0; step < 40; step++) {
    const left = high - golden * (high - low);
    const right = low + golden * (high - low);
    if (loss(Math.exp(left)) < loss(Math.exp(right))) high = right;
    else low = left;
  }
  return { threshold: 0, temperature: Math.exp((low + high) / 2) };
}

/** Probabilities of logits divided by a temperature. */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  const highest = Math.max(...Array.from(logits));
  const exponentials = Float64Array.from(logits, (value) => Math.exp((value - highest) / temperature));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** Of a hundred good pictures so many may be called defects where no defect is known. */
const falseRejects = 3;
/** The normal distribution's quantile of the other 97 %. */
const usualDeviations = 1.8808;

/**
 * Threshold and temperature when only good pictures are known: the 97 % quantile of their held-out scores, or where it is
 * higher their prediction limit, so many robust deviations above the median that a new good picture exceeds it with the same
 * chance: few pictures tell little of their largest scores. The median good picture gets a score near 0.05.
 */
export function calibrationFromNormals(normals: ArrayLike<number>): Calibration {
  const sorted = Float64Array.from(normals).sort();
  const median = quantile(sorted, 0.5);
  const deviations = sorted.map((value) => Math.abs(value - median)).sort();
  const robustDeviation = 1.4826 * quantile(deviations, 0.5);
  const limit = median + studentQuantile(sorted.length - 1) * Math.sqrt(1 + 1 / sorted.length) * robustDeviation;
  const threshold = Math.max(quantile(sorted, 1 - falseRejects / 100), limit);
  const distance = threshold - median;
  if (!(distance > 0)) {
    // All scores equal (identical pictures): anything clearly farther away is an anomaly.
    const step = Math.max(Math.abs(median) * 0.1, 1e-6);
    return { threshold: median + step, temperature: step / 3 };
  }
  return { threshold, temperature: distance / 3 };
}

/** Student's quantile for `falseRejects`, by Cornish and Fisher's expansion (Abramowitz and Stegun, 26.7.5). */
function studentQuantile(freedom: number): number {
  const [z, n] = [usualDeviations, Math.max(1, freedom)];
  return z + (z ** 3 + z) / (4 * n) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n * n);
}

/** Linear interpolation between the two nearest of the sorted values (numpy's default). */
export function quantile(sorted: ArrayLike<number>, fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const low = Math.floor(position);
  const lowValue = sorted[low] as number;
  const highValue = sorted[Math.min(low + 1, sorted.length - 1)] as number;
  return lowValue + (highValue - lowValue) * (position - low);
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

function deviationOf(values: Float64Array): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}
