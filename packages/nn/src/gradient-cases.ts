/** What the gradient checks compute: each operator with a gradient, each layer and each loss, on small awkward shapes. */

import * as layers from "./layers.js";
import * as losses from "./losses.js";
import type { Network } from "./network.js";
import type { PlainAttribute } from "./operator.js";
import type { Input } from "./tape.js";
import { floatTensor, indexTensor } from "./tensor.js";

export interface GradientCase {
  readonly title: string;
  /** Shapes by input name. Every float input is differentiated by, and every parameter. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** Inputs are drawn evenly between these. Default -2 and 2. */
  readonly range?: readonly [number, number];
  /** Inputs that the loss must not be differentiated by (targets). */
  readonly fixed?: readonly string[];
  /** Why the gradient differs from the differences on purpose; they aren't compared then. */
  readonly notDifferenced?: string;
  /** The value whose weighted sum is differentiated. */
  readonly build: (net: Network, inputs: Readonly<Record<string, string>>) => string;
}

const map = [2, 3, 7, 5];

/** One operator over all inputs, then the constants. */
function operator(
  name: string,
  inputs: GradientCase["inputs"],
  { attributes = {}, constants = [], what = "", range }: OperatorOptions = {},
): GradientCase {
  return {
    title: what ? `${name}, ${what}` : name,
    inputs,
    ...(range ? { range } : {}),
    build: (net, values) => net.tape.emit(name, [...Object.values(values), ...constants], attributes),
  };
}

interface OperatorOptions {
  readonly attributes?: Readonly<Record<string, PlainAttribute>>;
  /** Inputs behind the differentiated ones. */
  readonly constants?: readonly Input[];
  readonly what?: string;
  readonly range?: readonly [number, number];
}

/** Of several outputs, the sum of those that move. */
function outputsSummed(
  title: string,
  inputs: GradientCase["inputs"],
  emit: (net: Network, values: readonly string[]) => readonly string[],
): GradientCase {
  return {
    title,
    inputs,
    build: (net, values) =>
      emit(net, Object.values(values))
        .map((value) => net.tape.emit("ReduceSum", [value], { keepdims: 0 }))
        .reduce((a, b) => net.tape.plus(a, b)),
  };
}

const pair = { a: [2, 3, 4], b: [3, 1] };
const positive = [0.3, 2.5] as const;
const conv = (
  what: string,
  x: readonly number[],
  w: readonly number[],
  attributes: OperatorOptions["attributes"] = {},
) => operator("Conv", { x, w, b: [w[0] ?? 1] }, { what, attributes: { kernel_shape: w.slice(2), ...attributes } });
const transposed = (
  what: string,
  x: readonly number[],
  w: readonly number[],
  attributes: OperatorOptions["attributes"],
) => operator("ConvTranspose", { x, w }, { what, ...(attributes ? { attributes } : {}) });

const operatorCases: readonly GradientCase[] = [
  ...["Abs", "Atan", "Erf", "Exp", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "Neg", "Relu"].map((name) =>
    operator(name, { x: [4, 5] }, { range: name === "HardSwish" ? [-5, 5] : [-2, 2] }),
  ),
  ...["Sigmoid", "Tanh"].map((name) => operator(name, { x: [4, 5] })),
  ...["Log", "Reciprocal", "Sqrt"].map((name) => operator(name, { x: [4, 5] }, { range: positive })),
  operator("Clip", { x: [4, 5] }, { constants: [0, 1.3] }),
  operator("Clip", { x: [4, 5] }, { what: "below only", constants: ["", 0.7] }),
  operator("Cast", { x: [4, 5] }, { attributes: { to: 1 } }),
  ...["Add", "Sub", "Mul", "Max", "Min"].map((name) => operator(name, pair, { what: "broadcast" })),
  ...["Div", "Pow"].map((name) => operator(name, pair, { what: "broadcast", range: positive })),
  {
    title: "Where, broadcast",
    inputs: pair,
    build: (net, { a = "", b = "" }) => net.tape.emit("Where", [net.tape.emit("Greater", [a, 0.1]), a, b]),
  },
  ...["ReduceSum", "ReduceMean", "ReduceSumSquare", "ReduceL2", "ReduceMax", "ReduceMin"].flatMap((name) => [
    operator(name, { x: [2, 3, 4] }, { constants: [indexTensor([0, 2])], attributes: { keepdims: 0 } }),
    operator(name, { x: [2, 3, 4] }, { what: "all axes" }),
  ]),
  ...["Softmax", "LogSoftmax"].flatMap((name) => [
    operator(name, { x: [3, 4] }),
    operator(name, { x: [2, 3, 4] }, { what: "axis 1", attributes: { axis: 1 } }),
  ]),
  ...["GlobalAveragePool", "GlobalMaxPool"].map((name) => operator(name, { x: map })),
  {
    title: "TopK",
    inputs: { x: [2, 5, 3] },
    build: (net, { x = "" }) => net.tape.emitAll("TopK", [x, indexTensor([3])], { axis: 1 }, 2)[0] ?? "",
  },
  operator("Concat", { a: [2, 1, 3], b: [2, 4, 3] }, { attributes: { axis: 1 } }),
  outputsSummed("Split", { x: [2, 5] }, ({ tape }, [x = ""]) =>
    tape.emitAll("Split", [x, indexTensor([1, 3, 1])], { axis: 1 }, 3).map((part) => tape.square(part)),
  ),
  operator("Expand", { x: [3, 1] }, { constants: [indexTensor([2, 3, 4])] }),
  operator("Flatten", { x: [2, 3, 4] }),
  operator("Gather", { x: [3, 4, 2] }, { constants: [indexTensor([2, -1, 2, 0])], attributes: { axis: 1 } }),
  operator("Pad", { x: [2, 3] }, { constants: [indexTensor([1, 0, 2, 3]), 0.5] }),
  operator("Reshape", { x: [2, 6] }, { constants: [indexTensor([3, -1])] }),
  operator(
    "Slice",
    { x: [5, 7] },
    {
      constants: [
        [1, 0],
        [4, 7],
        [0, 1],
        [1, 3],
      ].map(indexTensor),
    },
  ),
  operator("Slice", { x: [5, 7] }, { what: "backwards", constants: [[6], [0], [1], [-2]].map(indexTensor) }),
  operator("Squeeze", { x: [2, 1, 3] }, { constants: [indexTensor([1])] }),
  operator("Unsqueeze", { x: [2, 3] }, { constants: [indexTensor([1])] }),
  operator("Transpose", { x: [2, 3, 4] }, { attributes: { perm: [2, 0, 1] } }),
  operator(
    "Resize",
    { x: [1, 2, 3, 4] },
    {
      what: "nearest",
      constants: ["", floatTensor([4], [1, 1, 2, 3])],
      attributes: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    },
  ),
  operator(
    "Resize",
    { x: [1, 2, 3, 4] },
    {
      what: "linear",
      constants: ["", floatTensor([4], [1, 1, 2, 1.5])],
      attributes: { mode: "linear" },
    },
  ),
  operator("Gemm", { a: [3, 4], b: [4, 2], c: [2] }, { attributes: { alpha: 0.5, beta: 2 } }),
  operator("Gemm", { a: [4, 3], b: [2, 4], c: [3, 2] }, { what: "turned", attributes: { transA: 1, transB: 1 } }),
  operator("Gemm", { a: [3, 4], b: [2, 4] }, { what: "b turned", attributes: { transB: 1 } }),
  operator("Gemm", { a: [4, 3], b: [4, 2] }, { what: "a turned", attributes: { transA: 1 } }),
  operator("MatMul", { a: [2, 3, 4], b: [4, 2] }, { what: "batch by matrix" }),
  operator("MatMul", { a: [4], b: [2, 4, 3] }, { what: "vector by batch" }),
  conv("1x1", map, [4, 3, 1, 1]),
  conv("1x1 on a 3x3 map", [2, 3, 3, 3], [4, 3, 1, 1]),
  conv("1x1, stride 2", map, [4, 3, 1, 1], { strides: [2, 2] }),
  conv("3x3", map, [4, 3, 3, 3], { pads: [1, 1, 1, 1] }),
  conv("3x3, 18 channels", [1, 18, 5, 4], [2, 18, 3, 3], { pads: [1, 1, 1, 1] }),
  conv("3x3, 18 channels, stride 2", [1, 18, 5, 6], [2, 18, 3, 3], { pads: [0, 0, 1, 1], strides: [2, 2] }),
  conv("3x3, stride 2, odd size", map, [4, 3, 3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }),
  conv("3x3, stride 2, asymmetric pads", [2, 3, 8, 6], [4, 3, 3, 3], { pads: [0, 0, 1, 1], strides: [2, 2] }),
  conv("5x3, stride 2x1, dilation 1x2", [1, 2, 9, 8], [3, 2, 5, 3], { strides: [2, 1], dilations: [1, 2] }),
  conv("3x3 with wide pads", [1, 2, 4, 4], [3, 2, 3, 3], { pads: [3, 3, 3, 3] }),
  conv("3x3, 2 groups", [2, 4, 5, 5], [6, 2, 3, 3], { group: 2, pads: [1, 1, 1, 1] }),
  conv("3x3 depthwise", [2, 4, 7, 5], [4, 1, 3, 3], { group: 4, pads: [1, 1, 1, 1] }),
  conv("3x3 depthwise, 16 channels", [2, 16, 6, 6], [16, 1, 3, 3], { group: 16, pads: [1, 1, 1, 1] }),
  conv("3x3 depthwise, 16 channels, stride 2", [2, 16, 8, 8], [16, 1, 3, 3], {
    group: 16,
    pads: [1, 1, 1, 1],
    strides: [2, 2],
  }),
  transposed("stride 2", [2, 3, 3, 4], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }),
  transposed("2 groups", [1, 4, 3, 4], [4, 1, 2, 3], { group: 2 }),
  // The two gradients of Conv are operators too, and differentiable.
  operator(
    "ConvInputGradient",
    { dy: [2, 4, 4, 3], w: [4, 3, 3, 3] },
    {
      attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], size: [7, 5] },
    },
  ),
  operator(
    "ConvWeightGradient",
    { x: map, dy: [2, 4, 4, 3] },
    {
      attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    },
  ),
  operator("MaxPool", { x: map }, { attributes: { kernel_shape: [2, 2], strides: [2, 2] } }),
  operator(
    "MaxPool",
    { x: map },
    {
      what: "overlapping, padded",
      attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    },
  ),
  operator(
    "AveragePool",
    { x: map },
    {
      what: "padded",
      attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 0, 1, 0] },
    },
  ),
  operator(
    "AveragePool",
    { x: map },
    {
      what: "rounded up, pads counted",
      attributes: { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 0, 0], ceil_mode: 1, count_include_pad: 1 },
    },
  ),
  {
    title: "BatchNormalization",
    inputs: { x: map, scale: [3], bias: [3], mean: [3], variance: [3] },
    fixed: ["mean", "variance"],
    range: positive,
    build: (net, values) => net.tape.emit("BatchNormalization", Object.values(values)),
  },
  {
    title: "BatchNormTraining",
    inputs: { x: map, scale: [3], bias: [3] },
    build: (net, values) => net.tape.emitAll("BatchNormTraining", Object.values(values), {}, 3)[0] ?? "",
  },
  {
    title: "BatchNormTraining, low contrast",
    inputs: { x: map, scale: [3], bias: [3] },
    range: [8, 10],
    build: (net, values) => net.tape.emitAll("BatchNormTraining", Object.values(values), {}, 3)[0] ?? "",
  },
  {
    title: "PointwiseBatchNorm",
    inputs: { x: map, w: [4, 3, 1, 1], scale: [4], bias: [4] },
    build: (net, values) => net.tape.emitAll("PointwiseBatchNorm", Object.values(values), {}, 3)[0] ?? "",
  },
  {
    title: "PointwiseBatchNorm, widening 16 to 48",
    inputs: { x: [2, 16, 5, 4], w: [48, 16, 1, 1], scale: [48], bias: [48] },
    build: (net, values) => net.tape.emitAll("PointwiseBatchNorm", Object.values(values), {}, 3)[0] ?? "",
  },
];

const layer = (title: string, x: readonly number[], build: (net: Network, x: string) => string): GradientCase => ({
  title: `layer ${title}`,
  inputs: { x },
  build: (net, { x: value = "" }) => build(net, value),
});

const layerCases: readonly GradientCase[] = [
  layer("conv", map, (net, x) => layers.conv(net, x, { name: "a", channels: 4 })),
  layer("convNorm, relu", map, (net, x) => layers.convNorm(net, x, { name: "a", channels: 4, activation: "relu" })),
  layer("convNorm, stride 2, relu6", [2, 3, 8, 6], (net, x) =>
    layers.convNorm(net, x, { name: "a", channels: 4, stride: 2, activation: "relu6" }),
  ),
  layer("depthwise", [2, 16, 6, 5], (net, x) => layers.depthwise(net, x, { name: "a" })),
  layer("pointwise", map, (net, x) => layers.pointwise(net, x, { name: "a", channels: 8 })),
  layer("transposedConv", map, (net, x) => layers.transposedConv(net, x, { name: "a", channels: 2 })),
  layer("linear", [3, 4], (net, x) => layers.linear(net, x, { name: "a", outputs: 2 })),
  layer("batchNorm of vectors", [7, 4], (net, x) => layers.batchNorm(net, x, { name: "a" })),
  layer("layerNorm", [2, 3, 4], (net, x) => layers.layerNorm(net, x, { name: "a" })),
  layer("maxPool", map, (net, x) => layers.maxPool(net, x, { name: "a" })),
  layer("averagePool", map, (net, x) => layers.averagePool(net, x, { name: "a" })),
  layer("globalAveragePool", map, (net, x) => layers.globalAveragePool(net, x, { name: "a" })),
  layer("upsample, nearest", [1, 2, 3, 4], (net, x) => layers.upsample(net, x, { name: "a" })),
  layer("upsample, linear", [1, 2, 3, 4], (net, x) => layers.upsample(net, x, { name: "a", mode: "linear" })),
  layer("invertedResidual", [2, 8, 6, 6], (net, x) =>
    layers.invertedResidual(net, x, { name: "a", channels: 8, expansion: 2 }),
  ),
  layer("squeezeExcite", [2, 8, 4, 4], (net, x) => layers.squeezeExcite(net, x, { name: "a" })),
  layer("selfAttention", [2, 3, 4], (net, x) => layers.selfAttention(net, x, { name: "a", heads: 2 })),
];

/** Expansion, channels, stride of each block: MobileNetV2's (Sandler et al. 2018), narrow and not repeated. */
const blocks = [
  [1, 8, 1],
  [6, 8, 2],
  [6, 16, 2],
  [6, 16, 1],
  [6, 32, 1],
] as const;

/**
 * What the errors of all operators add up to. Smooth, because float32 alone flips a few of a large network's ReLUs at 0, and
 * each flip changes the gradient by more than all rounding does.
 */
const wholeNetwork: GradientCase = {
  title: "whole network, 5 blocks, SiLU",
  inputs: { pictures: [4, 3, 24, 24] },
  notDifferenced: "a difference of so deep a network is mostly rounding",
  build: (net, { pictures = "" }) => {
    const activation = "silu";
    let x = layers.convNorm(net, pictures, { name: "stem", channels: 8, stride: 2, activation });
    for (const [index, [expansion, channels, stride]] of blocks.entries()) {
      x = layers.invertedResidual(net, x, { name: `block${index}`, channels, expansion, stride, activation });
    }
    const pooled = layers.globalAveragePool(net, layers.pointwise(net, x, { name: "head", channels: 64, activation }), {
      name: "pool",
    });
    return layers.linear(net, pooled, { name: "classifier", outputs: 3 });
  },
};

const loss = (
  name: string,
  dims: readonly number[],
  build: (net: Network, outputs: string, targets: string) => string,
  range?: readonly [number, number],
): GradientCase => ({
  title: `loss ${name}`,
  inputs: { outputs: dims, targets: dims },
  fixed: ["targets"],
  ...(range ? { range } : {}),
  build: (net, { outputs = "", targets = "" }) => build(net, outputs, targets),
});

/** Corners x1 y1 x2 y2 in order, from numbers between 0 and 1. */
function boxes(net: Network, values: string): string {
  const corner = net.tape.slice(values, [0], [2], [1]);
  const size = net.tape.plus(net.tape.slice(values, [2], [4], [1]), 0.5);
  return net.tape.emit("Concat", [corner, net.tape.plus(corner, size)], { axis: 1 });
}

const lossCases: readonly GradientCase[] = [
  loss("mse", [3, 4], (net, a, b) => losses.mse(net, a, b)),
  loss("l1", [3, 4], (net, a, b) => losses.l1(net, a, b)),
  loss("smoothL1", [3, 4], (net, a, b) => losses.smoothL1(net, a, b)),
  loss("cosine", [3, 4], (net, a, b) => losses.cosine(net, a, b)),
  loss("crossEntropy, smoothed", [3, 4], (net, a, b) =>
    losses.crossEntropy(net, a, net.tape.emit("Softmax", [b]), { labelSmoothing: 0.1 }),
  ),
  loss("binaryCrossEntropy", [3, 4], (net, a, b) => losses.binaryCrossEntropy(net, a, net.tape.emit("Sigmoid", [b]))),
  loss("focal", [3, 4], (net, a, b) => losses.focal(net, a, net.tape.emit("Sigmoid", [b]))),
  loss("distillation", [3, 4], (net, a, b) => losses.distillation(net, a, b)),
  loss("giou", [5, 4], (net, a, b) => losses.giou(net, boxes(net, a), boxes(net, b)), [0, 1]),
  {
    ...loss("ciou", [5, 4], (net, a, b) => losses.ciou(net, boxes(net, a), boxes(net, b)), [0, 1]),
    notDifferenced: "the paper holds the weight of the sides' ratio fixed, which a difference doesn't",
  },
];

export const gradientCases: readonly GradientCase[] = [...operatorCases, ...layerCases, ...lossCases, wholeNetwork];
