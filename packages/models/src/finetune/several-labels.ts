/**
 * Learns several labels a picture from few pictures: heads on the frozen backbone's maps that know where each label shows
 * and judge what is there, taught on many altered views of each picture. Few pictures are measured fold by fold, then all
 * are learnt from; many are held out.
 */
import { readFile } from "node:fs/promises";
import type { Sample } from "@sightline/dataset/dataset";
import { stratifiedFolds } from "@sightline/dataset/folds";
import { readHeader } from "@sightline/dataset/image-file";
import type { LoaderSample } from "@sightline/dataset/loader";
import { NnError } from "@sightline/nn/errors";
import { exportGraph } from "@sightline/nn/export";
import type { Graph } from "@sightline/nn/graph";
import type { ModelFunction, Weights } from "@sightline/nn/network";
import { floatTensor } from "@sightline/nn/tensor";
import { type Backbone, tapOf } from "../backbone-description.js";
import type { TapRole } from "../backbone-taps.js";
import type { NetContext, TrainedNet } from "../method.js";
import { modelValues } from "../model-values.js";
import type { CachedTap } from "../tap-cache.js";
import { loaderSamples } from "../training-samples.js";
import { bytesPerView, cacheFeatures, type SizedSample } from "./feature-cache.js";
import { type HeadSettings, HeadTraining, headAnswers, shareRight, type TrainedHeads } from "./head-training.js";
import { type Pretrained, pretrained } from "./pretrained.js";
import { severalLabelsRecipe } from "./training-pictures.js";

export interface SeveralLabelsSettings extends Omit<HeadSettings, "what" | "where"> {
  /** Maps that say what is there, the finest first, and maps that say where. */
  readonly what: readonly TapRole[];
  readonly where: readonly TapRole[];
  /** Pixels of the input, whatever its shape. */
  readonly area: number;
  /** Altered views in all, and of each picture at most. */
  readonly views: number;
  readonly viewsPerPicture: number;
}

/** What every dataset is learnt with; only the input's size and the batch are for a person to choose. */
export const severalLabelsSettings: Omit<SeveralLabelsSettings, "area" | "batchSize"> = {
  what: [{ stride: 8, kind: "narrow" }],
  where: [
    { stride: 16, kind: "middle" },
    { stride: 16, kind: "narrow" },
  ],
  views: 960,
  viewsPerPicture: 30,
  heads: 2,
  hidden: 32,
  steps: 240,
  learningRate: 5e-3,
  weightDecay: 0.01,
};
export const severalLabelsBatch = 16;

/** Up to so many pictures are measured fold by fold: a fifth held out would tell little and be missed. */
const fewPictures = 200;
const foldCount = 3;
/** Where time is short, so many views for each second of it: making them takes about a third then. */
const viewsPerSecond = 12;
const leastTrainingMs = 5000;
/** Feature maps kept in memory: so many bytes at most, and no more than this share of what may be taken. */
const cacheBytes = 500e6;
const cacheShare = 0.5;

export async function trainSeveralLabels(context: NetContext, chosen: SeveralLabelsSettings): Promise<TrainedNet> {
  const settings = withTapNames(chosen, context.backbone);
  const isFew = context.training.length + context.validation.length <= fewPictures;
  const pictures = [...context.training, ...context.validation];
  const samples = await sized(loaderSamples(context, pictures));
  const { width, height } = inputShape(samples, settings.area);
  const taps = [...new Set([...settings.what, ...settings.where])];
  const network = pretrained(context.backbone, { width, height, taps });
  const cache = await cacheFeatures({
    ...context,
    samples,
    graph: network.graph,
    width,
    height,
    views: viewsFor(samples.length, bytesPerView(network.graph), settings, context),
    recipe: severalLabelsRecipe(context),
    onProgress: (share) => context.onProgress(0.4 * share, "Looking at the pictures from all sides"),
  });
  const training = new HeadTraining({ ...context, leftMs: timeFor(context, 1) }, settings, cache);
  const heldOut = isFew ? await measureFolds(context, training, samples, pictures) : undefined;
  const isHeldBack = (sample: number): boolean => heldOut === undefined && sample >= context.training.length;
  const { summary, ...heads } = await training.train(
    (sample) => !isHeldBack(sample),
    [heldOut ? 0.85 : 0.4, 1],
    heldOut && { metric: heldOutAccuracy(context, heldOut) },
    samples.map((_, i) => i).filter(isHeldBack),
  );
  const graph = fileGraph(network, cache.taps, settings, heads, { width, height });
  const parameters = [...heads.weights.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
  return { graph, input: { width, height }, parameters, summary, ...(heldOut && { heldOut }) };
}

type NamedSettings = HeadSettings & Pick<SeveralLabelsSettings, "views" | "viewsPerPicture" | "area">;

/** A network without bottlenecks may have one map for two roles. */
function withTapNames(settings: SeveralLabelsSettings, backbone: Backbone): NamedSettings {
  const named = (roles: readonly TapRole[]): string[] => [...new Set(roles.map((role) => tapOf(backbone, role).name))];
  return { ...settings, what: named(settings.what), where: named(settings.where) };
}

/**
 * As many views as settings, time and memory allow; every picture at least as it is and, where memory allows, altered once.
 *
 * @throws NnError `TRAINING_OUT_OF_MEMORY` where not even the pictures as they are fit
 */
function viewsFor(
  pictures: number,
  bytes: number,
  { views, viewsPerPicture }: NamedSettings,
  { plannedMs = Number.POSITIVE_INFINITY, maxMemoryBytes = Number.POSITIVE_INFINITY }: NetContext,
): number {
  const mayTake = maxMemoryBytes * cacheShare;
  if (pictures * bytes > mayTake) {
    throw new NnError(
      "TRAINING_OUT_OF_MEMORY",
      `The features of ${pictures} pictures take ${megabytes(pictures * bytes)}, ${megabytes(mayTake)} may be taken. ` +
        "Take fewer pictures or a smaller input (--option size).",
    );
  }
  const affordable = Math.floor(Math.min(cacheBytes, mayTake) / bytes / pictures);
  const inTime = Math.floor(((plannedMs / 1000) * viewsPerSecond) / pictures);
  const wanted = Math.max(2, Math.min(viewsPerPicture, Math.ceil(views / pictures), affordable, inTime));
  return Math.min(wanted, Math.floor(mayTake / bytes / pictures));
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

/** What is left, divided among the trainings to come; at least as much as makes a head answer at all. */
function timeFor({ leftMs }: NetContext, trainings: number): () => number | undefined {
  return () => {
    const left = leftMs();
    return left === undefined ? undefined : Math.max(leastTrainingMs, left / trainings);
  };
}

async function sized(samples: readonly LoaderSample[]): Promise<SizedSample[]> {
  const all: SizedSample[] = [];
  for (const sample of samples) {
    const { width, height } = readHeader(await readFile(sample.file));
    all.push({ ...sample, width, height });
  }
  return all;
}

/** The pictures' own shape, so that small things stay as large as they can: sides that the coarsest tap divides. */
function inputShape(samples: readonly SizedSample[], area: number): { width: number; height: number } {
  const ratios = samples.map(({ width, height }) => width / height).sort((a, b) => a - b);
  const ratio = Math.min(4, Math.max(0.25, ratios[Math.floor(ratios.length / 2)] ?? 1));
  const whole = (side: number): number => Math.max(32, 16 * Math.round(side / 16));
  return { width: whole(Math.sqrt(area * ratio)), height: whole(Math.sqrt(area / ratio)) };
}

type HeldOutLogits = readonly { readonly sample: Sample; readonly logits: Float64Array }[];

/** Each picture's logits by heads that learnt from the other folds. */
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
    context.onProgress(0.4 + (0.45 * held) / foldCount, `Measuring on held-out pictures, part ${held + 1}`);
    // The heads of the model get as much time as these: what these answer is told of it.
    const heads = await training.fit((sample) => fold[sample] !== held, timeFor(context, foldCount - held + 1)());
    for (const [i, row] of (await training.answers(heads, members)).entries()) logits.set(members[i] as number, row);
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

/** The whole network, from pixels to logits. */
function fileGraph(
  network: Pretrained,
  scales: readonly CachedTap[],
  settings: NamedSettings,
  { weights, places }: TrainedHeads,
  { width, height }: { readonly width: number; readonly height: number },
): Graph {
  const model: ModelFunction = (net, { image = "" }) => {
    const maps = network.model(net, { image });
    const taps = scales.map(({ name, dims: [channels], mean, deviation }) => {
      const shape = [1, channels, 1, 1];
      const centred = net.tape.minus(maps[name] as string, floatTensor(shape, mean));
      const scale = floatTensor(
        shape,
        deviation.map((value) => 1 / value),
      );
      return { name, value: net.tape.times(centred, scale) };
    });
    return { [modelValues.logits]: headAnswers(net, taps, places, settings)[modelValues.logits] as string };
  };
  const all: Weights = { ...weights, parameters: new Map([...network.weights.parameters, ...weights.parameters]) };
  const inputs = { [modelValues.image]: { type: "float32", dims: ["N", 3, height, width] } } as const;
  return exportGraph(model, all, inputs, "sightline_finetune");
}
