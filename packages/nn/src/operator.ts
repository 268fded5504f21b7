/** What a row of the operator table is, and what a row's shape rule is given. */

import { NnError } from "./errors.js";
import type { AttributeType, Dimension, Node } from "./graph.js";
import type { ElementType, Tensor } from "./tensor.js";
import { indices } from "./tensor.js";

/** What is known about a value before anything runs. */
export interface Value {
  readonly type: ElementType;
  readonly dims: readonly Dimension[];
  /** The elements, where the value is a constant. */
  readonly constant?: Tensor;
}

/**
 * One operator: everything that must be known about it outside a session, in one place.
 * A gradient rule (nodes in, nodes out) is the field that training will add to each row.
 */
export interface Operator {
  readonly attributes: Readonly<Record<string, AttributeType>>;
  /** Fewest and most inputs. */
  readonly inputs: readonly [number, number];
  /** Types and shapes of the outputs. Throws through `call.fail` when the inputs don't fit together. */
  readonly infer: (call: Call) => Value[];
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

  text(name: string, otherwise: string): string {
    const attribute = this.node.attributes[name];
    return attribute?.type === "string" ? attribute.value : otherwise;
  }

  /** An axis counted from the front: -1 is the last one. */
  axis(axis: number, rank: number): number {
    if (axis < -rank || axis >= rank) this.fail(`axis ${axis} is outside a shape of ${rank} dimensions.`);
    return axis < 0 ? axis + rank : axis;
  }
}
