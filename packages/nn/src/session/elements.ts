/** Reading, placing and broadcasting elements: what the reference kernels share. */

import type { Call, Value } from "../operator.js";
import type { Tensor, TensorData } from "../tensor.js";
import { elementArray, elementCount } from "../tensor.js";

/** An input's tensor: while running, every input carries its elements. */
export function source(call: Call, index: number): Tensor {
  return call.input(index).constant ?? call.fail(`input ${index} has no elements.`);
}

/** An input's elements as floats (bool as 0 and 1). Arithmetic on other types is not what our graphs do. */
export function floats(call: Call, index: number): Float32Array {
  const { data, type } = source(call, index);
  if (data instanceof Float32Array) return data;
  if (type === "bool") return Float32Array.from(data as Uint8Array);
  return call.fail(`the reference computes float32 only, input ${index} is ${type}.`);
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
