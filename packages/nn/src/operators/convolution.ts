/**
 * Convolutions, pools and their gradients. The two gradients of a convolution are operators of our own, because their
 * fastest form depends on kernel, stride, groups and map size: convolution-forms.ts chooses it.
 */

import { inputGradientForm, weightGradientForm } from "../convolution-forms.js";
import type { Backward, Call, Operator, Value } from "../operator.js";
import { elementCount, floatTensor, indexTensor } from "../tensor.js";
import { planWindow, windowCount, windowShape } from "../window.js";
import { averagePool, convolve, convolveBack, correlate, maxPool } from "./windows.js";

const windowAttributes = {
  kernel_shape: "ints",
  strides: "ints",
  pads: "ints",
  dilations: "ints",
  auto_pad: "string",
} as const;

export const convolutions = {
  AveragePool: {
    attributes: { ...windowAttributes, ceil_mode: "int", count_include_pad: "int" },
    inputs: [1, 1],
    infer: pooled,
    run: averagePool,
    gradient: (node) => [averagePoolGradient(node)],
  },
  Conv: {
    attributes: { ...windowAttributes, group: "int" },
    inputs: [2, 3],
    infer: (call) => {
      const [x, weights] = [call.ranked(0, 4), call.ranked(1, 4)];
      const [batch = 0, channels = 0] = x.dims;
      const [outputs = 0, inputs = 0, height = 0, width = 0] = weights.dims.map(Number);
      const group = call.int("group", 1);
      if (channels !== inputs * group || outputs % group !== 0) {
        call.fail(`weights (${weights.dims.join(", ")}) in ${group} groups don't fit input (${x.dims.join(", ")}).`);
      }
      return [{ type: x.type, dims: [batch, outputs, ...windowShape(call, x.dims.slice(2), [height, width])] }];
    },
    run: convolve,
    gradient: ({ tape, call, a: x, b: weights, dy }) => {
      const [, , height = 0, width = 0] = call.sizes(0);
      const [, , ...kernel] = call.sizes(1);
      const plan = planWindow(call, [height, width], [kernel[0] ?? 1, kernel[1] ?? 1]);
      const window = {
        kernel_shape: kernel,
        strides: plan.strides,
        pads: plan.pads,
        dilations: plan.dilations,
        group: call.int("group", 1),
      };
      return [
        tape.emit("ConvInputGradient", [dy, weights], { ...window, size: [height, width] }),
        tape.emit("ConvWeightGradient", [x, dy], window),
        tape.reshape(tape.sum(dy, [0, 2, 3]), [call.sizes(1)[0] ?? 0]),
      ];
    },
  },
  /** dy [N, O, h, w], weights [O, I / group, kh, kw] → dx [N, I, ...size]: the gradient of Conv by its map. */
  ConvInputGradient: {
    attributes: { ...windowAttributes, group: "int", size: "ints" },
    inputs: [2, 2],
    infer: (call) => {
      const [dy, weights] = [call.ranked(0, 4), call.ranked(1, 4)];
      const size = call.ints("size") ?? call.fail("size is missing.");
      return [{ type: dy.type, dims: [dy.dims[0] ?? 0, Number(weights.dims[1]) * call.int("group", 1), ...size] }];
    },
    run: convolveBack,
    gradient: ({ tape, call, a: dy, b: weights, dy: change }) => {
      const { size: _, ...window } = call.plainAttributes();
      return [tape.emit("Conv", [change, weights], window), tape.emit("ConvWeightGradient", [change, dy], window)];
    },
    lower: inputGradientForm,
  },
  /** weights [I, O / group, kh, kw]: ConvInputGradient with the roles of the channels exchanged. */
  ConvTranspose: {
    attributes: { ...windowAttributes, group: "int", output_padding: "ints" },
    inputs: [2, 3],
    infer: (call) => {
      const [x, weights] = [call.ranked(0, 4), call.ranked(1, 4)];
      if (x.dims[1] !== weights.dims[0]) {
        call.fail(`weights (${weights.dims.join(", ")}) don't fit input (${x.dims.join(", ")}).`);
      }
      if (call.text("auto_pad", "NOTSET") !== "NOTSET") call.fail("auto_pad must be NOTSET here.");
      return [
        {
          type: x.type,
          dims: [x.dims[0] ?? 0, Number(weights.dims[1]) * call.int("group", 1), ...transposedSize(call)],
        },
      ];
    },
    run: (call, outputs) => {
      const [result] = convolveBack(call, outputs);
      const bias = call.inputs[2]?.constant?.data;
      if (!bias) return [result ?? []];
      const [, channels = 1, ...area] = (outputs[0]?.dims ?? []).map(Number);
      return [
        Array.from(result as Float64Array, (value, index) => {
          return value + Number(bias[Math.floor(index / elementCount(area)) % channels]);
        }),
      ];
    },
    gradient: ({ tape, call, a: x, b: weights, dy }) => {
      const { output_padding: _, ...attributes } = call.plainAttributes();
      const window = { ...attributes, kernel_shape: call.sizes(1).slice(2) };
      const channels = (call.sizes(1)[1] ?? 0) * call.int("group", 1);
      return [
        tape.emit("Conv", [dy, weights], window),
        tape.emit("ConvWeightGradient", [dy, x], window),
        tape.reshape(tape.sum(dy, [0, 2, 3]), [channels]),
      ];
    },
  },
  /** x [N, I, H, W], dy [N, O, h, w] → dw [O, I / group, ...kernel_shape]: the gradient of Conv by its weights. */
  ConvWeightGradient: {
    attributes: { ...windowAttributes, group: "int" },
    inputs: [2, 2],
    infer: (call) => {
      const [x, dy] = [call.ranked(0, 4), call.ranked(1, 4)];
      const kernel = call.ints("kernel_shape") ?? call.fail("kernel_shape is missing.");
      return [{ type: x.type, dims: [dy.dims[1] ?? 0, Number(x.dims[1]) / call.int("group", 1), ...kernel] }];
    },
    run: correlate,
    gradient: ({ tape, call, a: x, b: dy, dy: change }) => {
      const { ...window } = call.plainAttributes();
      return [
        tape.emit("ConvInputGradient", [dy, change], { ...window, size: call.sizes(0).slice(2) }),
        tape.emit("Conv", [x, change], window),
      ];
    },
    lower: weightGradientForm,
  },
  MaxPool: {
    attributes: { ...windowAttributes, ceil_mode: "int" },
    inputs: [1, 1],
    infer: pooled,
    run: maxPool,
    gradient: (node) => [maxPoolGradient(node)],
  },
} as const satisfies Record<string, Operator>;

function pooled(call: Call): Value[] {
  const { type, dims } = call.ranked(0, 4);
  const [height, width] = call.ints("kernel_shape") ?? call.fail("kernel_shape is missing.");
  const [batch = 0, channels = 0] = dims;
  return [{ type, dims: [batch, channels, ...windowShape(call, dims.slice(2), [height ?? 0, width ?? 0])] }];
}

/** Height and width of a transposed convolution's output. */
function transposedSize(call: Call): number[] {
  const [, , ...size] = call.sizes(0);
  const [, , ...kernel] = call.sizes(1);
  const plan = planWindow(call, [1, 1], [kernel[0] ?? 1, kernel[1] ?? 1]);
  const added = call.ints("output_padding") ?? [0, 0];
  return ([0, 1] as const).map((axis) => {
    const pads = plan.pads[axis] + plan.pads[(axis + 2) as 2 | 3];
    const reach = (plan.kernel[axis] - 1) * plan.dilations[axis] + 1;
    return ((size[axis] ?? 1) - 1) * plan.strides[axis] + reach - pads + (added[axis] ?? 0);
  });
}

/** A pool's window with explicit pads, those that `ceil_mode` adds at the end included, and its number of windows. */
function poolWindow(call: Call) {
  const [, , height = 0, width = 0] = call.sizes(0);
  const [kernelHeight = 1, kernelWidth = 1] = call.ints("kernel_shape") ?? [];
  const plan = planWindow(call, [height, width], [kernelHeight, kernelWidth]);
  const counts = windowCount(plan, [height, width], call.int("ceil_mode", 0) === 1);
  const end = ([0, 1] as const).map((axis) => {
    const reach = ((counts[axis] ?? 1) - 1) * plan.strides[axis] + (plan.kernel[axis] - 1) * plan.dilations[axis] + 1;
    return Math.max(plan.pads[(axis + 2) as 2 | 3], reach - (axis === 0 ? height : width) - plan.pads[axis]);
  });
  const window = {
    kernel_shape: plan.kernel,
    strides: plan.strides,
    dilations: plan.dilations,
    pads: [plan.pads[0], plan.pads[1], ...end],
  };
  return { plan, window, height, width, counts };
}

/** Each window's gradient, divided by the number of cells it averaged, spread over them. */
function averagePoolGradient({ tape, call, dy }: Backward): string {
  const { plan, window, height, width, counts } = poolWindow(call);
  const [, channels = 1] = call.sizes(0);
  const includesPads = call.int("count_include_pad", 0) === 1;
  const cells = ([0, 1] as const).map((axis) => {
    const size = axis === 0 ? height : width;
    const [from, to] = includesPads ? [-plan.pads[axis], size + plan.pads[(axis + 2) as 2 | 3]] : [0, size];
    return Array.from({ length: counts[axis] ?? 0 }, (_, index) => {
      const first = index * plan.strides[axis] - plan.pads[axis];
      const places = Array.from({ length: plan.kernel[axis] }, (_, k) => first + k * plan.dilations[axis]);
      return places.filter((place) => place >= from && place < to).length;
    });
  });
  const shares = (cells[0] ?? []).flatMap((rows) => (cells[1] ?? []).map((columns) => 1 / (rows * columns)));
  const share = tape.times(dy, floatTensor([1, 1, ...counts], shares));
  const ones = floatTensor(
    [channels, 1, ...plan.kernel],
    new Float32Array(channels * elementCount(plan.kernel)).fill(1),
  );
  return tape.emit("ConvInputGradient", [share, ones], { ...window, group: channels, size: [height, width] });
}

/**
 * The first cell of each window that holds its maximum gets the window's gradient. A convolution with one-hot kernels
 * lays the cells of each window side by side, and its gradient puts them back.
 */
function maxPoolGradient({ tape, call, a: x, dy }: Backward): string {
  const { plan, window, height, width, counts } = poolWindow(call);
  const [batch = 1, channels = 1] = call.sizes(0);
  const [rows = 1, columns = 1] = counts;
  const cells = elementCount(plan.kernel);
  const [top = 0, left = 0, bottom = 0, right = 0] = window.pads;
  // Padding must lose every comparison; infinity won't do, as 0 times infinity isn't a number.
  const padded = tape.pad(x, [0, 0, top, left], [0, 0, bottom, right], -1e30);
  const spread = oneHotKernels(channels, plan.kernel);
  const unpadded = { ...window, pads: [0, 0, 0, 0], group: channels };
  const laid = tape.reshape(tape.emit("Conv", [padded, spread], unpadded), [batch, channels, cells, rows * columns]);
  const first = tape.emit("ArgMax", [laid], { axis: 2, keepdims: 1 });
  const place = tape.reshape(tape.emit("Identity", [indexTensor([...Array(cells).keys()])]), [1, 1, cells, 1]);
  const chosen = tape.times(tape.equal(first, place), tape.reshape(dy, [batch, channels, 1, rows * columns]));
  const gradient = tape.reshape(chosen, [batch, channels * cells, rows, columns]);
  return tape.emit("ConvInputGradient", [gradient, spread], { ...window, group: channels, size: [height, width] });
}

/** [channels · kh · kw, 1, kh, kw]: kernel number i of each channel takes the i-th cell of the window. */
function oneHotKernels(channels: number, kernel: readonly number[]) {
  const cells = elementCount(kernel);
  const data = new Float32Array(channels * cells * cells);
  for (let row = 0; row < channels * cells; row++) data[row * cells + (row % cells)] = 1;
  return floatTensor([channels * cells, 1, ...kernel], data);
}
