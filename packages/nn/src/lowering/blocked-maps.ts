/**
 * The layout of each value while lowering: plain, blocked, or both. A rule asks for the form it works on; a reordering
 * is written when a form is first asked for, and never twice.
 */

import type { Tape } from "../tape.js";
import { elementCount, floatTensor, indexTensor } from "../tensor.js";
import type { TurboEmitter } from "./turbo-emitter.js";

interface Forms {
  plain?: string;
  /** [N, channels filled up to whole blocks, H, W] in blocked order; what fills up is zeros. */
  blocked?: string;
}

export class BlockedMaps {
  readonly block: number;
  readonly tape: Tape;
  readonly #forms = new Map<string, Forms>();
  readonly #sizes: (name: string) => number[];

  /** `sizes` gives the dimensions of a value of the graph that is lowered. */
  constructor(emitter: TurboEmitter, block: number, sizes: (name: string) => number[]) {
    this.tape = emitter.tape;
    this.block = block;
    this.#sizes = sizes;
  }

  sizes(name: string): number[] {
    return this.#sizes(name);
  }

  setPlain(name: string, value: string): void {
    this.#forms.set(name, { plain: value });
  }

  setBlocked(name: string, value: string): void {
    const [, channels = 0, height = 0, width = 0] = this.sizes(name);
    // Of one place per channel both forms have the same order.
    const isBoth = height * width === 1 && channels % this.block === 0;
    this.#forms.set(name, isBoth ? { plain: value, blocked: value } : { blocked: value });
  }

  /** Whether it exists in blocked form only or in both, so that blocked work needs no reordering. */
  hasBlocked(name: string): boolean {
    return this.#forms.get(name)?.blocked !== undefined;
  }

  plain(name: string): string {
    const forms = this.#forms.get(name) ?? {};
    if (forms.plain === undefined && forms.blocked === undefined) return name;
    forms.plain ??= this.toPlain(forms.blocked ?? "", this.sizes(name)[1] ?? 0);
    return forms.plain;
  }

  blocked(name: string): string {
    const forms = this.#forms.get(name) ?? { plain: name };
    this.#forms.set(name, forms);
    forms.blocked ??= this.toBlocked(forms.plain ?? name);
    return forms.blocked;
  }

  filled(channels: number): number {
    return Math.ceil(channels / this.block) * this.block;
  }

  toPlain(map: string, channels: number): string {
    const [, all = 0, height = 0, width = 0] = this.tape.sizes(map);
    if (height * width === 1 && all === channels) return map;
    return this.tape.emit("nchwc.ReorderOutput", [map], { channels });
  }

  toBlocked(map: string): string {
    const [, channels = 0, height = 0, width = 0] = this.tape.sizes(map);
    const filled = this.tape.pad(map, [0, 0, 0, 0], [0, this.filled(channels) - channels, 0, 0]);
    return height * width === 1 ? filled : this.tape.emit("nchwc.ReorderInput", [filled]);
  }

  // Weights: the same reordering, with other axes in the place of channels and places.

  /** [O, I, kh, kw] for a convolution over whole blocks of input channels. */
  denseWeights(weights: string): string {
    const [outputs = 0, inputs = 0, ...kernel] = this.tape.sizes(weights);
    const dims = [this.filled(outputs), this.filled(inputs), ...kernel];
    const filled = this.tape.pad(
      weights,
      [0, 0, 0, 0],
      dims.map((size, axis) => size - ([outputs, inputs, ...kernel][axis] ?? 0)),
    );
    const inner = elementCount(kernel) === 1 ? filled : this.tape.emit("nchwc.ReorderInput", [filled]);
    const column = this.tape.reshape(inner, [1, dims[0] ?? 0, elementCount(dims.slice(1)), 1]);
    return this.tape.reshape(this.tape.emit("nchwc.ReorderInput", [column]), dims);
  }

  /** Depthwise [C, 1, kh, kw], or [O, I, kh, kw] over fewer input channels than a block. */
  outerWeights(weights: string): string {
    const [outputs = 0, ...rest] = this.tape.sizes(weights);
    const filled = this.tape.pad(weights, [0, 0, 0, 0], [this.filled(outputs) - outputs, 0, 0, 0]);
    if (elementCount(rest) === 1) return filled;
    const column = this.tape.reshape(filled, [1, this.filled(outputs), elementCount(rest), 1]);
    return this.tape.reshape(this.tape.emit("nchwc.ReorderInput", [column]), [this.filled(outputs), ...rest]);
  }

  /** One number per channel, zeros for what fills the last block. */
  vector(values: string): string {
    const [channels = 0] = this.tape.sizes(values);
    return this.tape.pad(values, [0], [this.filled(channels) - channels]);
  }

  /** The reverse of `vector`. */
  channelsOf(vector: string, channels: number): string {
    return this.tape.slice(vector, [0], [channels], [0]);
  }

  // Arithmetic on blocked maps.

  convolve(
    inputs: readonly string[],
    attributes: Readonly<Record<string, number | string | readonly number[]>>,
  ): string {
    return this.tape.emit("nchwc.Conv", inputs, attributes);
  }

  /** scale · x + bias + sum per channel, then the activation: a depthwise convolution of one cell. */
  affine(x: string, scale: string, { bias = "", sum = "", activation = {} }: Affine = {}): string {
    const [batch = 0, channels = 0, height = 0, width = 0] = this.tape.sizes(x);
    // One long row: the kernel is called once per row.
    const flat = (map: string) => (map === "" ? "" : this.tape.reshape(map, [batch, channels, 1, height * width]));
    const weights = this.tape.reshape(scale, [channels, 1, 1, 1]);
    const inputs = [flat(x), weights, bias, flat(sum)];
    while (inputs.at(-1) === "") inputs.pop();
    const y = this.convolve(inputs, { kernel_shape: [1, 1], group: channels, ...activation });
    return this.tape.reshape(y, [batch, channels, height, width]);
  }

  /** The sum of a map over pictures and places, [C filled]. */
  sum(x: string): string {
    const [, channels = 0, height = 0, width = 0] = this.tape.sizes(x);
    const perPicture = this.tape.emit("nchwc.GlobalAveragePool", [x]);
    return this.tape.times(this.tape.reshape(this.tape.sum(perPicture, [0]), [channels]), height * width);
  }

  /** The sum of the product of two maps over pictures and places, [C filled]: one map is the other's depthwise kernel. */
  dot(x: string, y: string): string {
    const [batch = 0, channels = 0, height = 0, width = 0] = this.tape.sizes(x);
    const [rows, places] = [batch * channels, height * width];
    const map = this.tape.reshape(x, [1, rows, 1, places]);
    const kernel = this.tape.reshape(y, [rows, 1, 1, places]);
    const perPicture = this.convolve([map, kernel], { kernel_shape: [1, places], group: rows });
    return this.tape.reshape(this.tape.sum(this.tape.reshape(perPicture, [batch, channels]), [0]), [channels]);
  }

  /** Σ over pictures and places of x · yᵀ for blocked x (`rows` true channels) and y (`columns`): plain [rows, columns]. */
  outer(x: string, rows: number, y: string, columns: number): string {
    const [batch = 0, , height = 0, width = 0] = this.tape.sizes(x);
    if ((height * width) % this.block === 0)
      return this.#outerWithPlaces(x, rows, this.#places(this.toPlain(y, columns)));
    if ((batch * height * width) % this.block === 0) {
      return this.#outerWithPlaces(this.#joined(x), rows, this.#places(this.toPlain(this.#joined(y), columns)));
    }
    const flat = (map: string, channels: number) =>
      this.tape.reshape(this.tape.emit("nchwc.ReorderOutput", [map], { channels, channels_last: 1 }), [-1, channels]);
    return this.tape.emit("Gemm", [flat(x, rows), flat(y, columns)], { transA: 1 });
  }

  /** A plain map [N, C, H, W] as blocks of places instead of channels, [N, H · W, C, 1]. */
  #places(plain: string): string {
    const [batch = 0, channels = 0, height = 0, width = 0] = this.tape.sizes(plain);
    const lastIsPlaces = this.tape.reshape(plain, [batch, channels, 1, height * width]);
    return this.tape.emit("nchwc.ReorderInput", [lastIsPlaces], { channels_last: 1 });
  }

  /** A blocked map has the very order of 1x1 weights over its places: a grouped convolution gives the sum per picture. */
  #outerWithPlaces(x: string, rows: number, y: string): string {
    const [batch = 0, places = 0, columns = 0] = this.tape.sizes(y);
    const filledRows = this.tape.sizes(x)[1] ?? 0;
    const weights = this.tape.reshape(x, [batch * filledRows, places, 1, 1]);
    const map = this.tape.reshape(y, [1, batch * places, 1, columns]);
    const perPicture = this.convolve([map, weights], { kernel_shape: [1, 1], group: batch });
    const total = this.overPictures(perPicture, batch, [1, filledRows, 1, columns]);
    return this.tape.reshape(this.tape.emit("nchwc.ReorderOutput", [total], { channels: rows }), [rows, columns]);
  }

  /** All pictures of a blocked map side by side as one: [1, C, 1, N · H · W]. */
  #joined(x: string): string {
    const [batch = 0, channels = 0, height = 0, width = 0] = this.tape.sizes(x);
    const lines = this.tape.reshape(x, [batch, channels / this.block, height * width * this.block]);
    return this.tape.reshape(this.tape.transpose(lines, [1, 0, 2]), [1, channels, 1, batch * height * width]);
  }

  /** The sum over pictures of what has one part for each: a product with ones, up to five times faster than ReduceSum. */
  overPictures(parts: string, batch: number, dims: readonly number[]): string {
    if (batch === 1) return this.tape.reshape(parts, dims);
    const ones = floatTensor([1, batch], new Float32Array(batch).fill(1));
    return this.tape.reshape(this.tape.matMul(ones, this.tape.reshape(parts, [batch, elementCount(dims)])), dims);
  }

  /** Elements of the last axis of weights [A, B, kh, kw] in this order, as [A, B, ...kernel]. */
  cells(weights: string, order: readonly number[], kernel: readonly number[]): string {
    const [a = 0, b = 0, ...before] = this.tape.sizes(weights);
    if (order.length === elementCount(before) && order.every((cell, index) => cell === index)) return weights;
    const flat = this.tape.reshape(weights, [a, b, elementCount(before)]);
    return this.tape.reshape(this.tape.emit("Gather", [flat, indexTensor(order)], { axis: 2 }), [a, b, ...kernel]);
  }
}

export interface Affine {
  readonly bias?: string;
  readonly sum?: string;
  readonly activation?: Activation;
}

/** Attributes of a blocked convolution that end it with an activation. */
export type Activation = Readonly<Record<string, string | readonly number[]>>;
