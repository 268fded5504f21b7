/**
 * Learns several labels a picture from few pictures: heads that judge every place of the frozen backbone's maps, taught on
 * many altered views of each picture. Few pictures are measured fold by fold, then all are learnt from; many are held out.
 */
import { readFile } from "node:fs/promises";
import type { Sample } from "@sightline/dataset/dataset";
import { stratifiedFolds } from "@sightline/dataset/folds";
import { readHeader } from "@sightline/dataset/image-file";
import type { LoaderSample } from "@sightline/dataset/loader";
import { exportGraph } from "@sightline/nn/export";
import type { Graph } from "@sightline/nn/graph";
import { binaryCrossEntropy } from "@sightline/nn/losses";
import type { ModelFunction, Weights } from "@sightline/nn/network";
import { openGraphSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import { type TrainingDefinition, trainNetwork } from "@sightline/nn/training";
import { type Judgement, trainByGradient } from "../gradient-run.js";
import type { NetContext, TrainedNet } from "../method.js";
import { throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import {
  bytesPerView,
  type CachedTap,
  cachedMaps,
  cachedSource,
  cacheFeatures,
  type FeatureCache,
} from "./feature-cache.js";
import { locationHead, type TapOnTape } from "./location-head.js";
import { type Pretrained, pretrained } from "./pretrained.js";
import { loaderSamples, severalLabelsRecipe } from "./training-pictures.js";

export interface SeveralLabelsSettings {
  /** Pixels of the input, whatever its shape. */
  readonly area: number;
  /** From fine to coarse. */
  readonly taps: readonly string[];
  /** Altered views in all, and of each picture at most. */
  readonly views: number;
  readonly viewsPerPicture: number;
  /** Heads that differ in how they began; the mean of their answers is steadier than any one's. */
  readonly heads: number;
  readonly hidden: number;
  readonly sharpness: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** Up to so many pictures are measured fold by fold: a fifth held out would tell little and be missed. */
const fewPictures = 200;
const foldCount = 3;
/** The steps of a training are shown in so many parts. */
const epochs = 20;
/** Feature maps kept in memory at most. */
const cacheBytes = 500e6;

export async function trainSeveralLabels(context: NetContext, settings: SeveralLabelsSettings): Promise<TrainedNet> {
  const isFew = context.training.length + context.validation.length <= fewPictures;
  const pictures = [...context.training, ...context.validation];
  const { width, height } = await inputShape(pictures, settings.area);
  const network = pretrained(context.backbone, { width, height, taps: settings.taps });
  const samples = loaderSamples(context, pictures);
  const cache = await cacheFeatures({
    ...context,
    samples,
    graph: network.graph,
    width,
    height,
    views: viewsFor(samples.length, network.graph, settings),
    recipe: severalLabelsRecipe(context),
    onProgress: (share) => context.onProgress(0.25 * share, "Looking at the pictures from all sides"),
  });
  const training = new HeadTraining(context, settings, cache);
  const heldOut = isFew ? await measureFolds(context, training, samples, pictures) : undefined;
  const isHeldBack = (sample: number): boolean => heldOut === undefined && sample >= context.training.length;
  const { weights, summary } = await training.train(
    (sample) => !isHeldBack(sample),
    [heldOut ? 0.75 : 0.25, 1],
    heldOut && { metric: heldOutAccuracy(context, heldOut) },
    samples.map((_, i) => i).filter(isHeldBack),
  );
  const graph = fileGraph(network, cache.taps, context, settings, weights, { width, height });
  const parameters = [...weights.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  return { graph, input: { width, height }, parameters, summary, ...(heldOut && { heldOut }) };
}

/** As many views as the settings allow and memory holds; every picture at least as it is and altered once. */
function viewsFor(pictures: number, graph: Graph, { views, viewsPerPicture }: SeveralLabelsSettings): number {
  const affordable = Math.floor(cacheBytes / bytesPerView(graph) / pictures);
  return Math.max(2, Math.min(viewsPerPicture, Math.ceil(views / pictures), affordable));
}

/** The pictures' own shape, so that small things stay as large as they can: sides that the coarsest tap divides. */
async function inputShape(pictures: readonly Sample[], area: number): Promise<{ width: number; height: number }> {
  const ratios: number[] = [];
  for (const { file } of pictures.slice(0, 25)) {
    const { width, height } = readHeader(await readFile(file));
    ratios.push(width / height);
  }
  const ratio = Math.min(4, Math.max(0.25, ratios.sort((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 1));
  const whole = (side: number): number => Math.max(32, 16 * Math.round(side / 16));
  return { width: whole(Math.sqrt(area * ratio)), height: whole(Math.sqrt(area / ratio)) };
}

type HeldOutLogits = readonly { readonly sample: Sample; readonly logits: Float64Array }[];

/** Each picture's logits by heads that learnt from the other folds. Ends early, with what there is, when a person says so. */
async function measureFolds(
  context: NetContext,
  training: HeadTraining,
  samples: readonly LoaderSample[],
  pictures: readonly Sample[],
): Promise<HeldOutLogits> {
  const fold = stratifiedFolds(
    samples.map(({ target }) => target.join()),
    foldCount,
    context.seed,
  );
  const logits = new Map<number, Float64Array>();
  for (let held = 0; held < foldCount; held++) {
    const members = samples.map((_, i) => i).filter((i) => fold[i] === held);
    if (members.length === 0) continue;
    context.onProgress(0.25 + (0.5 * held) / foldCount, `Measuring on held-out pictures, part ${held + 1}`);
    const weights = await training.fit((sample) => fold[sample] !== held);
    for (const [i, row] of (await training.answers(weights, members)).entries()) logits.set(members[i] as number, row);
  }
  return pictures.flatMap((sample, i) => {
    const row = logits.get(i);
    return row ? [{ sample, logits: row }] : [];
  });
}

function heldOutAccuracy({ targetOf }: NetContext, heldOut: HeldOutLogits): number {
  const rows = heldOut.map(({ sample, logits }) => shareRight(logits, targetOf(sample)));
  return rows.reduce((sum, share) => sum + share, 0) / Math.max(1, rows.length);
}

function shareRight(logits: ArrayLike<number>, target: readonly number[]): number {
  return target.filter((value, k) => (logits[k] as number) > 0 === value >= 0.5).length / Math.max(1, target.length);
}

/** Trains heads on cached maps. */
class HeadTraining {
  readonly #context: NetContext;
  readonly #settings: SeveralLabelsSettings;
  readonly #cache: FeatureCache;
  readonly #definition: TrainingDefinition;

  constructor(context: NetContext, settings: SeveralLabelsSettings, cache: FeatureCache) {
    this.#context = context;
    this.#settings = settings;
    this.#cache = cache;
    const { labels } = context;
    const maps = cache.taps.map(({ name, dims }) => [name, { type: "float32", dims: ["N", ...dims] }] as const);
    const positiveWeights = rarity(context.training.map(context.targetOf));
    this.#definition = {
      inputs: { ...Object.fromEntries(maps), targets: { type: "float32", dims: ["N", labels.length] } },
      model: (net, inputs) => {
        const taps = cache.taps.map(({ name }) => ({ name, value: inputs[name] as string }));
        return headAnswers(net, taps, labels.length, settings);
      },
      loss: (net, outputs, inputs) => {
        const { logits: _, ...each } = outputs;
        const losses = Object.values(each).map((value) =>
          binaryCrossEntropy(net, value, inputs.targets as string, { positiveWeights }),
        );
        return { loss: losses.reduce((a, b) => net.tape.plus(a, b)) };
      },
    };
  }

  /** Shared by every training of these heads. */
  #order(takesPart: (sample: number) => boolean) {
    const { steps, batchSize, learningRate, weightDecay } = this.#settings;
    const batches = Math.max(1, Math.round(steps / epochs));
    return {
      definition: this.#definition,
      source: cachedSource(this.#cache, takesPart, { batchSize, batches, seed: this.#context.seed }),
      batchSize,
      epochs,
      optimizer: { kind: "adamw", weightDecay },
      schedule: { kind: "oneCycle", learningRate },
    } as const;
  }

  async fit(takesPart: (sample: number) => boolean): Promise<Weights> {
    const { seed, threads, signal, finishEarly } = this.#context;
    const { weights } = await trainNetwork({
      ...this.#order(takesPart),
      seed,
      threads,
      signal: AbortSignal.any([signal, finishEarly].filter((one) => one !== undefined)),
    });
    throwIfCancelled(signal);
    return weights;
  }

  /** The training that becomes the model. `known`: what folds showed, where no picture is held back to judge by. */
  train(
    takesPart: (sample: number) => boolean,
    progress: readonly [number, number],
    known: { readonly metric: number } | undefined,
    heldBack: readonly number[],
  ) {
    return trainByGradient(this.#context, {
      ...this.#order(takesPart),
      metricName: "accuracy",
      progress,
      evaluate: async (weights, epoch) => {
        // Without pictures to judge by the last state is the best: its rate has come down.
        if (known) return { metric: known.metric, ranking: epoch };
        return this.#judge(weights, heldBack);
      },
    });
  }

  /** The logits for pictures as they are, which are the first rows of the cache. */
  async answers(weights: Weights, samples: readonly number[]): Promise<Float64Array[]> {
    const { model, inputs } = this.#definition;
    const session = await openGraphSession(exportGraph(model, weights, inputs), { threads: this.#context.threads });
    const { labels, batchSize } = { ...this.#cache, ...this.#settings };
    const answers: Float64Array[] = [];
    try {
      for (let from = 0; from < samples.length; from += batchSize) {
        const rows = samples.slice(from, from + batchSize);
        const results = await session.run(cachedMaps(this.#cache, rows));
        const logits = results[modelValues.logits]?.data as Float32Array;
        rows.forEach((_, i) => {
          answers.push(Float64Array.from(logits.subarray(i * labels, (i + 1) * labels)));
        });
      }
    } finally {
      await session.dispose();
    }
    return answers;
  }

  async #judge(weights: Weights, samples: readonly number[]): Promise<Judgement> {
    const { labels, targets } = this.#cache;
    const rows = await this.answers(weights, samples);
    let [right, loss] = [0, 0];
    for (const [i, logits] of rows.entries()) {
      const at = (samples[i] as number) * labels;
      const target = Array.from(targets.subarray(at, at + labels));
      right += shareRight(logits, target);
      logits.forEach((logit, k) => {
        loss += Math.log1p(Math.exp(-Math.abs(logit))) + Math.max(0, (target[k] ?? 0) >= 0.5 ? -logit : logit);
      });
    }
    const metric = right / Math.max(1, rows.length);
    return { metric, ranking: metric - 1e-5 * Math.min(1, loss / Math.max(1, rows.length * labels) / 10) };
  }
}

/** `logits`, the mean of all heads, and each head's own. */
function headAnswers(
  net: Parameters<ModelFunction>[0],
  taps: readonly TapOnTape[],
  labels: number,
  { heads, hidden, sharpness }: SeveralLabelsSettings,
): Record<string, string> {
  const each = Array.from({ length: heads }, (_, i) => {
    const { logits } = locationHead(net, taps, { name: `head${i + 1}`, labels, hidden, sharpness });
    return [`head ${i + 1}`, logits] as const;
  });
  const sum = each.map(([, logits]) => logits).reduce((a, b) => net.tape.plus(a, b));
  return { ...Object.fromEntries(each), [modelValues.logits]: net.tape.times(sum, 1 / heads) };
}

/** The whole network, from pixels to logits. */
function fileGraph(
  network: Pretrained,
  scales: readonly CachedTap[],
  { labels }: NetContext,
  settings: SeveralLabelsSettings,
  weights: Weights,
  { width, height }: { readonly width: number; readonly height: number },
): Graph {
  const model: ModelFunction = (net, { image = "" }) => {
    const maps = network.model(net, { image });
    const taps = scales.map(({ name, dims: [channels], mean, deviation }) => {
      const centred = net.tape.minus(maps[name] as string, floatTensor([1, channels, 1, 1], mean));
      const shape = [1, channels, 1, 1];
      return {
        name,
        value: net.tape.times(
          centred,
          floatTensor(
            shape,
            deviation.map((value) => 1 / value),
          ),
        ),
      };
    });
    return { [modelValues.logits]: headAnswers(net, taps, labels.length, settings)[modelValues.logits] as string };
  };
  const all: Weights = { ...weights, parameters: new Map([...network.weights.parameters, ...weights.parameters]) };
  const inputs = { [modelValues.image]: { type: "float32", dims: ["N", 3, height, width] } } as const;
  return exportGraph(model, all, inputs, "sightline_finetune");
}

/** How much more a present label counts than an absent one: the root of how much rarer it is. */
function rarity(targets: readonly (readonly number[])[]): number[] {
  return (targets[0] ?? []).map((_, k) => {
    const present = targets.reduce((sum, row) => sum + (row[k] ?? 0), 0);
    return Math.min(4, Math.max(0.25, Math.sqrt((targets.length - present) / Math.max(1, present))));
  });
}
