/** Which sample stands where in a training: decided by the seed, the epoch and the place alone. */
import { seededRandom } from "../seeded-random.js";

/** How many batches make an epoch, and which samples each holds. */
export class BatchPlan {
  readonly batches: number;
  readonly #samples: number;
  readonly #batchSize: number;
  readonly #seed: number;
  readonly #isShuffled: boolean;
  /** The last permutations, by epoch and round. */
  readonly #orders = new Map<string, Uint32Array>();

  constructor(samples: number, batchSize: number, seed: number, isShuffled: boolean) {
    this.#samples = samples;
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.#isShuffled = isShuffled;
    // A training's batches are all full: a short last one is left out or, from half on, filled from a new round.
    this.batches = Math.max(1, isShuffled ? Math.round(samples / batchSize) : Math.ceil(samples / batchSize));
  }

  /** The samples of one batch, and how many of them are its own: the rest repeats the last one to fill it. */
  batch(epoch: number, index: number): { readonly samples: Int32Array; readonly count: number } {
    const first = index * this.#batchSize;
    if (!this.#isShuffled) {
      const count = Math.max(0, Math.min(this.#batchSize, this.#samples - first));
      const last = this.#samples - 1;
      return { samples: Int32Array.from({ length: this.#batchSize }, (_, row) => Math.min(first + row, last)), count };
    }
    const samples = Int32Array.from({ length: this.#batchSize }, (_, row) => {
      const place = first + row;
      return this.#order(epoch, Math.floor(place / this.#samples))[place % this.#samples] as number;
    });
    return { samples, count: this.#batchSize };
  }

  #order(epoch: number, round: number): Uint32Array {
    const key = `${epoch}/${round}`;
    const known = this.#orders.get(key);
    if (known) return known;
    if (this.#orders.size >= 16) this.#orders.clear();
    const order = Uint32Array.from({ length: this.#samples }, (_, i) => i);
    const random = seededRandom(this.#seed).branch(`order ${key}`);
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.index(i + 1);
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    this.#orders.set(key, order);
    return order;
  }
}
