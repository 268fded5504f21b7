/**
 * Where fine-tuning begins: a linear classifier on the untouched backbone's pooled features. A head that knows nothing yet
 * would pull the features about before it has learnt what they say (Kumar et al. 2022).
 */
import { batchFeeds, type LoaderSample, openLoader } from "@sightline/dataset/loader";
import type { Graph } from "@sightline/nn/graph";
import { openGraphSession } from "@sightline/nn/session/session";
import { type FloatTensor, floatTensor } from "@sightline/nn/tensor";
import type { AllowedFlips } from "@sightline/vision/augment/recipe";
import { type LinearClassifier, LogisticRegression, logitsOf } from "../classifier/logistic-regression.js";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { softmax } from "../threshold.js";

export interface LinearStart {
  /** Of features standardised by `mean` and `divisor`. */
  readonly classifier: LinearClassifier;
  readonly mean: Float32Array;
  readonly divisor: Float32Array;
  /** Which ways of turning a picture over helped to tell held-out pictures. */
  readonly flips: AllowedFlips;
}

export interface LinearStartOptions {
  /** Input `image`, 0–255; output `features` `[N, F]`. */
  readonly graph: Graph;
  readonly training: readonly LoaderSample[];
  readonly validation: readonly LoaderSample[];
  readonly size: number;
  /** What may be tried; where only one is given, it is taken. */
  readonly flipChoices: readonly AllowedFlips[];
  readonly threads: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (share: number) => void;
}

/** Strength of the pull to zero, best for most sets of some hundred pictures (classifier/README.md). */
const penalty = 1e-5;

/** More pictures than this don't change which flips help, nor where the head begins. */
const mostPictures = 1500;

const batchSize = 16;

export async function linearStart(options: LinearStartOptions): Promise<LinearStart> {
  const { graph, flipChoices, threads, signal } = options;
  const training = thinned(options.training, mostPictures);
  const validation = thinned(options.validation, mostPictures);
  const ways = allWays.filter((way) => flipChoices.some((choice) => isAllowed(way, choice)));
  const width = Number(graph.outputs[0]?.dims[1]);
  const count = training.length;
  const features = new Float32Array(ways.length * count * width);
  const heldOut = new Float32Array(validation.length * width);
  const passes = ways.length * count + validation.length;
  let done = 0;
  const session = await openGraphSession(graph, { threads });
  try {
    const extract = async (
      samples: readonly LoaderSample[],
      way: readonly Way[],
      into: Float32Array,
    ): Promise<void> => {
      const shape = { width: options.size, height: options.size, batchSize, seed: options.seed };
      const loader = openLoader({ ...shape, samples, recipe: null });
      try {
        for (let index = 0; index < loader.batches; index++) {
          throwIfCancelled(signal);
          const batch = await loader.batch(0, index);
          for (const [w, { sideways, upsideDown }] of way.entries()) {
            const image = flipped(batchFeeds(batch).image, sideways, upsideDown);
            const results = await session.run({ [modelValues.image]: image });
            const rows = Object.values(results)[0]?.data as Float32Array;
            for (let i = 0; i < batch.count; i++) {
              const row = w * samples.length + (batch.samples[i] as number);
              into.set(rows.subarray(i * width, (i + 1) * width), row * width);
            }
            done += batch.count;
            options.onProgress(Math.min(1, done / passes));
            await nextTurn();
          }
        }
      } finally {
        await loader.close();
      }
    };
    await extract(training, ways, features);
    await extract(validation, ways.slice(0, 1), heldOut);
  } finally {
    await session.dispose();
  }
  const { mean, divisor } = standardise(features, width, count);
  rescale(heldOut, mean, divisor);
  const labels = training[0]?.target.length ?? 0;
  const truthOf = ({ target }: LoaderSample): number => target.indexOf(Math.max(...target));
  const rowLabels = Int32Array.from({ length: ways.length * count }, (_, row) =>
    truthOf(training[row % count] as LoaderSample),
  );
  const regression = await LogisticRegression.open(features, width, rowLabels, labels, threads);
  try {
    let best: { loss: number; classifier: LinearClassifier; flips: AllowedFlips } | null = null;
    for (const flips of flipChoices) {
      const weights = rowWeights(rowLabels, (row) => isAllowed(ways[Math.floor(row / count)] as Way, flips));
      const classifier = await regression.fit(weights, { penalty, start: best?.classifier, signal });
      const loss = logLoss(classifier, heldOut, validation.map(truthOf));
      if (best === null || loss < best.loss) best = { loss, classifier, flips };
    }
    const { classifier, flips } = best as NonNullable<typeof best>;
    return { classifier, mean, divisor, flips };
  } finally {
    await regression.dispose();
  }
}

/** A way of turning pictures over; the first leaves them as they are. */
type Way = Pick<AllowedFlips, "sideways" | "upsideDown">;

const allWays: readonly Way[] = [
  { sideways: false, upsideDown: false },
  { sideways: true, upsideDown: false },
  { sideways: false, upsideDown: true },
  { sideways: true, upsideDown: true },
];

function isAllowed(way: Way, { sideways, upsideDown }: AllowedFlips): boolean {
  return (sideways || !way.sideways) && (upsideDown || !way.upsideDown);
}

/** Evenly spread over the list, whatever its order. */
function thinned<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)] as Item);
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

/** Each class weighs as much as another: the head begins without a leaning. */
function rowWeights(labels: Int32Array, takesPart: (row: number) => boolean): Float32Array {
  const counts = new Map<number, number>();
  labels.forEach((label, row) => {
    if (takesPart(row)) counts.set(label, (counts.get(label) ?? 0) + 1);
  });
  return Float32Array.from(labels, (label, row) => (takesPart(row) ? 1 / Math.sqrt(counts.get(label) as number) : 0));
}

/**
 * Centres every feature and divides it by its deviation over the pictures as they are (the first rows) and by the root of
 * the number of features, so that the penalty means the same for any number. In place.
 */
function standardise(features: Float32Array, width: number, plainRows: number) {
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

function rescale(features: Float32Array, mean: Float32Array, divisor: Float32Array): void {
  const width = mean.length;
  for (let at = 0; at < features.length; at++) {
    features[at] = ((features[at] as number) - (mean[at % width] as number)) / (divisor[at % width] as number);
  }
}

/** Mean over the rows. */
function logLoss(classifier: LinearClassifier, features: Float32Array, truths: readonly number[]): number {
  const sum = truths.reduce((total, truth, i) => {
    const row = features.subarray(i * classifier.features, (i + 1) * classifier.features);
    return total - Math.log(Math.max(1e-9, softmax(logitsOf(classifier, row))[truth] as number));
  }, 0);
  return sum / Math.max(1, truths.length);
}
