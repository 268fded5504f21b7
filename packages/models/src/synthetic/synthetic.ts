/** Learns from good pictures and defects drawn onto them where a defect is; needs no pretrained weights and no real defect. */
import type { Sample } from "@sightline/dataset/dataset";
import { exportGraph } from "@sightline/nn/export";
import type { Weights } from "@sightline/nn/network";
import { floatTensor } from "@sightline/nn/tensor";
import type { BatchSource } from "@sightline/nn/training/batch-source";
import { dividedEpochs } from "../divided-epochs.js";
import { type DrawnBatchesOptions, drawnBatches } from "../drawn-batches/drawn-batches.js";
import { judge } from "../drawn-batches/judge.js";
import { judgedPictures } from "../drawn-batches/judged-pictures.js";
import { keptDetail, openTrainingPictures } from "../drawn-batches/training-pictures.js";
import { turnsFor, turnsOption } from "../drawn-batches/turns.js";
import { trainByGradient } from "../gradient-run.js";
import type { NetContext, NetMethod, TrainedNet } from "../method.js";
import { modelValues } from "../model-values.js";

import { countWeights, mapStride, stepInputs, syntheticDefinition } from "./synthetic-net.js";

const minimumNormals = 8;
const usualBatch = 8;
const sizes = ["128", "160", "192", "224", "256", "320"] as const;
/** What counts as an epoch: pictures are drawn anew each time, so that their number sets none. */
const batchesAnEpoch = 50;
/** In 1,500 steps what a defect is has been learnt; more pictures of good parts show more of what it isn't. */
const fewestEpochs = 30;
const mostEpochs = 50;
const epochsAPicture = 1 / 40;
/** With which it goes on from all pictures: too low to forget. */
const rateWithAll = 4e-4;
const mostJudgements = 10;

export const synthetic: NetMethod = {
  kind: "net",
  title: "Network that learns from drawn defects",
  startsFromBackbone: () => false,
  options: {
    size: { kind: "choice", choices: sizes, default: "256", meaning: "side of the input in pixels" },
    turns: turnsOption,
  },
  unsuitable(task, labels, counts) {
    if (task !== "anomaly")
      return `synthetic tells defects from good parts; this training part has ${labels.length} labels`;
    const normals = counts[0] ?? 0;
    return normals >= minimumNormals ? null : `synthetic needs ${minimumNormals} good pictures, got ${normals}`;
  },
  train: trainSynthetic,
};

async function trainSynthetic(context: NetContext): Promise<TrainedNet> {
  const { options, seed, signal, batchSize = usualBatch, threads, targetOf } = context;
  const size = Number(options.size);
  const isDefect = (sample: Sample): boolean => (targetOf(sample)[1] ?? 0) >= 0.5;
  const opened = { side: Math.round(size * keptDetail), isDefect, seed, signal };
  context.onProgress(0, "Reading the pictures");
  const training = await openTrainingPictures(context.training, opened);
  const turns = turnsFor(String(options.turns), training.normals);
  const judged = await judgedPictures(context.validation, { size, seed, isDefect });
  const definition = syntheticDefinition(size);
  const finished = (weights: Weights) =>
    exportGraph(definition.model, weights, definition.inputs, "sightline_synthetic");
  const usualEpochs = Math.min(
    mostEpochs,
    Math.max(fewestEpochs, Math.round(training.normals.length * epochsAPicture)),
  );
  const { epochs, measuredEpochs } = dividedEpochs(context, usualEpochs);
  const judgedEvery = Math.ceil(measuredEpochs / mostJudgements);
  const sourceOf = (pictures: typeof training) =>
    batchesOf({
      sources: { size, stride: mapStride, turns, ...pictures },
      ...{ seed, batchSize, batches: batchesAnEpoch },
    });
  const measuring = sourceOf(training);
  let withAll: ReturnType<typeof sourceOf> | null = null;
  try {
    const { weights, lastWeights, summary } = await trainByGradient(context, {
      definition,
      source: {
        ...measuring,
        async batch(epoch, index) {
          if (epoch < measuredEpochs) return measuring.batch(epoch, index);
          if (withAll === null) {
            const held = await openTrainingPictures(context.validation, opened);
            withAll = sourceOf({
              normals: [...training.normals, ...held.normals],
              defects: [...training.defects, ...held.defects],
            });
          }
          return withAll.batch(epoch, index);
        },
      },
      batchSize,
      epochs,
      optimizer: { kind: "adamw", weightDecay: 0.02 },
      schedule: {
        ...{ kind: "cosine", learningRate: 2e-3, warmUp: 0.05 },
        ...(measuredEpochs < epochs && { again: { from: measuredEpochs / epochs, learningRate: rateWithAll } }),
      },
      clipNorm: 5,
      ema: { decay: 0.99 },
      metricName: "accuracy",
      evaluate: async (candidate, epoch, isLast) =>
        epoch <= measuredEpochs && (epoch % judgedEvery === 0 || epoch === measuredEpochs || isLast)
          ? judge(finished(candidate), judged, { size, threads })
          : null,
    });
    const isLearntFromAll = summary.epochs === epochs && measuredEpochs < epochs;
    return {
      graph: finished(isLearntFromAll ? lastWeights : weights),
      ...(isLearntFromAll && { measuredGraph: finished(weights) }),
      input: { width: size, height: size },
      parameters: countWeights(weights),
      summary,
    };
  } finally {
    await Promise.all([measuring.close(), (withAll as ReturnType<typeof sourceOf> | null)?.close()]);
  }
}

function batchesOf(options: DrawnBatchesOptions): BatchSource {
  const { batchSize, batches, sources } = options;
  const { size, stride } = sources;
  const side = size / stride;
  const drawn = drawnBatches(options);
  return {
    samples: batches * batchSize,
    batches,
    async batch(epoch, index) {
      const { image, target, weight, isDefect } = await drawn.batch(epoch, index);
      return {
        [modelValues.image]: floatTensor([batchSize, 3, size, size], image),
        [stepInputs.target]: floatTensor([batchSize, 1, side, side], target),
        [stepInputs.weight]: floatTensor([batchSize, 1, side, side], weight),
        [stepInputs.isDefect]: floatTensor([batchSize, 1], isDefect),
      };
    },
    close: () => drawn.close(),
  };
}
