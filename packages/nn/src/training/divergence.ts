/** What became of a training whose loss is no longer a number: which value was it first. */

import { NnError } from "../errors.js";
import type { Graph } from "../graph.js";
import { GraphBuilder } from "../graph-builder.js";
import { lower } from "../lowering.js";
import type { Weights } from "../network.js";
import { openGraphSession } from "../session/session.js";
import { inferShapes } from "../shapes.js";
import { indexTensor, type Tensor } from "../tensor.js";
import type { TrainingDefinition } from "./definition.js";
import { gradientGraph, type StepOptions } from "./step-graph.js";
import type { EpochPoint } from "./training.js";

/** `TRAINING_DIVERGED`, with what the training had reached. */
export class TrainingDiverged extends NnError {
  /** Counted from 1 over the whole training. */
  readonly step: number;
  /** Counted from 1. */
  readonly epoch: number;
  /** The first value that wasn't finite, in words. */
  readonly culprit: string;
  /** The best state before it. */
  readonly weights: Weights;
  readonly history: readonly EpochPoint[];

  constructor(at: Pick<TrainingDiverged, "step" | "epoch" | "culprit" | "weights" | "history">) {
    super(
      "TRAINING_DIVERGED",
      `Training diverged at step ${at.step} (epoch ${at.epoch}): ${at.culprit}. The best state before it is kept. ` +
        "Lower the learning rate, add a warm-up, or clip gradients.",
    );
    this.step = at.step;
    this.epoch = at.epoch;
    this.culprit = at.culprit;
    this.weights = at.weights;
    this.history = at.history;
  }
}

/**
 * Repeats the step's forward and backward on the portable operators and names the first value that isn't finite, in the
 * order of computation. `feeds` are the batch and its noise.
 */
export async function findCulprit(
  definition: TrainingDefinition,
  weights: Weights,
  options: StepOptions,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<string> {
  for (const [name, { data, type }] of Object.entries(feeds)) {
    if (type === "float32" && !(data as Float32Array).every(Number.isFinite)) {
      return `the input "${name}" of the batch holds a number that isn't finite`;
    }
  }
  const { forward, losses, graph, gradients } = gradientGraph(definition, weights, options);
  const { probe, values } = probed(graph);
  const session = await openGraphSession(lower(probe, { kind: "portable" }), { threads: 1 });
  try {
    const inputs = Object.fromEntries(
      probe.inputs.flatMap(({ name }) => {
        const value = feeds[name] ?? weights.parameters.get(name) ?? weights.statistics.get(name);
        return value ? [[name, value]] : [];
      }),
    );
    const { probes } = await session.run(inputs);
    const first = Array.from(probes?.data as Float32Array).findIndex((value) => !Number.isFinite(value));
    const name = values[first];
    if (name === undefined) return "the optimiser's own values overflowed";
    for (const [parameter, gradient] of gradients) {
      if (gradient === name) return `the gradient of parameter "${parameter}" isn't finite`;
    }
    for (const [loss, value] of Object.entries(losses)) if (value === name) return `the loss "${loss}" isn't finite`;
    const node = probe.nodes.find(({ outputs }) => outputs.includes(name));
    const isForward = forward.nodes.some(({ outputs }) => outputs.includes(name));
    return `${isForward ? "the value" : "in the backward pass, the value"} "${name}" (${node?.operator}) isn't finite`;
  } finally {
    await session.dispose();
  }
}

/** The graph with one number for each float value it computes: 0 where all elements are finite, NaN where one isn't. */
function probed(graph: Graph): { probe: Graph; values: string[] } {
  const shapes = inferShapes(graph);
  const values = graph.nodes.flatMap(({ outputs }) =>
    outputs.filter((name) => name !== "" && shapes.get(name)?.type === "float32"),
  );
  const builder = GraphBuilder.from({ ...graph, outputs: [] });
  const probes = values.map((name) => {
    const zeroed = builder.add("Mul", [name, { type: "float32", dims: [], data: Float32Array.of(0) }]);
    return builder.add("Reshape", [builder.add("ReduceSum", [zeroed], { keepdims: 0 }), indexTensor([1])]);
  });
  builder.output(builder.add("Concat", probes, { axis: 0 }), "probes");
  return { probe: builder.build(graph.name), values };
}
