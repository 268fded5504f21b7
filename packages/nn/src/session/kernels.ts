/** What each operator computes, as plain loops: the table that the reference session runs. */

import type { Call, Value } from "../operator.js";
import type { OperatorName } from "../operators.js";
import { reducedAxes, sliceRange, sliceRanges } from "../shape-rules.js";
import type { TensorData } from "../tensor.js";
import { elementArray, elementCount, elementValues } from "../tensor.js";
import { broadcastOffsets, floats, outputDims, pick, places, sizes, source, strides } from "./elements.js";
import { resize } from "./resize-kernel.js";
import { averagePool, convolve, maxPool } from "./window-kernels.js";

/** The outputs' elements, from a call whose inputs all carry theirs, and the outputs' types and shapes. */
export type Kernel = (call: Call, outputs: readonly Value[]) => TensorData[];

const map =
  (compute: (x: number, call: Call) => number): Kernel =>
  (call) => [floats(call, 0).map((x) => compute(x, call))];

/** Elementwise over all inputs, broadcast to the output's shape, from left to right. */
const fold =
  (compute: (a: number, b: number) => number): Kernel =>
  (call, outputs) => {
    const dims = outputDims(outputs);
    const type = outputs[0]?.type ?? "float32";
    const inputs = call.inputs.map((_, index) => ({
      data: floats(call, index),
      at: broadcastOffsets(call, index, dims),
    }));
    const result = Array.from({ length: elementCount(dims) }, (_, place) => {
      const values = inputs.map(({ data, at }) => data[at[place] ?? 0] ?? 0);
      return values.slice(1).reduce(compute, values[0] ?? 0);
    });
    return [elementArray(type, result)];
  };

/** Summarises, for each place of the output, the elements of the axes reduced. */
const reduce =
  (summarise: (elements: number[]) => number): Kernel =>
  (call) => {
    const dims = sizes(call, 0);
    const axes = reducedAxes(call);
    const kept = dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const groups: number[][] = Array.from({ length: elementCount(kept) }, () => []);
    const steps = strides(kept).map((step, axis) => (axes.includes(axis) ? 0 : step));
    const data = floats(call, 0);
    for (const [index, place] of places(dims)) groups[dot(place, steps)]?.push(data[index] ?? 0);
    return [Float32Array.from(groups, summarise)];
  };

/** Works on each line of elements along one axis. */
const along = (compute: (line: number[], call: Call) => number[], defaultAxis: number): Kernel => {
  return (call) => {
    const dims = sizes(call, 0);
    const data = floats(call, 0);
    const result = new Float32Array(data.length);
    for (const at of lines(call, dims, defaultAxis)) {
      const computed = compute(
        Array.from(at, (index) => data[index] ?? 0),
        call,
      );
      for (const [index, value] of computed.entries()) result[at[index] ?? 0] = value;
    }
    return [result];
  };
};

/** Index of the largest (sign 1) or smallest (sign -1) element of each line. */
const argument =
  (sign: 1 | -1): Kernel =>
  (call) => {
    const data = floats(call, 0);
    const takesLast = call.int("select_last_index", 0) === 1;
    const found = lines(call, sizes(call, 0), 0).map((at) => {
      let best = 0;
      for (const [index, element] of at.entries()) {
        const gain = sign * ((data[element] ?? 0) - (data[at[best] ?? 0] ?? 0));
        if (gain > 0 || (gain === 0 && takesLast)) best = index;
      }
      return BigInt(best);
    });
    return [BigInt64Array.from(found)];
  };

const unchanged: Kernel = (call) => [source(call, 0).data];

export const kernels = {
  Abs: map(Math.abs),
  Add: fold((a, b) => a + b),
  ArgMax: argument(1),
  ArgMin: argument(-1),
  AveragePool: averagePool,
  BatchNormalization: (call) => {
    const [scale, bias, mean, variance] = [1, 2, 3, 4].map((index) => floats(call, index));
    const epsilon = call.float("epsilon", 1e-5);
    const [, channels = 1, ...rest] = sizes(call, 0);
    const area = elementCount(rest);
    const normalised = floats(call, 0).map((x, index) => {
      const channel = Math.floor(index / area) % channels;
      const deviation = Math.sqrt((variance?.[channel] ?? 0) + epsilon);
      return ((x - (mean?.[channel] ?? 0)) / deviation) * (scale?.[channel] ?? 0) + (bias?.[channel] ?? 0);
    });
    return [normalised];
  },
  Cast: (call, outputs) => {
    const type = outputs[0]?.type ?? "float32";
    const isWhole = type !== "float32" && type !== "float64";
    const values = elementValues(source(call, 0).data).map(Number);
    if (type === "bool")
      return [
        elementArray(
          type,
          values.map((value) => Number(value !== 0)),
        ),
      ];
    return [elementArray(type, isWhole ? values.map(Math.trunc) : values)];
  },
  Ceil: map(Math.ceil),
  Clip: (call) => {
    const low = call.inputs[1] ? (floats(call, 1)[0] ?? 0) : Number.NEGATIVE_INFINITY;
    const high = call.inputs[2] ? (floats(call, 2)[0] ?? 0) : Number.POSITIVE_INFINITY;
    return [floats(call, 0).map((x) => Math.min(Math.max(x, low), high))];
  },
  Concat: (call, outputs) => {
    const dims = outputDims(outputs);
    const axis = call.axis(call.int("axis", 0), dims.length);
    const outer = elementCount(dims.slice(0, axis));
    const parts = call.inputs.map((_, index) => ({
      ...source(call, index),
      width: elementCount(sizes(call, index).slice(axis)),
    }));
    const result = Array.from({ length: outer }, (_, row) =>
      parts.flatMap(({ data, width }) => elementValues(data.subarray(row * width, (row + 1) * width))),
    ).flat();
    return [elementArray(outputs[0]?.type ?? "float32", result)];
  },
  Conv: convolve,
  Div: fold((a, b) => a / b),
  Equal: fold((a, b) => Number(a === b)),
  Exp: map(Math.exp),
  Expand: (call, outputs) => [pick(source(call, 0), broadcastOffsets(call, 0, outputDims(outputs)))],
  Flatten: unchanged,
  Floor: map(Math.floor),
  Gather: (call) => {
    const dims = sizes(call, 0);
    const axis = call.axis(call.int("axis", 0), dims.length);
    const [outer, inner] = [elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis + 1))];
    const size = dims[axis] ?? 0;
    const wanted = elementValues(source(call, 1).data).map((index) => (Number(index) + size) % size);
    const at: number[] = [];
    for (let row = 0; row < outer; row++) {
      for (const index of wanted)
        for (let place = 0; place < inner; place++) at.push((row * size + index) * inner + place);
    }
    return [pick(source(call, 0), at)];
  },
  Gemm: (call, outputs) => {
    const [rows = 0, columns = 0] = outputDims(outputs);
    const [a, b] = [floats(call, 0), floats(call, 1)];
    const [turnA, turnB] = [call.int("transA", 0) === 1, call.int("transB", 0) === 1];
    const inner = sizes(call, 0)[turnA ? 0 : 1] ?? 0;
    const bias = call.inputs[2] ? { data: floats(call, 2), at: broadcastOffsets(call, 2, [rows, columns]) } : null;
    const result = new Float32Array(rows * columns);
    for (const [index, [row = 0, column = 0]] of places([rows, columns])) {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        sum +=
          (a[turnA ? k * rows + row : row * inner + k] ?? 0) *
          (b[turnB ? column * inner + k : k * columns + column] ?? 0);
      }
      const added = bias ? (bias.data[bias.at[index] ?? 0] ?? 0) : 0;
      result[index] = call.float("alpha", 1) * sum + call.float("beta", 1) * added;
    }
    return [result];
  },
  GlobalAveragePool: (call) => [perPicture(call, (values) => total(values) / values.length)],
  GlobalMaxPool: (call) => [perPicture(call, (values) => Math.max(...values))],
  Greater: fold((a, b) => Number(a > b)),
  HardSigmoid: map((x, call) => Math.max(0, Math.min(1, call.float("alpha", 0.2) * x + call.float("beta", 0.5)))),
  HardSwish: map((x) => x * Math.max(0, Math.min(1, x / 6 + 0.5))),
  Identity: unchanged,
  LeakyRelu: map((x, call) => (x < 0 ? call.float("alpha", 0.01) * x : x)),
  Less: fold((a, b) => Number(a < b)),
  Log: map(Math.log),
  LogSoftmax: along((line) => {
    const peak = Math.max(...line);
    const logSum = Math.log(total(line.map((x) => Math.exp(x - peak))));
    return line.map((x) => x - peak - logSum);
  }, -1),
  MatMul: (call, outputs) => {
    const [aDims, bDims] = [sizes(call, 0), sizes(call, 1)];
    const left = aDims.length === 1 ? [1, ...aDims] : aDims;
    const right = bDims.length === 1 ? [...bDims, 1] : bDims;
    const [rows = 0, inner = 0] = left.slice(-2);
    const columns = right.at(-1) ?? 0;
    const batch = outputDims(outputs).slice(0, Math.max(left.length, right.length) - 2);
    const matrixA = broadcastOffsets(left.slice(0, -2), batch);
    const matrixB = broadcastOffsets(right.slice(0, -2), batch);
    const [a, b] = [floats(call, 0), floats(call, 1)];
    const result = new Float32Array(elementCount(batch) * rows * columns);
    for (const [index, [matrix = 0, row = 0, column = 0]] of places([elementCount(batch), rows, columns])) {
      const [startA, startB] = [(matrixA[matrix] ?? 0) * rows * inner, (matrixB[matrix] ?? 0) * inner * columns];
      let sum = 0;
      for (let k = 0; k < inner; k++)
        sum += (a[startA + row * inner + k] ?? 0) * (b[startB + k * columns + column] ?? 0);
      result[index] = sum;
    }
    return [result];
  },
  Max: fold((a, b) => Math.max(a, b)),
  MaxPool: maxPool,
  Min: fold((a, b) => Math.min(a, b)),
  Mul: fold((a, b) => a * b),
  Neg: map((x) => -x),
  Pad: (call, outputs) => {
    const mode = call.text("mode", "constant");
    const dims = sizes(call, 0);
    const pads = call.constantIndices(1) ?? [];
    const steps = strides(dims);
    const at = Array.from(places(outputDims(outputs)), ([, place]) => {
      let offset = 0;
      for (const [axis, size] of dims.entries()) {
        let index = (place[axis] ?? 0) - (pads[axis] ?? 0);
        if (index < 0 || index >= size) {
          if (mode === "constant") return -1;
          if (mode === "edge") index = Math.max(0, Math.min(size - 1, index));
          else if (mode === "reflect") index = index < 0 ? -index : 2 * (size - 1) - index;
          else call.fail(`mode must be constant, edge or reflect, got ${mode}.`);
        }
        offset += index * (steps[axis] ?? 0);
      }
      return offset;
    });
    return [pick(source(call, 0), at, call.inputs[2] ? (floats(call, 2)[0] ?? 0) : 0)];
  },
  Pow: fold((a, b) => a ** b),
  Reciprocal: map((x) => 1 / x),
  ReduceL2: reduce((elements) => Math.hypot(...elements)),
  ReduceMax: reduce((elements) => Math.max(...elements)),
  ReduceMean: reduce((elements) => total(elements) / elements.length),
  ReduceMin: reduce((elements) => Math.min(...elements)),
  ReduceSum: reduce(total),
  ReduceSumSquare: reduce((elements) => total(elements.map((x) => x * x))),
  Relu: map((x) => Math.max(0, x)),
  Reshape: unchanged,
  Resize: resize,
  Sigmoid: map((x) => 1 / (1 + Math.exp(-x))),
  Slice: (call, outputs) => {
    const ranges = sliceRanges(call);
    const dims = sizes(call, 0);
    const steps = strides(dims);
    const starts = dims.map((size, axis) => {
      const range = ranges.get(axis);
      return range ? sliceRange(range.start, range.end, range.step, size).start : 0;
    });
    const at = Array.from(places(outputDims(outputs)), ([, place]) =>
      dot(
        place.map((index, axis) => (starts[axis] ?? 0) + index * (ranges.get(axis)?.step ?? 1)),
        steps,
      ),
    );
    return [pick(source(call, 0), at)];
  },
  Softmax: along((line) => {
    const peak = Math.max(...line);
    const powers = line.map((x) => Math.exp(x - peak));
    return powers.map((power) => power / total(powers));
  }, -1),
  Sqrt: map(Math.sqrt),
  Squeeze: unchanged,
  Sub: fold((a, b) => a - b),
  Tanh: map(Math.tanh),
  TopK: (call, outputs) => {
    const dims = outputDims(outputs);
    const sign = call.int("largest", 1) === 1 ? -1 : 1;
    const data = floats(call, 0);
    const values = new Float32Array(elementCount(dims));
    const found = new BigInt64Array(elementCount(dims));
    const targets = lines(call, dims, -1);
    for (const [row, at] of lines(call, sizes(call, 0), -1).entries()) {
      const ranked = at.map((element, index) => ({ value: data[element] ?? 0, index }));
      // Stable: among equals the lower index comes first, as the specification says.
      ranked.sort((a, b) => sign * (a.value - b.value));
      for (const [rank, target] of (targets[row] ?? []).entries()) {
        values[target] = ranked[rank]?.value ?? 0;
        found[target] = BigInt(ranked[rank]?.index ?? 0);
      }
    }
    return [values, found];
  },
  Transpose: (call, outputs) => {
    const steps = strides(sizes(call, 0));
    const order = call.ints("perm") ?? steps.map((_, axis) => steps.length - 1 - axis);
    const moved = order.map((axis) => steps[axis] ?? 0);
    return [
      pick(
        source(call, 0),
        Array.from(places(outputDims(outputs)), ([, place]) => dot(place, moved)),
      ),
    ];
  },
  Unsqueeze: unchanged,
  Where: (call, outputs) => {
    const dims = outputDims(outputs);
    const [condition, yes, no] = [0, 1, 2].map((index) => ({
      data: floats(call, index),
      at: broadcastOffsets(call, index, dims),
    }));
    const read = (input: typeof yes, place: number) => input?.data[input.at[place] ?? 0] ?? 0;
    const chosen = Array.from({ length: elementCount(dims) }, (_, place) =>
      read(read(condition, place) ? yes : no, place),
    );
    return [Float32Array.from(chosen)];
  },
} satisfies Record<OperatorName, Kernel>;

/** Element indices of each line along the call's axis, in the order of the output's places. */
function lines(call: Call, dims: readonly number[], defaultAxis: number): number[][] {
  const axis = call.axis(call.int("axis", defaultAxis), dims.length);
  const [outer, size, inner] = [elementCount(dims.slice(0, axis)), dims[axis] ?? 0, elementCount(dims.slice(axis + 1))];
  return Array.from({ length: outer * inner }, (_, line) => {
    const start = Math.floor(line / inner) * size * inner + (line % inner);
    return Array.from({ length: size }, (_, index) => start + index * inner);
  });
}

/** One number for each channel of each picture. */
function perPicture(call: Call, summarise: (values: number[]) => number): Float32Array {
  const [pictures = 0, channels = 0, ...rest] = sizes(call, 0);
  const area = elementCount(rest);
  const data = floats(call, 0);
  return Float32Array.from({ length: pictures * channels }, (_, index) =>
    summarise(Array.from(data.subarray(index * area, (index + 1) * area))),
  );
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
