/**
 * Where fine-tuning begins: a linear classifier on the untouched backbone's pooled features. A head that knows nothing yet
 * would pull the features about before it has learnt what they say (Kumar et al. 2022), and so would one that has seen no
 * altered pictures: the features of those lie far from the others.
 */
import type { LoaderSample } from "@sightline/dataset/loader";
import type { AllowedFlips, Recipe } from "@sightline/vision/augment/recipe";
import { type LinearClassifier, LogisticRegression, logitsOf } from "../classifier/logistic-regression.js";
import { softmax } from "../threshold.js";
import {
  allWays,
  type ExtractorOptions,
  FeatureExtractor,
  isAllowed,
  joined,
  rescale,
  standardise,
  type Way,
} from "./picture-features.js";

export interface LinearStart {
  /** Of features standardised by `mean` and `divisor`: the one that tells the validation pictures best. */
  readonly classifier: LinearClassifier;
  /** Learnt from altered pictures too, whether that helped or not: what the training goes on from. */
  readonly steady: LinearClassifier;
  /** Learnt like `classifier`, from the validation pictures too. */
  readonly ofAll: LinearClassifier;
  readonly mean: Float32Array;
  readonly divisor: Float32Array;
  /** Which ways of turning a picture over helped to tell held-out pictures. */
  readonly flips: AllowedFlips;
  /** What `classifier` says of each validation picture. */
  readonly heldOut: readonly Float64Array[];
}

export interface LinearStartOptions extends ExtractorOptions {
  readonly training: readonly LoaderSample[];
  readonly validation: readonly LoaderSample[];
  /** What may be tried; where only one is given, it is taken. */
  readonly flipChoices: readonly AllowedFlips[];
  /** How the training will alter pictures. */
  readonly alteration: (flips: AllowedFlips) => Recipe;
}

/** Altered views of each picture. */
const views = 3;

/** Strength of the pull to zero, best for most sets of some hundred pictures (classifier/README.md). */
const penalty = 1e-5;

export async function linearStart(options: LinearStartOptions): Promise<LinearStart> {
  const { training, validation, flipChoices, threads, signal } = options;
  const ways = allWays.filter((way) => flipChoices.some((choice) => isAllowed(way, choice)));
  const extractor = await FeatureExtractor.open(options, (ways.length + views) * training.length + validation.length);
  try {
    const { width } = extractor;
    const features = await extractor.extract(training, ways);
    const heldOut = await extractor.extract(validation, ways.slice(0, 1));
    const { mean, divisor } = standardise(features, width, training.length);
    rescale(heldOut, mean, divisor);
    const chosen = await chooseFlips({
      features,
      heldOut,
      ways,
      width,
      training,
      validation,
      flipChoices,
      threads,
      signal,
    });
    const { flips } = chosen;
    const allowed = ways.filter((way) => isAllowed(way, flips));
    const altered = async (samples: readonly LoaderSample[]): Promise<Rows> => {
      const seen = await extractor.extractAltered(samples, options.alteration(flips), views);
      rescale(seen.features, mean, divisor);
      return { features: seen.features, truths: seen.samples.map((i) => truthOf(samples[i] as LoaderSample)) };
    };
    const known = allowed.map((way): Rows => {
      const from = ways.indexOf(way) * training.length * width;
      return { features: features.subarray(from, from + training.length * width), truths: training.map(truthOf) };
    });
    const knownAltered = await altered(training);
    const more = { start: chosen.classifier, threads, signal };
    const steady = await fitted([...known, knownAltered], more);
    const truths = validation.map(truthOf);
    const isSteadyBest = logLoss(steady, heldOut, truths) < logLoss(chosen.classifier, heldOut, truths);
    const classifier = isSteadyBest ? steady : chosen.classifier;
    // Those held out are learnt from as the others: as they are, turned over, altered.
    const turned = await extractor.extract(validation, allowed.slice(1));
    rescale(turned, mean, divisor);
    const heldRows = [
      { features: heldOut, truths },
      { features: turned, truths: allowed.slice(1).flatMap(() => truths) },
      ...(isSteadyBest ? [knownAltered, await altered(validation)] : []),
    ];
    const ofAll = await fitted([...known, ...heldRows], { ...more, start: classifier });
    const logits = truths.map((_, i) => logitsOf(classifier, heldOut.subarray(i * width, (i + 1) * width)));
    return { classifier, steady, ofAll, mean, divisor, flips, heldOut: logits };
  } finally {
    await extractor.close();
  }
}

interface FlipQuestion
  extends Pick<LinearStartOptions, "training" | "validation" | "flipChoices" | "threads" | "signal"> {
  readonly features: Float32Array;
  readonly heldOut: Float32Array;
  readonly ways: readonly Way[];
  readonly width: number;
}

/** Fits with each choice and takes the one that says most about the pictures held out. */
async function chooseFlips(question: FlipQuestion): Promise<{ classifier: LinearClassifier; flips: AllowedFlips }> {
  const { features, heldOut, ways, width, training, validation, flipChoices, threads, signal } = question;
  const count = training.length;
  const labels = Int32Array.from({ length: ways.length * count }, (_, row) =>
    truthOf(training[row % count] as LoaderSample),
  );
  const truths = validation.map(truthOf);
  const regression = await LogisticRegression.open(features, width, labels, labelCount(training), threads);
  try {
    let best: { loss: number; classifier: LinearClassifier; flips: AllowedFlips } | null = null;
    for (const flips of flipChoices) {
      const weights = rowWeights(labels, (row) => isAllowed(ways[Math.floor(row / count)] as Way, flips));
      const classifier = await regression.fit(weights, { penalty, start: best?.classifier, signal });
      const loss = logLoss(classifier, heldOut, truths);
      if (best === null || loss < best.loss) best = { loss, classifier, flips };
    }
    return best as NonNullable<typeof best>;
  } finally {
    await regression.dispose();
  }
}

/** Standardised features of pictures, one row each, and what they show. */
interface Rows {
  readonly features: Float32Array;
  readonly truths: readonly number[];
}

interface FitFrom {
  readonly start: LinearClassifier;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

async function fitted(blocks: readonly Rows[], { start, threads, signal }: FitFrom): Promise<LinearClassifier> {
  const features = joined(blocks.map((block) => block.features));
  const labels = Int32Array.from(blocks.flatMap(({ truths }) => truths));
  const regression = await LogisticRegression.open(features, start.features, labels, start.classes, threads);
  try {
    return await regression.fit(
      rowWeights(labels, () => true),
      { penalty, start, signal },
    );
  } finally {
    await regression.dispose();
  }
}

function truthOf({ target }: LoaderSample): number {
  return target.indexOf(Math.max(...target));
}

function labelCount(samples: readonly LoaderSample[]): number {
  return samples[0]?.target.length ?? 0;
}

/** Rare labels count more, by the root of how much rarer they are: as they do in the training that follows. */
function rowWeights(labels: Int32Array, takesPart: (row: number) => boolean): Float32Array {
  const counts = new Map<number, number>();
  labels.forEach((label, row) => {
    if (takesPart(row)) counts.set(label, (counts.get(label) ?? 0) + 1);
  });
  return Float32Array.from(labels, (label, row) => (takesPart(row) ? 1 / Math.sqrt(counts.get(label) as number) : 0));
}

/** Mean over the rows. */
function logLoss(classifier: LinearClassifier, features: Float32Array, truths: readonly number[]): number {
  const sum = truths.reduce((total, truth, i) => {
    const row = features.subarray(i * classifier.features, (i + 1) * classifier.features);
    return total - Math.log(Math.max(1e-9, softmax(logitsOf(classifier, row))[truth] as number));
  }, 0);
  return sum / Math.max(1, truths.length);
}
