/** Whether a training part shows enough of each label for a method, and what it answers where it doesn't. */

/**
 * Why a method can't learn from so few, or `null` where each label has at least `least`.
 *
 * @param counts pictures or boxes, in the order of the labels
 * @param things what is counted, e.g. `boxes of each label`
 *
 * @example
 * tooFew("tiny", ["dented", "whole"], [2, 9], 5) // "tiny needs 5 pictures of each label, got dented 2, whole 9"
 */
export function tooFew(
  method: string,
  labels: readonly string[],
  counts: readonly number[],
  least: number,
  things = "pictures of each label",
): string | null {
  if (labels.every((_, i) => (counts[i] ?? 0) >= least)) return null;
  const have = labels.map((label, i) => `${label} ${counts[i] ?? 0}`).join(", ");
  return `${method} needs ${least} ${things}, got ${have}`;
}
