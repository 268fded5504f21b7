/** Trains a student on labels and on what teachers say of the same altered pictures. */
import { type Loader, openLoader } from "@sightline/dataset/loader";
import { exportGraph } from "@sightline/nn/export";
import { binaryCrossEntropy, crossEntropy, distillation, weightedSum } from "@sightline/nn/losses";
import type { ModelFunction, Network, Weights } from "@sightline/nn/network";
import { floatTensor } from "@sightline/nn/tensor";
import type { TrainingDefinition, TrainingOptions } from "@sightline/nn/training";
import type { BatchSource } from "@sightline/nn/training/batch-source";
import {
  allowedFlips,
  type FlipChoice,
  plainRecipe,
  type Recipe,
  withAllowedFlips,
} from "@sightline/vision/augment/recipe";
import { dividedEpochs } from "../divided-epochs.js";
import { trainByGradient } from "../gradient-run.js";
import { judgeLogits } from "../logit-judge.js";
import type { CheckpointStore, NetContext, TrainedNet } from "../method.js";
import { modelValues } from "../model-values.js";
import { networkCost } from "../network-cost.js";
import { labelWeights, loaderSamples } from "../training-samples.js";
import { taughtBatches } from "./taught-batches.js";
import type { Teacher } from "./teacher.js";

/** A network that is to learn, with what it starts with. */
export interface Student {
  /** Sides of the input in pixels. */
  readonly size: number;
  /** From `image`, 0–255, to `logits`. */
  readonly model: ModelFunction;
  readonly initial?: Weights | undefined;
  readonly groups?: TrainingOptions["groups"];
  readonly learningRate: number;
}

export interface Lessons {
  /** While the pictures held out measure. */
  readonly measured: readonly Teacher[];
  /** While those are learnt from, too. */
  readonly all: readonly Teacher[];
  readonly checkpoint: CheckpointStore | undefined;
  /** Share of the progress that lies behind. */
  readonly progressFrom: number;
  /** Steps that a training of few pictures takes. */
  readonly usualSteps: number;
}

const usualBatch = 32;
const leastEpochs = 20;
const mostEpochs = 200;
const mostJudgements = 25;
/** With which it goes on from all pictures: too low to forget. */
const rateWithAll = 0.25;
const alteredDetail = 1.5;
/** Views of each picture on which the teachers are asked. */
const mostViews = 16;
/** What the teachers' answers weigh; the labels have the rest. */
const taughtShare = 0.7;
/** Softens both sides, so that what the teacher holds for nearly as likely is learnt, too (Hinton et al. 2015). */
const temperature = 2;
/** Several labels a picture, none of them known. */
const unknown = -1;
/** Where far fewer pictures have labels than not, those few don't lead alone. */
const leastTold = 0.125;
/** A teacher's certainty ends here, in log-odds that a student can reach. */
const leastProbability = 1e-4;

/** What holds for most pictures of things; no noise (see `TaughtOptions`). */
const recipe: Recipe = {
  ...plainRecipe,
  flipSideways: 0.5,
  flipUpsideDown: 0.5,
  quarterTurn: 0.5,
  rotationDegrees: 15,
  shift: 0.1,
  zoom: [0.85, 1.35],
  stretch: 1.2,
  brightness: 0.3,
  contrast: 0.3,
  saturation: 0.4,
  hueDegrees: 10,
  whiteBalance: 0.15,
  gamma: 0.3,
  blur: { chance: 0.2, sigma: 1.2 },
  erase: { chance: 0.2, area: [0.02, 0.12] },
};

/** The teachers say what a mixture shows, so that more is mixed than where labels alone speak. Not with several labels. */
const mixing: Pick<Recipe, "mixup" | "cutmix"> = {
  mixup: { chance: 0.25, alpha: 0.6 },
  cutmix: { chance: 0.25, alpha: 1 },
};

export async function trainTaught(context: NetContext, student: Student, lessons: Lessons): Promise<TrainedNet> {
  const { task, labels, seed, unlabelled = [], batchSize = usualBatch } = context;
  const { size, learningRate, groups, initial } = student;
  const flips = allowedFlips(labels, (context.options.flips as FlipChoice | undefined) ?? "auto");
  const hasTeacher = lessons.measured.length > 0;
  const nothing = labels.map(() => (task === "multilabel" ? unknown : 0));
  const untold = hasTeacher ? unlabelled.map(({ name, file }) => ({ name, file, target: nothing })) : [];
  const altered = (pictures: NetContext["training"], teachers: readonly Teacher[], views: number): BatchSource =>
    taughtBatches({
      samples: [...loaderSamples(context, pictures), ...untold],
      recipe: withAllowedFlips(task === "multilabel" ? recipe : { ...recipe, ...mixing }, flips),
      ...{ size, batchSize, seed, views, teachers, detail: alteredDetail },
    });
  const batches = Math.max(1, Math.floor((context.training.length + untold.length) / batchSize));
  const usualEpochs = Math.min(mostEpochs, Math.max(leastEpochs, Math.round(lessons.usualSteps / batches)));
  const { epochs, measuredEpochs } = dividedEpochs(context, usualEpochs);
  const views = hasTeacher ? Math.min(mostViews, measuredEpochs) : Number.MAX_SAFE_INTEGER;
  const training = altered(context.training, lessons.measured, views);
  const validation: Loader = openLoader({
    ...{ width: size, height: size, batchSize, seed, recipe: null },
    samples: loaderSamples(context, context.validation),
  });
  const toldShare = context.training.length / (context.training.length + untold.length);
  const definition = definitionOf(student, context, hasTeacher ? toldShare : null);
  const finished = (weights: Weights) => exportGraph(student.model, weights, imageOf(size), "sightline_distilled");
  const judgedTask = task === "multilabel" ? "multilabel" : "classification";
  const judgedEvery = Math.ceil(measuredEpochs / mostJudgements);
  let all: BatchSource | null = null;
  try {
    const { weights, lastWeights, summary } = await trainByGradient(
      { ...context, checkpoint: lessons.checkpoint },
      {
        definition,
        source: {
          ...training,
          async batch(epoch, index) {
            if (epoch < measuredEpochs) return training.batch(epoch, index);
            all ??= altered([...context.training, ...context.validation], lessons.all, Number.MAX_SAFE_INTEGER);
            return all.batch(epoch, index);
          },
        },
        batchSize,
        epochs,
        initial,
        groups,
        optimizer: { kind: "adamw", weightDecay: 0.05 },
        schedule: {
          ...{ kind: "cosine", learningRate, warmUp: 0.05 },
          ...(measuredEpochs < epochs && {
            again: { from: measuredEpochs / epochs, learningRate: rateWithAll * learningRate },
          }),
        },
        clipNorm: 5,
        ema: { decay: 1 - Math.min(0.05, 20 / (epochs * training.batches)) },
        metricName: "accuracy",
        progress: [lessons.progressFrom, 1],
        evaluate: async (candidate, epoch, isLast) =>
          epoch <= measuredEpochs && (epoch % judgedEvery === 0 || epoch === measuredEpochs || isLast)
            ? judgeLogits(finished(candidate), { loader: validation, task: judgedTask, threads: context.threads })
            : null,
      },
    );
    const isLearntFromAll = summary.epochs === epochs && measuredEpochs < epochs;
    const graph = finished(isLearntFromAll ? lastWeights : weights);
    return {
      graph,
      ...(isLearntFromAll && { measuredGraph: finished(weights) }),
      input: { width: size, height: size },
      ...networkCost(graph),
      teachers: lessons.all.map((teacher) => teacher.summary),
      summary,
    };
  } finally {
    await Promise.all([training.close(), validation.close(), (all as BatchSource | null)?.close()]);
  }
}

function imageOf(size: number): TrainingDefinition["inputs"] {
  return { [modelValues.image]: { type: "float32", dims: ["N", 3, size, size] } };
}

/** @param toldShare of the pictures that have labels; `null`: there is no teacher, and all have */
function definitionOf({ model, size }: Student, context: NetContext, toldShare: number | null): TrainingDefinition {
  const perLabel = { type: "float32", dims: ["N", context.labels.length] } as const;
  const hasTeacher = toldShare !== null;
  return {
    inputs: { ...imageOf(size), targets: perLabel, ...(hasTeacher && { taught: perLabel }) },
    model,
    loss: (net, outputs, { targets = "", taught }) => {
      const logits = outputs[modelValues.logits] ?? "";
      const isMultilabel = context.task === "multilabel";
      const told = isMultilabel
        ? toldOfEach(net, logits, targets)
        : toldOfOne(net, logits, targets, labelWeights(context.training.map(context.targetOf)), toldShare);
      if (taught === undefined) return { loss: told };
      const shown = isMultilabel
        ? binaryCrossEntropy(net, logits, taught)
        : distillation(net, logits, logarithms(net, taught), { temperature });
      const loss = weightedSum(net, [
        [shown, taughtShare],
        [told, 1 - taughtShare],
      ]);
      return { loss, taught: shown, labels: told };
    },
  };
}

/** A picture without a label has no target: it counts nothing here, and batches of such pictures alone give 0. */
function toldOfOne(
  net: Network,
  logits: string,
  targets: string,
  classWeights: readonly number[],
  toldShare: number | null,
): string {
  if (toldShare === null) return crossEntropy(net, logits, targets, { classWeights, labelSmoothing: 0.05 });
  const weights = classWeights.map((weight) => weight / Math.max(leastTold, toldShare));
  return crossEntropy(net, logits, net.tape.times(targets, floatTensor([1, weights.length], weights)));
}

function toldOfEach(net: Network, logits: string, targets: string): string {
  const { tape } = net;
  const isKnown = tape.emit("Min", [tape.emit("Max", [tape.minus(targets, unknown), 0]), 1]);
  return binaryCrossEntropy(net, logits, tape.emit("Max", [targets, 0]), { weights: isKnown });
}

/** Logits of probabilities. */
function logarithms(net: Network, probabilities: string): string {
  return net.tape.emit("Log", [net.tape.emit("Max", [probabilities, leastProbability])]);
}
