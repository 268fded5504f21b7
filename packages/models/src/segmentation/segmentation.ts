/** Learns where which kind of defect is from pictures with masks; measured, and its limits set, on folds of the training part. */
import type { Sample } from "@sightline/dataset/dataset";
import { stratifiedFolds } from "@sightline/dataset/folds";
import { exportGraph } from "@sightline/nn/export";
import type { Graph } from "@sightline/nn/graph";
import { binaryCrossEntropy } from "@sightline/nn/losses";
import type { Weights } from "@sightline/nn/network";
import { randomStream, shuffled } from "@sightline/nn/random";
import { openGraphSession } from "@sightline/nn/session/session";
import { type BatchSource, type TrainingDefinition, trainNetwork } from "@sightline/nn/training";
import { allowedFlips, plainRecipe, type Recipe, withAllowedFlips } from "@sightline/vision/augment/recipe";
import { type Backbone, tapOf } from "../backbone-description.js";
import type { TapRole } from "../backbone-taps.js";
import { throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { backboneOnPixels } from "../pixel-input.js";
import { cachedMaps } from "../tap-cache.js";
import { clampScore, logit, sigmoid } from "../threshold.js";
import { type DecoderTap, decoder } from "./decoder.js";
import type { DefectType } from "./defect-types.js";
import { type DrawnViews, drawViews, maskRows } from "./drawn-views.js";
import { type DefectScores, labelMap } from "./label-map.js";
import { type DefectMetrics, defectMetrics, pixelConfusion } from "./segmentation-metrics.js";

export interface SegmentationContext {
  /** With masks, or good. */
  readonly samples: readonly Sample[];
  readonly types: readonly DefectType[];
  readonly backbone: Backbone;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds that it should end within; left out: no limit. */
  readonly budgetMs: number | undefined;
  readonly onProgress: (share: number, step: string) => void;
  /** A mask that can't be used. */
  readonly onUnusable: (sample: Sample, reason: string) => void;
}

export interface SegmentationSettings {
  readonly taps: readonly (TapRole & Omit<DecoderTap, "name">)[];
  readonly stride: number;
  readonly views: number;
  readonly viewsPerPicture: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly positiveWeight: number;
  readonly dice: number;
  readonly recipe: Recipe;
}

export const segmentationSettings: SegmentationSettings = {
  taps: [
    { stride: 4, kind: "narrow", channels: 24 },
    { stride: 8, kind: "narrow", channels: 32 },
    { stride: 16, kind: "narrow", channels: 48 },
    { stride: 32, kind: "narrow", channels: 48 },
  ],
  stride: 4,
  views: 960,
  viewsPerPicture: 10,
  steps: 120,
  batchSize: 8,
  learningRate: 4e-3,
  weightDecay: 0.02,
  positiveWeight: 2,
  dice: 1,
  recipe: {
    ...plainRecipe,
    flipSideways: 0.5,
    flipUpsideDown: 0.5,
    rotationDegrees: 20,
    shearDegrees: 5,
    shift: 0.1,
    zoom: [0.8, 1.25],
    stretch: 1.2,
    brightness: 0.2,
    contrast: 0.2,
    saturation: 0.2,
    hueDegrees: 5,
    whiteBalance: 0.1,
    gamma: 0.2,
  },
};

/** What was learnt: enough to add it to any network that has the taps. */
export interface TrainedSegmentation {
  readonly types: readonly DefectType[];
  readonly settings: SegmentationSettings;
  readonly weights: Weights;
  /** Inputs the standardised taps, output `logits`. */
  readonly graph: Graph;
  /** By type: the probability from which a pixel counts. */
  readonly limits: readonly number[];
  readonly scales: readonly { readonly name: string; readonly mean: Float32Array; readonly deviation: Float32Array }[];
  /** By folds: each picture by a head that never saw it. */
  readonly metrics: readonly DefectMetrics[];
  readonly images: number;
}

/** The steps of a training are planned, and shortened where time is short, in so many parts. */
const epochs = 10;
const maxFolds = 5;
/** Where time is short, so much of it goes into making the views. */
const viewsShare = 0.35;
/** Without these there is nothing to measure by. */
const leastPictures = 4;
const leastFitMs = 500;

/** @returns `null` where too few masks can be used */
export async function trainSegmentation(
  context: SegmentationContext,
  settings: SegmentationSettings = segmentationSettings,
): Promise<TrainedSegmentation | null> {
  const startedAtMs = performance.now();
  const { types, width, height, seed, onProgress } = context;
  const taps = settings.taps.map(({ channels, ...role }) => ({ name: tapOf(context.backbone, role).name, channels }));
  const builder = backboneOnPixels(context.backbone, { width, height, taps: taps.map(({ name }) => name) });
  for (const { name } of taps) builder.output(name);
  const perPicture = Math.max(
    1,
    Math.min(settings.viewsPerPicture, Math.floor(settings.views / context.samples.length)),
  );
  const views = await drawViews({
    ...context,
    graph: builder.build("defect_taps"),
    stride: settings.stride,
    views: Math.max(1, perPicture),
    budgetMs: context.budgetMs === undefined ? undefined : context.budgetMs * viewsShare,
    recipe: withAllowedFlips(settings.recipe, allowedFlips(types.map(({ label }) => label))),
    onProgress: (share) => onProgress(0.3 * share, "Looking at the pictures with masks"),
  });
  const head = new HeadTraining(context, settings, taps, views);
  const kinds = views.truths.map((truth) => Math.max(...new Set(truth)).toString());
  const showing = kinds.filter((kind) => kind !== "0").length;
  if (showing < leastPictures) return null;
  const folds = Math.min(maxFolds, showing);
  const leftMs = context.budgetMs === undefined ? undefined : context.budgetMs - (performance.now() - startedAtMs);
  const fitMs = leftMs === undefined ? undefined : Math.max(leastFitMs, leftMs / (folds + 1));
  const fold = stratifiedFolds(kinds, folds, seed);
  const answers = new Array<DefectScores>(views.samples);
  for (let held = 0; held < folds; held++) {
    onProgress(0.3 + (0.6 * held) / folds, "Measuring where defects are on held-out pictures");
    const weights = await head.fit((sample) => fold[sample] !== held, fitMs);
    const members = fold.flatMap((of, sample) => (of === held ? [sample] : []));
    (await head.scores(weights, members)).forEach((row, i) => {
      answers[members[i] as number] = row;
    });
  }
  const limits = types.map((_, k) => bestLimit(answers, views.truths, k + 1, context));
  const pictures = answers.map((answer, i) => {
    const { data } = labelMap(moved(answer, limits), width, height);
    return pixelConfusion(views.truths[i] as Uint8Array, data, types.length);
  });
  const metrics = defectMetrics(types, pictures, "heldOut");
  onProgress(0.9, "Learning where defects are from all pictures");
  const weights = await head.fit(() => true, fitMs);
  return {
    types,
    settings,
    weights,
    graph: head.graph(weights),
    limits,
    scales: views.taps.map(({ name, mean, deviation }) => ({ name, mean, deviation })),
    metrics,
    images: views.members.filter(({ maskFile }) => maskFile !== undefined).length,
  };
}

class HeadTraining {
  readonly #context: SegmentationContext;
  readonly #settings: SegmentationSettings;
  /** The finest first. */
  readonly #taps: readonly DecoderTap[];
  readonly #views: DrawnViews;

  constructor(
    context: SegmentationContext,
    settings: SegmentationSettings,
    taps: readonly DecoderTap[],
    views: DrawnViews,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#taps = taps;
    this.#views = views;
  }

  async fit(takesPart: (sample: number) => boolean, budgetMs: number | undefined): Promise<Weights> {
    const { seed, threads, signal } = this.#context;
    const { batchSize, learningRate, weightDecay } = this.#settings;
    const { lastWeights } = await trainNetwork({
      definition: this.#definition(),
      source: this.#source(takesPart),
      batchSize,
      epochs,
      optimizer: { kind: "adamw", weightDecay },
      schedule: { kind: "oneCycle", learningRate },
      clipNorm: 5,
      budgetMs,
      seed,
      threads,
      signal,
    });
    throwIfCancelled(signal);
    return lastWeights;
  }

  graph(weights: Weights): Graph {
    const { model, inputs } = this.#definition();
    return exportGraph(model, weights, inputs, "defects");
  }

  /** What a head says of samples as they are. */
  async scores(weights: Weights, samples: readonly number[]): Promise<DefectScores[]> {
    const { types, maskWidth, maskHeight, sampleOf } = this.#views;
    const session = await openGraphSession(this.graph(weights), { threads: this.#context.threads });
    try {
      const answers: DefectScores[] = [];
      for (const sample of samples) {
        const results = await session.run(cachedMaps(this.#views, [sampleOf.indexOf(sample)]));
        const logits = results[modelValues.logits]?.data as Float32Array;
        answers.push({ types, width: maskWidth, height: maskHeight, data: logits.map(sigmoid) });
      }
      return answers;
    } finally {
      await session.dispose();
    }
  }

  #definition(): TrainingDefinition {
    const { types, taps, maskHeight, maskWidth } = this.#views;
    const { positiveWeight, dice } = this.#settings;
    const maps = taps.map(({ name, dims }) => [name, { type: "float32", dims: ["N", ...dims] }] as const);
    return {
      inputs: {
        ...Object.fromEntries(maps),
        masks: { type: "float32", dims: ["N", types, maskHeight, maskWidth] },
      },
      model: (net, inputs) => ({ logits: decoder(net, inputs, this.#taps, types) }),
      loss: (net, { logits = "" }, { masks = "" }) => {
        const { tape } = net;
        const rows = (value: string): string => tape.reshape(value, [-1, types, maskHeight * maskWidth]);
        // Present pixels weigh more: they are few.
        const weights = tape.plus(1, tape.times(masks, positiveWeight - 1));
        const entropy = binaryCrossEntropy(net, logits, masks, { weights });
        const probabilities = tape.emit("Sigmoid", [logits]);
        const overlap = tape.sum(rows(tape.times(probabilities, masks)), [0, 2]);
        const total = tape.plus(tape.sum(rows(probabilities), [0, 2]), tape.sum(rows(masks), [0, 2]));
        // Soft Dice over the batch (Milletari et al. 2016): what is rare counts like what is common.
        const ratio = tape.over(tape.plus(tape.times(overlap, 2), 1), tape.plus(total, 1));
        const missed = tape.reshape(tape.mean(tape.minus(1, ratio), [0, 1, 2]), []);
        return { loss: tape.plus(entropy, tape.times(missed, dice)), entropy, missed };
      },
    };
  }

  /** Every sample equally often, each time another of its views. */
  #source(takesPart: (sample: number) => boolean): BatchSource {
    const { batchSize, steps } = this.#settings;
    const { sampleOf } = this.#views;
    const rows = Array.from(sampleOf.keys()).filter((row) => takesPart(sampleOf[row] as number));
    const batches = Math.max(1, Math.round(steps / epochs));
    const { seed } = this.#context;
    let round = -1;
    let order: readonly number[] = [];
    return {
      samples: rows.length,
      batches,
      batch: async (epoch, index) => {
        const first = (epoch * batches + index) * batchSize;
        const chosen = Array.from({ length: batchSize }, (_, place) => {
          const at = first + place;
          const wanted = Math.floor(at / rows.length);
          if (wanted !== round) {
            round = wanted;
            order = shuffled(rows.length, randomStream(seed, "views", round));
          }
          return rows[order[at % rows.length] as number] as number;
        });
        return { ...cachedMaps(this.#views, chosen), masks: maskRows(this.#views, chosen) };
      },
      close: async () => {},
    };
  }
}

/** Steps of the search for a limit. */
const limitStep = 0.05;

/**
 * The probability from which a type counts, so that its mean overlap on held-out pictures is greatest; called where there is
 * none, a picture counts as 0. Looked for on the way that answers go: moved to 0.5, then enlarged.
 */
function bestLimit(
  answers: readonly DefectScores[],
  truths: readonly Uint8Array[],
  type: number,
  { width, height }: { readonly width: number; readonly height: number },
): number {
  let best = { limit: 0.5, score: -1 };
  for (let step = 2; step * limitStep < 0.95; step++) {
    const limit = step * limitStep;
    let sum = 0;
    let count = 0;
    for (const [i, answer] of answers.entries()) {
      const area = answer.width * answer.height;
      const layer = { ...answer, types: 1, data: answer.data.subarray((type - 1) * area, type * area) };
      const called = labelMap(moved(layer, [limit]), width, height).data;
      const truth = truths[i] as Uint8Array;
      let [hits, union] = [0, 0];
      for (let at = 0; at < called.length; at++) {
        const isTrue = truth[at] === type;
        const isCalled = called[at] === 1;
        if (isTrue && isCalled) hits++;
        if (isTrue || isCalled) union++;
      }
      if (union === 0) continue;
      sum += hits / union;
      count++;
    }
    const score = count === 0 ? 0 : sum / count;
    if (score > best.score) best = { limit, score };
  }
  return best.limit;
}

/** Probabilities with 0.5 at the limits. */
function moved(scores: DefectScores, limits: readonly number[]): DefectScores {
  const area = scores.width * scores.height;
  const data = scores.data.map((value, i) =>
    sigmoid(logit(clampScore(value)) - logit(limits[Math.floor(i / area)] as number)),
  );
  return { ...scores, data };
}
