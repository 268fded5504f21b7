/**
 * Reads TensorFlow Lite files: as much of the format as a float convolutional network needs.
 *
 * A TFLite file is a FlatBuffer (schema: tensorflow/lite/schema/schema.fbs). A table is a signed offset to its vtable,
 * which holds, for each field, where the field lies in the table, or 0 when it has its default.
 */

import { NnError } from "./errors.js";
import type { Tensor } from "./tensor.js";
import { elementCount, tensor } from "./tensor.js";

export type TfliteActivation = "none" | "relu" | "relu6";

/** Strides and dilations are [height, width]. */
interface Window {
  readonly padding: "same" | "valid";
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly activation: TfliteActivation;
}

interface Operands {
  /** Indices into `tensors`; -1 is an optional input left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export type TfliteOperator = Operands &
  (
    | ({ readonly operator: "CONV_2D" | "DEPTHWISE_CONV_2D" } & Window)
    | { readonly operator: "ADD"; readonly activation: TfliteActivation }
    | { readonly operator: "DEQUANTIZE" }
    /** Anything else is kept by its number, so that a part of a network can be read whose rest isn't understood. */
    | { readonly operator: "OTHER"; readonly builtinCode: number }
  );

export interface TfliteTensor {
  readonly name: string;
  /** Pictures are [batch, height, width, channel]. */
  readonly dims: readonly number[];
  /** The constant's elements; `null` for a value that is computed, or of a type this reader doesn't know. */
  readonly constant: Tensor | null;
}

/** The first subgraph of a model. */
export interface TfliteModel {
  readonly tensors: readonly TfliteTensor[];
  /** In an order in which each one's inputs exist before it. */
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export function readTflite(bytes: Uint8Array): TfliteModel {
  if (bytes.length < 8 || String.fromCharCode(...bytes.subarray(4, 8)) !== "TFL3") {
    throw new NnError("MODEL_NOT_TFLITE", 'Expected a TensorFlow Lite file ("TFL3" at byte 4), got something else.');
  }
  try {
    return readModel(new Table(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0).root());
  } catch (cause) {
    if (cause instanceof NnError) throw cause;
    throw new NnError("MODEL_NOT_TFLITE", "The TensorFlow Lite file is damaged: an offset points outside it.", {
      cause,
    });
  }
}

function readModel(model: Table): TfliteModel {
  const codes = model.tables(1).map((code) => Math.max(code.int8(0), code.int32(3)));
  const graph = model.tables(2)[0];
  if (!graph) throw new NnError("MODEL_NOT_TFLITE", "The TensorFlow Lite file has no graph.");
  const buffers = model.tables(4);
  return {
    tensors: graph.tables(0).map((table) => readTensor(table, buffers)),
    inputs: graph.int32s(1),
    outputs: graph.int32s(2),
    operators: graph.tables(3).map((table) => readOperator(table, codes[table.int32(0)] ?? -1)),
  };
}

function readOperator(table: Table, builtinCode: number): TfliteOperator {
  const operands = { inputs: table.int32s(1), outputs: table.int32s(2) };
  const options = table.table(4);
  switch (builtinCode) {
    case 0:
      return { ...operands, operator: "ADD", activation: activation(options?.int8(0)) };
    case 3:
      return { ...operands, operator: "CONV_2D", ...window(options, 3) };
    case 4:
      return { ...operands, operator: "DEPTHWISE_CONV_2D", ...window(options, 4) };
    case 6:
      return { ...operands, operator: "DEQUANTIZE" };
    default:
      return { ...operands, operator: "OTHER", builtinCode };
  }
}

/** `at` is the field of the activation: a depthwise convolution has its depth multiplier before it. */
function window(options: Table | null, at: 3 | 4): Window {
  return {
    padding: options?.int8(0) === 1 ? "valid" : "same",
    strides: [options?.int32(2) ?? 1, options?.int32(1) ?? 1],
    activation: activation(options?.int8(at)),
    dilations: [options?.int32(at + 2, 1) ?? 1, options?.int32(at + 1, 1) ?? 1],
  };
}

function activation(code = 0): TfliteActivation {
  const known = ({ 0: "none", 1: "relu", 3: "relu6" } as const)[code];
  if (!known) throw new NnError("MODEL_NOT_TFLITE", `Expected activation none, RELU or RELU6, got number ${code}.`);
  return known;
}

function readTensor(table: Table, buffers: readonly Table[]): TfliteTensor {
  const dims = table.int32s(0);
  const bytes = buffers[table.int32(2)]?.bytes(0);
  return { name: table.text(3), dims, constant: bytes?.length ? constant(table.int8(1), dims, bytes) : null };
}

function constant(type: number, dims: readonly number[], bytes: Uint8Array): Tensor | null {
  const width = ({ 0: 4, 1: 2, 2: 4 } as const)[type];
  if (!width) return null;
  if (bytes.length !== elementCount(dims) * width) {
    throw new NnError("MODEL_NOT_TFLITE", `A constant of shape (${dims.join(", ")}) has ${bytes.length} bytes.`);
  }
  // Copied: elements of a FlatBuffer needn't be aligned where the file lies inside another one.
  const { buffer } = Uint8Array.from(bytes);
  if (type === 0) return tensor("float32", dims, new Float32Array(buffer));
  if (type === 1) return tensor("float16", dims, new Uint16Array(buffer));
  return tensor("int32", dims, new Int32Array(buffer));
}

/** A FlatBuffer table. Reading outside the file throws RangeError. */
class Table {
  readonly #view: DataView;
  readonly #start: number;

  constructor(view: DataView, start: number) {
    this.#view = view;
    this.#start = start;
  }

  root(): Table {
    return new Table(this.#view, this.#follow(0));
  }

  int8(field: number): number {
    const at = this.#at(field);
    return at === 0 ? 0 : this.#view.getInt8(at);
  }

  int32(field: number, otherwise = 0): number {
    const at = this.#at(field);
    return at === 0 ? otherwise : this.#view.getInt32(at, true);
  }

  table(field: number): Table | null {
    const at = this.#at(field);
    return at === 0 ? null : new Table(this.#view, this.#follow(at));
  }

  tables(field: number): Table[] {
    return this.#vector(field, 4, (at) => new Table(this.#view, this.#follow(at)));
  }

  int32s(field: number): number[] {
    return this.#vector(field, 4, (at) => this.#view.getInt32(at, true));
  }

  bytes(field: number): Uint8Array {
    const [start, length] = this.#extent(field, 1);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, length);
  }

  text(field: number): string {
    return new TextDecoder().decode(this.bytes(field));
  }

  #vector<T>(field: number, width: number, read: (at: number) => T): T[] {
    const [start, length] = this.#extent(field, width);
    return Array.from({ length }, (_, index) => read(start + index * width));
  }

  /** Where a vector's elements start, and how many there are. */
  #extent(field: number, width: number): [number, number] {
    const at = this.#at(field);
    if (at === 0) return [0, 0];
    const start = this.#follow(at);
    const length = this.#view.getUint32(start, true);
    // Checked before anything of this length is made: a damaged length must not take gigabytes.
    if (start + 4 + length * width > this.#view.byteLength) throw new RangeError("A vector ends outside the file.");
    return [start + 4, length];
  }

  #at(field: number): number {
    const vtable = this.#start - this.#view.getInt32(this.#start, true);
    const size = this.#view.getUint16(vtable, true);
    const slot = 4 + 2 * field;
    if (slot + 2 > size) return 0;
    const offset = this.#view.getUint16(vtable + slot, true);
    return offset === 0 ? 0 : this.#start + offset;
  }

  #follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }
}

/** The value of an IEEE half float, from its bit pattern. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
