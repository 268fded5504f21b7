/**
 * ONNX Runtime's operators of the blocked layout (domain `com.microsoft.nchwc`) that the turbo lowering writes, with their
 * attributes and shape rules. A blocked map has a plain map's dimensions [N, C, H, W], C a multiple of the block, but its
 * elements lie as [N, C / block, H, W, block]. Weights lie as [O / block, I / block, kh, kw, block of I, block of O];
 * depthwise ones, and those over fewer input channels than a block, as [O / block, I, kh, kw, block of O].
 */

import type { AttributeType } from "../graph.js";
import type { Call, Value } from "../operator.js";
import { windowShape } from "../window.js";

export interface BlockedOperator {
  readonly attributes: Readonly<Record<string, AttributeType>>;
  readonly infer: (call: Call) => Value[];
}

export const blockedOperators: Readonly<Record<string, BlockedOperator>> = {
  "nchwc.ReorderInput": {
    attributes: { channels_last: "int" },
    infer: (call) => {
      const { type, dims } = call.ranked(0, 4);
      const [batch = 0, a = 0, b = 0, c = 0] = dims;
      return [{ type, dims: call.int("channels_last", 0) === 1 ? [batch, c, a, b] : dims }];
    },
  },
  /** `channels` cuts off the channels that only fill the last block. */
  "nchwc.ReorderOutput": {
    attributes: { channels: "int", channels_last: "int" },
    infer: (call) => {
      const { type, dims } = call.ranked(0, 4);
      const [batch = 0, , height = 0, width = 0] = dims;
      const channels = call.int("channels", 0);
      const isLast = call.int("channels_last", 0) === 1;
      return [{ type, dims: isLast ? [batch, height, width, channels] : [batch, channels, height, width] }];
    },
  },
  /** x, weights, bias, a map of the output's shape that is added before the activation. */
  "nchwc.Conv": {
    attributes: {
      kernel_shape: "ints",
      strides: "ints",
      pads: "ints",
      dilations: "ints",
      group: "int",
      activation: "string",
      activation_params: "floats",
    },
    infer: (call) => {
      const [x, weights] = [call.ranked(0, 4), call.sizes(1)];
      const [outputs = 0, inputs = 0, height = 0, width = 0] = weights;
      if (x.dims[1] !== inputs * call.int("group", 1)) call.fail(`weights (${weights}) don't fit input (${x.dims}).`);
      return [
        { type: x.type, dims: [x.dims[0] ?? 0, outputs, ...windowShape(call, x.dims.slice(2), [height, width])] },
      ];
    },
  },
  "nchwc.GlobalAveragePool": {
    attributes: {},
    infer: (call) => {
      const { type, dims } = call.ranked(0, 4);
      return [{ type, dims: [...dims.slice(0, 2), 1, 1] }];
    },
  },
  /** Repeats rows and columns `scales[2]` and `scales[3]` times. */
  "nchwc.Upsample": {
    attributes: { scales: "ints" },
    infer: (call) => {
      const { type } = call.ranked(0, 4);
      const scales = call.ints("scales") ?? call.fail("scales are missing.");
      return [{ type, dims: call.sizes(0).map((size, axis) => size * (scales[axis] ?? 1)) }];
    },
  },
};
