/**
 * Batch normalisation (Ioffe and Szegedy 2015) in its three forms: by the batch's own statistics while training, by
 * running statistics as graph values (frozen, or evaluation), and folded into constants.
 */

import { type Initializer, ones, values, zeros } from "./initializers.js";
import { groupOf, type Network } from "./network.js";
import { elementCount, floatTensor, indexTensor } from "./tensor.js";

export interface NormOptions {
  /** Path of the layer; parameters get `/scale` and `/bias`, statistics `/mean` and `/variance` behind it. */
  readonly name: string;
  readonly group?: string | undefined;
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Share of the batch's statistics that enters the running ones with each step. Default 0.1. */
  readonly momentum?: number;
  /** Uses the running statistics while training too, and leaves them as they are. Scale and bias are still trained. */
  readonly isFrozen?: boolean;
  /** Starts with scale 0, so that a residual branch begins as nothing (Goyal et al. 2017). */
  readonly startsAtZero?: boolean;
  /** What it starts with instead of scale 1, bias 0, mean 0, variance 1; one number for each channel. */
  readonly initial?: NormValues | undefined;
}

export interface NormValues {
  readonly scale: Float32Array;
  readonly bias: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** What a norm over so many channels works with, as graph values of shape [channels]. */
interface Norm {
  readonly scale: string;
  readonly bias: string;
  readonly mean: string;
  readonly variance: string;
  readonly epsilon: number;
}

/** Whether the norm takes the batch's statistics here. */
export function usesBatchStatistics(net: Network, options: NormOptions, group: string): boolean {
  return net.mode === "train" && !options.isFrozen && !net.isConstant(group);
}

/** A norm of its own, over [N, C, H, W] or [N, C]. Behind a convolution `convNorm` is the faster choice. */
export function batchNorm(net: Network, x: string, options: NormOptions): string {
  const channels = net.size(x, 1);
  const norm = declare(net, channels, options);
  if (usesBatchStatistics(net, options, groupFor(options))) {
    const isMap = net.dims(x).length === 4;
    const [batch = 0] = net.dims(x).map(Number);
    const map = isMap ? x : reshaped(net, x, [batch, channels, 1, 1]);
    const [y = "", mean = "", variance = ""] = net.addAll(
      "BatchNormTraining",
      [map, norm.scale, norm.bias],
      { epsilon: norm.epsilon },
      [options.name, `${options.name}/batch mean`, `${options.name}/batch variance`],
    );
    keep(net, norm, options, { mean, variance }, valuesPerChannel(net, x));
    return isMap ? y : reshaped(net, y, [batch, channels]);
  }
  const { factor, offset } = affine(net, norm, options);
  const shape = net.dims(x).length === 2 ? [1, channels] : [1, channels, 1, 1];
  const scaled = net.add("Mul", [x, reshaped(net, factor, shape)], {}, `${options.name}/scaled`);
  return net.add("Add", [scaled, reshaped(net, offset, shape)], {}, options.name);
}

/** The batch norm of `conv(x, weight)` while training, where the weight is 1x1 and has more outputs than inputs. */
export function pointwiseBatchNorm(net: Network, x: string, weight: string, options: NormOptions): string {
  const norm = declare(net, net.size(weight, 0), options);
  const [y = "", mean = "", variance = ""] = net.addAll(
    "PointwiseBatchNorm",
    [x, weight, norm.scale, norm.bias],
    { epsilon: norm.epsilon },
    [options.name, `${options.name}/batch mean`, `${options.name}/batch variance`],
  );
  keep(net, norm, options, { mean, variance }, valuesPerChannel(net, x));
  return y;
}

/** Weight and bias of the convolution that does the norm's work too: constants where the group is constant. */
export function foldedNorm(
  net: Network,
  weight: string,
  dims: readonly number[],
  options: NormOptions,
): { weight: string; bias: string } {
  const [channels = 0] = dims;
  const norm = declare(net, channels, options);
  if (net.isConstant(groupFor(options))) {
    const { factors, offsets } = constantAffine(net, norm);
    const before = net.constantValue(weight);
    const perChannel = elementCount(dims) / channels;
    const folded = before.map((value, index) => value * (factors[Math.floor(index / perChannel)] ?? 0));
    return {
      weight: net.builder.constant(floatTensor(dims, folded)),
      bias: net.builder.constant(floatTensor([channels], Float32Array.from(offsets))),
    };
  }
  const { factor, offset } = affine(net, norm, options);
  const shape = [channels, ...dims.slice(1).map(() => 1)];
  return {
    weight: net.add("Mul", [weight, reshaped(net, factor, shape)], {}, `${options.name}/folded`),
    bias: offset,
  };
}

function groupFor({ name, group }: NormOptions): string {
  return group ?? groupOf(name);
}

function declare(net: Network, channels: number, options: NormOptions): Norm {
  const group = groupFor(options);
  const { name, initial, startsAtZero = false, epsilon = 1e-5 } = options;
  const parameter = (part: "scale" | "bias", fresh: Initializer) => {
    const given = initial && values(floatTensor([channels], initial[part]));
    return net.parameter(`${name}/${part}`, [channels], { initial: given ?? fresh, decays: false, group });
  };
  return {
    scale: parameter("scale", startsAtZero ? zeros : ones),
    bias: parameter("bias", zeros),
    mean: net.statistic(`${name}/mean`, [channels], initial?.mean ?? 0, group),
    variance: net.statistic(`${name}/variance`, [channels], initial?.variance ?? 1, group),
    epsilon,
  };
}

/** Moves the running statistics towards the batch's; its variance is made unbiased, as other frameworks keep it. */
function keep(
  net: Network,
  norm: Norm,
  { name, momentum = 0.1 }: NormOptions,
  batch: { mean: string; variance: string },
  count: number,
): void {
  const towards = (running: string, target: string, share: number, label: string) => {
    const kept = net.add("Mul", [running, net.scalar(1 - momentum)], {}, `${label}/kept`);
    const added = net.add("Mul", [target, net.scalar(share)], {}, `${label}/added`);
    return net.add("Add", [kept, added], {}, `${label}/next`);
  };
  const unbiased = count / Math.max(1, count - 1);
  net.update(`${name}/mean`, towards(norm.mean, batch.mean, momentum, `${name}/mean`));
  net.update(`${name}/variance`, towards(norm.variance, batch.variance, momentum * unbiased, `${name}/variance`));
}

/** y = factor * x + offset, from running statistics, as graph values. */
function affine(net: Network, norm: Norm, { name, group }: NormOptions): { factor: string; offset: string } {
  if (net.isConstant(groupFor({ name, group }))) {
    const { factors, offsets } = constantAffine(net, norm);
    const constant = (values: readonly number[]) => net.builder.constant(floatTensor([values.length], values));
    return { factor: constant(factors), offset: constant(offsets) };
  }
  const padded = net.add("Add", [norm.variance, net.scalar(norm.epsilon)], {}, `${name}/padded variance`);
  const factor = net.add("Div", [norm.scale, net.add("Sqrt", [padded], {}, `${name}/deviation`)], {}, `${name}/factor`);
  const shift = net.add("Mul", [norm.mean, factor], {}, `${name}/shift`);
  return { factor, offset: net.add("Sub", [norm.bias, shift], {}, `${name}/offset`) };
}

function constantAffine(net: Network, norm: Norm): { factors: number[]; offsets: number[] } {
  const [scale, bias, mean, variance] = [norm.scale, norm.bias, norm.mean, norm.variance].map((name) =>
    net.constantValue(name),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const factors = Array.from(scale, (value, index) => value / Math.sqrt((variance[index] ?? 0) + norm.epsilon));
  const offsets = factors.map((factor, index) => (bias[index] ?? 0) - (mean[index] ?? 0) * factor);
  return { factors, offsets };
}

function reshaped(net: Network, value: string, dims: readonly number[]): string {
  return net.add("Reshape", [value, indexTensor(dims)], {}, `${value}/reshaped`);
}

/** How many values each channel's statistics are taken over. */
function valuesPerChannel(net: Network, x: string): number {
  const [batch = 1, , ...rest] = net.dims(x).map(Number);
  return batch * elementCount(rest);
}
