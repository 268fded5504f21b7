/** Tensors: element type, dimensions, and the elements in row-major order. */

import { NnError } from "./errors.js";

/** Element types by their ONNX names, with the array that holds them and their number in ONNX files. */
export const elementTypes = {
  float32: { array: Float32Array, onnx: 1 },
  uint8: { array: Uint8Array, onnx: 2 },
  int8: { array: Int8Array, onnx: 3 },
  uint16: { array: Uint16Array, onnx: 4 },
  int16: { array: Int16Array, onnx: 5 },
  int32: { array: Int32Array, onnx: 6 },
  int64: { array: BigInt64Array, onnx: 7 },
  /** One byte each, 0 or 1. */
  bool: { array: Uint8Array, onnx: 9 },
  /** Bit patterns of IEEE half floats. */
  float16: { array: Uint16Array, onnx: 10 },
  float64: { array: Float64Array, onnx: 11 },
  uint32: { array: Uint32Array, onnx: 12 },
  uint64: { array: BigUint64Array, onnx: 13 },
} as const;

export type ElementType = keyof typeof elementTypes;
export type TensorData =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array;

export interface Tensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

export type FloatTensor = Tensor & { readonly type: "float32"; readonly data: Float32Array };

/** How many elements a tensor of these dimensions has; 1 for a scalar (no dimensions). */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** A tensor whose data is checked to have its type's array and its dimensions' length. */
export function tensor(type: ElementType, dims: readonly number[], data: TensorData): Tensor {
  if (!(data instanceof elementTypes[type].array)) {
    throw new NnError(
      "GRAPH_INVALID",
      `A ${type} tensor holds a ${elementTypes[type].array.name}, got a ${data.constructor.name}.`,
    );
  }
  if (dims.some((size) => !Number.isSafeInteger(size) || size < 0) || data.length !== elementCount(dims)) {
    throw new NnError(
      "GRAPH_INVALID",
      `A tensor of shape (${dims.join(", ")}) can't have ${data.length} elements; it needs ${elementCount(dims)}.`,
    );
  }
  return { type, dims, data };
}

/** A float32 tensor, copied from plain numbers or used as it is from a Float32Array. */
export function floatTensor(dims: readonly number[], data: Float32Array | readonly number[]): FloatTensor {
  const array = data instanceof Float32Array ? data : Float32Array.from(data);
  return tensor("float32", dims, array) as FloatTensor;
}

/** An int64 tensor with one dimension: how ONNX passes shapes, axes and indices. */
export function indexTensor(values: readonly number[]): Tensor {
  return tensor("int64", [values.length], BigInt64Array.from(values, BigInt));
}

/** The elements as a plain array, whatever their type. */
export function elementValues(data: TensorData): (number | bigint)[] {
  return Array.from<number | bigint>(data as Iterable<number | bigint>);
}

/** An array of a type's kind, filled with these values. */
export function elementArray(type: ElementType, values: readonly (number | bigint)[]): TensorData {
  const array = new elementTypes[type].array(values.length);
  const isBig = array instanceof BigInt64Array || array instanceof BigUint64Array;
  const writable: { [index: number]: number | bigint } = array;
  for (const [index, value] of values.entries()) writable[index] = isBig ? BigInt(value) : Number(value);
  return array;
}

/** The elements of a small index tensor as plain numbers. */
export function indices(value: Tensor): number[] {
  return elementValues(value.data).map(Number);
}
