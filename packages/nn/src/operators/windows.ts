/** The loops of convolutions, their gradients and pools. */

import type { Call, Elements, Value } from "../operator.js";
import { elementCount } from "../tensor.js";
import type { WindowPlan } from "../window.js";
import { planWindow, windowCount } from "../window.js";
import { floats, outputDims, sizes } from "./elements.js";

/** The sizes of a convolution, from the shapes of its map and weights. */
interface ConvolutionSizes {
  /** Pictures, channels, height, width. */
  readonly map: readonly number[];
  /** Output channels, input channels per group, height, width. */
  readonly kernel: readonly number[];
}

/** Each product of one map element and one weight, with the output element it goes to, as element indices. */
function eachProduct(call: Call, { map, kernel }: ConvolutionSizes, visit: (x: number, w: number, y: number) => void) {
  const [batch = 0, channels = 0, height = 0, width = 0] = map;
  const [outputs = 0, perGroup = 0, kernelHeight = 0, kernelWidth = 0] = kernel;
  const plan = planWindow(call, [height, width], [kernelHeight, kernelWidth]);
  const [rows = 0, columns = 0] = windowCount(plan, [height, width]);
  const outputsPerGroup = outputs / call.int("group", 1);
  let y = 0;
  for (let picture = 0; picture < batch; picture++) {
    for (let output = 0; output < outputs; output++) {
      const firstChannel = Math.floor(output / outputsPerGroup) * perGroup;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++, y++) {
          for (const cell of window(plan, row, column, height, width)) {
            for (let channel = 0; channel < perGroup; channel++) {
              const plane = picture * channels + firstChannel + channel;
              const x = (plane * height + cell.y) * width + cell.x;
              visit(x, ((output * perGroup + channel) * kernelHeight + cell.ky) * kernelWidth + cell.kx, y);
            }
          }
        }
      }
    }
  }
}

/** Inputs x, w and perhaps a bias. */
export function convolve(call: Call, outputs: readonly Value[]): Elements[] {
  const [x, weights] = [floats(call, 0), floats(call, 1)];
  const [, , ...area] = outputDims(outputs);
  const bias = call.inputs[2] ? floats(call, 2) : null;
  const channels = sizes(call, 1)[0] ?? 1;
  const result = Float64Array.from(
    { length: elementCount(outputDims(outputs)) },
    (_, index) => bias?.[Math.floor(index / elementCount(area)) % channels] ?? 0,
  );
  eachProduct(call, { map: sizes(call, 0), kernel: sizes(call, 1) }, (at, w, y) => {
    result[y] = (result[y] ?? 0) + (x[at] ?? 0) * (weights[w] ?? 0);
  });
  return [result];
}

/** Inputs dy and w: what each map element contributed to, weighted the same way. */
export function convolveBack(call: Call, outputs: readonly Value[]): Elements[] {
  const [dy, weights] = [floats(call, 0), floats(call, 1)];
  const map = outputDims(outputs);
  const result = new Float64Array(elementCount(map));
  eachProduct(call, { map, kernel: sizes(call, 1) }, (x, w, y) => {
    result[x] = (result[x] ?? 0) + (dy[y] ?? 0) * (weights[w] ?? 0);
  });
  return [result];
}

/** Inputs x and dy: how each weight moved the outputs. */
export function correlate(call: Call, outputs: readonly Value[]): Elements[] {
  const [x, dy] = [floats(call, 0), floats(call, 1)];
  const kernel = outputDims(outputs);
  const result = new Float64Array(elementCount(kernel));
  eachProduct(call, { map: sizes(call, 0), kernel }, (at, w, y) => {
    result[w] = (result[w] ?? 0) + (x[at] ?? 0) * (dy[y] ?? 0);
  });
  return [result];
}

export function maxPool(call: Call): Elements[] {
  return pool(call, (values) => Math.max(...values));
}

/** Padding counts as zeros only where `count_include_pad` says so; what `ceil_mode` adds beyond it never counts. */
export function averagePool(call: Call): Elements[] {
  const includesPads = call.int("count_include_pad", 0) === 1;
  return pool(call, (values, padded) => values.reduce((a, b) => a + b, 0) / (includesPads ? padded : values.length));
}

/** `padded`: cells of the window that lie inside the picture with its padding. */
function pool(call: Call, summarise: (values: number[], padded: number) => number): Elements[] {
  const x = floats(call, 0);
  const [batch = 0, channels = 0, height = 0, width = 0] = sizes(call, 0);
  const [kernelHeight = 1, kernelWidth = 1] = call.ints("kernel_shape") ?? [];
  const plan = planWindow(call, [height, width], [kernelHeight, kernelWidth]);
  const [rows = 0, columns = 0] = windowCount(plan, [height, width], call.int("ceil_mode", 0) === 1);
  const [top, left, bottom, right] = plan.pads;
  const result = new Float64Array(batch * channels * rows * columns);
  let index = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const values: number[] = [];
        for (const { y, x: at } of window(plan, row, column, height, width))
          values.push(x[(plane * height + y) * width + at] ?? 0);
        const withPads = { ...plan, pads: [0, 0, 0, 0] as const };
        const padded = window(withPads, row, column, height + top + bottom, width + left + right);
        result[index++] = summarise(values, [...padded].length);
      }
    }
  }
  return [result];
}

/** The cells of one window that lie inside the picture, with their place in the kernel. */
function* window(plan: WindowPlan, row: number, column: number, height: number, width: number) {
  for (let ky = 0; ky < plan.kernel[0]; ky++) {
    const y = row * plan.strides[0] - plan.pads[0] + ky * plan.dilations[0];
    if (y < 0 || y >= height) continue;
    for (let kx = 0; kx < plan.kernel[1]; kx++) {
      const x = column * plan.strides[1] - plan.pads[1] + kx * plan.dilations[1];
      if (x >= 0 && x < width) yield { y, x, ky, kx };
    }
  }
}
