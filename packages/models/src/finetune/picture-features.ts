/** The untouched backbone's features of pictures, as they are and turned over. */
import { batchFeeds, type LoaderSample, openLoader } from "@sightline/dataset/loader";
import type { Graph } from "@sightline/nn/graph";
import { type GraphSession, openGraphSession } from "@sightline/nn/session/session";
import { type FloatTensor, floatTensor } from "@sightline/nn/tensor";
import type { AllowedFlips } from "@sightline/vision/augment/recipe";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";

/** A way of turning pictures over; the first leaves them as they are. */
export type Way = Pick<AllowedFlips, "sideways" | "upsideDown">;

export const allWays: readonly Way[] = [
  { sideways: false, upsideDown: false },
  { sideways: true, upsideDown: false },
  { sideways: false, upsideDown: true },
  { sideways: true, upsideDown: true },
];

export function isAllowed(way: Way, { sideways, upsideDown }: AllowedFlips): boolean {
  return (sideways || !way.sideways) && (upsideDown || !way.upsideDown);
}

export interface ExtractorOptions {
  /** Input `image`, 0–255; output `features` `[N, F]`. */
  readonly graph: Graph;
  readonly size: number;
  readonly threads: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (share: number) => void;
}

const batchSize = 16;

export class FeatureExtractor {
  readonly width: number;
  readonly #options: ExtractorOptions;
  readonly #session: GraphSession;
  readonly #passes: number;
  #done = 0;

  private constructor(options: ExtractorOptions, session: GraphSession, passes: number) {
    this.#options = options;
    this.#session = session;
    this.#passes = passes;
    this.width = Number(options.graph.outputs[0]?.dims[1]);
  }

  /** @param passes Pictures that will be looked at in all: what progress is counted by. */
  static async open(options: ExtractorOptions, passes: number): Promise<FeatureExtractor> {
    return new FeatureExtractor(options, await openGraphSession(options.graph, { threads: options.threads }), passes);
  }

  /** Row of picture i in the w-th way: w · pictures + i. */
  async extract(samples: readonly LoaderSample[], ways: readonly Way[]): Promise<Float32Array> {
    const { size, seed, signal, onProgress } = this.#options;
    const into = new Float32Array(ways.length * samples.length * this.width);
    if (into.length === 0) return into;
    const loader = openLoader({ width: size, height: size, batchSize, seed, samples, recipe: null });
    try {
      for (let index = 0; index < loader.batches; index++) {
        const batch = await loader.batch(0, index);
        for (const [w, { sideways, upsideDown }] of ways.entries()) {
          throwIfCancelled(signal);
          const image = flipped(batchFeeds(batch).image, sideways, upsideDown);
          const rows = Object.values(await this.#session.run({ [modelValues.image]: image }))[0]?.data as Float32Array;
          for (let i = 0; i < batch.count; i++) {
            const row = w * samples.length + (batch.samples[i] as number);
            into.set(rows.subarray(i * this.width, (i + 1) * this.width), row * this.width);
          }
          this.#done += batch.count;
          onProgress(Math.min(1, this.#done / this.#passes));
          await nextTurn();
        }
      }
      return into;
    } finally {
      await loader.close();
    }
  }

  close(): Promise<void> {
    return this.#session.dispose();
  }
}

/** A copy of planes `[N, 3, H, W]`, turned over. */
function flipped(image: FloatTensor, sideways: boolean, upsideDown: boolean): FloatTensor {
  if (!sideways && !upsideDown) return image;
  const [height, width] = image.dims.slice(2) as [number, number];
  const data = new Float32Array(image.data.length);
  for (let row = 0; row < data.length / width; row++) {
    const y = row % height;
    const from = (row - y + (upsideDown ? height - 1 - y : y)) * width;
    const line = image.data.subarray(from, from + width);
    data.set(sideways ? line.toReversed() : line, row * width);
  }
  return floatTensor(image.dims, data);
}

/**
 * Centres every feature and divides it by its deviation over the pictures as they are (the first rows) and by the root of
 * the number of features, so that the penalty means the same for any number. In place.
 */
export function standardise(features: Float32Array, width: number, plainRows: number) {
  const sum = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let at = 0; at < plainRows * width; at++) {
    const value = features[at] as number;
    sum[at % width] = (sum[at % width] as number) + value;
    squares[at % width] = (squares[at % width] as number) + value * value;
  }
  const mean = Float32Array.from(sum, (total) => total / plainRows);
  const divisor = Float32Array.from(squares, (total, j) => {
    const variance = Math.max(0, total / plainRows - (mean[j] as number) ** 2);
    return (Math.sqrt(variance) + 1e-3) * Math.sqrt(width);
  });
  rescale(features, mean, divisor);
  return { mean, divisor };
}

export function rescale(features: Float32Array, mean: Float32Array, divisor: Float32Array): void {
  const width = mean.length;
  for (let at = 0; at < features.length; at++) {
    features[at] = ((features[at] as number) - (mean[at % width] as number)) / (divisor[at % width] as number);
  }
}
