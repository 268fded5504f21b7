/**
 * Losses, in order of difficulty. Each takes values of the tape and gives a scalar to make small: the mean over the batch,
 * or over what the weights let count. Targets are inputs of the graph; no gradient is asked of them.
 */

import type { Network } from "./network.js";
import type { Tape } from "./tape.js";
import { elementCount, floatTensor, indexTensor } from "./tensor.js";

/** Keeps divisions and logarithms finite; far below what float32 resolves beside 1. */
const tiny = 1e-7;

export interface WeightedOptions {
  /** Value that says how much each element counts, in a shape that broadcasts to it. The mean is over these weights. */
  readonly weights?: string;
}

// Distances

/** Mean squared error. */
export function mse(net: Network, outputs: string, targets: string, options: WeightedOptions = {}): string {
  return mean(net.tape, net.tape.square(net.tape.minus(outputs, targets)), options);
}

/** Mean absolute error. */
export function l1(net: Network, outputs: string, targets: string, options: WeightedOptions = {}): string {
  return mean(net.tape, net.tape.emit("Abs", [net.tape.minus(outputs, targets)]), options);
}

/** Squared below `beta`, straight above it (Girshick 2015): outliers pull no harder than the rest. */
export function smoothL1(
  net: Network,
  outputs: string,
  targets: string,
  { beta = 1, ...options }: WeightedOptions & { readonly beta?: number } = {},
): string {
  const { tape } = net;
  const distance = tape.emit("Abs", [tape.minus(outputs, targets)]);
  const near = tape.emit("Min", [distance, beta]);
  // near²/(2 beta) + (distance - near): the second part is 0 where the first is meant.
  return mean(tape, tape.plus(tape.times(tape.square(near), 0.5 / beta), tape.minus(distance, near)), options);
}

/** 1 - cosine of the angle between vectors along an axis, for features [N, C] or [N, C, H, W]. */
export function cosine(
  net: Network,
  a: string,
  b: string,
  { axis = 1, ...options }: WeightedOptions & { readonly axis?: number } = {},
): string {
  const { tape } = net;
  const product = tape.sum(tape.times(a, b), [axis]);
  const squares = tape.times(tape.sum(tape.square(a), [axis]), tape.sum(tape.square(b), [axis]));
  const lengths = tape.emit("Sqrt", [tape.emit("Max", [squares, tiny * tiny])]);
  return mean(tape, tape.minus(1, tape.over(product, lengths)), options);
}

// Labels

export interface CrossEntropyOptions {
  /** How much each class counts; the mean is over the weights of the true classes, so that its size stays. */
  readonly classWeights?: readonly number[];
  /** Share of each target spread evenly over all classes (Szegedy et al. 2016). */
  readonly labelSmoothing?: number;
}

/** Classes that exclude each other. Logits and targets [N, K]; each row of targets sums to 1 (labels one-hot, mixed, or soft). */
export function crossEntropy(
  net: Network,
  logits: string,
  targets: string,
  { classWeights, labelSmoothing = 0 }: CrossEntropyOptions = {},
): string {
  const { tape } = net;
  const classes = net.size(logits, 1);
  const weighted = (value: string) =>
    classWeights ? tape.times(value, floatTensor([1, classes], classWeights)) : value;
  const smoothed =
    labelSmoothing === 0 ? targets : tape.plus(tape.times(targets, 1 - labelSmoothing), labelSmoothing / classes);
  const logs = tape.emit("LogSoftmax", [logits], { axis: 1 });
  const total = tape.negative(sum(tape, weighted(tape.times(smoothed, logs))));
  return classWeights ? tape.over(total, sum(tape, weighted(targets))) : tape.over(total, net.size(logits, 0));
}

export interface BinaryOptions extends WeightedOptions {
  /** How much more a present label counts than an absent one, per label: answers rare labels. */
  readonly positiveWeights?: readonly number[];
}

/** Labels that don't exclude each other: logits and targets in 0..1 of one shape, [N, K] or any other. */
export function binaryCrossEntropy(net: Network, logits: string, targets: string, options: BinaryOptions = {}): string {
  return mean(net.tape, binaryElements(net, logits, targets, options.positiveWeights), options);
}

/** -log of the probability given to each target, finite for logits of any size. */
function binaryElements(net: Network, logits: string, targets: string, positiveWeights?: readonly number[]): string {
  const { tape } = net;
  const absent = softplus(tape, logits);
  if (!positiveWeights) return tape.minus(absent, tape.times(targets, logits));
  const present = softplus(tape, tape.negative(logits));
  const weights = floatTensor([1, positiveWeights.length], positiveWeights);
  return tape.plus(tape.times(tape.times(targets, weights), present), tape.times(tape.minus(1, targets), absent));
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), which overflows nowhere. */
function softplus(tape: Tape, x: string): string {
  const power = tape.emit("Exp", [tape.negative(tape.emit("Abs", [x]))]);
  return tape.plus(tape.emit("Relu", [x]), tape.emit("Log", [tape.plus(power, 1)]));
}

export interface FocalOptions extends WeightedOptions {
  /** How strongly easy examples fade. Default 2. */
  readonly gamma?: number;
  /** Weight of present labels; absent ones get the rest of 1. Default 0.25; negative: none. */
  readonly alpha?: number;
  /** What the sum is divided by: "mean" over elements, or a scalar value, as detectors do with the number of objects. */
  readonly divisor?: string;
}

/** Binary cross entropy in which what is easy already hardly counts (Lin et al. 2017). */
export function focal(net: Network, logits: string, targets: string, options: FocalOptions = {}): string {
  const { tape } = net;
  const { gamma = 2, alpha = 0.25, divisor } = options;
  const probability = tape.emit("Sigmoid", [logits]);
  // 1 - p of the truth: p where the label is absent, 1 - p where it is present.
  const miss = tape.plus(
    tape.times(targets, tape.minus(1, probability)),
    tape.times(tape.minus(1, targets), probability),
  );
  const entropy = binaryElements(net, logits, targets);
  const faded = tape.times(power(tape, miss, gamma), entropy);
  const balance = tape.plus(tape.times(targets, 2 * alpha - 1), 1 - alpha);
  const balanced = alpha < 0 ? faded : tape.times(balance, faded);
  if (divisor === undefined) return mean(tape, balanced, options);
  return tape.over(sum(tape, options.weights ? tape.times(balanced, options.weights) : balanced), divisor);
}

function power(tape: Tape, x: string, exponent: number): string {
  if (exponent === 0) return tape.plus(tape.times(x, 0), 1);
  if (exponent === 1) return x;
  return exponent === 2 ? tape.square(x) : tape.emit("Pow", [tape.emit("Max", [x, tiny]), exponent]);
}

export interface DistillationOptions {
  /** Softens both; the loss is multiplied by its square, so that gradients keep their size. Default 2. */
  readonly temperature?: number;
}

/** How far the student's distribution is from the teacher's: KL divergence of softened logits [N, K] (Hinton et al. 2015). */
export function distillation(
  net: Network,
  student: string,
  teacher: string,
  { temperature = 2 }: DistillationOptions = {},
): string {
  const { tape } = net;
  const logs = (logits: string) => tape.emit("LogSoftmax", [tape.times(logits, 1 / temperature)], { axis: 1 });
  const [learnt, taught] = [logs(student), logs(teacher)];
  const divergence = sum(tape, tape.times(tape.emit("Exp", [taught]), tape.minus(taught, learnt)));
  return tape.times(divergence, temperature ** 2 / net.size(student, 0));
}

// Boxes: [..., 4] as x1, y1, x2, y2 with x2 > x1 and y2 > y1, in any unit

/** 1 - generalised intersection over union (Rezatofighi et al. 2019), for each box: [...]. */
export function giouElements(net: Network, boxes: string, targets: string): string {
  const { tape } = net;
  const { iou, union, hullWidth, hullHeight } = overlap(tape, boxes, targets);
  const hull = tape.plus(tape.times(hullWidth, hullHeight), tiny);
  return tape.plus(tape.minus(1, iou), tape.over(tape.minus(hull, union), hull));
}

export function giou(net: Network, boxes: string, targets: string, options: WeightedOptions = {}): string {
  return mean(net.tape, giouElements(net, boxes, targets), options);
}

/** 1 - complete intersection over union (Zheng et al. 2020): also the centres' distance and the sides' ratio. */
export function ciouElements(net: Network, boxes: string, targets: string): string {
  const { tape } = net;
  const { iou, hullWidth, hullHeight, a, b } = overlap(tape, boxes, targets);
  const diagonal = tape.plus(tape.plus(tape.square(hullWidth), tape.square(hullHeight)), tiny);
  const shift = (low: string, high: string, otherLow: string, otherHigh: string) =>
    tape.square(tape.times(tape.minus(tape.plus(low, high), tape.plus(otherLow, otherHigh)), 0.5));
  const distance = tape.over(tape.plus(shift(a.x1, a.x2, b.x1, b.x2), shift(a.y1, a.y2, b.y1, b.y2)), diagonal);
  const angle = tape.minus(
    tape.emit("Atan", [tape.over(b.width, tape.plus(b.height, tiny))]),
    tape.emit("Atan", [tape.over(a.width, tape.plus(a.height, tiny))]),
  );
  const shape = tape.times(tape.square(angle), 4 / Math.PI ** 2);
  // The paper holds alpha fixed: no gradient goes through it.
  const trust = fixed(tape, tape.over(shape, tape.plus(tape.plus(tape.minus(1, iou), shape), tiny)));
  return tape.plus(tape.plus(tape.minus(1, iou), distance), tape.times(trust, shape));
}

export function ciou(net: Network, boxes: string, targets: string, options: WeightedOptions = {}): string {
  return mean(net.tape, ciouElements(net, boxes, targets), options);
}

interface Sides {
  readonly x1: string;
  readonly y1: string;
  readonly x2: string;
  readonly y2: string;
  readonly width: string;
  readonly height: string;
}

function overlap(tape: Tape, boxes: string, targets: string) {
  const [a, b] = [sides(tape, boxes), sides(tape, targets)];
  const most = (x: string, y: string) => tape.emit("Max", [x, y]);
  const least = (x: string, y: string) => tape.emit("Min", [x, y]);
  const width = tape.emit("Relu", [tape.minus(least(a.x2, b.x2), most(a.x1, b.x1))]);
  const height = tape.emit("Relu", [tape.minus(least(a.y2, b.y2), most(a.y1, b.y1))]);
  const intersection = tape.times(width, height);
  const areas = tape.plus(tape.times(a.width, a.height), tape.times(b.width, b.height));
  const union = tape.plus(tape.minus(areas, intersection), tiny);
  return {
    a,
    b,
    union,
    iou: tape.over(intersection, union),
    hullWidth: tape.minus(most(a.x2, b.x2), least(a.x1, b.x1)),
    hullHeight: tape.minus(most(a.y2, b.y2), least(a.y1, b.y1)),
  };
}

function sides(tape: Tape, boxes: string): Sides {
  const sizes = tape.sizes(boxes);
  const last = sizes.length - 1;
  const column = (index: number) => tape.reshape(tape.slice(boxes, [index], [index + 1], [last]), sizes.slice(0, last));
  const [x1, y1, x2, y2] = [column(0), column(1), column(2), column(3)];
  return { x1, y1, x2, y2, width: tape.minus(x2, x1), height: tape.minus(y2, y1) };
}

/** The same value, through which no gradient flows. */
function fixed(tape: Tape, value: string): string {
  return tape.emit("StopGradient", [value]);
}

// Means

function sum(tape: Tape, value: string): string {
  return tape.emit("ReduceSum", [value], { keepdims: 0 });
}

/** The mean over all elements, or over those that have weight. */
function mean(tape: Tape, value: string, { weights }: WeightedOptions): string {
  if (weights === undefined) return tape.emit("ReduceMean", [value], { keepdims: 0 });
  const repeats = elementCount(tape.sizes(value)) / elementCount(tape.sizes(weights));
  const counted = tape.emit("Max", [tape.times(sum(tape, weights), repeats), tiny]);
  return tape.over(sum(tape, tape.times(value, weights)), counted);
}

/** Sums losses, each with its weight: `{ boxes: [value, 2], labels: [value, 1] }`. */
export function weightedSum(net: Network, parts: readonly (readonly [value: string, weight: number])[]): string {
  return parts
    .map(([value, weight]) => net.tape.times(value, weight))
    .reduce((total, part) => net.tape.plus(total, part));
}

/** Class labels as one-hot rows in the graph: labels int64 [N] → float32 [N, classes]. */
export function oneHot(net: Network, labels: string, classes: number): string {
  const column = net.tape.emit("Unsqueeze", [labels, indexTensor([1])]);
  const all = { ...indexTensor(Array.from({ length: classes }, (_, index) => index)), dims: [1, classes] };
  return net.tape.emit("Cast", [net.tape.emit("Equal", [column, all])], { to: 1 });
}
