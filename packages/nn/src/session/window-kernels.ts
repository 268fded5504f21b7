/** Convolutions and pools of the reference session. */

import type { Call } from "../operator.js";
import type { TensorData } from "../tensor.js";
import type { WindowPlan } from "../window.js";
import { planWindow, windowCount } from "../window.js";
import { floats, sizes } from "./elements.js";

export function convolve(call: Call): TensorData[] {
  const [x, weights] = [floats(call, 0), floats(call, 1)];
  const bias = call.inputs[2] ? floats(call, 2) : null;
  const [batch = 0, channels = 0, height = 0, width = 0] = sizes(call, 0);
  const [outputs = 0, perGroup = 0, kernelHeight = 0, kernelWidth = 0] = sizes(call, 1);
  const plan = planWindow(call, [height, width], [kernelHeight, kernelWidth]);
  const [rows = 0, columns = 0] = windowCount(plan, [height, width]);
  const outputsPerGroup = outputs / call.int("group", 1);
  const result = new Float32Array(batch * outputs * rows * columns);
  let index = 0;
  for (let picture = 0; picture < batch; picture++) {
    for (let output = 0; output < outputs; output++) {
      const firstChannel = Math.floor(output / outputsPerGroup) * perGroup;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let sum = bias?.[output] ?? 0;
          for (let channel = 0; channel < perGroup; channel++) {
            const plane = (picture * channels + firstChannel + channel) * height;
            const kernel = (output * perGroup + channel) * kernelHeight;
            for (const { y, x: at, ky, kx } of window(plan, row, column, height, width)) {
              sum += (x[(plane + y) * width + at] ?? 0) * (weights[(kernel + ky) * kernelWidth + kx] ?? 0);
            }
          }
          result[index++] = sum;
        }
      }
    }
  }
  return [result];
}

export function maxPool(call: Call): TensorData[] {
  return pool(call, (values) => Math.max(...values));
}

/** Padding counts as zeros only where `count_include_pad` says so; what `ceil_mode` adds beyond it never counts. */
export function averagePool(call: Call): TensorData[] {
  const includesPads = call.int("count_include_pad", 0) === 1;
  return pool(call, (values, padded) => values.reduce((a, b) => a + b, 0) / (includesPads ? padded : values.length));
}

/** `padded`: cells of the window that lie inside the picture with its padding. */
function pool(call: Call, summarise: (values: number[], padded: number) => number): TensorData[] {
  const x = floats(call, 0);
  const [batch = 0, channels = 0, height = 0, width = 0] = sizes(call, 0);
  const [kernelHeight = 1, kernelWidth = 1] = call.ints("kernel_shape") ?? [];
  const plan = planWindow(call, [height, width], [kernelHeight, kernelWidth]);
  const [rows = 0, columns = 0] = windowCount(plan, [height, width], call.int("ceil_mode", 0) === 1);
  const [top, left, bottom, right] = plan.pads;
  const result = new Float32Array(batch * channels * rows * columns);
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
