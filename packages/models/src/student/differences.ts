/** What teacher, student and autoencoder differ by on given pictures, and how large that is once what good pictures differ by is taken out. */
import type { Graph } from "@sightline/nn/graph";
import { openGraphSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import type { Image } from "@sightline/vision/image";
import { factorise } from "../cholesky.js";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { writePlanes } from "../pictures.js";
import { studentValues } from "./definition.js";
import { taughtChannels } from "./teacher.js";

/** Of the student and of the autoencoder: `[taughtChannels, places]` each, or what was made of that for each place. */
export interface Differences {
  readonly unlearnt: Float32Array;
  readonly uncoded: Float32Array;
}

export interface DifferencesOptions {
  readonly size: number;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

/** How much of the covariance is taken as equal in all directions: few pictures tell little of it. */
const evened = 0.1;

/** Runs pictures through the trained networks, one after the other; what `take` makes of each is kept. */
export async function differencesOf<Result>(
  graph: Graph,
  images: readonly Image[],
  { size, threads, signal }: DifferencesOptions,
  take: (differences: Differences) => Result,
): Promise<Result[]> {
  const planes = new Float32Array(3 * size * size);
  const session = await openGraphSession(graph, { threads });
  const results: Result[] = [];
  try {
    for (const image of images) {
      writePlanes(image, planes, 0);
      const values = await session.run({ [modelValues.image]: floatTensor([1, 3, size, size], planes) });
      const of = (name: string): Float32Array => values[name]?.data as Float32Array;
      results.push(take({ unlearnt: of(studentValues.unlearnt), uncoded: of(studentValues.uncoded) }));
      await nextTurn();
      throwIfCancelled(signal);
    }
  } finally {
    await session.dispose();
  }
  return results;
}

/** Gathers the covariance of one difference over the places of good pictures. */
export class Covariance {
  readonly #sums = new Float64Array(taughtChannels * taughtChannels);
  #count = 0;

  add(values: Float32Array): void {
    const places = values.length / taughtChannels;
    this.#count += places;
    for (let i = 0; i < taughtChannels; i++)
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let p = 0; p < places; p++) sum += (values[i * places + p] as number) * (values[j * places + p] as number);
        this.#sums[i * taughtChannels + j] = (this.#sums[i * taughtChannels + j] as number) + sum;
      }
  }

  /**
   * `[taughtChannels, taughtChannels]`, the inverse of the Cholesky factor: makes what good pictures differ by equally large
   * in every direction, so that lengths after it are Mahalanobis distances.
   */
  whitening(): Float32Array {
    const size = taughtChannels;
    const count = Math.max(1, this.#count);
    const matrix = this.#sums.map((sum) => ((1 - evened) * sum) / count);
    let trace = 0;
    for (let i = 0; i < size; i++) trace += (this.#sums[i * size + i] as number) / count;
    for (let i = 0; i < size; i++)
      matrix[i * size + i] = (matrix[i * size + i] as number) + (evened * trace) / size + 1e-9;
    factorise(matrix, size);
    const inverse = new Float32Array(size * size);
    for (let column = 0; column < size; column++)
      for (let i = column; i < size; i++) {
        let sum = i === column ? 1 : 0;
        for (let k = column; k < i; k++)
          sum -= (matrix[i * size + k] as number) * (inverse[k * size + column] as number);
        inverse[i * size + column] = sum / (matrix[i * size + i] as number);
      }
    return inverse;
  }
}

/** For each place the mean square of a difference after its whitening. */
export function meanSquares(values: Float32Array, whitening: Float32Array): Float32Array {
  const places = values.length / taughtChannels;
  const out = new Float32Array(places);
  const line = new Float64Array(places);
  for (let i = 0; i < taughtChannels; i++) {
    line.fill(0);
    for (let j = 0; j <= i; j++) {
      const weight = whitening[i * taughtChannels + j] as number;
      for (let p = 0; p < places; p++) line[p] = (line[p] as number) + weight * (values[j * places + p] as number);
    }
    for (let p = 0; p < places; p++) out[p] = (out[p] as number) + (line[p] as number) ** 2 / taughtChannels;
  }
  return out;
}
