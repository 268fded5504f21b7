/** ONNX Resize, nearest and linear, one axis after the other, and its gradient. */

import type { Backward, Call, Elements, Value } from "../operator.js";
import type { Tensor } from "../tensor.js";
import { elementCount, floatTensor } from "../tensor.js";
import { floats, outputDims, sizes } from "./elements.js";

/** One axis that changes its size. */
interface ResizedAxis {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
  readonly sample: Sampler;
}

function resizedAxes(call: Call, target: readonly number[]): ResizedAxis[] {
  const dims = sizes(call, 0);
  const axes = (call.ints("axes") ?? dims.map((_, axis) => axis)).map((axis) => call.axis(axis, dims.length));
  const scales = call.inputs[3] ? null : floats(call, 2);
  return axes.flatMap((axis, at) => {
    const [before = 1, after = 1] = [dims[axis], target[axis]];
    const scale = scales?.[at] ?? after / before;
    return scale === 1 ? [] : [{ axis, before, after, sample: sampler(call, before, after, scale) }];
  });
}

export function resize(call: Call, outputs: readonly Value[]): Elements[] {
  const dims = sizes(call, 0);
  let data = floats(call, 0);
  for (const { axis, after, sample } of resizedAxes(call, outputDims(outputs))) {
    data = resizeAxis(data, dims, axis, after, sample);
    dims[axis] = after;
  }
  return [data];
}

/**
 * Resizing is linear, and a matrix along each axis: its gradient is the product with the transposed matrices, last axis
 * first. An axis that isn't among the last two is moved to the end and back.
 */
export function resizeGradient({ tape, call, y, dy }: Backward): string[] {
  let gradient = dy;
  for (const resized of resizedAxes(call, tape.sizes(y)).reverse()) {
    const rank = tape.dims(gradient).length;
    const matrix = resizeMatrix(resized);
    if (resized.axis === rank - 1) gradient = tape.matMul(gradient, matrix);
    else {
      const order = Array.from({ length: rank }, (_, axis) => axis);
      order.push(...order.splice(resized.axis, 1));
      const back = order.map((_, axis) => order.indexOf(axis));
      gradient = tape.transpose(tape.matMul(tape.transpose(gradient, order), matrix), back);
    }
  }
  return [gradient];
}

/** [after, before]: the share that each element before has in each after. */
function resizeMatrix({ before, after, sample }: ResizedAxis): Tensor {
  const shares = new Float32Array(after * before);
  for (let index = 0; index < after; index++) {
    const { low, high, share } = sample(index);
    shares[index * before + low] = (shares[index * before + low] ?? 0) + 1 - share;
    shares[index * before + high] = (shares[index * before + high] ?? 0) + share;
  }
  return floatTensor([after, before], shares);
}

/** The two neighbours of an output index and the share of the second. */
type Sampler = (index: number) => { low: number; high: number; share: number };

function sampler(call: Call, before: number, after: number, scale: number): Sampler {
  const position = positionRule(call, before, after, scale);
  const inside = (index: number) => Math.max(0, Math.min(before - 1, index));
  const mode = call.text("mode", "nearest");
  if (mode === "linear") {
    return (index) => {
      const at = position(index);
      const low = Math.floor(at);
      return { low: inside(low), high: inside(low + 1), share: at - low };
    };
  }
  if (mode !== "nearest") call.fail(`mode must be nearest or linear, got ${mode}.`);
  const round = roundingRule(call);
  return (index) => {
    const at = inside(round(position(index)));
    return { low: at, high: at, share: 0 };
  };
}

function positionRule(call: Call, before: number, after: number, scale: number): (index: number) => number {
  const mode = call.text("coordinate_transformation_mode", "half_pixel");
  if (mode === "half_pixel") return (index) => (index + 0.5) / scale - 0.5;
  if (mode === "pytorch_half_pixel") return (index) => (after > 1 ? (index + 0.5) / scale - 0.5 : 0);
  if (mode === "asymmetric") return (index) => index / scale;
  if (mode === "align_corners") return (index) => (after > 1 ? (index * (before - 1)) / (after - 1) : 0);
  return call.fail(`coordinate_transformation_mode ${mode} is unknown here.`);
}

function roundingRule(call: Call): (position: number) => number {
  const mode = call.text("nearest_mode", "round_prefer_floor");
  if (mode === "round_prefer_floor") return (position) => Math.ceil(position - 0.5);
  if (mode === "round_prefer_ceil") return (position) => Math.floor(position + 0.5);
  if (mode === "floor") return Math.floor;
  if (mode === "ceil") return Math.ceil;
  return call.fail(`nearest_mode ${mode} is unknown.`);
}

function resizeAxis(
  data: Float64Array,
  dims: readonly number[],
  axis: number,
  after: number,
  sample: Sampler,
): Float64Array {
  const [outer, before, inner] = [
    elementCount(dims.slice(0, axis)),
    dims[axis] ?? 0,
    elementCount(dims.slice(axis + 1)),
  ];
  const result = new Float64Array(outer * after * inner);
  for (let row = 0; row < outer; row++) {
    for (let index = 0; index < after; index++) {
      const { low, high, share } = sample(index);
      for (let place = 0; place < inner; place++) {
        const first = data[(row * before + low) * inner + place] ?? 0;
        const second = data[(row * before + high) * inner + place] ?? 0;
        result[(row * after + index) * inner + place] = first + share * (second - first);
      }
    }
  }
  return result;
}
