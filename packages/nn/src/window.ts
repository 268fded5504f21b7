/** The arithmetic of sliding windows: convolutions and pools over [height, width]. */

import type { Dimension } from "./graph.js";
import { unknownDimension } from "./graph.js";
import type { Call } from "./operator.js";

export interface WindowPlan {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Rows and columns added around the picture: top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
}

/**
 * Padding that TensorFlow calls SAME and ONNX `SAME_UPPER`: ceil(size / stride) windows, an odd row or column at the end.
 * It depends on the picture's size, so 224 and 300 pixels need different ones.
 */
export function samePadding(size: number, kernel: number, stride: number, dilation: number): [number, number] {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** The window of a node over a picture of this size, its `auto_pad` resolved. */
export function planWindow(call: Call, size: readonly [number, number], kernel: readonly [number, number]): WindowPlan {
  const strides = pair(call.ints("strides"));
  const dilations = pair(call.ints("dilations"));
  const explicit = call.ints("pads") ?? [0, 0, 0, 0];
  const mode = call.text("auto_pad", "NOTSET");
  if (explicit.length !== 4 || explicit.some((pad) => pad < 0)) call.fail(`pads must be 4 numbers, none below 0.`);
  if ([...strides, ...dilations, ...kernel].some((value) => !(value >= 1))) {
    call.fail("strides, dilations and kernel sizes must be at least 1.");
  }
  const [top, left, bottom, right] = explicit as [number, number, number, number];
  if (mode === "NOTSET") return { kernel, strides, dilations, pads: [top, left, bottom, right] };
  if (mode === "VALID") return { kernel, strides, dilations, pads: [0, 0, 0, 0] };
  if (mode !== "SAME_UPPER") call.fail(`auto_pad must be NOTSET, VALID or SAME_UPPER, got ${mode}.`);
  const rows = samePadding(size[0], kernel[0], strides[0], dilations[0]);
  const columns = samePadding(size[1], kernel[1], strides[1], dilations[1]);
  return { kernel, strides, dilations, pads: [rows[0], columns[0], rows[1], columns[1]] };
}

/** How many rows and columns of windows fit. */
export function windowCount(plan: WindowPlan, [height, width]: readonly [number, number], roundUp = false): number[] {
  const { kernel, strides, dilations, pads } = plan;
  const round = roundUp ? Math.ceil : Math.floor;
  const count = (size: number, axis: 0 | 1) =>
    round((size + pads[axis] + pads[(axis + 2) as 2 | 3] - (kernel[axis] - 1) * dilations[axis] - 1) / strides[axis]) +
    1;
  return [count(height, 0), count(width, 1)];
}

/** Output height and width for a shape rule; unknown where the input's are. */
export function windowShape(call: Call, size: readonly Dimension[], kernel: readonly [number, number]): Dimension[] {
  const [height, width] = size;
  if (typeof height !== "number" || typeof width !== "number") return [unknownDimension, unknownDimension];
  const shape = windowCount(planWindow(call, [height, width], kernel), [height, width], call.int("ceil_mode", 0) === 1);
  if (shape.some((count) => count < 1))
    call.fail(`a window of ${kernel.join(" x ")} is larger than ${height} x ${width}.`);
  return shape;
}

function pair(values: readonly number[] | null): [number, number] {
  return [values?.[0] ?? 1, values?.[1] ?? 1];
}
