/**
 * One training step as one graph: forward, backward, optimiser. What changes from step to step (parameters, moments,
 * statistics, averages) goes in and comes out as a few flat vectors; the rest of the optimiser's state are scalars.
 */

import { NnError } from "../errors.js";
import { withGradients } from "../gradients.js";
import type { Graph, Node, ValueInfo } from "../graph.js";
import { GraphBuilder } from "../graph-builder.js";
import type { Network, Noise, Parameter, Weights } from "../network.js";
import { clippedByNorm, type OptimizerOptions, optimizerOf } from "../optimizers.js";
import { Tape } from "../tape.js";
import { floatTensor, indexTensor, type Tensor } from "../tensor.js";
import { inputInfos, type TrainingDefinition, written } from "./definition.js";
import { FlatVector } from "./flat-vector.js";

export interface GroupOptions {
  /** Times the schedule's learning rate. Default 1. */
  readonly learningRateScale?: number;
  /** Not trained: its parameters become constants, its batch norms use their running statistics. */
  readonly isFrozen?: boolean;
}

export interface StepOptions {
  readonly batchSize: number;
  readonly optimizer: OptimizerOptions;
  readonly groups?: Readonly<Record<string, GroupOptions>> | undefined;
  /** Greatest length of the gradient over all parameters. Default: not clipped. */
  readonly clipNorm?: number | undefined;
  /** Keeps an exponential moving average of the weights with this decay per step. */
  readonly averageDecay?: number | undefined;
}

export interface StepGraph {
  /** Semantic; `lower` makes it ONNX. Its outputs are the next state by the names of its inputs, and `report`. */
  readonly graph: Graph;
  readonly parameters: FlatVector;
  readonly statistics: FlatVector;
  /** State vectors by name, with their lengths. Input `name`, output `next name`. */
  readonly state: ReadonlyMap<string, number>;
  /** Names of what the vector `report` says: the losses, then the gradient's length. */
  readonly report: readonly string[];
  readonly noises: readonly Noise[];
  /** Scalar inputs of a step, counted from 1, but for the learning rate. */
  readonly scalars: (step: number) => Record<string, number>;
}

export const stateNames = {
  parameters: "all parameters",
  statistics: "all statistics",
  averageParameters: "average parameters",
  averageStatistics: "average statistics",
  moment: (index: number) => `moment ${index + 1}`,
} as const;

export const learningRateInput = "learning rate";
const averageShareInput = "average share";

/** Share of the new weights that enters their average: greater in the first steps, so that the start is forgotten. */
function averageShare(decay: number, step: number): number {
  return 1 - Math.min(decay, (1 + step) / (10 + step));
}

export function isFrozenBy(groups: StepOptions["groups"]): (group: string) => boolean {
  return (group) => groups?.[group]?.isFrozen === true;
}

/** Forward and backward alone: what `stepGraph` puts the optimiser behind, and what a search for NaN looks through. */
export function gradientGraph(definition: TrainingDefinition, weights: Weights, options: StepOptions) {
  const isFrozen = isFrozenBy(options.groups);
  const { net, losses } = written(definition, { mode: "train", batch: options.batchSize, weights, isFrozen });
  for (const value of new Set([...Object.values(losses), ...net.updates.values()])) net.builder.output(value);
  const forward = net.builder.build("training step");
  const read = new Set(forward.nodes.flatMap((node) => node.inputs));
  const trained = [...net.parameters.values()].filter(({ name, group }) => read.has(name) && !isFrozen(group));
  const { graph, gradients } = withGradients(
    forward,
    losses.loss,
    trained.map(({ name }) => name),
  );
  const parameters = trained.filter(({ name }) => gradients.has(name));
  return { net, losses, forward, graph, gradients, parameters };
}

export function stepGraph(definition: TrainingDefinition, weights: Weights, options: StepOptions): StepGraph {
  const { net, losses, graph, gradients, parameters: trained } = gradientGraph(definition, weights, options);
  if (trained.length === 0) {
    throw new NnError("WRONG_INPUT", "Nothing is left to train: every group that the loss depends on is frozen.");
  }
  const parameters = new FlatVector(trained);
  const statistics = new FlatVector([...net.statistics.values()].filter(({ group }) => !net.isConstant(group)));
  const optimizer = optimizerOf(options.optimizer);
  const { averageDecay } = options;
  const state = stateVectors(parameters, statistics, optimizer.moments, averageDecay !== undefined);
  const moments = Array.from({ length: optimizer.moments }, (_, index) => stateNames.moment(index));

  const scalars = (step: number) => ({
    ...optimizer.stepScalars(step),
    ...(averageDecay !== undefined && { [averageShareInput]: averageShare(averageDecay, step) }),
  });
  const scalarNames = [learningRateInput, ...Object.keys(scalars(1))];
  const joined: Graph = {
    ...graph,
    inputs: [
      ...inputInfos(definition.inputs, options.batchSize),
      ...net.noises.map(({ name, dims }) => ({ name, type: "float32", dims }) as const),
      ...scalarNames.map((name) => ({ name, type: "float32", dims: [] }) as const),
      ...[...state].map(([name, length]): ValueInfo => ({ name, type: "float32", dims: [length] })),
    ],
    ...sliced(graph, [
      [stateNames.parameters, parameters],
      [stateNames.statistics, statistics],
    ]),
  };
  const builder = GraphBuilder.from(joined, "optimizer/");
  const tape = new Tape(builder);

  const flat = (vector: FlatVector, valueFor: (name: string) => string) =>
    concatenated(
      tape,
      vector.segments.map(({ name, count }) => tape.reshape(valueFor(name), [count])),
    );
  const flatGradients = flat(parameters, (name) => gradients.get(name) ?? "");
  const length = tape.emit("ReduceL2", [flatGradients], { keepdims: 0 });
  const scales = parameters.spread((name) => groupOptions(net, options, name).learningRateScale ?? 1);
  const next = optimizer.update(tape, {
    parameters: stateNames.parameters,
    gradients:
      options.clipNorm === undefined ? flatGradients : clippedByNorm(tape, flatGradients, length, options.clipNorm),
    moments,
    scalars: Object.fromEntries(scalarNames.map((name) => [name, name])),
    rate: scaled(tape, learningRateInput, scales),
    decays: asInput(
      builder,
      parameters.spread((name) => (net.parameters.get(name)?.decays ? 1 : 0)),
    ),
  });

  const output = (name: string, value: string) => builder.output(value, `next ${name}`);
  output(stateNames.parameters, next.parameters);
  for (const [index, moment] of next.moments.entries()) output(stateNames.moment(index), moment);
  const nextStatistics = statistics.length > 0 ? flat(statistics, (name) => net.updates.get(name) ?? name) : undefined;
  if (nextStatistics) output(stateNames.statistics, nextStatistics);
  if (averageDecay !== undefined) {
    const average = (name: string, value: string) =>
      output(name, tape.plus(name, tape.times(tape.minus(value, name), averageShareInput)));
    average(stateNames.averageParameters, next.parameters);
    if (nextStatistics) average(stateNames.averageStatistics, nextStatistics);
  }
  const report = [...Object.entries(losses), ["gradient length", length] as const];
  builder.output(
    concatenated(
      tape,
      report.map(([, value]) => tape.reshape(value, [1])),
    ),
    "report",
  );
  return {
    graph: builder.build("training step"),
    parameters,
    statistics,
    state,
    report: report.map(([name]) => name),
    noises: net.noises,
    scalars,
  };
}

function stateVectors(parameters: FlatVector, statistics: FlatVector, moments: number, isAveraged: boolean) {
  const state = new Map<string, number>([[stateNames.parameters, parameters.length]]);
  for (let index = 0; index < moments; index++) state.set(stateNames.moment(index), parameters.length);
  if (isAveraged) state.set(stateNames.averageParameters, parameters.length);
  if (statistics.length > 0) {
    state.set(stateNames.statistics, statistics.length);
    if (isAveraged) state.set(stateNames.averageStatistics, statistics.length);
  }
  return state;
}

function groupOptions(net: Network, { groups }: StepOptions, name: string): GroupOptions {
  const group = (net.parameters.get(name) as Parameter | undefined)?.group ?? "";
  return groups?.[group] ?? {};
}

/** The graph with its parameters and statistics made from flat vectors by nodes of their own in front. */
function sliced(graph: Graph, vectors: readonly (readonly [string, FlatVector])[]) {
  const initializers = new Map(graph.initializers);
  const nodes: Node[] = [];
  for (const [input, { segments }] of vectors) {
    if (segments.length === 0) continue;
    const parts = segments.map(({ name }) => (segments.length === 1 ? input : `${name} flat`));
    if (segments.length > 1) {
      initializers.set(`${input} sizes`, indexTensor(segments.map(({ count }) => count)));
      nodes.push(node("Split", [input, `${input} sizes`], parts, { axis: { type: "int", value: 0 } }));
    }
    for (const [index, { name, dims }] of segments.entries()) {
      const shape = `shape ${dims.join(" ")}`;
      initializers.set(shape, indexTensor(dims));
      nodes.push(node("Reshape", [parts[index] ?? "", shape], [name], {}));
    }
  }
  return { initializers, nodes: [...nodes, ...graph.nodes] };
}

function node(operator: string, inputs: string[], outputs: string[], attributes: Node["attributes"]): Node {
  return { name: outputs[0] ?? operator, operator, inputs, outputs, attributes };
}

function concatenated(tape: Tape, parts: readonly string[]): string {
  return parts.length === 1 ? (parts[0] ?? "") : tape.emit("Concat", parts, { axis: 0 });
}

function asInput(builder: GraphBuilder, values: number | Float32Array): number | string {
  return typeof values === "number" ? values : builder.constant(floatTensor([values.length], values));
}

function scaled(tape: Tape, rate: string, scales: number | Float32Array): string {
  if (scales === 1) return rate;
  const factor: number | Tensor = typeof scales === "number" ? scales : floatTensor([scales.length], scales);
  return tape.times(rate, factor);
}
