/** Finished models made smaller: whole channels go, then what is left learns to answer as the model did before. */
import { openLoader } from "@sightline/dataset/loader";
import type { Graph } from "@sightline/nn/graph";
import { pruned as onlyTo } from "@sightline/nn/graph";
import type { ModelFunction } from "@sightline/nn/network";
import { measureNorms, trainableGraph } from "@sightline/nn/trainable-graph";
import { plainRecipe } from "@sightline/vision/augment/recipe";
import { type Student, trainTaught } from "../distilled/taught-training.js";
import { openTeachers, type Teacher } from "../distilled/teacher.js";
import { tooFew } from "../enough-pictures.js";
import { firstPictures } from "../finetune/first-pictures.js";
import { flipsOption } from "../flips-option.js";
import { judgeLogits } from "../logit-judge.js";
import type { Manifest } from "../manifest.js";
import type { NetContext, NetMethod, TrainedNet } from "../method.js";
import { ModelError } from "../model-error.js";
import { readModel } from "../model-file.js";
import { modelValues } from "../model-values.js";
import { networkCost } from "../network-cost.js";
import { loaderSamples } from "../training-samples.js";
import { cutNetwork } from "./cut-network.js";

/** Fewer pictures of a label can't be divided into some to learn from and some to stop by. */
const minimumPerLabel = 5;
const usualBatch = 32;
/** Fewer pictures say too little of means and variances. */
const leastBatchForNorms = 8;
/** Pictures that tell which channels matter. */
const mostMeasured = 192;
const measuredAtOnce = 8;
/** Of the progress, for choosing and cutting. */
const cutShare = 0.08;
/** It has learnt already: it goes on at a rate between that of a network from nothing and that of a pretrained one. */
const learningRate = 1e-3;
const usualSteps = 600;

export const pruned: NetMethod = {
  kind: "net",
  title: "Smaller copy of a model",
  // What it holds the model says that it is made from.
  startsFromBackbone: () => false,
  takesTeachers: true,
  options: {
    keep: {
      kind: "number",
      minimum: 0.05,
      maximum: 0.95,
      default: 0.6,
      meaning: "share of the model's parameters and of its multiply-accumulates that stays, at most",
    },
    flips: flipsOption(),
  },
  unsuitable(task, labels, counts) {
    if (task === "detection") return "pruned cuts models that tell labels of whole pictures, not detectors";
    return tooFew("pruned", labels, counts, minimumPerLabel);
  },
  train: trainPruned,
};

async function trainPruned(context: NetContext): Promise<TrainedNet> {
  const { task, labels, options, seed, threads, signal, batchSize = usualBatch, teachers: files = [] } = context;
  const [file] = files;
  if (file === undefined || files.length > 1)
    throw new ModelError(
      "METHOD_OPTION_INVALID",
      `pruned makes one finished model smaller, and takes it as its teacher; got ${files.length === 0 ? "none" : `${files.length} models`}. Name one.`,
    );
  const keep = Number(options.keep);
  const teachers = await openTeachers([file], context);
  try {
    const [teacher] = teachers;
    const { manifest, ...model } = readModel(file);
    const graph = logitsOf(model.graph, manifest, labels);
    const size = manifest.input.width;
    const shape = { width: size, height: size, seed };
    context.onProgress(0, "Finding channels that matter little");
    const seen = openLoader({
      ...{ ...shape, batchSize: measuredAtOnce, recipe: plainRecipe },
      samples: loaderSamples(context, context.training),
    });
    const held = openLoader({
      ...{ ...shape, batchSize, recipe: null },
      samples: loaderSamples(context, context.validation),
    });
    try {
      const pictures = await firstPictures(seen, mostMeasured);
      const judgedTask = task === "multilabel" ? "multilabel" : "classification";
      const { metric: accuracy } = await judgeLogits(graph, { loader: held, task: judgedTask, threads });
      const isOneOfThem = task !== "multilabel";
      const small = await cutNetwork(graph, pictures, {
        ...{ keep, isOneOfThem, seed, threads, signal },
        onProgress: (share) => context.onProgress(cutShare * share, "Finding channels that matter little"),
      });
      const norms = batchSize < leastBatchForNorms ? undefined : await measureNorms(small, pictures, { threads });
      const trainable: ModelFunction = trainableGraph(small, { prefix: "pruned/", ...(norms && { norms }) });
      const student: Student = { size, model: trainable, learningRate };
      const lessons = { measured: teachers, all: teachers, checkpoint: context.checkpoint };
      const net = await trainTaught(context, student, { ...lessons, progressFrom: cutShare, usualSteps });
      return {
        ...net,
        prunedFrom: { ...(teacher as Teacher).summary, keep, ...networkCost(graph), accuracy },
        ...(manifest.backbone && { backboneOf: manifest.backbone }),
      };
    } finally {
      await Promise.all([seen.close(), held.close()]);
    }
  } finally {
    await Promise.all(teachers.map((one) => one.dispose()));
  }
}

/** The part of a model's network that learns and can be cut: from the picture to the logits. */
function logitsOf(graph: Graph, manifest: Manifest, labels: readonly string[]): Graph {
  const { method, input, tiling, segmentation } = manifest;
  const refuse = (reason: string): never => {
    throw new ModelError(
      "METHOD_UNSUITABLE",
      `pruned can't make this model of ${method} smaller: ${reason}. Choose one of tiny, distilled, or of classifier or finetune with several classes.`,
    );
  };
  if (!graph.nodes.some(({ outputs }) => outputs.includes(modelValues.logits)))
    refuse("its answers come from no network");
  if (graph.outputs.some(({ name }) => name === modelValues.anomalyMap)) refuse("it also says where the defect is");
  if (segmentation) refuse("it also says where which kind of defect is");
  if (tiling || input.width !== input.height || (input.fit ?? "stretch") !== "stretch")
    refuse("its pictures don't enter as a square, stretched to fit");
  if (manifest.labels.join() !== labels.join())
    refuse(`it answers in the order ${manifest.labels.join(", ")}, these pictures have ${labels.join(", ")}`);
  return onlyTo(graph, [{ name: modelValues.logits, type: "float32", dims: ["N", labels.length] }]);
}
