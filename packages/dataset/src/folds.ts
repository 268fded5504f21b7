/** Deals labelled samples into folds for cross-validation. */
import { seededRandom } from "./seeded-random.js";

/**
 * The fold (0 … `foldCount` − 1) of each sample. Each label is spread as evenly as its count allows, folds differ by at
 * most one sample in all, and the same seed deals the same way. Fewer samples than folds leave folds empty.
 *
 * @example
 * const folds = stratifiedFolds(samples.map(({ label }) => label), 5, seed);
 * const heldOut = samples.filter((_, i) => folds[i] === 0);
 */
export function stratifiedFolds(labels: readonly string[], foldCount: number, seed: number): number[] {
  if (!Number.isInteger(foldCount) || foldCount < 1) {
    throw new RangeError(`The number of folds must be a positive whole number, got ${foldCount}.`);
  }
  const random = seededRandom(seed);
  const folds = new Array<number>(labels.length).fill(0);
  let dealt = 0;
  for (const label of [...new Set(labels)].sort()) {
    const members: number[] = [];
    labels.forEach((other, i) => {
      if (other === label) members.push(i);
    });
    // Fisher and Yates.
    for (let i = members.length - 1; i > 0; i--) {
      const j = random.index(i + 1);
      [members[i], members[j]] = [members[j] as number, members[i] as number];
    }
    // Dealing goes on where the last label ended, so that small labels don't all land in the first folds.
    for (const member of members) folds[member] = dealt++ % foldCount;
  }
  return folds;
}
