/** Small networks trained from nothing, for few pictures and small processors. */
import { batchFeeds, batchSource, type Loader, openLoader } from "@sightline/dataset/loader";
import { exportGraph } from "@sightline/nn/export";
import { binaryCrossEntropy, crossEntropy } from "@sightline/nn/losses";
import type { Weights } from "@sightline/nn/network";
import type { TrainingDefinition } from "@sightline/nn/training";
import {
  allowedFlips,
  type FlipChoice,
  plainRecipe,
  type Recipe,
  withAllowedFlips,
} from "@sightline/vision/augment/recipe";
import { dividedEpochs } from "../divided-epochs.js";
import { tooFew } from "../enough-pictures.js";
import { flipsOption } from "../flips-option.js";
import { trainByGradient } from "../gradient-run.js";
import { judgeLogits } from "../logit-judge.js";
import type { NetContext, NetMethod, TrainedNet } from "../method.js";
import { modelValues } from "../model-values.js";
import { labelWeights, loaderSamples } from "../training-samples.js";
import { tinyModel } from "./tiny-net.js";
import { countTiny, planTiny, sizeForBudget, type TinyBudget, tinySizes } from "./tiny-plan.js";

/** Fewer pictures of a label can't be divided into some to learn from and some to stop by. */
const minimumPerLabel = 5;

const usualBatch = 32;
/** Steps that a training of few pictures takes; many pictures take at least `leastEpochs`. */
const usualSteps = 2000;
const leastEpochs = 30;
const mostEpochs = 200;
/** With which it goes on from all pictures: too low to forget. */
const rateWithAll = 1e-3;
/** So often the network is judged on held-out pictures, at most; more would take longer than learning from a few pictures. */
const mostJudgements = 50;

/** Pictures to be altered are kept this much larger than the input, so that what is turned or zoomed in on stays sharp. */
const alteredDetail = 1.5;

/** What holds for most pictures of things: they may lie a little elsewhere, nearer, turned, in other light. */
const recipe: Recipe = {
  ...plainRecipe,
  flipSideways: 0.5,
  flipUpsideDown: 0.5,
  quarterTurn: 0.5,
  rotationDegrees: 12,
  shift: 0.08,
  zoom: [0.9, 1.25],
  stretch: 1.15,
  brightness: 0.25,
  contrast: 0.25,
  saturation: 0.3,
  hueDegrees: 8,
  gamma: 0.2,
  noise: { chance: 0.2, deviation: 8 },
  blur: { chance: 0.1, sigma: 1 },
  erase: { chance: 0.25, area: [0.02, 0.15] },
};

/**
 * With one label a picture, four of ten are mixed with another: a network from scratch soon knows a few hundred pictures by
 * heart. What makes one of several labels hold may be small, and would be covered.
 */
const mixing: Pick<Recipe, "mixup" | "cutmix"> = {
  mixup: { chance: 0.15, alpha: 0.4 },
  cutmix: { chance: 0.25, alpha: 1 },
};

export const tiny: NetMethod = {
  kind: "net",
  title: "Small network from scratch",
  startsFromBackbone: () => false,
  options: {
    parameters: {
      kind: "whole",
      minimum: 500,
      maximum: 5e6,
      default: 150_000,
      meaning: "most numbers to train; one byte each on a microcontroller",
    },
    multiplyAccumulates: {
      kind: "whole",
      minimum: 50_000,
      maximum: 1e9,
      default: 15_000_000,
      meaning: "most multiply-accumulates for one picture: how long it takes",
    },
    size: {
      kind: "choice",
      choices: ["auto", ...tinySizes.map(String)],
      default: "auto",
      meaning: "side of the input in pixels; auto: by the multiply-accumulates",
    },
    flips: flipsOption(),
  },
  unsuitable(task, labels, counts) {
    if (task === "detection") return "tiny tells labels of whole pictures and draws no boxes";
    return tooFew("tiny", labels, counts, minimumPerLabel);
  },
  train: trainTiny,
};

async function trainTiny(context: NetContext): Promise<TrainedNet> {
  const { labels, options, task, seed, batchSize = usualBatch } = context;
  const budget: TinyBudget = {
    parameters: Number(options.parameters),
    multiplyAccumulates: Number(options.multiplyAccumulates),
  };
  const size = options.size === "auto" ? sizeForBudget(budget) : Number(options.size);
  const plan = planTiny(budget, size, labels.length);
  const flips = allowedFlips(labels, options.flips as FlipChoice);
  const shape = { width: size, height: size, batchSize, seed };
  const altered = (pictures: NetContext["training"]): Loader =>
    openLoader({
      ...shape,
      samples: loaderSamples(context, pictures),
      recipe: withAllowedFlips(task === "multilabel" ? recipe : { ...recipe, ...mixing }, flips),
      detail: alteredDetail,
    });
  const training = altered(context.training);
  const validation = openLoader({ ...shape, samples: loaderSamples(context, context.validation), recipe: null });
  const definition = definitionOf(plan, context);
  const judgedTask = task === "multilabel" ? "multilabel" : "classification";
  const finished = (weights: Weights) => exportGraph(definition.model, weights, definition.inputs, "sightline_tiny");
  const usualEpochs = Math.min(mostEpochs, Math.max(leastEpochs, Math.round(usualSteps / training.batches)));
  const { epochs, measuredEpochs } = dividedEpochs(context, usualEpochs);
  const judgedEvery = Math.ceil(measuredEpochs / mostJudgements);
  let all: Loader | null = null;
  const batchOf = (epoch: number, index: number) => {
    if (epoch < measuredEpochs) return training.batch(epoch, index);
    all ??= altered([...context.training, ...context.validation]);
    return all.batch(epoch, index);
  };
  try {
    const { weights, lastWeights, summary } = await trainByGradient(context, {
      definition,
      source: {
        ...batchSource(training, batchFeeds),
        batch: async (epoch, index) => batchFeeds(await batchOf(epoch, index)),
      },
      batchSize,
      epochs,
      optimizer: { kind: "adamw", weightDecay: 0.05 },
      schedule: {
        ...{ kind: "cosine", learningRate: 4e-3, warmUp: 0.05 },
        ...(measuredEpochs < epochs && { again: { from: measuredEpochs / epochs, learningRate: rateWithAll } }),
      },
      clipNorm: 5,
      // Averages over about the last twentieth of the steps.
      ema: { decay: 1 - Math.min(0.05, 20 / (epochs * training.batches)) },
      // No patience: until the rate has fallen a standstill says little, and by then the training is over.
      metricName: "accuracy",
      evaluate: async (candidate, epoch, isLast) =>
        epoch <= measuredEpochs && (epoch % judgedEvery === 0 || epoch === measuredEpochs || isLast)
          ? judgeLogits(finished(candidate), { loader: validation, task: judgedTask, threads: context.threads })
          : null,
    });
    const isLearntFromAll = summary.epochs === epochs && measuredEpochs < epochs;
    return {
      graph: finished(isLearntFromAll ? lastWeights : weights),
      ...(isLearntFromAll && { measuredGraph: finished(weights) }),
      input: { width: size, height: size },
      ...countTiny(plan),
      summary,
    };
  } finally {
    await Promise.all([training.close(), validation.close(), (all as Loader | null)?.close()]);
  }
}

function definitionOf(plan: ReturnType<typeof planTiny>, context: NetContext): TrainingDefinition {
  const { labels, task } = context;
  const targets = context.training.map(context.targetOf);
  return {
    inputs: {
      [modelValues.image]: { type: "float32", dims: ["N", 3, plan.size, plan.size] },
      targets: { type: "float32", dims: ["N", labels.length] },
    },
    model: tinyModel(plan, 0.1),
    loss: (net, outputs, inputs) => {
      const logits = outputs[modelValues.logits] ?? "";
      const wanted = inputs.targets ?? "";
      if (task === "multilabel") return { loss: binaryCrossEntropy(net, logits, wanted) };
      return { loss: crossEntropy(net, logits, wanted, { classWeights: labelWeights(targets), labelSmoothing: 0.05 }) };
    },
  };
}
