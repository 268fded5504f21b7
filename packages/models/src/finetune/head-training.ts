/** Trains location heads on cached maps: what they answer, what their loss is, and what they say of pictures held out. */
import { exportGraph } from "@sightline/nn/export";
import { binaryCrossEntropy } from "@sightline/nn/losses";
import type { Network, Weights } from "@sightline/nn/network";
import { openGraphSession } from "@sightline/nn/session/session";
import { floatTensor, type Tensor } from "@sightline/nn/tensor";
import { type TrainingDefinition, trainNetwork } from "@sightline/nn/training";
import { type Judgement, trainByGradient } from "../gradient-run.js";
import type { NetContext } from "../method.js";
import { throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { type CachedTap, cachedMaps } from "../tap-cache.js";
import { cachedSource, type FeatureCache } from "./feature-cache.js";
import { findLabelPlaces, type LabelPlace } from "./label-places.js";
import { locationHead, type TapsOnTape } from "./location-head.js";
import { placeInView } from "./view-maps.js";

export interface HeadSettings {
  /** Taps that say what is there, the finest first, and taps that say where. */
  readonly what: readonly string[];
  readonly where: readonly string[];
  /** Heads that differ in how they began; the mean of their answers is steadier than any one's. */
  readonly heads: number;
  readonly hidden: number;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** By label; `null`: it shows nowhere in particular. */
export type LabelPlaces = readonly (LabelPlace | null)[];

/** Heads that have learnt. */
export interface TrainedHeads {
  readonly weights: Weights;
  readonly places: LabelPlaces;
}

/** The steps of a training are shown in so many parts. */
const epochs = 20;
/** The search for places takes so many pictures at most. */
const searchedPictures = 64;
/** How wide around its place a label is looked for while learning, in places of the finest map. */
const spread = 1.2;

export class HeadTraining {
  readonly #context: NetContext;
  readonly #settings: HeadSettings;
  readonly #cache: FeatureCache;

  constructor(context: NetContext, settings: HeadSettings, cache: FeatureCache) {
    this.#context = context;
    this.#settings = settings;
    this.#cache = cache;
  }

  /** Heads that learnt from these samples alone: where their labels show is found with them, too. */
  async fit(takesPart: (sample: number) => boolean, budgetMs?: number): Promise<TrainedHeads> {
    const { seed, threads, signal } = this.#context;
    const places = this.#places(takesPart);
    // Not ended early: what these answer calibrates the model, also one that is wanted soon.
    const { weights } = await trainNetwork({ ...this.#order(places, takesPart), seed, threads, budgetMs, signal });
    throwIfCancelled(signal);
    return { weights, places };
  }

  /** The training that becomes the model. `known`: what folds showed, where no picture is held back to judge by. */
  async train(
    takesPart: (sample: number) => boolean,
    progress: readonly [number, number],
    known: { readonly metric: number } | undefined,
    heldBack: readonly number[],
  ) {
    const places = this.#places(takesPart);
    const run = await trainByGradient(this.#context, {
      ...this.#order(places, takesPart),
      metricName: "accuracy",
      progress,
      evaluate: async (weights, epoch) => {
        // Without pictures to judge by the last state is the best: its rate has come down.
        if (known) return { metric: known.metric, ranking: epoch };
        return this.#judge({ weights, places }, heldBack);
      },
    });
    return { ...run, places };
  }

  /** The logits for pictures as they are, which are the first rows of the cache. */
  async answers({ weights, places }: TrainedHeads, samples: readonly number[]): Promise<Float64Array[]> {
    const { model, inputs } = this.#definition(places);
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

  #definition(places: LabelPlaces): TrainingDefinition {
    const { taps, labels } = this.#cache;
    const { positions } = this.#finest();
    const maps = taps.map(({ name, dims }) => [name, { type: "float32", dims: ["N", ...dims] }] as const);
    const positiveWeights = rarity(this.#context.training.map(this.#context.targetOf));
    const hasPlaces = places.some((place) => place !== null);
    return {
      inputs: {
        ...Object.fromEntries(maps),
        targets: { type: "float32", dims: ["N", labels] },
        asked: { type: "float32", dims: ["N", labels] },
        ...(hasPlaces && { places: { type: "float32", dims: ["N", labels, positions] } as const }),
      },
      model: (net, inputs) => {
        const values = taps.map(({ name }) => ({ name, value: inputs[name] as string }));
        return headAnswers(net, values, places, this.#settings);
      },
      loss: (net, outputs, { targets = "", asked = "", places: shown }) => {
        const { tape } = net;
        const losses = Array.from({ length: this.#settings.heads }, (_, i) => {
          const options = { positiveWeights, weights: asked };
          const label = binaryCrossEntropy(net, outputs[`logits ${i + 1}`] as string, targets, options);
          if (shown === undefined) return label;
          // Cross entropy of where the label is believed to show with where it does; rows of zeros don't count.
          const surprise = tape.negative(tape.sum(tape.times(outputs[`where ${i + 1}`] as string, shown), [0, 1, 2]));
          const count = tape.emit("Max", [tape.sum(shown, [0, 1, 2]), 1]);
          return tape.plus(label, tape.reshape(tape.over(surprise, count), []));
        });
        return { loss: losses.reduce((a, b) => tape.plus(a, b)) };
      },
    };
  }

  /** Shared by every training of these heads. */
  #order(places: LabelPlaces, takesPart: (sample: number) => boolean) {
    const { steps, batchSize, learningRate, weightDecay } = this.#settings;
    const batches = Math.max(1, Math.round(steps / epochs));
    const { seed } = this.#context;
    return {
      definition: this.#definition(places),
      source: cachedSource(this.#cache, takesPart, {
        batchSize,
        batches,
        seed,
        more: (rows) => this.#asked(places, rows),
      }),
      batchSize,
      epochs,
      optimizer: { kind: "adamw", weightDecay },
      schedule: { kind: "oneCycle", learningRate },
    } as const;
  }

  #finest() {
    const finest = this.#cache.taps.find(({ name }) => name === this.#settings.what[0]) as CachedTap;
    const [channels, height, width] = finest.dims;
    return { finest, channels, height, width, positions: height * width };
  }

  /** Looks where the labels show in the pictures as they are, which are the first rows of the cache. */
  #places(takesPart: (sample: number) => boolean): LabelPlaces {
    const { targets, labels, sampleOf } = this.#cache;
    const { finest, channels, height, width } = this.#finest();
    const samples = new Set(sampleOf).size;
    const all = Array.from({ length: samples }, (_, i) => i).filter(takesPart);
    const step = Math.max(1, all.length / searchedPictures);
    const chosen = all.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
    return findLabelPlaces({
      maps: cachedMaps({ ...this.#cache, taps: [finest] }, chosen)[finest.name]?.data as Float32Array,
      channels,
      height,
      width,
      targets: chosen.map((sample) => Array.from(targets.subarray(sample * labels, (sample + 1) * labels))),
      seed: this.#context.seed,
    });
  }

  /** What is asked of some rows: their labels, but none whose place is out of sight, and where each place lies. */
  #asked(places: LabelPlaces, rows: readonly number[]): Record<string, Tensor> {
    const { labels, maps, targets } = this.#cache;
    const { height, width, positions } = this.#finest();
    const truths = new Float32Array(rows.length * labels);
    const asked = new Float32Array(rows.length * labels).fill(1);
    const shown = places.some((place) => place !== null) ? new Float32Array(rows.length * labels * positions) : null;
    for (const [i, row] of rows.entries()) {
      truths.set(targets.subarray(row * labels, (row + 1) * labels), i * labels);
      for (const [k, place] of places.entries()) {
        if (place === null || shown === null) continue;
        const view = maps[row];
        const { x, y } = view ? placeInView(view, place.x, place.y) : { x: -1, y: -1 };
        if (x < 0 || y < 0 || x >= 1 || y >= 1) asked[i * labels + k] = 0;
        else {
          const at = (i * labels + k) * positions;
          drawBlob(shown.subarray(at, at + positions), width, height, x * width - 0.5, y * height - 0.5);
        }
      }
    }
    const dims = [rows.length, labels];
    return {
      targets: floatTensor(dims, truths),
      asked: floatTensor(dims, asked),
      ...(shown && { places: floatTensor([...dims, positions], shown) }),
    };
  }

  async #judge(heads: TrainedHeads, samples: readonly number[]): Promise<Judgement> {
    const { labels, targets } = this.#cache;
    const rows = await this.answers(heads, samples);
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

/** `logits`, the mean of all heads; each head's own, and where it believes the labels to show. */
export function headAnswers(
  net: Network,
  taps: TapsOnTape["what"],
  places: LabelPlaces,
  { heads, hidden, what, where }: HeadSettings,
): Record<string, string> {
  const pick = (names: readonly string[]) => names.flatMap((name) => taps.filter((tap) => tap.name === name));
  const hasPlace = places.map((place) => place !== null);
  const each = Array.from({ length: heads }, (_, i) =>
    locationHead(net, { what: pick(what), where: pick(where) }, { name: `head${i + 1}`, hasPlace, hidden }),
  );
  const sum = each.map(({ logits }) => logits).reduce((a, b) => net.tape.plus(a, b));
  return {
    ...Object.fromEntries(each.flatMap(({ logits }, i) => [[`logits ${i + 1}`, logits] as const])),
    ...Object.fromEntries(each.flatMap(({ where: belief }, i) => [[`where ${i + 1}`, belief] as const])),
    [modelValues.logits]: net.tape.times(sum, 1 / heads),
  };
}

/** Share of the labels that the logits tell as they are. */
export function shareRight(logits: ArrayLike<number>, target: readonly number[]): number {
  return target.filter((value, k) => (logits[k] as number) > 0 === value >= 0.5).length / Math.max(1, target.length);
}

/** A round blob of sum 1 around a place. */
function drawBlob(into: Float32Array, width: number, height: number, x: number, y: number): void {
  const bell = (size: number, middle: number): Float64Array =>
    Float64Array.from({ length: size }, (_, at) => Math.exp(-((at - middle) ** 2) / (2 * spread ** 2)));
  const [across, down] = [bell(width, x), bell(height, y)];
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
  const scale = 1 / (total(across) * total(down));
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      into[row * width + column] = (across[column] as number) * (down[row] as number) * scale;
    }
  }
}

/** How much more a present label counts than an absent one: the root of how much rarer it is. */
function rarity(targets: readonly (readonly number[])[]): number[] {
  return (targets[0] ?? []).map((_, k) => {
    const present = targets.reduce((sum, row) => sum + (row[k] ?? 0), 0);
    return Math.min(4, Math.max(0.25, Math.sqrt((targets.length - present) / Math.max(1, present))));
  });
}
