/**
 * ONNX Runtime's blocked operators by plain loops, for blocks of any size: so the lowering for a processor that isn't at hand
 * can be checked in float64. Each is its plain counterpart between two reorderings.
 */

import type { Elements, Value } from "../operator.js";
import { Call } from "../operator.js";
import { floats, outputDims, sizes } from "../operators/elements.js";
import { convolve } from "../operators/windows.js";
import { elementCount, tensor } from "../tensor.js";

type Loop = (call: Call, outputs: readonly Value[], block: number) => Elements[];

/** Index of a map's element in blocked order, for each element in plain order. */
function blockedPlaces([batch = 0, channels = 0, ...area]: readonly number[], block: number): number[] {
  const places = elementCount(area);
  return Array.from({ length: batch * channels * places }, (_, index) => {
    const [picture, channel, place] = [
      Math.floor(index / (channels * places)),
      Math.floor(index / places) % channels,
      index % places,
    ];
    const line = (picture * channels) / block + Math.floor(channel / block);
    return (line * places + place) * block + (channel % block);
  });
}

function toPlain(values: Float64Array, dims: readonly number[], block: number): Float64Array {
  return Float64Array.from(blockedPlaces(dims, block), (from) => values[from] ?? Number.NaN);
}

function toBlocked(values: Float64Array, dims: readonly number[], block: number): Float64Array {
  const result = new Float64Array(values.length);
  for (const [index, to] of blockedPlaces(dims, block).entries()) result[to] = values[index] ?? Number.NaN;
  return result;
}

/** [N, C, places] of a map [N, places, C]. */
function channelsFirst(values: Float64Array, places: number, channels: number): Float64Array {
  return Float64Array.from(values, (_, index) => {
    const [picture, inside] = [Math.floor(index / (channels * places)), index % (channels * places)];
    const [channel, place] = [Math.floor(inside / places), inside % places];
    return values[(picture * places + place) * channels + channel] ?? Number.NaN;
  });
}

/** Weights [O, I, kh, kw], from blocks of outputs outside, then inputs (in blocks, unless they are few), cells, outputs. */
function plainWeights(values: Float64Array, dims: readonly number[], block: number): Float64Array {
  const [, inputs = 0, ...kernel] = dims;
  const cells = elementCount(kernel);
  const inner = inputs < block ? 1 : block;
  return values.map((_, index) => {
    const [output, input, cell] = [
      Math.floor(index / (inputs * cells)),
      Math.floor(index / cells) % inputs,
      index % cells,
    ];
    const line = Math.floor(output / block) * (inputs / inner) + Math.floor(input / inner);
    return values[((line * cells + cell) * inner + (input % inner)) * block + (output % block)] ?? Number.NaN;
  });
}

const convolution: Loop = (call, outputs, block) => {
  const [dims, weightDims] = [sizes(call, 0), sizes(call, 1)];
  // A map of fewer channels than a block is read in plain order.
  const isPlain = (dims[1] ?? 0) < block;
  const x = isPlain ? floats(call, 0) : toPlain(floats(call, 0), dims, block);
  const weights = plainWeights(floats(call, 1), weightDims, block);
  const value = (data: Float64Array, shape: readonly number[]): Value => {
    return { type: "float64", dims: shape, constant: tensor("float64", shape, data) };
  };
  const inputs = [value(x, dims), value(weights, weightDims), call.inputs[2]];
  const [plain] = convolve(new Call(call.node, inputs), outputs);
  const y = toBlocked(plain as Float64Array, outputDims(outputs), block);
  const sum = call.inputs[3] ? floats(call, 3) : null;
  const activation = call.text("activation", "");
  const [low = 0, high = 0] = (call.node.attributes.activation_params?.value ?? []) as readonly number[];
  return [
    y.map((value, index) => {
      const total = value + (sum?.[index] ?? 0);
      if (activation === "Relu") return Math.max(total, 0);
      return activation === "Clip" ? Math.min(Math.max(total, low), high) : total;
    }),
  ];
};

export const blockedLoops: Readonly<Record<string, Loop>> = {
  "nchwc.ReorderInput": (call, outputs, block) => {
    const dims = outputDims(outputs);
    const [, channels = 0, ...area] = dims;
    const isLast = call.int("channels_last", 0) === 1;
    const values = isLast ? channelsFirst(floats(call, 0), elementCount(area), channels) : floats(call, 0);
    return [toBlocked(values, dims, block)];
  },
  "nchwc.ReorderOutput": (call, _, block) => {
    const [, filled = 0, ...area] = sizes(call, 0);
    const places = elementCount(area);
    const channels = call.int("channels", 0);
    const plain = toPlain(floats(call, 0), sizes(call, 0), block);
    const kept = plain.filter((_, index) => Math.floor(index / places) % filled < channels);
    const isLast = call.int("channels_last", 0) === 1;
    // Exchanging the two axes again is the way back.
    return [isLast ? channelsFirst(kept, channels, places) : kept];
  },
  "nchwc.Conv": convolution,
  "nchwc.GlobalAveragePool": (call, outputs, block) => {
    const dims = sizes(call, 0);
    const places = elementCount(dims.slice(2));
    const plain = toPlain(floats(call, 0), dims, block);
    const means = new Float64Array(plain.length / places);
    for (const [index, value] of plain.entries()) {
      const row = Math.floor(index / places);
      means[row] = (means[row] ?? 0) + value / places;
    }
    return [toBlocked(means, outputDims(outputs), block)];
  },
  "nchwc.Upsample": (call, outputs, block) => {
    const [, , height = 0, width = 0] = sizes(call, 0);
    const [, , rows = 0, columns = 0] = outputDims(outputs);
    const plain = toPlain(floats(call, 0), sizes(call, 0), block);
    const large = Float64Array.from({ length: elementCount(outputDims(outputs)) }, (_, index) => {
      const [plane, row, column] = [
        Math.floor(index / (rows * columns)),
        Math.floor(index / columns) % rows,
        index % columns,
      ];
      const from =
        (plane * height + Math.floor((row * height) / rows)) * width + Math.floor((column * width) / columns);
      return plain[from] ?? Number.NaN;
    });
    return [toBlocked(large, outputDims(outputs), block)];
  },
};
