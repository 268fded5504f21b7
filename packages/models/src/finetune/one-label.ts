/**
 * Fine-tunes the backbone for pictures of one label each: a linear layer on pooled maps of three depths, begun as a linear
 * classifier of the untouched features; the stages learn at rates of their own.
 */
import { batchFeeds, batchSource, type Loader, openLoader } from "@sightline/dataset/loader";
import { exportGraph } from "@sightline/nn/export";
import type { Graph } from "@sightline/nn/graph";
import { zeros } from "@sightline/nn/initializers";
import { linear } from "@sightline/nn/layers";
import { crossEntropy } from "@sightline/nn/losses";
import type { ModelFunction, Weights } from "@sightline/nn/network";
import { floatTensor, type Tensor } from "@sightline/nn/tensor";
import type { TrainingDefinition } from "@sightline/nn/training";
import type { Backbone } from "../backbone-description.js";
import { addEvidenceMap } from "../classifier/evidence-map.js";
import type { LinearClassifier } from "../classifier/logistic-regression.js";
import { pooledMaps, poolTaps } from "../classifier/pooled-features.js";
import { againstGoodPictures } from "../classifier/usual-evidence.js";
import { dividedEpochs } from "../divided-epochs.js";
import { type Judgement, trainByGradient } from "../gradient-run.js";
import { judgeLogits } from "../logit-judge.js";
import type { NetContext, TrainedNet } from "../method.js";
import { modelValues } from "../model-values.js";
import { SampleReader } from "../pictures.js";
import { labelWeights, loaderSamples } from "../training-samples.js";
import { firstPictures } from "./first-pictures.js";
import { type LinearStart, linearStart } from "./linear-start.js";
import { alteredDetail } from "./picture-features.js";
import { type Pretrained, pretrained, stageRates, withNorms } from "./pretrained.js";
import { flipChoices, type MixChoice, oneLabelRecipe } from "./training-pictures.js";

export interface OneLabelSettings {
  readonly size: number;
  readonly frozenStages: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Epochs without a better answer to held-out pictures after which it ends. */
  readonly patience: number;
  /** Of the last stage; each stage before it keeps `decay` of it, the head learns `head` times as fast. */
  readonly learningRate: number;
  readonly decay: number;
  readonly head: number;
  /** Batch norms behind the convolutions again, as the backbone had them before they were folded away. */
  readonly norms: boolean;
}

/** Progress of the whole that finding the start takes, and after which the held-out pictures have measured. */
const startShare = 0.15;
const measuredShare = 0.8;
const headGroup = "head";

/** More pictures than this don't change which flips help, nor where the head begins. */
const mostForStart = 1500;

/** … and where time is short, so many for each second of it: finding the start takes about a third then. */
const startPerSecond = 4;

/** Pictures that say what the batch norms start with. */
const mostForNorms = 128;

/** Epochs where the start tells all held-out pictures already: what comes out of more can't be judged. */
const settledEpochs = 3;

const leastForStart = 60;

/** From all pictures it learns on at this share of the rate. */
const rateWithAll = 0.5;

/** How far from the start to the trained weights: between them lies what forgets less (Wortsman et al. 2022). */
const blendShares = [1, 2 / 3, 1 / 3];

export async function trainOneLabel(context: NetContext, settings: OneLabelSettings): Promise<TrainedNet> {
  const { seed, threads, signal } = context;
  const { size, batchSize } = settings;
  const most = Math.min(
    mostForStart,
    Math.round(((context.plannedMs ?? Number.POSITIVE_INFINITY) / 1000) * startPerSecond),
  );
  const asked = thinned(context.validation, most);
  const taps = pooledMaps(context.backbone).map(({ name }) => name);
  const backbone = { width: size, height: size, taps };
  const network = pretrained(context.backbone, backbone);
  const start = await linearStart({
    graph: featureGraph(network, context.backbone, size),
    training: loaderSamples(context, thinned(context.training, most)),
    validation: loaderSamples(context, asked),
    size,
    flipChoices: flipChoices(context),
    alteration: (flips) => oneLabelRecipe(flips, "none"),
    threads,
    seed,
    signal,
    onProgress: (share) => context.onProgress(startShare * share, "Looking at the pictures"),
  });
  const shape = { width: size, height: size, batchSize, seed };
  const altered = (pictures: NetContext["training"]): Loader =>
    openLoader({
      ...shape,
      samples: loaderSamples(context, pictures),
      recipe: oneLabelRecipe(start.flips, context.options.mix as MixChoice),
      detail: alteredDetail,
    });
  const training = altered(context.training);
  const validation = openLoader({ ...shape, samples: loaderSamples(context, context.validation), recipe: null });
  try {
    const learner = settings.norms
      ? await withNorms(network, await firstPictures(training, mostForNorms), {
          ...backbone,
          backbone: context.backbone,
          frozen: settings.frozenStages,
          threads,
        })
      : network;
    const definition = definitionOf(learner, start, context, size);
    const finished = (of: Pretrained, weights: Weights) =>
      exportGraph(modelOf(of, start, context, true), weights, definition.inputs, "sightline_finetune");
    const judge = (of: Pretrained, weights: Weights) =>
      judgeLogits(finished(of, weights), { loader: validation, task: "classification", threads });
    const reader = new SampleReader();
    const good = context.training.filter((sample) => context.targetOf(sample)[0] === 1);
    const images = good.map((sample) => () => reader.image(sample, { width: size, height: size }));
    const file = async (of: Pretrained, weights: Weights): Promise<Graph> =>
      context.task === "anomaly"
        ? againstGoodPictures(finished(of, weights), { images, threads, signal })
        : finished(of, weights);
    const before = await judge(network, withHead(network.weights, start.classifier));
    const steady = withHead(learner.weights, start.steady);
    const planned = before.metric === 1 ? Math.min(settledEpochs, settings.epochs) : settings.epochs;
    const { epochs, measuredEpochs } = dividedEpochs(context, planned);
    const shared = {
      ...{ definition, batchSize, clipNorm: 2, metricName: "accuracy" },
      optimizer: { kind: "adamw", weightDecay: 0.02 },
      groups: {
        ...stageRates(network.stages, settings.frozenStages, settings.decay),
        [headGroup]: { learningRateScale: settings.head },
      },
    } as const;
    const average = (steps: number) => ({ decay: 1 - Math.min(0.1, 10 / steps) });
    const leftMs = (): number | undefined => {
      const left = context.leftMs();
      return left === undefined ? undefined : (left * measuredEpochs) / epochs;
    };
    const measuring = { ...context, epochs: measuredEpochs, leftMs };
    const trained = await trainByGradient(measuring, {
      ...shared,
      source: batchSource(training, batchFeeds),
      epochs: measuredEpochs,
      initial: { parameters: headOf(start.steady), statistics: new Map() },
      schedule: { kind: "cosine", learningRate: settings.learningRate, warmUp: 0.2 },
      patience: settings.patience,
      ema: average(measuredEpochs * training.batches),
      progress: [startShare, measuredShare],
      evaluate: (weights) => judge(learner, weights),
    });
    const summary = { ...trained.summary, best: before.metric };
    let best: { weights: Weights | null; ranking: number } = { weights: null, ranking: rankOf(before) };
    for (const share of blendShares) {
      const weights = blended(steady, trained.weights, share);
      const judged = await judge(learner, weights);
      if (rankOf(judged) <= best.ranking) continue;
      best = { weights, ranking: rankOf(judged) };
      summary.best = judged.metric;
    }
    const weights = withHead(network.weights, start.ofAll);
    const parameters = [...weights.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
    const net = { input: { width: size, height: size }, parameters, summary };
    if (best.weights !== null) {
      const graph = await file(learner, best.weights);
      const isWhole = trained.summary.ended === "finished" || trained.summary.ended === "patience";
      if (!isWhole || measuredEpochs === epochs) return { ...net, graph };
      // From its beginning after a break, for the first part's checkpoint is the one that is kept: it doesn't take long.
      const all = altered([...context.training, ...context.validation]);
      // Where the first part ended by patience, this one is shorter too.
      const more = Math.max(1, Math.round(((epochs - measuredEpochs) * summary.epochs) / measuredEpochs));
      const onEpoch: NetContext["onEpoch"] = (point) =>
        context.onEpoch({ ...point, epoch: summary.epochs + point.epoch });
      const further = await trainByGradient(
        { ...context, epochs: undefined, checkpoint: undefined, onEpoch },
        {
          ...shared,
          source: batchSource(all, batchFeeds),
          epochs: more,
          initial: learntOf(best.weights, trained.weights),
          schedule: { kind: "cosine", learningRate: rateWithAll * settings.learningRate, warmUp: 0.2 },
          ema: average(more * all.batches),
          progress: [measuredShare, 1],
          evaluate: async () => null,
        },
      ).finally(() => all.close());
      if (further.summary.ended !== "finished") return { ...net, graph };
      const inAll = { ...summary, epochs: summary.epochs + more, seconds: summary.seconds + further.summary.seconds };
      return { ...net, summary: inAll, graph: await file(learner, further.weights), measuredGraph: graph };
    }
    // A handful of pictures can't always teach a whole network. The linear start then learns from all of them.
    const heldOut = asked.map((sample, i) => ({ sample, logits: start.heldOut[i] as Float64Array }));
    return { ...net, graph: await file(network, weights), heldOut };
  } finally {
    await Promise.all([training.close(), validation.close()]);
  }
}

function rankOf({ metric, ranking = metric }: Judgement): number {
  return ranking;
}

/** The untouched backbone's pooled features. */
function featureGraph(network: Pretrained, backbone: Backbone, size: number): Graph {
  const model: ModelFunction = (net, { image = "" }) => {
    const maps = network.model(net, { image });
    return { features: poolTaps(net.builder, backbone, (tap) => maps[tap] as string).features };
  };
  const inputs = { [modelValues.image]: { type: "float32", dims: ["N", 3, size, size] } } as const;
  return exportGraph(model, network.weights, inputs, "features");
}

function definitionOf(network: Pretrained, start: LinearStart, context: NetContext, size: number): TrainingDefinition {
  const classWeights = labelWeights(context.training.map(context.targetOf));
  return {
    inputs: {
      [modelValues.image]: { type: "float32", dims: ["N", 3, size, size] },
      targets: { type: "float32", dims: ["N", context.labels.length] },
    },
    model: modelOf(network, start, context, false),
    loss: (net, outputs, inputs) => ({
      loss: crossEntropy(net, outputs[modelValues.logits] ?? "", inputs.targets ?? "", {
        classWeights,
      }),
    }),
  };
}

/** `isFile`: with everything that a model file of the task holds besides the logits. */
function modelOf(network: Pretrained, start: LinearStart, context: NetContext, isFile: boolean): ModelFunction {
  const { labels, task } = context;
  return (net, { image = "" }) => {
    const maps = network.model(net, { image });
    const { features, taps } = poolTaps(net.builder, context.backbone, (tap) => maps[tap] as string);
    const { mean, divisor } = start;
    const shape = [1, mean.length];
    const standard = net.tape.over(net.tape.minus(features, floatTensor(shape, mean)), floatTensor(shape, divisor));
    const logits = linear(net, standard, {
      name: "head/labels",
      group: headGroup,
      outputs: labels.length,
      initial: zeros,
    });
    if (!isFile || task !== "anomaly") return { [modelValues.logits]: logits };
    const weights = net.constantValue("head/labels/weight");
    const evidence = divisor.map((by, j) => ((weights[mean.length + j] ?? 0) - (weights[j] ?? 0)) / by);
    const side = (from: number): string => net.tape.slice(logits, [from], [from + 1], [1]);
    const score = net.tape.emit("Sigmoid", [net.tape.minus(side(1), side(0))]);
    addEvidenceMap(net.builder, taps, evidence, score);
    return { [modelValues.logits]: logits, [modelValues.anomalyMap]: modelValues.anomalyMap };
  };
}

function headOf({ classes, features, weights, bias }: LinearClassifier): ReadonlyMap<string, Tensor> {
  return new Map([
    ["head/labels/weight", floatTensor([classes, features], weights)],
    ["head/labels/bias", floatTensor([classes], bias)],
  ]);
}

function withHead({ parameters, statistics }: Weights, head: LinearClassifier): Weights {
  return { parameters: new Map([...parameters, ...headOf(head)]), statistics };
}

/** Between two states of the same network: 0 is `from`, 1 is `to`. */
function blended(from: Weights, to: Weights, share: number): Weights {
  const between = (start: ReadonlyMap<string, Tensor>, end: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
    new Map([
      ...start,
      ...[...end].map(([name, { dims, data }]) => {
        const before = start.get(name)?.data as Float32Array;
        const mixed = Float32Array.from(before, (value, i) => value + share * ((data[i] as number) - value));
        return [name, floatTensor(dims, mixed)] as const;
      }),
    ]);
  return { parameters: between(from.parameters, to.parameters), statistics: between(from.statistics, to.statistics) };
}

/** Without the constants that a network has besides what it learns. */
function learntOf({ parameters, statistics }: Weights, learnt: Weights): Weights {
  return { parameters: new Map([...parameters].filter(([name]) => learnt.parameters.has(name))), statistics };
}

/** At least some of each label: evenly spread over the list, which is in the order of the labels or in none. */
function thinned<Item>(items: readonly Item[], wanted: number): readonly Item[] {
  const most = Math.max(leastForStart, wanted);
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.floor((i * items.length) / most)] as Item);
}
