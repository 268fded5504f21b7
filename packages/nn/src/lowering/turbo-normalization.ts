/**
 * Batch norm on blocked maps. Behind a widening pointwise convolution its statistics come from the narrow map ("Gram
 * trick"): the batch mean and variance of W x follow from the mean and covariance of x, so the norm folds into the
 * convolution, and the wide tensor between the two never exists, neither forward nor backward. The map is centred before
 * its covariance is taken, so nothing cancels.
 */

import { floatTensor } from "../tensor.js";
import type { BlockedMaps } from "./blocked-maps.js";
import type { TurboRule } from "./turbo-rule.js";

export const normalizationRules: Readonly<Record<string, TurboRule>> = {
  /** x, scale, bias → y, mean, variance. */
  BatchNormTraining: ({ maps, call, inputs, activation }) => {
    const [x = "", scale = "", bias = ""] = inputs;
    const { tape } = maps;
    const [, channels = 0] = call.sizes(0);
    const { mean, centred } = centre(maps, x, call.sizes(0));
    const spread = tape.times(maps.dot(centred, centred), 1 / count(call.sizes(0)));
    const variance = maps.channelsOf(spread, channels);
    const factor = tape.times(maps.plain(scale), inverseDeviation(maps, variance, call.float("epsilon", 1e-5)));
    const y = maps.affine(centred, maps.vector(factor), { bias: maps.vector(maps.plain(bias)), activation });
    return [{ blocked: y }, { plain: mean }, { plain: variance }];
  },

  /** dy, x, scale, mean, variance → dx, dscale, dbias. */
  BatchNormGradient: ({ maps, call, inputs }) => {
    const [dy = "", x = "", scale = "", , variance = ""] = inputs;
    const [, channels = 0] = call.sizes(0);
    const gradient = maps.blocked(dy);
    const { centred } = centre(maps, x, call.sizes(0));
    const sum = maps.channelsOf(maps.sum(gradient), channels);
    const product = maps.channelsOf(maps.dot(gradient, centred), channels);
    const epsilon = call.float("epsilon", 1e-5);
    const parts = gradientParts(maps, { scale, variance }, sum, product, epsilon, count(call.sizes(0)));
    const ofX = maps.affine(centred, maps.vector(parts.slope), { bias: maps.vector(parts.offset) });
    const dx = maps.affine(gradient, maps.vector(parts.factor), { sum: ofX });
    return [{ blocked: dx }, { plain: parts.dScale }, { plain: sum }];
  },

  /** x, weights [O, I, 1, 1], scale, bias → y, mean, variance. */
  PointwiseBatchNorm: (site) => {
    const { maps, call, inputs, activation } = site;
    const [x = "", weights = "", scale = "", bias = ""] = inputs;
    const { tape } = maps;
    const [outputs = 0, channels = 0] = call.sizes(1);
    const { mean, covariance } = gram(maps, x, call.sizes(0));
    const matrix = tape.reshape(maps.plain(weights), [outputs, channels]);
    const spread = tape.sum(tape.times(tape.matMul(matrix, covariance), matrix), [1]);
    const variance = tape.emit("Max", [tape.reshape(spread, [outputs]), 0]);
    const means = tape.reshape(tape.matMul(matrix, tape.reshape(mean, [channels, 1])), [outputs]);
    const factor = tape.times(maps.plain(scale), inverseDeviation(maps, variance, call.float("epsilon", 1e-5)));
    const offset = tape.minus(maps.plain(bias), tape.times(means, factor));
    const folded = tape.times(matrix, tape.reshape(factor, [outputs, 1]));
    const kernel = maps.denseWeights(tape.reshape(folded, [outputs, channels, 1, 1]));
    const y = maps.convolve([maps.blocked(x), kernel, maps.vector(offset)], { kernel_shape: [1, 1], ...activation });
    return [{ blocked: y }, { plain: means }, { plain: variance }];
  },

  /** dy, x, weights, scale, mean, variance → dx, dweights, dscale, dbias. */
  PointwiseBatchNormGradient: ({ maps, call, inputs }) => {
    const [dy = "", x = "", weights = "", scale = "", , variance = ""] = inputs;
    const { tape } = maps;
    const [outputs = 0, channels = 0] = call.sizes(2);
    const places = count(call.sizes(0));
    const { centred, covariance } = gram(maps, x, call.sizes(1));
    const matrix = tape.reshape(maps.plain(weights), [outputs, channels]);
    const gradient = maps.blocked(dy);
    const sum = maps.channelsOf(maps.sum(gradient), outputs);
    const withX = maps.outer(gradient, outputs, centred, channels);
    const product = tape.reshape(tape.sum(tape.times(matrix, withX), [1]), [outputs]);
    const parts = gradientParts(maps, { scale, variance }, sum, product, call.float("epsilon", 1e-5), places);
    const column = (values: string) => tape.reshape(values, [outputs, 1]);
    // The gradient by z = W x is factor · dy + slope · (z - mean) + offset, and its sum over all places is 0.
    const folded = tape.times(matrix, column(parts.factor));
    const sloped = tape.times(matrix, column(parts.slope));
    const dWeights = tape.plus(
      tape.times(withX, column(parts.factor)),
      tape.times(tape.matMul(sloped, covariance), places),
    );
    const mixing = tape.emit("Gemm", [sloped, matrix], { transA: 1 });
    const bias = tape.reshape(tape.matMul(tape.reshape(parts.offset, [1, outputs]), matrix), [channels]);
    const kernel = (weight: string, dims: number[]) => maps.denseWeights(tape.reshape(weight, [...dims, 1, 1]));
    const ofX = maps.convolve([centred, kernel(mixing, [channels, channels]), maps.vector(bias)], {
      kernel_shape: [1, 1],
    });
    const back = kernel(tape.transpose(folded, [1, 0]), [channels, outputs]);
    const dx = maps.convolve([gradient, back, "", ofX], { kernel_shape: [1, 1] });
    return [
      { blocked: dx },
      { plain: tape.reshape(dWeights, [outputs, channels, 1, 1]) },
      { plain: parts.dScale },
      { plain: sum },
    ];
  },
};

/**
 * Mean [C] and the map less its mean (blocked), written once for forward and backward. E[x²] - E[x]² would need no such map,
 * but loses the variance where the mean is large beside the deviation: pictures of low contrast, seen by the first layer.
 */
function centre(maps: BlockedMaps, x: string, dims: readonly number[]) {
  const { tape } = maps;
  const [, channels = 0] = dims;
  const map = maps.blocked(x);
  const mean = tape.times(maps.sum(map), 1 / count(dims));
  const ones = maps.vector(tape.emit("Identity", [floatTensor([channels], new Float32Array(channels).fill(1))]));
  const centred = maps.affine(map, ones, { bias: tape.negative(mean) });
  return { mean: maps.channelsOf(mean, channels), centred };
}

/** As `centre`, with the covariance [C, C] over pictures and places. */
function gram(maps: BlockedMaps, x: string, dims: readonly number[]) {
  const [, channels = 0] = dims;
  const { mean, centred } = centre(maps, x, dims);
  const covariance = maps.tape.times(maps.outer(centred, channels, centred, channels), 1 / count(dims));
  return { mean, centred, covariance };
}

/** What both gradients share, per channel: dx = factor · dy + slope · (x - mean) + offset. */
function gradientParts(
  maps: BlockedMaps,
  norm: { scale: string; variance: string },
  sum: string,
  product: string,
  epsilon: number,
  places: number,
) {
  const { tape } = maps;
  const inverse = inverseDeviation(maps, maps.plain(norm.variance), epsilon);
  const factor = tape.times(maps.plain(norm.scale), inverse);
  const dScale = tape.times(product, inverse);
  const slope = tape.times(tape.times(tape.times(factor, inverse), dScale), -1 / places);
  return { factor, dScale, slope, offset: tape.times(tape.times(factor, sum), -1 / places) };
}

function inverseDeviation({ tape }: BlockedMaps, variance: string, epsilon: number): string {
  return tape.emit("Reciprocal", [tape.emit("Sqrt", [tape.plus(variance, epsilon)])]);
}

/** Values per channel. */
function count([batch = 0, , height = 0, width = 0]: readonly number[]): number {
  return batch * height * width;
}
