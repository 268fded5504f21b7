/** Where the batches of a training come from. */

import { NnError } from "../errors.js";
import { randomStream, shuffled } from "../random.js";
import { elementCount, elementTypes, type Tensor } from "../tensor.js";

export interface BatchSource {
  /** Pictures in all. */
  readonly samples: number;
  /** Batches in each epoch, all of one size: what doesn't fill the last one is left out. */
  readonly batches: number;
  /** Feeds by input name. What is in a batch must depend on (seed, epoch, index) alone, so that a training can go on after a break. */
  batch(epoch: number, index: number): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

export interface MemorySourceOptions {
  readonly batchSize: number;
  readonly seed: number;
}

/**
 * Batches from tensors in memory, whose first dimension counts the samples; drawn in a new order for each epoch. Fewer
 * samples than a batch takes are repeated.
 *
 * @throws NnError `WRONG_INPUT` when there are no samples, or not equally many in each tensor.
 */
export function memorySource(tensors: Readonly<Record<string, Tensor>>, options: MemorySourceOptions): BatchSource {
  const { batchSize, seed } = options;
  const counts = Object.entries(tensors).map(([name, { dims }]) => `${name} ${dims[0] ?? 0}`);
  const samples = Object.values(tensors)[0]?.dims[0] ?? 0;
  if (samples === 0 || Object.values(tensors).some(({ dims }) => dims[0] !== samples)) {
    throw new NnError(
      "WRONG_INPUT",
      `Each tensor needs the same number of samples, at least 1; got ${counts.join(", ")}.`,
    );
  }
  return {
    samples,
    batches: Math.max(1, Math.floor(samples / batchSize)),
    batch: async (epoch, index) => {
      const order = shuffled(samples, randomStream(seed, "order", epoch));
      const chosen = Array.from({ length: batchSize }, (_, place) => order[(index * batchSize + place) % samples] ?? 0);
      return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, rows(tensor, chosen)]));
    },
    close: async () => {},
  };
}

/** The named rows of a tensor, in this order. */
function rows({ type, dims, data }: Tensor, chosen: readonly number[]): Tensor {
  const size = elementCount(dims.slice(1));
  const result = new elementTypes[type].array(chosen.length * size);
  for (const [place, row] of chosen.entries()) {
    // One array type at run time; the compiler only knows that both are some of them.
    (result as Float32Array).set((data as Float32Array).subarray(row * size, (row + 1) * size), place * size);
  }
  return { type, dims: [chosen.length, ...dims.slice(1)], data: result };
}
