/** ONNX Resize of the reference session: nearest and linear, one axis after the other. */

import type { Call, Value } from "../operator.js";
import type { TensorData } from "../tensor.js";
import { elementCount } from "../tensor.js";
import { floats, outputDims, sizes } from "./elements.js";

export function resize(call: Call, outputs: readonly Value[]): TensorData[] {
  const target = outputDims(outputs);
  const dims = sizes(call, 0);
  const axes = (call.ints("axes") ?? dims.map((_, axis) => axis)).map((axis) => call.axis(axis, dims.length));
  const scales = call.inputs[3] ? null : floats(call, 2);
  let data = floats(call, 0);
  for (const [at, axis] of axes.entries()) {
    const [before = 1, after = 1] = [dims[axis], target[axis]];
    const scale = scales?.[at] ?? after / before;
    if (scale === 1) continue;
    data = resizeAxis(data, dims, axis, after, sampler(call, before, after, scale));
    dims[axis] = after;
  }
  return [data];
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
  data: Float32Array,
  dims: readonly number[],
  axis: number,
  after: number,
  sample: Sampler,
): Float32Array {
  const [outer, before, inner] = [
    elementCount(dims.slice(0, axis)),
    dims[axis] ?? 0,
    elementCount(dims.slice(axis + 1)),
  ];
  const result = new Float32Array(outer * after * inner);
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
