/** What gradient and lowering rules write on: nodes by operator name, and the arithmetic they need most. */

import type { Dimension } from "./graph.js";
import type { PlainAttribute } from "./operator.js";
import type { Tensor } from "./tensor.js";
import { elementCount, floatTensor, indexTensor } from "./tensor.js";

/** A value by name, or a constant: a tensor, or a number that becomes a float32 scalar. */
export type Input = string | number | Tensor;

export interface Emitter {
  /** Adds a node of this operator and names its outputs. `""` among the inputs leaves an optional one out. */
  emit(
    operator: string,
    inputs: readonly (string | Tensor)[],
    attributes: Readonly<Record<string, PlainAttribute>>,
    outputCount: number,
  ): readonly string[];
  dims(name: string): readonly Dimension[];
}

/** Steep enough that any float32 above 0 becomes 1, and a power of two, so that products with bounds stay exact. */
const steep = 2 ** 100;

export class Tape {
  readonly #emitter: Emitter;

  constructor(emitter: Emitter) {
    this.#emitter = emitter;
  }

  emit(operator: string, inputs: readonly Input[], attributes: Readonly<Record<string, PlainAttribute>> = {}): string {
    return this.emitAll(operator, inputs, attributes, 1)[0] ?? "";
  }

  emitAll(
    operator: string,
    inputs: readonly Input[],
    attributes: Readonly<Record<string, PlainAttribute>>,
    outputCount: number,
  ): readonly string[] {
    const values = inputs.map((input) => (typeof input === "number" ? floatTensor([], [input]) : input));
    return this.#emitter.emit(operator, values, attributes, outputCount);
  }

  dims(name: string): readonly Dimension[] {
    return this.#emitter.dims(name);
  }

  sizes(name: string): number[] {
    return this.dims(name).map(Number);
  }

  plus(a: Input, b: Input): string {
    return this.emit("Add", [a, b]);
  }

  minus(a: Input, b: Input): string {
    return this.emit("Sub", [a, b]);
  }

  times(a: Input, b: Input): string {
    return this.emit("Mul", [a, b]);
  }

  over(a: Input, b: Input): string {
    return this.emit("Div", [a, b]);
  }

  square(a: string): string {
    return this.times(a, a);
  }

  negative(a: Input): string {
    return this.emit("Neg", [a]);
  }

  /** 1 where a > 0, otherwise 0: one pass over floats, where a comparison would take two and a conversion. */
  step(a: Input): string {
    return this.emit("HardSigmoid", [a], { alpha: steep, beta: 0 });
  }

  /** 1 where a > bound, otherwise 0. */
  above(a: Input, bound: number): string {
    if (Math.abs(bound) > 2 ** 20) return this.step(this.minus(a, bound));
    return this.emit("HardSigmoid", [a], { alpha: steep, beta: -Math.fround(bound) * steep });
  }

  /** 1 where a < bound, otherwise 0. */
  below(a: Input, bound: number): string {
    if (Math.abs(bound) > 2 ** 20) return this.step(this.minus(bound, a));
    return this.emit("HardSigmoid", [a], { alpha: -steep, beta: Math.fround(bound) * steep });
  }

  /** 1 where two values are equal, otherwise 0. */
  equal(a: Input, b: Input): string {
    return this.emit("Cast", [this.emit("Equal", [a, b])], { to: 1 });
  }

  matMul(a: Input, b: Input): string {
    return this.emit("MatMul", [a, b]);
  }

  reshape(a: string, dims: readonly number[]): string {
    return this.dims(a).join() === dims.join() ? a : this.emit("Reshape", [a, indexTensor(dims)]);
  }

  transpose(a: string, perm: readonly number[]): string {
    return perm.every((from, to) => from === to) ? a : this.emit("Transpose", [a], { perm });
  }

  /** Rows and columns of the last two axes exchanged. */
  turned(a: string): string {
    const rank = this.dims(a).length;
    return this.transpose(a, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
  }

  /** Sum over these axes, which stay as 1. */
  sum(a: string, axes: readonly number[]): string {
    return axes.length === 0 ? a : this.emit("ReduceSum", [a, indexTensor(axes)]);
  }

  mean(a: string, axes: readonly number[]): string {
    return this.emit("ReduceMean", [a, indexTensor(axes)]);
  }

  /** From `starts` to before `ends` along `axes`, every `steps`-th. */
  slice(
    a: string,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[],
    steps = axes.map(() => 1),
  ): string {
    const sizes = this.dims(a);
    const isWhole = axes.every(
      (axis, index) => steps[index] === 1 && starts[index] === 0 && Number(ends[index]) >= Number(sizes[axis]),
    );
    return isWhole ? a : this.emit("Slice", [a, ...[starts, ends, axes, steps].map(indexTensor)]);
  }

  /** So many elements more, all of this value, before and after each axis. */
  pad(a: string, before: readonly number[], after: readonly number[], fill = 0): string {
    if ([...before, ...after].every((count) => count === 0)) return a;
    return this.emit("Pad", [a, indexTensor([...before, ...after]), fill]);
  }

  zeros(dims: readonly number[]): string {
    return this.emit("Identity", [floatTensor(dims, new Float32Array(elementCount(dims)))]);
  }

  /** Sums over what was broadcast and repeats what is missing, so that the value gets exactly this shape. */
  fit(a: string, dims: readonly number[]): string {
    const from = this.sizes(a);
    if (from.join() === dims.join()) return a;
    const missing = from.length - dims.length;
    const summed = from.flatMap((size, axis) => (size !== 1 && (dims[axis - missing] ?? 1) === 1 ? [axis] : []));
    const total = this.sum(a, summed);
    // Axes in front that the value has too many are 1 by now; those it has too few, Expand adds.
    const kept = missing > 0 ? this.reshape(total, this.sizes(total).slice(missing)) : total;
    return this.dims(kept).join() === dims.join() ? kept : this.emit("Expand", [kept, indexTensor(dims)]);
  }
}
