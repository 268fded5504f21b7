/** Makes independent probabilities honest and finds from which one each label holds, on pictures held out. */
import { sigmoid } from "./threshold.js";

/** Fewer held-out pictures of either kind tell nothing about where a label begins: one half it is. */
const fewest = 5;

/**
 * The temperature that minimises the log loss of held-out logits over all labels (Guo et al. 2017, with a sigmoid for
 * each label), by golden-section search over its logarithm.
 */
export function multilabelTemperature(
  logits: readonly ArrayLike<number>[],
  truths: readonly (readonly boolean[])[],
): number {
  const loss = (temperature: number): number => {
    let sum = 0;
    logits.forEach((row, i) => {
      for (let k = 0; k < row.length; k++) {
        const z = (row[k] as number) / temperature;
        // log(1 + e^z) − target·z, stable for either sign
        sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - (truths[i]?.[k] ? z : 0);
      }
    });
    return sum;
  };
  const golden = (Math.sqrt(5) - 1) / 2;
  let low = Math.log(0.05);
  let high = Math.log(20);
  for (let step = 0; step < 40; step++) {
    const left = high - golden * (high - low);
    const right = low + golden * (high - low);
    if (loss(Math.exp(left)) < loss(Math.exp(right))) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

/** Per label the probability with the best F1 on held-out pictures, between two of theirs; 0.5 where few tell. */
export function labelThresholds(
  labels: readonly string[],
  logits: readonly ArrayLike<number>[],
  truths: readonly (readonly boolean[])[],
  temperature: number,
): number[] {
  return labels.map((_, k) => {
    const rows = logits
      .map((row, i) => ({
        probability: sigmoid((row[k] as number) / temperature),
        isTrue: truths[i]?.[k] === true,
      }))
      .sort((a, b) => b.probability - a.probability);
    const positives = rows.filter(({ isTrue }) => isTrue).length;
    if (positives < fewest || rows.length - positives < fewest) return 0.5;
    const f1At = (threshold: number): number => {
      const answered = rows.filter(({ probability }) => probability >= threshold);
      return (2 * answered.filter(({ isTrue }) => isTrue).length) / (answered.length + positives);
    };
    // One half wins ties: it is what a calibrated probability means.
    let best = { threshold: 0.5, f1: f1At(0.5) };
    for (const [i, { probability }] of rows.entries()) {
      const next = rows[i + 1]?.probability;
      if (next === undefined || next === probability) continue;
      const threshold = Math.min(0.95, Math.max(0.05, (probability + next) / 2));
      const f1 = f1At(threshold);
      if (f1 > best.f1 + 1e-9) best = { threshold, f1 };
    }
    return best.threshold;
  });
}
