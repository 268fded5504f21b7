/**
 * Layers: functions that take a value and give a value, in order of difficulty. A layer's `name` is its path
 * ("block3/expand"); its parameters and nodes are named by it. Feature maps are [N, channels, height, width].
 */

import { foldedNorm, type NormOptions, pointwiseBatchNorm, batchNorm as standaloneNorm } from "./batch-norm.js";
import { NnError } from "./errors.js";
import { he, heTransposed, type Initializer, ones, xavier, zeros } from "./initializers.js";
import type { Network } from "./network.js";
import { floatTensor, indexTensor } from "./tensor.js";

export interface LayerOptions {
  readonly name: string;
  /** Group of its parameters; default: the first part of the name. */
  readonly group?: string | undefined;
}

// Without parameters

export const activations = {
  none: (_net: Network, x: string, _name: string) => x,
  relu: (net: Network, x: string, name: string) => net.add("Relu", [x], {}, name),
  relu6: (net: Network, x: string, name: string) => net.add("Clip", [x, net.scalar(0), net.scalar(6)], {}, name),
  leakyRelu: (net: Network, x: string, name: string) => net.add("LeakyRelu", [x], { alpha: 0.1 }, name),
  sigmoid: (net: Network, x: string, name: string) => net.add("Sigmoid", [x], {}, name),
  tanh: (net: Network, x: string, name: string) => net.add("Tanh", [x], {}, name),
  hardSwish: (net: Network, x: string, name: string) => net.add("HardSwish", [x], {}, name),
  silu: (net: Network, x: string, name: string) =>
    net.add("Mul", [x, net.add("Sigmoid", [x], {}, `${name}/gate`)], {}, name),
} as const;

export type Activation = keyof typeof activations;

export function activate(net: Network, x: string, activation: Activation, name: string): string {
  return activations[activation](net, x, name);
}

export function add(net: Network, a: string, b: string, { name }: LayerOptions): string {
  return net.add("Add", [a, b], {}, name);
}

/** Joins along the channels. */
export function concat(net: Network, parts: readonly string[], { name }: LayerOptions): string {
  return net.add("Concat", parts, { axis: 1 }, name);
}

export function flatten(net: Network, x: string, { name }: LayerOptions): string {
  return net.add("Flatten", [x], { axis: 1 }, name);
}

/** [N, C, H, W] → [N, C]. */
export function globalAveragePool(net: Network, x: string, { name }: LayerOptions): string {
  return flatten(net, net.add("GlobalAveragePool", [x], {}, `${name}/map`), { name });
}

export interface PoolOptions extends LayerOptions {
  /** Side of the window. Default 2. */
  readonly kernel?: number;
  /** Default: the window's side. */
  readonly stride?: number;
  /** Default: none. */
  readonly padding?: number;
}

/** Its gradient is slow in every form known: where there is a choice, a convolution of stride 2 is several times faster. */
export function maxPool(net: Network, x: string, options: PoolOptions): string {
  return net.add("MaxPool", [x], windowOf(options), options.name);
}

export function averagePool(net: Network, x: string, options: PoolOptions): string {
  return net.add("AveragePool", [x], { ...windowOf(options), count_include_pad: 0 }, options.name);
}

function windowOf({ kernel = 2, stride = kernel, padding = 0 }: PoolOptions) {
  return {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
  };
}

export interface UpsampleOptions extends LayerOptions {
  /** A whole number. Default 2. */
  readonly factor?: number;
  /** Default "nearest". */
  readonly mode?: "nearest" | "linear";
}

export function upsample(net: Network, x: string, { name, factor = 2, mode = "nearest" }: UpsampleOptions): string {
  const scales = floatTensor([4], [1, 1, factor, factor]);
  const how =
    mode === "nearest"
      ? { mode, coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }
      : { mode, coordinate_transformation_mode: "half_pixel" };
  return net.add("Resize", [x, "", scales], how, name);
}

export interface DropoutOptions extends LayerOptions {
  /** Share of values set to zero while training (Srivastava et al. 2014). */
  readonly rate: number;
  /** Drops whole pictures, for residual branches (Huang et al. 2016). */
  readonly isPerPicture?: boolean;
}

/** Does nothing outside `train`. */
export function dropout(net: Network, x: string, { name, rate, isPerPicture = false }: DropoutOptions): string {
  if (net.mode !== "train" || rate === 0) return x;
  const dims = net.dims(x).map(Number);
  const noise = net.noise(name, isPerPicture ? dims.map((size, axis) => (axis === 0 ? size : 1)) : dims);
  const kept = net.add("Less", [noise, net.scalar(1 - rate)], {}, `${name}/kept`);
  const factor = net.add("Where", [kept, net.scalar(1 / (1 - rate)), net.scalar(0)], {}, `${name}/factor`);
  return net.add("Mul", [x, factor], {}, name);
}

// With parameters

export interface LinearOptions extends LayerOptions {
  readonly outputs: number;
  /** Default true. */
  readonly bias?: boolean;
  readonly initial?: Initializer;
  readonly activation?: Activation;
}

/** [N, inputs] → [N, outputs]; the weight is [outputs, inputs]. */
export function linear(net: Network, x: string, options: LinearOptions): string {
  const { name, group, outputs, bias = true, initial = xavier, activation = "none" } = options;
  const weight = net.parameter(`${name}/weight`, [outputs, net.size(x, 1)], { initial, group });
  const inputs = bias ? [x, weight, net.parameter(`${name}/bias`, [outputs], { initial: zeros, group })] : [x, weight];
  return activate(net, net.add("Gemm", inputs, { transB: 1 }, name), activation, `${name}/${activation}`);
}

export interface ConvOptions extends LayerOptions {
  /** Output channels. */
  readonly channels: number;
  /** Side of the kernel. Default 3. */
  readonly kernel?: number;
  /** Default 1. */
  readonly stride?: number;
  /** Default 1. */
  readonly dilation?: number;
  /** Default 1; as many as channels make a depthwise convolution. */
  readonly groups?: number;
  /** Rows and columns of zeros around the map: one number, or top, left, bottom, right. Default keeps the size at stride 1. */
  readonly padding?: number | readonly [number, number, number, number];
  readonly activation?: Activation;
  readonly initial?: Initializer;
  /** Only without a norm. Default true. */
  readonly bias?: boolean;
  /** What the bias starts with; default zeros. */
  readonly initialBias?: Initializer;
}

export function conv(net: Network, x: string, options: ConvOptions): string {
  const { name, group, channels, bias = true, initialBias = zeros, activation = "none" } = options;
  const weight = convWeight(net, x, options).name;
  const inputs = bias
    ? [x, weight, net.parameter(`${name}/bias`, [channels], { initial: initialBias, group })]
    : [x, weight];
  const y = net.add("Conv", inputs, convAttributes(options), name);
  return activate(net, y, activation, `${name}/${activation}`);
}

function convWeight(
  net: Network,
  x: string,
  { name, group, channels, kernel = 3, groups = 1, initial = he }: ConvOptions,
) {
  const inputs = net.size(x, 1);
  if (inputs % groups !== 0 || channels % groups !== 0) {
    throw new NnError(
      "GRAPH_INVALID",
      `"${name}": ${inputs} and ${channels} channels don't divide into ${groups} groups.`,
    );
  }
  const dims = [channels, inputs / groups, kernel, kernel];
  return { name: net.parameter(`${name}/weight`, dims, { initial, group }), dims };
}

function convAttributes({ kernel = 3, stride = 1, dilation = 1, groups = 1, padding }: ConvOptions) {
  const around = padding ?? Math.floor((dilation * (kernel - 1)) / 2);
  return {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    pads: typeof around === "number" ? [around, around, around, around] : around,
    group: groups,
  };
}

export interface ConvNormOptions extends Omit<ConvOptions, "bias" | "initialBias"> {
  /** Frozen: by the running statistics, which then stay. Default "batch". */
  readonly norm?: "batch" | "frozen";
  readonly epsilon?: number;
  readonly momentum?: number;
  /** The norm's scale starts at 0, for the last convolution of a residual branch. */
  readonly startsAtZero?: boolean;
}

/** Convolution without bias, batch norm, activation (default ReLU). */
export function convNorm(net: Network, x: string, options: ConvNormOptions): string {
  const { name, group, norm = "batch", activation = "relu", kernel = 3, stride = 1, groups = 1 } = options;
  const weight = convWeight(net, x, options);
  const normOptions: NormOptions = {
    name: `${name}/norm`,
    group: group ?? name.split("/", 1)[0],
    isFrozen: norm === "frozen",
    ...(options.epsilon !== undefined && { epsilon: options.epsilon }),
    ...(options.momentum !== undefined && { momentum: options.momentum }),
    ...(options.startsAtZero !== undefined && { startsAtZero: options.startsAtZero }),
  };
  const normed = () => {
    if (net.mode !== "train" || normOptions.isFrozen || net.isConstant(normOptions.group ?? "")) {
      const folded = foldedNorm(net, weight.name, weight.dims, normOptions);
      return net.add("Conv", [x, folded.weight, folded.bias], convAttributes(options), name);
    }
    const isExpanding = kernel === 1 && stride === 1 && groups === 1 && options.channels > net.size(x, 1);
    if (isExpanding) return pointwiseBatchNorm(net, x, weight.name, normOptions);
    return standaloneNorm(net, net.add("Conv", [x, weight.name], convAttributes(options), name), normOptions);
  };
  return activate(net, normed(), activation, `${name}/${activation}`);
}

/** One kernel for each channel, batch norm, activation. */
export function depthwise(net: Network, x: string, options: Omit<ConvNormOptions, "channels" | "groups">): string {
  const channels = net.size(x, 1);
  return convNorm(net, x, { ...options, channels, groups: channels });
}

/** 1x1 convolution, batch norm, activation. */
export function pointwise(net: Network, x: string, options: Omit<ConvNormOptions, "kernel" | "groups">): string {
  return convNorm(net, x, { ...options, kernel: 1 });
}

/** Batch norm of its own, by running statistics while training too when `isFrozen`. */
export function batchNorm(net: Network, x: string, options: NormOptions): string {
  return standaloneNorm(net, x, options);
}

export interface TransposedConvOptions extends LayerOptions {
  readonly channels: number;
  /** Default 2. */
  readonly stride?: number;
  /** Default 4 at padding 1: a stride of 2 doubles the map exactly, without a checkerboard of uneven overlaps. */
  readonly kernel?: number;
  readonly padding?: number;
  readonly bias?: boolean;
  readonly initial?: Initializer;
  readonly activation?: Activation;
}

/** Enlarges the map by its stride; the weight is [inputs, channels, kernel, kernel]. */
export function transposedConv(net: Network, x: string, options: TransposedConvOptions): string {
  const { name, group, channels, stride = 2, kernel = 4, padding = 1, bias = true, activation = "none" } = options;
  const dims = [net.size(x, 1), channels, kernel, kernel];
  const weight = net.parameter(`${name}/weight`, dims, { initial: options.initial ?? heTransposed, group });
  const inputs = bias ? [x, weight, net.parameter(`${name}/bias`, [channels], { initial: zeros, group })] : [x, weight];
  const attributes = {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
  };
  return activate(net, net.add("ConvTranspose", inputs, attributes, name), activation, `${name}/${activation}`);
}

// Blocks

export interface ResidualOptions extends LayerOptions {
  readonly channels: number;
  readonly stride?: number;
  readonly activation?: Activation;
}

/** Two 3x3 convolutions beside a shortcut (He et al. 2015); the shortcut is a 1x1 convolution where the shape changes. */
export function residual(
  net: Network,
  x: string,
  { name, group, channels, stride = 1, activation = "relu" }: ResidualOptions,
): string {
  const first = convNorm(net, x, { name: `${name}/first`, group, channels, stride, activation });
  const second = convNorm(net, first, {
    name: `${name}/second`,
    group,
    channels,
    activation: "none",
    startsAtZero: true,
  });
  const isSame = stride === 1 && net.size(x, 1) === channels;
  const shortcut = isSame
    ? x
    : convNorm(net, x, { name: `${name}/shortcut`, group, channels, stride, kernel: 1, activation: "none" });
  return activate(net, add(net, second, shortcut, { name: `${name}/sum` }), activation, name);
}

export interface InvertedResidualOptions extends LayerOptions {
  readonly channels: number;
  readonly stride?: number;
  /** Times the input's channels inside the block. Default 6; 1 leaves the expanding convolution out. */
  readonly expansion?: number;
  /** Side of the depthwise kernel. Default 3. */
  readonly kernel?: number;
  readonly activation?: Activation;
  /** Share of the inner channels in a squeeze-excite; default none. */
  readonly squeeze?: number;
  readonly norm?: "batch" | "frozen";
}

/** Expand, depthwise, project, with a shortcut where the shape allows (MobileNetV2, Sandler et al. 2018). */
export function invertedResidual(net: Network, x: string, options: InvertedResidualOptions): string {
  const { name, group, channels, stride = 1, expansion = 6, kernel = 3, activation = "relu", norm = "batch" } = options;
  const inputs = net.size(x, 1);
  const inner = Math.round(inputs * expansion);
  const shared = { group, activation, norm } as const;
  const expanded = inner === inputs ? x : pointwise(net, x, { name: `${name}/expand`, channels: inner, ...shared });
  const spread = depthwise(net, expanded, { name: `${name}/depthwise`, kernel, stride, ...shared });
  const weighted = options.squeeze
    ? squeezeExcite(net, spread, { name: `${name}/squeeze`, group, ratio: options.squeeze })
    : spread;
  const projected = pointwise(net, weighted, { name: `${name}/project`, channels, ...shared, activation: "none" });
  return stride === 1 && inputs === channels ? add(net, x, projected, { name }) : projected;
}

export interface SqueezeExciteOptions extends LayerOptions {
  /** Share of the channels in its bottleneck. Default 0.25. */
  readonly ratio?: number;
}

/** Weighs each channel by what the whole map shows (Hu et al. 2018). */
export function squeezeExcite(net: Network, x: string, { name, group, ratio = 0.25 }: SqueezeExciteOptions): string {
  const channels = net.size(x, 1);
  const inner = Math.max(4, Math.round(channels * ratio));
  const pooled = globalAveragePool(net, x, { name: `${name}/pool` });
  const narrow = linear(net, pooled, {
    name: `${name}/reduce`,
    group,
    outputs: inner,
    initial: he,
    activation: "relu",
  });
  const gates = linear(net, narrow, { name: `${name}/widen`, group, outputs: channels, activation: "sigmoid" });
  const shaped = net.add("Reshape", [gates, indexTensor([0, channels, 1, 1])], {}, `${name}/gates`);
  return net.add("Mul", [x, shaped], {}, name);
}

export interface LayerNormOptions extends LayerOptions {
  readonly epsilon?: number;
}

/** Normalises each token over its last axis (Ba et al. 2016). */
export function layerNorm(net: Network, x: string, { name, group, epsilon = 1e-5 }: LayerNormOptions): string {
  const width = net.size(x, -1);
  const mean = net.add("ReduceMean", [x, indexTensor([-1])], { keepdims: 1 }, `${name}/mean`);
  const centred = net.add("Sub", [x, mean], {}, `${name}/centred`);
  const square = net.add("Mul", [centred, centred], {}, `${name}/square`);
  const variance = net.add("ReduceMean", [square, indexTensor([-1])], { keepdims: 1 }, `${name}/variance`);
  const padded = net.add("Add", [variance, net.scalar(epsilon)], {}, `${name}/padded variance`);
  const normed = net.add("Div", [centred, net.add("Sqrt", [padded], {}, `${name}/deviation`)], {}, `${name}/normed`);
  const scale = net.parameter(`${name}/scale`, [width], { initial: ones, group });
  const bias = net.parameter(`${name}/bias`, [width], { initial: zeros, group });
  return net.add("Add", [net.add("Mul", [normed, scale], {}, `${name}/scaled`), bias], {}, name);
}

/** [N, C, H, W] → tokens [N, H·W, C]. */
export function mapToTokens(net: Network, x: string, { name }: LayerOptions): string {
  const [channels, places] = [net.size(x, 1), net.size(x, 2) * net.size(x, 3)];
  const rows = net.add("Reshape", [x, indexTensor([0, channels, places])], {}, `${name}/rows`);
  return net.add("Transpose", [rows], { perm: [0, 2, 1] }, name);
}

/** Tokens [N, H·W, C] → [N, C, H, W]. */
export function tokensToMap(net: Network, x: string, { name, height }: LayerOptions & { height: number }): string {
  const [places, channels] = [net.size(x, 1), net.size(x, 2)];
  const rows = net.add("Transpose", [x], { perm: [0, 2, 1] }, `${name}/rows`);
  return net.add("Reshape", [rows, indexTensor([0, channels, height, places / height])], {}, name);
}

/** Like `linear`, on the last axis of tokens [N, T, inputs]; the weight is [inputs, outputs]. */
export function tokenLinear(net: Network, x: string, options: LinearOptions): string {
  const { name, group, outputs, bias = true, initial = xavier, activation = "none" } = options;
  const weight = net.parameter(`${name}/weight`, [net.size(x, -1), outputs], { initial, group });
  const product = net.add("MatMul", [x, weight], {}, bias ? `${name}/product` : name);
  const offset = bias ? net.parameter(`${name}/bias`, [outputs], { initial: zeros, group }) : null;
  const y = offset === null ? product : net.add("Add", [product, offset], {}, name);
  return activate(net, y, activation, `${name}/${activation}`);
}

export interface AttentionOptions extends LayerOptions {
  /** Must divide the width. Default 1. */
  readonly heads?: number;
}

/** Each token [N, T, C] gathers from all others by likeness (Vaswani et al. 2017), T up to a few hundred. */
export function selfAttention(net: Network, x: string, { name, group, heads = 1 }: AttentionOptions): string {
  const [tokens, width] = [net.size(x, 1), net.size(x, 2)];
  if (width % heads !== 0) {
    throw new NnError("GRAPH_INVALID", `"${name}": ${heads} heads don't divide a width of ${width}.`);
  }
  const split = (part: string, perm: readonly number[]) => {
    const all = tokenLinear(net, x, { name: `${name}/${part}`, group, outputs: width });
    const perHead = indexTensor([0, tokens, heads, width / heads]);
    return net.add(
      "Transpose",
      [net.add("Reshape", [all, perHead], {}, `${name}/${part}/heads`)],
      { perm },
      `${name}/${part}/rows`,
    );
  };
  const [queries, keys, found] = [
    split("query", [0, 2, 1, 3]),
    split("key", [0, 2, 3, 1]),
    split("value", [0, 2, 1, 3]),
  ];
  const likeness = net.add("MatMul", [queries, keys], {}, `${name}/likeness`);
  const scaled = net.add("Mul", [likeness, net.scalar(1 / Math.sqrt(width / heads))], {}, `${name}/scaled`);
  const shares = net.add("Softmax", [scaled], { axis: -1 }, `${name}/shares`);
  const gathered = net.add("MatMul", [shares, found], {}, `${name}/gathered`);
  const back = net.add("Transpose", [gathered], { perm: [0, 2, 1, 3] }, `${name}/tokens`);
  const joined = net.add("Reshape", [back, indexTensor([0, tokens, width])], {}, `${name}/joined`);
  return tokenLinear(net, joined, { name: `${name}/output`, group, outputs: width });
}
