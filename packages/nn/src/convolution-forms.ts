/**
 * The gradients of a convolution in standard ONNX operators: a table of forms, the first that fits is taken. Measured on
 * two Zen 4 cores; each form's figure is in GF/s.
 */

import type { Forward } from "./operator.js";
import type { Tape } from "./tape.js";
import { elementCount, floatTensor } from "./tensor.js";
import type { WindowPlan } from "./window.js";
import { planWindow } from "./window.js";

/** The sizes of the convolution whose gradient is wanted. */
export interface Convolution extends WindowPlan {
  readonly batch: number;
  /** Channels of the map x and of the output y. */
  readonly inputs: number;
  readonly outputs: number;
  readonly group: number;
  /** Height and width of x and of y. */
  readonly map: readonly [number, number];
  readonly windows: readonly [number, number];
}

/** `emit` is given the two operands: dy and w for the input's gradient, x and dy for the weights'. */
export interface Form {
  readonly name: string;
  readonly fits: (convolution: Convolution) => boolean;
  readonly emit: (tape: Tape, a: string, b: string, convolution: Convolution) => string;
}

const isPointwise = ({ kernel, pads, group }: Convolution) =>
  group === 1 && kernel.every((size) => size === 1) && pads.every((size) => size === 0);
const isUnstrided = ({ strides }: Convolution) => strides.every((stride) => stride === 1);
const flippedPads = ({ kernel, dilations, pads }: Convolution) =>
  pads.map((pad, index) => (kernel[(index % 2) as 0 | 1] - 1) * dilations[(index % 2) as 0 | 1] - pad);

export const inputGradientForms: readonly Form[] = [
  {
    // 126–156 dense, 90–172 pointwise; zero insertion or ConvTranspose at stride 1: 2–124.
    name: "Conv with flipped, transposed weights",
    fits: (convolution) => isUnstrided(convolution) && flippedPads(convolution).every((pad) => pad >= 0),
    emit: (tape, dy, weights, convolution) => {
      const { kernel, dilations, group } = convolution;
      const turned = flipped(tape, exchanged(tape, weights, convolution), kernel);
      return tape.emit("Conv", [dy, turned], {
        kernel_shape: kernel,
        dilations,
        group,
        pads: flippedPads(convolution),
      });
    },
  },
  {
    // 42–143 dense; depthwise 4, and no standard operator does better.
    name: "ConvTranspose",
    fits: () => true,
    emit: (tape, dy, weights, convolution) => {
      const { kernel, strides, dilations, pads, group, map, windows } = convolution;
      const reached = ([0, 1] as const).map(
        (axis) => (windows[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1 - pads[axis],
      );
      // What the transposed convolution makes beyond the map is cut off, what it doesn't reach is zeros: the bottom pads
      // say the first, a Pad adds the second, since ONNX Runtime takes an output_padding below the stride only.
      const cut = ([0, 1] as const).map((axis) => Math.max(0, (reached[axis] ?? 0) - map[axis]));
      const missing = ([0, 1] as const).map((axis) => Math.max(0, map[axis] - (reached[axis] ?? 0)));
      const attributes = { kernel_shape: kernel, strides, dilations, group, pads: [pads[0], pads[1], ...cut] };
      return tape.pad(tape.emit("ConvTranspose", [dy, weights], attributes), [0, 0, 0, 0], [0, 0, ...missing]);
    },
  },
];

export const weightGradientForms: readonly Form[] = [
  {
    // 71 on 3 x 3 maps, where a product per picture is too small to be fast.
    name: "one product over all pictures and places",
    fits: (convolution) => isPointwise(convolution) && elementCount(convolution.windows) <= 16,
    emit: (tape, x, dy, convolution) => {
      const { inputs, outputs, kernel } = convolution;
      const flat = (map: string, channels: number) => tape.reshape(tape.transpose(map, [1, 0, 2, 3]), [channels, -1]);
      const product = tape.emit("Gemm", [flat(dy, outputs), flat(strided(tape, x, convolution), inputs)], {
        transB: 1,
      });
      return tape.reshape(product, [outputs, inputs, ...kernel]);
    },
  },
  {
    // 84–151; a Conv with batch and channels exchanged: 4–36.
    name: "one product per picture, summed",
    fits: isPointwise,
    emit: (tape, x, dy, convolution) => {
      const { inputs, outputs, kernel } = convolution;
      return tape.reshape(productPerPicture(tape, strided(tape, x, convolution), dy, convolution), [
        outputs,
        inputs,
        ...kernel,
      ]);
    },
  },
  {
    // 38–120; im2col by Concat 39–95.
    name: "one product per kernel cell",
    fits: ({ group, inputs }) => group === 1 && inputs > 16,
    emit: (tape, x, dy, convolution) => {
      const { inputs, outputs, kernel, pads, strides, dilations, windows } = convolution;
      const padded = tape.pad(x, [0, 0, pads[0], pads[1]], [0, 0, pads[2], pads[3]]);
      const cells: string[] = [];
      for (let row = 0; row < kernel[0]; row++) {
        for (let column = 0; column < kernel[1]; column++) {
          const first = [row * dilations[0], column * dilations[1]];
          const ends = ([0, 1] as const).map((axis) => (first[axis] ?? 0) + (windows[axis] - 1) * strides[axis] + 1);
          const seen = tape.slice(padded, first, ends, [2, 3], [...strides]);
          cells.push(tape.reshape(productPerPicture(tape, seen, dy, convolution), [outputs, inputs, 1]));
        }
      }
      return tape.reshape(tape.emit("Concat", cells, { axis: 2 }), [outputs, inputs, ...kernel]);
    },
  },
  {
    // 44–55 for few channels; takes any groups.
    name: "cells laid side by side by one-hot kernels, then one product per picture",
    fits: () => true,
    emit: (tape, x, dy, convolution) => {
      const { batch, inputs, outputs, group, kernel, strides, dilations, pads, windows } = convolution;
      const cells = elementCount(kernel);
      const data = new Float32Array(inputs * cells * cells);
      for (let row = 0; row < inputs * cells; row++) data[row * cells + (row % cells)] = 1;
      const oneHot = floatTensor([inputs * cells, 1, ...kernel], data);
      const attributes = { kernel_shape: kernel, strides, dilations, pads, group: inputs };
      const laid = tape.emit("Conv", [x, oneHot], attributes);
      const places = elementCount(windows);
      const right = tape.reshape(laid, [batch, group, (inputs / group) * cells, places]);
      const left = tape.reshape(dy, [batch, group, outputs / group, places]);
      const product = tape.sum(tape.matMul(left, tape.turned(right)), [0]);
      return tape.reshape(product, [outputs, inputs / group, ...kernel]);
    },
  },
];

export function inputGradientForm({ tape, call, a: dy, b: weights }: Forward): string[] {
  const size = call.ints("size") ?? [];
  const [batch = 0, outputs = 0, ...windows] = call.sizes(0);
  const inputs = (call.sizes(1)[1] ?? 0) * call.int("group", 1);
  const kernel = pair(call.sizes(1).slice(2));
  const map = pair(size);
  const plan = planWindow(call, map, kernel);
  const group = call.int("group", 1);
  return [
    chosen(inputGradientForms, tape, dy, weights, {
      ...plan,
      batch,
      inputs,
      outputs,
      group,
      map,
      windows: pair(windows),
    }),
  ];
}

export function weightGradientForm({ tape, call, a: x, b: dy }: Forward): string[] {
  const [batch = 0, inputs = 0, ...size] = call.sizes(0);
  const [, outputs = 0, ...windows] = call.sizes(1);
  const map = pair(size);
  const plan = planWindow(call, map, pair(call.ints("kernel_shape") ?? []));
  const group = call.int("group", 1);
  return [
    chosen(weightGradientForms, tape, x, dy, { ...plan, batch, inputs, outputs, group, map, windows: pair(windows) }),
  ];
}

function chosen(forms: readonly Form[], tape: Tape, a: string, b: string, convolution: Convolution): string {
  const form = forms.find(({ fits }) => fits(convolution));
  return form?.emit(tape, a, b, convolution) ?? "";
}

/** Weights [O, I / group, kh, kw] with the channels of each group exchanged: [I, O / group, kh, kw]. */
function exchanged(tape: Tape, weights: string, { inputs, outputs, group, kernel }: Convolution): string {
  if (group === 1) return tape.transpose(weights, [1, 0, 2, 3]);
  if (group === inputs && group === outputs) return weights;
  const grouped = tape.reshape(weights, [group, outputs / group, inputs / group, ...kernel]);
  return tape.reshape(tape.transpose(grouped, [0, 2, 1, 3, 4]), [inputs, outputs / group, ...kernel]);
}

/** Turned by half a turn. */
function flipped(tape: Tape, weights: string, kernel: readonly number[]): string {
  if (kernel.every((size) => size === 1)) return weights;
  return tape.slice(weights, [-1, -1], [-1000, -1000], [2, 3], [-1, -1]);
}

/** The places of the map that a pointwise convolution with a stride looks at. */
function strided(tape: Tape, x: string, { strides, windows }: Convolution): string {
  const ends = ([0, 1] as const).map((axis) => (windows[axis] - 1) * strides[axis] + 1);
  return tape.slice(x, [0, 0], ends, [2, 3], [...strides]);
}

/** dy [N, O, h, w] · xᵀ [N, h w, I], summed over the pictures: [O, I]. */
function productPerPicture(tape: Tape, x: string, dy: string, convolution: Convolution): string {
  const { batch, inputs, outputs, windows } = convolution;
  const places = elementCount(windows);
  const right = tape.transpose(tape.reshape(x, [batch, inputs, places]), [0, 2, 1]);
  return tape.sum(tape.matMul(tape.reshape(dy, [batch, outputs, places]), right), [0]);
}

function pair(values: readonly number[]): [number, number] {
  return [values[0] ?? 1, values[1] ?? 1];
}
