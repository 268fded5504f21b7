/** Normalisation over the batch: by given statistics (inference), by the batch's own (training), and its gradients. */

import type { Call, Forward, Operator } from "../operator.js";
import type { Tape } from "../tape.js";
import { elementCount } from "../tensor.js";
import { floats, sizes } from "./elements.js";
import { sameShape } from "./shape-rules.js";

const defaultEpsilon = 1e-5;

export const normalizations = {
  /** x, scale, bias, mean, variance → y, by statistics that are given. */
  BatchNormalization: {
    attributes: { epsilon: "float", momentum: "float" },
    inputs: [5, 5],
    infer: sameShape,
    run: (call) => {
      const [x, scale, bias, mean, variance] = [0, 1, 2, 3, 4].map((index) => floats(call, index));
      return [normalised(call, x, scale, bias, mean, variance)];
    },
    /** The statistics count as given: nothing flows to them. */
    gradient: (node) => {
      const { tape, a: x, dy } = node;
      const factor = tape.over(node.input(1), deviation(node, node.input(4)));
      const centred = tape.minus(x, perChannel(tape, node.input(3)));
      const dScale = tape.over(
        tape.reshape(tape.sum(tape.times(dy, centred), [0, 2, 3]), [-1]),
        deviation(node, node.input(4)),
      );
      return [
        tape.times(dy, perChannel(tape, factor)),
        dScale,
        tape.reshape(tape.sum(dy, [0, 2, 3]), [-1]),
        null,
        null,
      ];
    },
  },
  /** x, scale, bias → y, mean, variance: by the batch's own statistics (the variance divided by the count itself). */
  BatchNormTraining: {
    attributes: { epsilon: "float" },
    inputs: [3, 3],
    infer: (call) => {
      const { type, dims } = call.ranked(0, 4);
      const channels = { type, dims: [dims[1] ?? 0] };
      return [{ type, dims }, channels, channels];
    },
    run: (call) => {
      const x = floats(call, 0);
      const { mean, variance } = statistics(x, sizes(call, 0));
      return [normalised(call, x, floats(call, 1), floats(call, 2), mean, variance), mean, variance];
    },
    /** Of y alone: mean and variance leave the graph as running averages, which the loss doesn't read. */
    gradient: (node) =>
      node.tape.emitAll(
        "BatchNormGradient",
        [node.dy, node.a, node.b, ...node.outputs.slice(1)],
        { epsilon: node.call.float("epsilon", defaultEpsilon) },
        3,
      ),
    lower: (node) => {
      const { tape, call, a: x, b: scale } = node;
      const channels = call.sizes(0)[1] ?? 0;
      const mean = tape.mean(x, [0, 2, 3]);
      const variance = tape.reshape(tape.mean(tape.square(tape.minus(x, mean)), [0, 2, 3]), [channels]);
      const means = tape.reshape(mean, [channels]);
      const epsilon = call.float("epsilon", defaultEpsilon);
      return [
        tape.emit("BatchNormalization", [x, scale, node.input(2), means, variance], { epsilon }),
        means,
        variance,
      ];
    },
  },
  /** dy, x, scale, mean, variance → dx, dscale, dbias of BatchNormTraining. */
  BatchNormGradient: {
    attributes: { epsilon: "float" },
    inputs: [5, 5],
    infer: (call) => {
      const { type, dims } = call.ranked(0, 4);
      const channels = { type, dims: [dims[1] ?? 0] };
      return [{ type, dims }, channels, channels];
    },
    run: (call) => {
      const [dy, x, scale, mean, variance] = [0, 1, 2, 3, 4].map((index) => floats(call, index));
      const { dx, dScale, dBias } = normGradient(call, { dy, x, scale, mean, variance }, sizes(call, 0));
      return [dx, dScale, dBias];
    },
    gradient: { none: "second derivatives aren't needed to train" },
    lower: (node) => {
      const { tape, a: dy, b: x } = node;
      const [scale, mean, variance] = [node.input(2), node.input(3), node.input(4)];
      const [batch = 1, channels = 1, ...area] = node.sizes(0);
      const spread = deviation(node, variance);
      const centred = tape.minus(x, perChannel(tape, mean));
      const dBias = tape.reshape(tape.sum(dy, [0, 2, 3]), [channels]);
      const dScale = tape.over(tape.reshape(tape.sum(tape.times(dy, centred), [0, 2, 3]), [channels]), spread);
      // dx = A · dy + B · (x - mean) + C, three numbers per channel.
      const share = 1 / (batch * elementCount(area));
      const factor = tape.over(scale, spread);
      const slope = tape.times(tape.over(tape.times(factor, dScale), spread), -share);
      const offset = tape.times(tape.times(factor, dBias), -share);
      const dx = tape.plus(
        tape.times(dy, perChannel(tape, factor)),
        tape.plus(tape.times(centred, perChannel(tape, slope)), perChannel(tape, offset)),
      );
      return [dx, dScale, dBias];
    },
  },
  /**
   * x, weights [O, I, 1, 1], scale, bias → y, mean, variance: a pointwise convolution and BatchNormTraining in one. In
   * turbo the mean and variance follow from those of x (the Gram matrix), and the tensor between the two never exists.
   */
  PointwiseBatchNorm: {
    attributes: { epsilon: "float" },
    inputs: [4, 4],
    infer: (call) => {
      const [x, weights] = [call.ranked(0, 4), call.ranked(1, 4)];
      if (weights.dims.slice(1).join() !== [x.dims[1], 1, 1].join()) {
        call.fail(`weights (${weights.dims.join(", ")}) don't fit input (${x.dims.join(", ")}).`);
      }
      const channels = { type: x.type, dims: [weights.dims[0] ?? 0] };
      return [{ type: x.type, dims: x.dims.with(1, weights.dims[0] ?? 0) }, channels, channels];
    },
    run: (call) => {
      const product = pointwise(floats(call, 0), floats(call, 1), sizes(call, 0), sizes(call, 1));
      const dims = sizes(call, 0).with(1, sizes(call, 1)[0] ?? 0);
      const { mean, variance } = statistics(product, dims);
      const y = normalised(call, product, floats(call, 2), floats(call, 3), mean, variance, dims);
      return [y, mean, variance];
    },
    gradient: (node) =>
      node.tape.emitAll(
        "PointwiseBatchNormGradient",
        [node.dy, node.a, node.b, node.input(2), ...node.outputs.slice(1)],
        { epsilon: node.call.float("epsilon", defaultEpsilon) },
        4,
      ),
    lower: (node) => {
      const { tape, a: x, b: weights, call } = node;
      const product = tape.emit("Conv", [x, weights], { kernel_shape: [1, 1] });
      const epsilon = call.float("epsilon", defaultEpsilon);
      return tape.emitAll("BatchNormTraining", [product, node.input(2), node.input(3)], { epsilon }, 3);
    },
  },
  /** dy, x, weights, scale, mean, variance → dx, dweights, dscale, dbias of PointwiseBatchNorm. */
  PointwiseBatchNormGradient: {
    attributes: { epsilon: "float" },
    inputs: [6, 6],
    infer: (call) => {
      const [x, weights] = [call.ranked(1, 4), call.ranked(2, 4)];
      const channels = { type: x.type, dims: [weights.dims[0] ?? 0] };
      return [{ type: x.type, dims: x.dims }, { type: x.type, dims: weights.dims }, channels, channels];
    },
    run: (call) => {
      const [dy, x, weights, scale, mean, variance] = [0, 1, 2, 3, 4, 5].map((index) => floats(call, index));
      const [batch = 0, inputs = 0, ...area] = sizes(call, 1);
      const outputs = sizes(call, 2)[0] ?? 0;
      const places = elementCount(area);
      const product = pointwise(x, weights, sizes(call, 1), sizes(call, 2));
      const dims = [batch, outputs, ...area];
      const { dx: dProduct, dScale, dBias } = normGradient(call, { dy, x: product, scale, mean, variance }, dims);
      const dx = new Float64Array(batch * inputs * places);
      const dWeights = new Float64Array(outputs * inputs);
      for (const [output, index] of channelPlaces(dims)) {
        const picture = Math.floor(index / (outputs * places));
        for (let input = 0; input < inputs; input++) {
          const from = (picture * inputs + input) * places + (index % places);
          dx[from] = at(dx, from) + at(dProduct, index) * at(weights, output * inputs + input);
          dWeights[output * inputs + input] = at(dWeights, output * inputs + input) + at(dProduct, index) * at(x, from);
        }
      }
      return [dx, dWeights, dScale, dBias];
    },
    gradient: { none: "second derivatives aren't needed to train" },
    lower: (node) => {
      const { tape, call, a: dy, b: x } = node;
      const weights = node.input(2);
      const product = tape.emit("Conv", [x, weights], { kernel_shape: [1, 1] });
      const epsilon = call.float("epsilon", defaultEpsilon);
      const statistics = [3, 4, 5].map((index) => node.input(index));
      const gradients = tape.emitAll("BatchNormGradient", [dy, product, ...statistics], { epsilon }, 3);
      const [dProduct = "", dScale = "", dBias = ""] = gradients;
      const window = { kernel_shape: [1, 1] };
      const dx = tape.emit("ConvInputGradient", [dProduct, weights], { ...window, size: node.sizes(1).slice(2) });
      return [dx, tape.emit("ConvWeightGradient", [x, dProduct], window), dScale, dBias];
    },
  },
} as const satisfies Record<string, Operator>;

/** √(variance + epsilon), by the node's epsilon. */
function deviation({ tape, call }: Forward, variance: string): string {
  return tape.emit("Sqrt", [tape.plus(variance, call.float("epsilon", defaultEpsilon))]);
}

/** [C] as [1, C, 1, 1]: beside a map. */
function perChannel(tape: Tape, values: string): string {
  return tape.reshape(values, [1, -1, 1, 1]);
}

type Numbers = Float64Array | undefined;

function at(values: Numbers, index: number): number {
  return values?.[index] ?? 0;
}

/** The channel and the index of each element of a map. */
function* channelPlaces([batch = 0, channels = 0, ...area]: readonly number[]): Generator<[number, number]> {
  const places = elementCount(area);
  for (let index = 0; index < batch * channels * places; index++) yield [Math.floor(index / places) % channels, index];
}

function normalised(
  call: Call,
  x: Numbers,
  scale: Numbers,
  bias: Numbers,
  mean: Numbers,
  variance: Numbers,
  dims = sizes(call, 0),
): Float64Array {
  const epsilon = call.float("epsilon", defaultEpsilon);
  const y = new Float64Array(elementCount(dims));
  for (const [channel, index] of channelPlaces(dims)) {
    const normal = (at(x, index) - at(mean, channel)) / Math.sqrt(at(variance, channel) + epsilon);
    y[index] = normal * at(scale, channel) + at(bias, channel);
  }
  return y;
}

/** Mean and variance of each channel. */
function statistics(x: Float64Array, dims: readonly number[]): { mean: Float64Array; variance: Float64Array } {
  const channels = dims[1] ?? 0;
  const count = elementCount(dims) / channels;
  const [mean, variance] = [new Float64Array(channels), new Float64Array(channels)];
  for (const [channel, index] of channelPlaces(dims)) mean[channel] = at(mean, channel) + at(x, index) / count;
  for (const [channel, index] of channelPlaces(dims)) {
    variance[channel] = at(variance, channel) + (at(x, index) - at(mean, channel)) ** 2 / count;
  }
  return { mean, variance };
}

/** Gradients of BatchNormTraining by its map, scale and bias (Ioffe and Szegedy 2015, section 3). */
function normGradient(
  call: Call,
  { dy, x, scale, mean, variance }: Readonly<Record<"dy" | "x" | "scale" | "mean" | "variance", Numbers>>,
  dims: readonly number[],
) {
  const channels = dims[1] ?? 0;
  const count = elementCount(dims) / channels;
  const epsilon = call.float("epsilon", defaultEpsilon);
  const spread = (channel: number) => Math.sqrt(at(variance, channel) + epsilon);
  const normal = (index: number, channel: number) => (at(x, index) - at(mean, channel)) / spread(channel);
  const [dScale, dBias] = [new Float64Array(channels), new Float64Array(channels)];
  for (const [channel, index] of channelPlaces(dims)) {
    dScale[channel] = at(dScale, channel) + at(dy, index) * normal(index, channel);
    dBias[channel] = at(dBias, channel) + at(dy, index);
  }
  const dx = new Float64Array(elementCount(dims));
  for (const [channel, index] of channelPlaces(dims)) {
    const shared = (at(dBias, channel) + normal(index, channel) * at(dScale, channel)) / count;
    dx[index] = (at(scale, channel) / spread(channel)) * (at(dy, index) - shared);
  }
  return { dx, dScale, dBias };
}

/** A 1 x 1 convolution: x [N, I, ...], weights [O, I, 1, 1]. */
function pointwise(
  x: Numbers,
  weights: Numbers,
  xDims: readonly number[],
  weightDims: readonly number[],
): Float64Array {
  const [batch = 0, inputs = 0, ...area] = xDims;
  const [outputs = 0] = weightDims;
  const places = elementCount(area);
  const y = new Float64Array(batch * outputs * places);
  for (const [output, index] of channelPlaces([batch, outputs, places])) {
    const picture = Math.floor(index / (outputs * places));
    for (let input = 0; input < inputs; input++) {
      y[index] =
        at(y, index) +
        at(weights, output * inputs + input) * at(x, (picture * inputs + input) * places + (index % places));
    }
  }
  return y;
}
