/** The pretrained backbone as a part of a network that is trained on: its stages are groups that learn at rates of their own. */
import type { Graph } from "@sightline/nn/graph";
import type { ModelFunction, Weights } from "@sightline/nn/network";
import { inferShapes } from "@sightline/nn/shapes";
import { floatTensor, type Tensor } from "@sightline/nn/tensor";
import { measureNorms, type TrainableGraphOptions, trainableGraph } from "@sightline/nn/trainable-graph";
import type { Backbone } from "../backbone-description.js";
import { backboneOnPixels } from "../pixel-input.js";

export interface Pretrained {
  /** Input `image`, 0–255; outputs the taps. */
  readonly graph: Graph;
  readonly model: ModelFunction;
  /** The backbone as it is, by the names of the model's parameters. */
  readonly weights: Weights;
  /** From the first, with the finest maps, to the last. */
  readonly stages: readonly string[];
}

export interface PretrainedOptions extends Pick<TrainableGraphOptions, "norms"> {
  readonly width: number;
  readonly height: number;
  readonly taps: readonly string[];
}

const prefix = "backbone/";

/** A stage is what lies between two halvings of the map: `stage1` works at half the picture's size, `stage5` at 1/32. */
export function pretrained(backbone: Backbone, { norms, ...options }: PretrainedOptions): Pretrained {
  const builder = backboneOnPixels(backbone, options);
  for (const tap of options.taps) builder.output(tap);
  const graph = builder.build("backbone");
  const stageOf = stagesByConstant(graph, options.height);
  const model = trainableGraph(graph, {
    prefix,
    group: (name) => stageOf.get(name) ?? "stage1",
    ...(norms && { norms }),
  });
  const parameters = new Map<string, Tensor>(
    [...graph.initializers].map(([name, value]) => [`${prefix}${name}`, value]),
  );
  const statistics = new Map<string, Tensor>();
  for (const [output, { scale, bias, mean, variance }] of norms ?? []) {
    const of = (part: string): string => `${prefix}${output}/norm/${part}`;
    parameters.set(of("scale"), vector(scale)).set(of("bias"), vector(bias));
    statistics.set(of("mean"), vector(mean)).set(of("variance"), vector(variance));
  }
  return {
    graph,
    model,
    weights: { parameters, statistics },
    stages: [...new Set(stageOf.values())].sort(),
  };
}

function vector(values: Float32Array): Tensor {
  return floatTensor([values.length], values);
}

/**
 * The same network with batch norms behind the convolutions of all but the first `frozen` stages, as it had them once: what
 * they start with leaves its answers as they are.
 *
 * @param batches feeds of its graph: pictures as it will learn from
 */
export async function withNorms(
  { graph, stages }: Pretrained,
  batches: Iterable<Readonly<Record<string, Tensor>>>,
  {
    backbone,
    frozen,
    threads,
    ...options
  }: PretrainedOptions & { readonly backbone: Backbone; readonly frozen: number; readonly threads: number },
): Promise<Pretrained> {
  const stageOf = stagesByConstant(graph, options.height);
  const learning = new Set(stages.slice(frozen));
  const chosen = graph.nodes
    .filter(({ inputs: [, weights = ""] }) => learning.has(stageOf.get(weights) ?? ""))
    .map(({ outputs: [output] }) => output);
  const norms = await measureNorms(graph, batches, { threads, choose: (output) => chosen.includes(output) });
  return pretrained(backbone, { ...options, norms });
}

function stagesByConstant(graph: Graph, height: number): ReadonlyMap<string, string> {
  const shapes = inferShapes(graph);
  const stageOf = new Map<string, string>();
  for (const { inputs, outputs } of graph.nodes) {
    const [, , mapHeight] = shapes.get(outputs[0] ?? "")?.dims ?? [];
    const stage = typeof mapHeight === "number" && mapHeight > 0 ? Math.round(Math.log2(height / mapHeight)) : 0;
    for (const name of inputs) {
      if (graph.initializers.has(name) && !stageOf.has(name)) stageOf.set(name, `stage${Math.max(1, stage)}`);
    }
  }
  return stageOf;
}

/** Groups for the training: the first `frozen` stages stay, each later one learns faster than the one before it. */
export function stageRates(
  stages: readonly string[],
  frozen: number,
  decay: number,
): Record<string, { readonly isFrozen?: boolean; readonly learningRateScale?: number }> {
  return Object.fromEntries(
    stages.map((stage, i) =>
      i < frozen ? [stage, { isFrozen: true }] : [stage, { learningRateScale: decay ** (stages.length - 1 - i) }],
    ),
  );
}
