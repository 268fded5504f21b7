/** What is trained: a model function, its loss, and the inputs of both. */

import { NnError } from "../errors.js";
import type { ValueInfo } from "../graph.js";
import { type ModelFunction, Network, type NetworkOptions, type Weights } from "../network.js";
import { randomStream } from "../random.js";
import { type ElementType, elementCount, floatTensor, type Tensor } from "../tensor.js";

export interface InputSpec {
  readonly type: ElementType;
  /** `"N"`, the pictures of a batch, comes first. */
  readonly dims: readonly ["N", ...number[]];
}

export interface TrainingDefinition {
  /** Everything that a batch brings: pictures and targets. */
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly model: ModelFunction;
  /** Scalars: `"loss"`, which is made small, and any parts of it that are worth showing. */
  readonly loss: (
    net: Network,
    outputs: Readonly<Record<string, string>>,
    inputs: Readonly<Record<string, string>>,
  ) => Record<string, string>;
}

/** Declares the inputs on a network's tape. */
export function declareInputs(net: Network, inputs: Readonly<Record<string, InputSpec>>): Record<string, string> {
  const declared = Object.entries(inputs).map(([name, { type, dims }]) => {
    const [, ...rest] = dims;
    return [name, net.builder.input(name, type, [net.batch, ...rest])] as const;
  });
  return Object.fromEntries(declared);
}

/** The definition written on a fresh tape. */
export function written(definition: TrainingDefinition, options: NetworkOptions) {
  const net = new Network(options);
  const inputs = declareInputs(net, definition.inputs);
  const outputs = definition.model(net, inputs);
  const losses = definition.loss(net, outputs, inputs);
  const { loss, ...parts } = losses;
  if (loss === undefined) {
    throw new NnError("GRAPH_INVALID", `The loss function must give a value named "loss", got ${names(losses)}.`);
  }
  for (const [name, value] of Object.entries(losses)) {
    const dims = net.dims(value);
    if (elementCount(dims.map(Number)) !== 1) {
      throw new NnError("GRAPH_INVALID", `The loss "${name}" must be one number, got (${dims.join(", ")}).`);
    }
  }
  return { net, outputs, losses: { loss, ...parts } };
}

function names(values: Readonly<Record<string, string>>): string {
  return Object.keys(values).join(", ") || "nothing";
}

/**
 * Starting values of all parameters and statistics: the given ones by name, the others drawn from the seed.
 *
 * @throws NnError `WRONG_INPUT` when given ones have another shape, belong to no parameter, or aren't finite numbers.
 */
export function startingWeights(
  net: Pick<Network, "parameters" | "statistics">,
  seed: number,
  given: Weights = { parameters: new Map(), statistics: new Map() },
): Weights {
  refuseStrange(given.parameters, net.parameters, "parameter");
  refuseStrange(given.statistics, net.statistics, "statistic");
  const parameters = new Map<string, Tensor>();
  for (const { name, dims, initial } of net.parameters.values()) {
    parameters.set(
      name,
      checked(name, dims, given.parameters.get(name) ?? initial(dims, randomStream(seed, "weights", name))),
    );
  }
  const statistics = new Map<string, Tensor>();
  for (const { name, dims, initial } of net.statistics.values()) {
    const fresh = () =>
      floatTensor(
        dims,
        typeof initial === "number" ? new Float32Array(elementCount(dims)).fill(initial) : initial.slice(),
      );
    statistics.set(name, checked(name, dims, given.statistics.get(name) ?? fresh()));
  }
  return { parameters, statistics };
}

function refuseStrange(given: ReadonlyMap<string, Tensor>, known: ReadonlyMap<string, unknown>, kind: string): void {
  for (const name of given.keys()) {
    if (!known.has(name)) {
      throw new NnError("WRONG_INPUT", `The model has no ${kind} "${name}". It has ${[...known.keys()].join(", ")}.`);
    }
  }
}

function checked(name: string, dims: readonly number[], value: Tensor): Tensor {
  if (value.type !== "float32" || value.dims.join() !== dims.join()) {
    throw new NnError(
      "WRONG_INPUT",
      `Starting weights "${name}" must be float32 (${dims.join(", ")}), got ${value.type} (${value.dims.join(", ")}).`,
    );
  }
  const at = (value.data as Float32Array).findIndex((element) => !Number.isFinite(element));
  if (at >= 0) {
    throw new NnError(
      "WRONG_INPUT",
      `Starting weights "${name}" hold ${value.data[at]} at element ${at} of ${value.data.length}; ` +
        "every element must be a finite number. The file they come from is damaged or was trained to divergence.",
    );
  }
  return value;
}

/** The definition's inputs as a graph lists them. */
export function inputInfos(inputs: Readonly<Record<string, InputSpec>>, batch: number | "N"): ValueInfo[] {
  return Object.entries(inputs).map(
    ([
      name,
      {
        type,
        dims: [, ...rest],
      },
    ]) => ({ name, type, dims: [batch, ...rest] }),
  );
}
