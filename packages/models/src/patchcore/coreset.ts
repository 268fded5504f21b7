/** Chooses the few patches that stand for all: greedy k-center, so that no patch is far from the bank. */
import { nextTurn, throwIfCancelled } from "../model-error.js";

/**
 * Rows of `points` (`[count, dimensions]`, dimensions a multiple of 4) chosen one after the other, each the farthest from those before
 * (Gonzalez 1985): at most twice as far as the best choice would leave any point. Begins at `first`.
 * Ends early when every point equals a chosen one.
 *
 * Lazily, as Minoux (1978) maximises set functions: a point's distance to the bank only falls, so one whose last known
 * distance isn't the largest needn't be measured against what was chosen since. The same choice, a third of the measurements.
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
  /** The chosen rows one after the other: read far more often than written. */
  const bank = new Float32Array(chosen.length * dimensions);
  const queue = new FarthestFirst(count);
  /** How many of the chosen each point was measured against. */
  const measured = new Int32Array(count);
  let taken = 0;
  const take = (point: number): void => {
    chosen[taken] = point;
    bank.set(points.subarray(point * dimensions, (point + 1) * dimensions), taken * dimensions);
    taken++;
  };
  if (chosen.length > 0) take(first);
  let lastTurn = performance.now();
  for (let step = 1; taken < chosen.length; step++) {
    const point = queue.top();
    const known = queue.distances[point] as number;
    if (measured[point] === taken) {
      if (known <= 0) return chosen.slice(0, taken);
      take(point);
      measured[point] = taken;
      queue.lower(0);
    } else {
      let nearest = known;
      const second = queue.second();
      const row = point * dimensions;
      let next = measured[point] as number;
      while (next < taken && nearest >= second) {
        const at = next * dimensions;
        let sum = 0;
        for (let d = 0; d < dimensions; d += 4) {
          const a = (points[row + d] as number) - (bank[at + d] as number);
          const b = (points[row + d + 1] as number) - (bank[at + d + 1] as number);
          const c = (points[row + d + 2] as number) - (bank[at + d + 2] as number);
          const e = (points[row + d + 3] as number) - (bank[at + d + 3] as number);
          sum += a * a + b * b + (c * c + e * e);
          if (sum >= nearest) break; // already closer to another: most of the time saved
        }
        if (sum < nearest) nearest = Math.fround(sum);
        next++;
      }
      measured[point] = next;
      queue.lower(nearest);
    }
    if (step % 256 === 0 && performance.now() - lastTurn > 100) {
      await nextTurn();
      lastTurn = performance.now();
      throwIfCancelled(signal);
    }
  }
  return chosen;
}

/** Points by falling squared distance to the bank, of equals the first one first: a binary heap. */
class FarthestFirst {
  /** Of each point, as far as it is known: never too small. */
  readonly distances: Float32Array;
  readonly #heap: Int32Array;

  constructor(count: number) {
    this.distances = new Float32Array(count).fill(Number.POSITIVE_INFINITY);
    // All are equal, so that their own order is a heap.
    this.#heap = Int32Array.from({ length: count }, (_, i) => i);
  }

  top(): number {
    return this.#heap[0] as number;
  }

  /** Largest distance beside the top's. */
  second(): number {
    const [, left, right] = this.#heap;
    const of = (point: number | undefined): number => (point === undefined ? 0 : (this.distances[point] as number));
    return Math.max(of(left), of(right));
  }

  /** The top's distance, not larger than it was. */
  lower(distance: number): void {
    const { distances } = this;
    const heap = this.#heap;
    const point = heap[0] as number;
    distances[point] = distance;
    let at = 0;
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      if (below + 1 < heap.length && this.#isBefore(heap[below + 1] as number, heap[below] as number)) below++;
      if (!this.#isBefore(heap[below] as number, point)) break;
      heap[at] = heap[below] as number;
      at = below;
    }
    heap[at] = point;
  }

  #isBefore(a: number, b: number): boolean {
    const difference = (this.distances[a] as number) - (this.distances[b] as number);
    return difference > 0 || (difference === 0 && a < b);
  }
}
