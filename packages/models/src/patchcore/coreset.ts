/** Chooses the few patches that stand for all: greedy k-center, so that no patch is far from the bank. */
import { nextTurn, throwIfCancelled } from "../model-error.js";

/**
 * Rows of `points` (`[count, dimensions]`, dimensions a multiple of 4) chosen one after the other, each the farthest from those before
 * (Gonzalez 1985): at most twice as far as the best choice would leave any point. Begins at `first`.
 * Ends early when every point equals a chosen one.
 */
export async function greedyCoreset(
  points: Float32Array,
  dimensions: number,
  size: number,
  first: number,
  signal?: AbortSignal,
): Promise<Int32Array> {
  const count = points.length / dimensions;
  const chosen = new Int32Array(Math.min(size, count));
  /** Squared distance of each point to the nearest chosen one. */
  const distances = new Float32Array(count).fill(Number.POSITIVE_INFINITY);
  let next = first;
  let lastTurn = performance.now();
  for (let k = 0; k < chosen.length; k++) {
    chosen[k] = next;
    const at = next * dimensions;
    let farthest = -1;
    for (let i = 0; i < count; i++) {
      const nearest = distances[i] as number;
      let sum = 0;
      const row = i * dimensions;
      for (let d = 0; d < dimensions; d += 4) {
        const a = (points[row + d] as number) - (points[at + d] as number);
        const b = (points[row + d + 1] as number) - (points[at + d + 1] as number);
        const c = (points[row + d + 2] as number) - (points[at + d + 2] as number);
        const e = (points[row + d + 3] as number) - (points[at + d + 3] as number);
        sum += a * a + b * b + (c * c + e * e);
        if (sum >= nearest) break; // already closer to the bank than to this point: most of the time saved
      }
      const distance = sum < nearest ? sum : nearest;
      distances[i] = distance;
      if (distance > farthest) {
        farthest = distance;
        next = i;
      }
    }
    if (farthest <= 0) return chosen.slice(0, k + 1);
    if (performance.now() - lastTurn > 100) {
      await nextTurn();
      lastTurn = performance.now();
      throwIfCancelled(signal);
    }
  }
  return chosen;
}
