/** What a row of the operator table is, and what its rules are given. */

import { NnError } from "./errors.js";
import type { AttributeType, Dimension, Node } from "./graph.js";
import type { Tape } from "./tape.js";
import type { ElementType, Tensor, TensorData } from "./tensor.js";
import { indices } from "./tensor.js";

/** What is known about a value before anything runs. */
export interface Value {
  readonly type: ElementType;
  readonly dims: readonly Dimension[];
  /** The elements, where the value is a constant. */
  readonly constant?: Tensor;
}

/** One operator: everything that is known about it outside a session, in one place. */
export interface Operator {
  readonly attributes: Readonly<Record<string, AttributeType>>;
  /** Fewest and most inputs. */
  readonly inputs: readonly [number, number];
  /** Types and shapes of the outputs. Throws through `call.fail` when the inputs don't fit together. */
  readonly infer: (call: Call) => Value[];
  /** The outputs' elements by plain loops in double precision, from a call whose inputs all carry theirs. */
  readonly run: (call: Call, outputs: readonly Value[]) => readonly Elements[];
  /** How a change of each input changes the loss; or that it doesn't, or can't be said, and why. */
  readonly gradient: Gradient;
  /** Of our own operators only: the same in ONNX operators (or in other own ones, which are lowered in turn). */
  readonly lower?: LoweringRule;
}

/** Elements that a rule computed; the session rounds them to the output's type. */
export type Elements = TensorData | readonly number[];

/**
 * Gives, for each input, the value that holds the gradient of the loss by it; `null` where there is none. A rule needn't
 * mind broadcasting: what it gives is summed or spread to the input's shape afterwards, and what nobody reads is dropped.
 */
export type GradientRule = (node: Backward) => readonly (string | null)[];

export type Gradient =
  | GradientRule
  /** The output doesn't move with small changes of the input: an index, a comparison, a rounding. */
  | { readonly stops: string }
  /** There is a gradient, but this operator's can't be had. Asking for it fails with this reason. */
  | { readonly none: string };

/** Emits the outputs of one node in simpler operators and names them; `null` keeps the node as it is. */
export type LoweringRule = (node: Forward) => readonly string[] | null;

/** A node to be rewritten: its value names by position, its call for attributes and shapes, a tape to write on. */
export class Forward {
  readonly tape: Tape;
  readonly call: Call;
  readonly inputs: readonly string[];
  /** How many outputs must be named. */
  readonly outputCount: number;

  constructor(tape: Tape, call: Call, inputs: readonly string[], outputCount: number) {
    this.tape = tape;
    this.call = call;
    this.inputs = inputs;
    this.outputCount = outputCount;
  }

  /** The first input. */
  get a(): string {
    return this.input(0);
  }

  /** The second input. */
  get b(): string {
    return this.input(1);
  }

  input(index: number): string {
    return this.inputs[index] || this.call.fail(`input ${index} is missing.`);
  }

  /** The sizes of an input, which must all be known. */
  sizes(index: number): number[] {
    return this.call.sizes(index);
  }
}

/** A node to be differentiated. */
export class Backward extends Forward {
  readonly outputs: readonly string[];
  /** The gradients of the loss by each output; `null` where the loss doesn't depend on it. */
  readonly dys: readonly (string | null)[];

  constructor(tape: Tape, call: Call, node: Node, dys: readonly (string | null)[]) {
    super(tape, call, node.inputs, node.outputs.length);
    this.outputs = node.outputs;
    this.dys = dys;
  }

  /** The first output. */
  get y(): string {
    return this.outputs[0] ?? "";
  }

  /** The gradient of the loss by the first output. */
  get dy(): string {
    return this.dys[0] ?? this.tape.zeros(this.tape.sizes(this.y));
  }
}

/** One node with what is known about its inputs: reads attributes and constants with their defaults. */
export class Call {
  readonly node: Node;
  readonly inputs: readonly (Value | undefined)[];

  constructor(node: Node, inputs: readonly (Value | undefined)[]) {
    this.node = node;
    this.inputs = inputs;
  }

  fail(message: string): never {
    throw new NnError("GRAPH_INVALID", `Node "${this.node.name}" (${this.node.operator}): ${message}`);
  }

  input(index: number): Value {
    return this.inputs[index] ?? this.fail(`input ${index} is missing.`);
  }

  /** An input of exactly this many dimensions. */
  ranked(index: number, rank: number): Value {
    const value = this.input(index);
    if (value.dims.length !== rank) {
      this.fail(`input ${index} must have ${rank} dimensions, got (${value.dims.join(", ")}).`);
    }
    return value;
  }

  /** The dimensions of an input, all of them numbers. */
  sizes(index: number): number[] {
    const { dims } = this.input(index);
    return dims.map((size) =>
      typeof size === "number" ? size : this.fail(`input ${index} must have a known shape, got (${dims.join(", ")}).`),
    );
  }

  /** The numbers of a constant index input (shape, axes), or `null` when it is left out. */
  constantIndices(index: number): number[] | null {
    const value = this.inputs[index];
    if (!value) return null;
    if (!value.constant) this.fail(`input ${index} must be a constant.`);
    return indices(value.constant);
  }

  int(name: string, otherwise: number): number {
    const attribute = this.node.attributes[name];
    return attribute?.type === "int" ? attribute.value : otherwise;
  }

  ints(name: string): readonly number[] | null {
    const attribute = this.node.attributes[name];
    return attribute?.type === "ints" ? attribute.value : null;
  }

  float(name: string, otherwise: number): number {
    const attribute = this.node.attributes[name];
    return attribute?.type === "float" ? attribute.value : otherwise;
  }

  floats(name: string): readonly number[] | null {
    const attribute = this.node.attributes[name];
    return attribute?.type === "floats" ? attribute.value : null;
  }

  text(name: string, otherwise: string): string {
    const attribute = this.node.attributes[name];
    return attribute?.type === "string" ? attribute.value : otherwise;
  }

  /** An axis counted from the front: -1 is the last one. */
  axis(axis: number, rank: number): number {
    if (axis < -rank || axis >= rank) this.fail(`axis ${axis} is outside a shape of ${rank} dimensions.`);
    return axis < 0 ? axis + rank : axis;
  }

  /** The node's attributes as plain values, to hand on to another node. */
  plainAttributes(): Record<string, PlainAttribute> {
    return Object.fromEntries(
      Object.entries(this.node.attributes).map(([name, { value }]) => [name, value as PlainAttribute]),
    );
  }
}

/** An attribute's value as rules write it; its ONNX type is in the table. */
export type PlainAttribute = number | string | readonly number[];
