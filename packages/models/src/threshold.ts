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

/**
 * Threshold and temperature from held-out raw scores of both kinds: Platt's sigmoid (Platt 1999, with his smoothed
 * targets; Newton steps as Lin, Lin and Weng 2007). Both kinds weigh the same however many there are of each,
 * so that five defects among two hundred good parts still count.
 */
export function calibrationFromBoth(
  normals: ArrayLike<number>,
  anomalies: ArrayLike<number>,
  fallbackTemperature = 1,
): Calibration {
  const count = normals.length + anomalies.length;
  const raw = new Float64Array(count);
  raw.set(Array.from(normals), 0);
  raw.set(Array.from(anomalies), normals.length);
  const mean = raw.reduce((sum, value) => sum + value, 0) / count;
  const deviation = Math.sqrt(raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
  if (!(deviation > 0)) return { threshold: mean, temperature: fallbackTemperature };

  // On standardised scores; p = sigmoid(slope · x + offset).
  const weightNormal = count / (2 * normals.length);
  const weightAnomaly = count / (2 * anomalies.length);
  const targetNormal = 1 / (normals.length + 2);
  const targetAnomaly = (anomalies.length + 1) / (anomalies.length + 2);
  let slope = 1;
  let offset = 0;
  const loss = (s: number, o: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const isAnomaly = i >= normals.length;
      const z = s * (((raw[i] as number) - mean) / deviation) + o;
      const target = isAnomaly ? targetAnomaly : targetNormal;
      // log(1 + e^z) − target·z, stable for either sign
      sum +=
        (isAnomaly ? weightAnomaly : weightNormal) * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - target * z);
    }
    return sum;
  };
  let current = loss(slope, offset);
  for (let step = 0; step < 100; step++) {
    let gradientSlope = 0;
    let gradientOffset = 0;
    let hessianSS = 1e-9;
    let hessianSO = 0;
    let hessianOO = 1e-9;
    for (let i = 0; i < count; i++) {
      const isAnomaly = i >= normals.length;
      const x = ((raw[i] as number) - mean) / deviation;
      const weight = isAnomaly ? weightAnomaly : weightNormal;
      const p = sigmoid(slope * x + offset);
      const error = weight * (p - (isAnomaly ? targetAnomaly : targetNormal));
      const curvature = weight * p * (1 - p);
      gradientSlope += error * x;
      gradientOffset += error;
      hessianSS += curvature * x * x;
      hessianSO += curvature * x;
      hessianOO += curvature;
    }
    const determinant = hessianSS * hessianOO - hessianSO * hessianSO;
    const stepSlope = (hessianOO * gradientSlope - hessianSO * gradientOffset) / determinant;
    const stepOffset = (hessianSS * gradientOffset - hessianSO * gradientSlope) / determinant;
    let size = 1;
    let next = loss(slope - stepSlope, offset - stepOffset);
    while (next > current && size > 1e-6) {
      size /= 2;
      next = loss(slope - size * stepSlope, offset - size * stepOffset);
    }
    if (next > current) break;
    slope -= size * stepSlope;
    offset -= size * stepOffset;
    if (current - next < 1e-10 * count) break;
    current = next;
  }
  // A method that ranks defects below good parts must not be turned round silently: keep a flat, rising curve.
  if (!(slope > 1e-3)) {
    return { threshold: (meanOf(normals) + meanOf(anomalies)) / 2, temperature: deviation };
  }
  return { threshold: mean - (offset / slope) * deviation, temperature: deviation / slope };
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

/**
 * Threshold and temperature when only good pictures are known: their held-out scores' 99 % quantile and a margin of a
 * quarter of its distance from the median, at least three robust standard deviations above the median.
 * The median good picture gets a score near 0.05.
 */
export function calibrationFromNormals(normals: ArrayLike<number>): Calibration {
  const sorted = Float64Array.from(normals).sort();
  const median = quantile(sorted, 0.5);
  const high = quantile(sorted, 0.99);
  const deviations = sorted.map((value) => Math.abs(value - median)).sort();
  const robustDeviation = 1.4826 * quantile(deviations, 0.5);
  const threshold = Math.max(high + 0.25 * (high - median), median + 3 * robustDeviation);
  const distance = threshold - median;
  if (!(distance > 0)) {
    // All scores equal (identical pictures): anything clearly farther away is an anomaly.
    const step = Math.max(Math.abs(median) * 0.1, 1e-6);
    return { threshold: median + step, temperature: step / 3 };
  }
  return { threshold, temperature: distance / 3 };
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
