/** Fine-tunes the backbone for pictures of one label each: a linear layer on its pooled last map, stages at rates of their own. */
import { batchFeeds, batchSource, openLoader } from "@sightline/dataset/loader";
import { exportGraph } from "@sightline/nn/export";
import { zeros } from "@sightline/nn/initializers";
import { dropout, globalAveragePool, linear } from "@sightline/nn/layers";
import { crossEntropy } from "@sightline/nn/losses";
import type { ModelFunction, Weights } from "@sightline/nn/network";
import type { TrainingDefinition } from "@sightline/nn/training";
import { trainByGradient } from "../gradient-run.js";
import { judgeLogits } from "../logit-judge.js";
import type { NetContext, TrainedNet } from "../method.js";
import { modelValues } from "../model-values.js";
import { addEvidenceMap } from "./evidence-map.js";
import { type Pretrained, pretrained, stageRates } from "./pretrained.js";
import { loaderSamples, recipeFor } from "./training-pictures.js";

export interface OneLabelSettings {
  readonly size: number;
  readonly frozenStages: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** Times the learning rate: what the last stage learns at, and what each stage before it keeps of that. */
  readonly backbone: number;
  readonly decay: number;
}

export async function trainOneLabel(context: NetContext, settings: OneLabelSettings): Promise<TrainedNet> {
  const { seed, task } = context;
  const { size, batchSize } = settings;
  const shape = { width: size, height: size, batchSize, seed };
  const network = pretrained(context.backbone, { width: size, height: size, taps: ["last"] });
  const definition = definitionOf(network, context, settings);
  const training = openLoader({
    ...shape,
    samples: loaderSamples(context, context.training),
    recipe: recipeFor(context),
    detail: 1.25,
  });
  const validation = openLoader({ ...shape, samples: loaderSamples(context, context.validation), recipe: null });
  const finished = (weights: Weights) =>
    exportGraph(modelOf(network, context, true), weights, definition.inputs, "sightline_finetune");
  const { epochs } = settings;
  try {
    const { weights, summary } = await trainByGradient(context, {
      definition,
      source: batchSource(training, batchFeeds),
      batchSize,
      epochs,
      optimizer: { kind: "adamw", weightDecay: 0.02 },
      schedule: { kind: "cosine", learningRate: settings.learningRate, warmUp: 0.08 },
      groups: stageRates(network.stages, settings.frozenStages, settings),
      clipNorm: 2,
      ema: { decay: 1 - Math.min(0.1, 15 / (epochs * training.batches)) },
      metricName: "accuracy",
      evaluate: (candidate) =>
        judgeLogits(finished(candidate), {
          loader: validation,
          task: task === "multilabel" ? task : "classification",
          threads: context.threads,
        }),
    });
    const graph = finished(weights);
    const parameters = [...weights.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
    return { graph, input: { width: size, height: size }, parameters, summary };
  } finally {
    await Promise.all([training.close(), validation.close()]);
  }
}

function definitionOf(network: Pretrained, context: NetContext, { size }: OneLabelSettings): TrainingDefinition {
  const { labels } = context;
  const classWeights = labelWeights(context.training.map(context.targetOf));
  return {
    inputs: {
      [modelValues.image]: { type: "float32", dims: ["N", 3, size, size] },
      targets: { type: "float32", dims: ["N", labels.length] },
    },
    model: modelOf(network, context, false),
    loss: (net, outputs, inputs) => ({
      loss: crossEntropy(net, outputs[modelValues.logits] ?? "", inputs.targets ?? "", {
        classWeights,
        labelSmoothing: 0.05,
      }),
    }),
  };
}

/** `isFile`: with everything that a model file of the task holds besides the logits. */
function modelOf(network: Pretrained, { labels, task }: NetContext, isFile: boolean): ModelFunction {
  return (net, { image = "" }) => {
    const last = network.model(net, { image }).last ?? "";
    const pooled = globalAveragePool(net, last, { name: "head/pool" });
    const kept = dropout(net, pooled, { name: "head/dropout", rate: 0.2 });
    const logits = linear(net, kept, { name: "head/labels", outputs: labels.length, initial: zeros });
    if (!isFile || task !== "anomaly") return { [modelValues.logits]: logits };
    return { [modelValues.logits]: logits, [modelValues.anomalyMap]: addEvidenceMap(net, last, "head/labels", logits) };
  };
}

/** Rare labels count more, but not so much that a few pictures lead: by the root of how much rarer they are. */
function labelWeights(targets: readonly (readonly number[])[]): number[] {
  const counts = (targets[0] ?? []).map((_, k) => targets.reduce((sum, row) => sum + (row[k] ?? 0), 0));
  const roots = counts.map((count) => 1 / Math.sqrt(Math.max(1, count)));
  const total = counts.reduce((sum, count, k) => sum + count * (roots[k] as number), 0);
  return roots.map((root) => (root * targets.length) / Math.max(1e-9, total));
}
