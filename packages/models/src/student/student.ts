/** A student imitates a pretrained teacher on good pictures; where it fails to, something is strange (EfficientAD's class). */
import type { Sample } from "@sightline/dataset/dataset";
import { exportGraph } from "@sightline/nn/export";
import type { Weights } from "@sightline/nn/network";
import { resize } from "@sightline/vision/resize";
import { judgementOf } from "../drawn-batches/judge.js";
import { judgedPictures } from "../drawn-batches/judged-pictures.js";
import { keptDetail, openTrainingPictures } from "../drawn-batches/training-pictures.js";
import { turnsFor, turnsOption } from "../drawn-batches/turns.js";
import { trainByGradient } from "../gradient-run.js";
import type { NetContext, NetMethod, TrainedNet } from "../method.js";
import { modelValues } from "../model-values.js";
import { networkCost } from "../network-cost.js";
import { studentDefinition } from "./definition.js";
import { measureStrangeness } from "./strangeness.js";
import { studentBatches } from "./student-batches.js";
import { openTeacher, placeStride } from "./teacher.js";
import { withVerdict } from "./verdict.js";

const minimumNormals = 10;
const usualBatch = 8;
const sizes = ["128", "160", "192", "224", "256", "288", "320"] as const;
/** What counts as an epoch: pictures are drawn anew each time, so that their number sets none. */
const batchesAnEpoch = 50;
const usualEpochs = 24;
const mostJudgements = 8;
/** Good pictures that the directions in which they differ are taken from. */
const mostWhitened = 60;

export const student: NetMethod = {
  kind: "net",
  title: "Student of a pretrained network",
  options: {
    size: { kind: "choice", choices: sizes, default: "256", meaning: "side of the input in pixels" },
    turns: turnsOption,
  },
  unsuitable(task, labels, counts) {
    if (task !== "anomaly")
      return `student tells defects from good parts; this training part has ${labels.length} labels`;
    const normals = counts[0] ?? 0;
    return normals >= minimumNormals ? null : `student needs ${minimumNormals} good pictures, got ${normals}`;
  },
  train: trainStudent,
};

async function trainStudent(context: NetContext): Promise<TrainedNet> {
  const { options, seed, signal, threads, targetOf, backbone } = context;
  const size = Number(options.size);
  // A step takes pairs.
  const batchSize = 2 * Math.max(1, Math.round((context.batchSize ?? usualBatch) / 2));
  const isDefect = (sample: Sample): boolean => (targetOf(sample)[1] ?? 0) >= 0.5;
  context.onProgress(0, "Reading the pictures");
  const pictures = await openTrainingPictures(context.training, {
    ...{ side: Math.round(size * keptDetail), isDefect, seed, signal },
  });
  const normals = pictures.normals.map((picture) => resize(picture, size, size));
  const whitened = normals.slice(0, mostWhitened);
  const held = await judgedPictures(context.validation, { size, seed, isDefect });
  // A dataset's own validation list may hold defects alone: a scale needs good pictures.
  const hasGood = held.some((picture) => !picture.isDefect);
  const judged = hasGood ? held : [...held, ...whitened.map((image) => ({ image, isDefect: false }))];
  const teacher = await openTeacher(normals, { backbone, size, seed, signal });
  const definition = studentDefinition(teacher, size, pictures.defects.length > 0);
  const image = { [modelValues.image]: { type: "float32", dims: ["N", 3, size, size] } } as const;
  const measured = async (weights: Weights) => {
    const graph = exportGraph(definition.model, weights, image, "sightline_student");
    return { graph, ...(await measureStrangeness(graph, whitened, judged, { size, threads, signal })) };
  };
  const epochs = context.epochs ?? usualEpochs;
  const judgedEvery = Math.ceil(epochs / mostJudgements);
  const turns = turnsFor(String(options.turns), pictures.normals);
  const source = studentBatches({
    sources: { size, stride: placeStride, turns, ...pictures },
    ...{ seed, batchSize, batches: batchesAnEpoch },
  });
  try {
    const { weights, summary } = await trainByGradient(context, {
      definition,
      source,
      batchSize: batchSize / 2,
      epochs,
      optimizer: { kind: "adamw", weightDecay: 0.02 },
      schedule: { kind: "cosine", learningRate: 2e-3, warmUp: 0.05 },
      clipNorm: 5,
      ema: { decay: 0.99 },
      metricName: "accuracy",
      evaluate: async (candidate, epoch, isLast) =>
        epoch % judgedEvery === 0 || isLast ? judgementOf((await measured(candidate)).verdicts, judged) : null,
    });
    const { graph: networks, strangeness } = await measured(weights);
    const graph = withVerdict(networks, strangeness);
    return { graph, input: { width: size, height: size }, ...networkCost(graph), summary };
  } finally {
    await source.close();
  }
}
