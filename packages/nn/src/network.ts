/**
 * The tape that a model function writes its graph on. One function serves three modes:
 *
 * - `train`: parameters and statistics are inputs of the graph, batch norm uses the batch's own statistics;
 * - `evaluate`: the same inputs, but running statistics in place of the batch's;
 * - `export`: parameters and statistics are constants and batch norm is folded away.
 *
 * A group that is frozen is written in `train` as it is in `export`: constants below the first trainable layer, through
 * which no gradient is computed.
 */

import { NnError } from "./errors.js";
import type { Dimension } from "./graph.js";
import type { AttributeValues } from "./graph-builder.js";
import { GraphBuilder } from "./graph-builder.js";
import type { Initializer } from "./initializers.js";
import type { OperatorName } from "./operators.js";
import { Tape } from "./tape.js";
import { elementCount, floatTensor, type Tensor } from "./tensor.js";

export type NetworkMode = "train" | "evaluate" | "export";

/** A trained (or starting) network by the names that its model function gives. All tensors are float32. */
export interface Weights {
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly statistics: ReadonlyMap<string, Tensor>;
}

/**
 * Writes a network: inputs by name in, outputs by name out. It must ask for the same parameters in every mode, and may
 * read the mode only to leave out what has no meaning in it (dropout, an auxiliary head).
 */
export type ModelFunction = (net: Network, inputs: Readonly<Record<string, string>>) => Record<string, string>;

export interface Parameter {
  readonly name: string;
  readonly dims: readonly number[];
  readonly initial: Initializer;
  /** Whether weight decay pulls it to zero: weights yes, biases and scales no. */
  readonly decays: boolean;
  /** Group for learning rates and freezing: the first part of its path unless said otherwise. */
  readonly group: string;
}

export interface ParameterOptions {
  readonly initial: Initializer;
  /** Default: whether it has more than one dimension. */
  readonly decays?: boolean;
  readonly group?: string | undefined;
}

/** What training keeps without a gradient: running means and variances. */
export interface Statistic {
  readonly name: string;
  readonly dims: readonly number[];
  /** One number for all elements, or one for each. */
  readonly initial: number | Float32Array;
  readonly group: string;
}

/** Uniform numbers in [0, 1) that training draws anew for each step. */
export interface Noise {
  readonly name: string;
  readonly dims: readonly number[];
}

export interface NetworkOptions {
  readonly mode: NetworkMode;
  /** Pictures at once: a number, or the symbolic `"N"`. */
  readonly batch: number | "N";
  /** Needed where values become constants: in `export`, and for frozen groups. */
  readonly weights?: Weights;
  readonly isFrozen?: (group: string) => boolean;
}

export class Network {
  readonly mode: NetworkMode;
  readonly builder = new GraphBuilder();
  readonly batch: number | "N";
  /** Plain arithmetic on values, for losses and the like. */
  readonly tape: Tape;
  readonly #weights: Weights | undefined;
  readonly #isFrozen: (group: string) => boolean;
  readonly #parameters = new Map<string, Parameter>();
  readonly #statistics = new Map<string, Statistic>();
  /** The value that a statistic has now, by its name: itself, or its last update. */
  readonly #updates = new Map<string, string>();
  readonly #noises: Noise[] = [];
  /** How often a base name was used. */
  readonly #names = new Map<string, number>();

  constructor({ mode, batch, weights, isFrozen = () => false }: NetworkOptions) {
    this.mode = mode;
    this.batch = batch;
    this.#weights = weights;
    this.#isFrozen = isFrozen;
    this.tape = new Tape(this.builder);
  }

  /** Whether a group's parameters are constants here: everything in `export`, frozen groups in `train`. */
  isConstant(group: string): boolean {
    return this.mode === "export" || (this.mode === "train" && this.#isFrozen(group));
  }

  /** A trained tensor; its value's name is its own. Asked for twice, it is shared. */
  parameter(name: string, dims: readonly number[], options: ParameterOptions): string {
    const group = options.group ?? groupOf(name);
    const decays = options.decays ?? dims.length > 1;
    if (!this.#isKnown(this.#parameters.get(name), name, dims)) {
      this.#parameters.set(name, { name, dims, initial: options.initial, decays, group });
      this.#declare(name, dims, group, "parameters");
    }
    return name;
  }

  /** A tensor that training keeps up to date without a gradient. Gives its value now: after `update`, the new one. */
  statistic(name: string, dims: readonly number[], initial: Statistic["initial"], group = groupOf(name)): string {
    if (!this.#isKnown(this.#statistics.get(name), name, dims)) {
      this.#statistics.set(name, { name, dims, initial, group });
      this.#declare(name, dims, group, "statistics");
    }
    return this.#updates.get(name) ?? name;
  }

  /** Says what the statistic is after this step. Only `train` keeps it. */
  update(statistic: string, value: string): void {
    if (!this.#statistics.has(statistic)) {
      throw new NnError("GRAPH_INVALID", `There is no statistic "${statistic}" to update.`);
    }
    this.#updates.set(statistic, value);
  }

  /** Uniform numbers in [0, 1), new for each training step and the same in a repeated run. Only in `train`. */
  noise(name: string, dims: readonly number[]): string {
    if (this.mode !== "train") throw new NnError("GRAPH_INVALID", `Noise "${name}" has no place in ${this.mode} mode.`);
    const input = this.builder.input(this.#uniqueName(`noise/${name}`), "float32", dims);
    this.#noises.push({ name: input, dims });
    return input;
  }

  /** Adds a node whose output carries the layer's path; a layer used twice gets a number behind it. */
  add<Name extends OperatorName>(
    operator: Name,
    inputs: readonly (string | Tensor)[],
    attributes: AttributeValues<Name>,
    name: string,
  ): string {
    return this.builder.add(operator, inputs, attributes, this.#uniqueName(name));
  }

  /** As `add`, for operators with several outputs. */
  addAll<Name extends OperatorName>(
    operator: Name,
    inputs: readonly (string | Tensor)[],
    attributes: AttributeValues<Name>,
    names: readonly string[],
  ): readonly string[] {
    return this.builder.addAll(
      operator,
      inputs,
      attributes,
      names.map((name) => this.#uniqueName(name)),
    );
  }

  dims(value: string): readonly Dimension[] {
    return this.builder.dims(value);
  }

  /** A dimension that must be a number here. */
  size(value: string, axis: number): number {
    const dims = this.dims(value);
    const size = dims.at(axis);
    if (typeof size === "number") return size;
    throw new NnError("GRAPH_INVALID", `Dimension ${axis} of "${value}" (${dims.join(", ")}) must be a number.`);
  }

  /** A scalar constant. */
  scalar(value: number): Tensor {
    return floatTensor([], [value]);
  }

  /** The given numbers of a parameter or statistic, for layers that fold constants. */
  constantValue(name: string): Float32Array {
    const found = this.#weights?.parameters.get(name) ?? this.#weights?.statistics.get(name);
    if (!found) throw new NnError("GRAPH_INVALID", `There are no weights "${name}" to make a constant of.`);
    return found.data as Float32Array;
  }

  get parameters(): ReadonlyMap<string, Parameter> {
    return this.#parameters;
  }

  get statistics(): ReadonlyMap<string, Statistic> {
    return this.#statistics;
  }

  /** The new value of each statistic that a step changes. */
  get updates(): ReadonlyMap<string, string> {
    return this.#updates;
  }

  get noises(): readonly Noise[] {
    return this.#noises;
  }

  #isKnown(known: { readonly dims: readonly number[] } | undefined, name: string, dims: readonly number[]): boolean {
    if (known && known.dims.join() !== dims.join()) {
      throw new NnError(
        "GRAPH_INVALID",
        `"${name}" is asked for as (${dims.join(", ")}), but was (${known.dims.join(", ")}) before.`,
      );
    }
    return known !== undefined;
  }

  #declare(name: string, dims: readonly number[], group: string, kind: "parameters" | "statistics"): void {
    if (!this.isConstant(group)) {
      this.builder.input(name, "float32", dims);
      return;
    }
    const given = this.#weights?.[kind].get(name);
    if (!given) throw new NnError("GRAPH_INVALID", `There are no weights "${name}" to make a constant of.`);
    if (given.dims.join() !== dims.join() || given.data.length !== elementCount(dims)) {
      throw new NnError(
        "GRAPH_INVALID",
        `Weights "${name}" must be (${dims.join(", ")}), got (${given.dims.join(", ")}).`,
      );
    }
    this.builder.constant(given, name);
  }

  #uniqueName(base: string): string {
    const count = (this.#names.get(base) ?? 0) + 1;
    this.#names.set(base, count);
    return count === 1 ? base : `${base}#${count}`;
  }
}

/** `block3` of `block3/expand/weight`. */
export function groupOf(path: string): string {
  return path.split("/", 1)[0] ?? path;
}
