/** Reading, placing and broadcasting elements: what the rows' loops share. */

import type { Call, Value } from "../operator.js";
import type { Tensor, TensorData } from "../tensor.js";
import { elementArray, elementCount } from "../tensor.js";

/** An input's tensor: while running, every input carries its elements. */
export function source(call: Call, index: number): Tensor {
  return call.input(index).constant ?? call.fail(`input ${index} has no elements.`);
}

/** An input's elements in double precision (bool as 0 and 1). Arithmetic on other types is not what our graphs do. */
export function floats(call: Call, index: number): Float64Array {
  const { data, type } = source(call, index);
  if (data instanceof Float64Array) return data;
  if (data instanceof Float32Array || type === "bool") return Float64Array.from(data as Float32Array | Uint8Array);
  return call.fail(`the reference computes floats only, input ${index} is ${type}.`);
}

export function sizes(call: Call, index: number): number[] {
  return call.input(index).dims.map(Number);
}

export function outputDims(outputs: readonly Value[]): number[] {
  return (outputs[0]?.dims ?? []).map(Number);
}

/** How far apart neighbours along each axis lie, in elements. */
export function strides(dims: readonly number[]): number[] {
  return dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
}

/** Every place of a shape in order, with its index along each axis. */
export function* places(dims: readonly number[]): Generator<[number, number[]]> {
  const steps = strides(dims);
  const count = elementCount(dims);
  for (let index = 0; index < count; index++) {
    yield [index, dims.map((size, axis) => Math.floor(index / (steps[axis] ?? 1)) % size)];
  }
}

/** For each place of the larger shape, the element of an input (or of a shape) that is broadcast to it. */
export function broadcastOffsets(call: Call, index: number, to: readonly number[]): number[];
export function broadcastOffsets(from: readonly number[], to: readonly number[]): number[];
export function broadcastOffsets(
  ...args: [call: Call, index: number, to: readonly number[]] | [from: readonly number[], to: readonly number[]]
): number[] {
  const [from, to] = args.length === 3 ? [sizes(args[0], args[1]), args[2]] : args;
  const missing = to.length - from.length;
  const steps = strides(from);
  return Array.from(places(to), ([, place]) =>
    from.reduce(
      (offset, size, axis) => offset + (size === 1 ? 0 : (place[axis + missing] ?? 0) * (steps[axis] ?? 0)),
      0,
    ),
  );
}

/** Elements of a tensor of any type at these offsets; `fill` where the offset is -1. */
export function pick({ type, data }: Tensor, offsets: readonly number[], fill = 0): TensorData {
  return elementArray(
    type,
    offsets.map((offset) => data[offset] ?? fill),
  );
}

/** Element indices of each line along the call's axis, in the order of the output's places. */
export function lines(call: Call, dims: readonly number[], defaultAxis: number): number[][] {
  const axis = call.axis(call.int("axis", defaultAxis), dims.length);
  const [outer, size, inner] = [elementCount(dims.slice(0, axis)), dims[axis] ?? 0, elementCount(dims.slice(axis + 1))];
  return Array.from({ length: outer * inner }, (_, line) => {
    const start = Math.floor(line / inner) * size * inner + (line % inner);
    return Array.from({ length: size }, (_, index) => start + index * inner);
  });
}

export function total(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] ?? 0;
  return sum;
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
