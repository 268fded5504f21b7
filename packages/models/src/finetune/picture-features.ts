/** The untouched backbone's features of pictures, as they are and turned over. */
import { type Batch, batchFeeds, type LoaderSample, openLoader } from "@sightline/dataset/loader";
import type { Graph } from "@sightline/nn/graph";
import { type GraphSession, openGraphSession } from "@sightline/nn/session/session";
import { type FloatTensor, floatTensor } from "@sightline/nn/tensor";
import type { AllowedFlips, Recipe } from "@sightline/vision/augment/recipe";
import { refuseNonFinite } from "../feature-extraction.js";
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

/** Pictures to be altered are kept this much larger than the input, so that what is zoomed in on stays sharp. */
export const alteredDetail = 1.25;

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
    const into = new Float32Array(ways.length * samples.length * this.width);
    if (into.length === 0) return into;
    await this.#look(samples, null, 1, async (batch) => {
      for (const [w, { sideways, upsideDown }] of ways.entries()) {
        const rows = await this.#features(flipped(batchFeeds(batch).image, sideways, upsideDown), batch.count);
        for (let i = 0; i < batch.count; i++) {
          const row = w * samples.length + (batch.samples[i] as number);
          into.set(rows.subarray(i * this.width, (i + 1) * this.width), row * this.width);
        }
      }
    });
    return into;
  }

  /** Pictures altered by a recipe, `views` times each: `samples` says which one a row shows. */
  async extractAltered(
    samples: readonly LoaderSample[],
    recipe: Recipe,
    views: number,
  ): Promise<{ features: Float32Array; samples: number[] }> {
    const parts: Float32Array[] = [];
    const shown: number[] = [];
    await this.#look(samples, recipe, views, async (batch) => {
      parts.push(await this.#features(batchFeeds(batch).image, batch.count));
      shown.push(...batch.samples.subarray(0, batch.count));
    });
    return { features: joined(parts), samples: shown };
  }

  async #look(
    samples: readonly LoaderSample[],
    recipe: Recipe | null,
    epochs: number,
    see: (batch: Batch) => Promise<void>,
  ): Promise<void> {
    const { size, seed } = this.#options;
    const detail = recipe === null ? 1 : alteredDetail;
    const loader = openLoader({ width: size, height: size, batchSize, seed, samples, recipe, detail });
    try {
      for (let epoch = 0; epoch < epochs; epoch++)
        for (let index = 0; index < loader.batches; index++) await see(await loader.batch(epoch, index));
    } finally {
      await loader.close();
    }
  }

  async #features(image: FloatTensor, count: number): Promise<Float32Array> {
    throwIfCancelled(this.#options.signal);
    const results = await this.#session.run({ [modelValues.image]: image });
    this.#done += count;
    this.#options.onProgress(Math.min(1, this.#done / this.#passes));
    await nextTurn();
    const rows = Object.values(results)[0]?.data.slice(0, count * this.width) as Float32Array;
    refuseNonFinite(rows);
    return rows;
  }

  close(): Promise<void> {
    return this.#session.dispose();
  }
}

/** One after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
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
