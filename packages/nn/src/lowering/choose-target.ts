/**
 * Which target training runs on here. The blocked operators are ONNX Runtime's own affair: another version may change them
 * without a word, and their block depends on the processor. So a small training step is computed both ways first.
 */

import { NnError } from "../errors.js";
import { withGradients } from "../gradients.js";
import type { Graph } from "../graph.js";
import { GraphBuilder } from "../graph-builder.js";
import type { Target } from "../lowering.js";
import { lower } from "../lowering.js";
import { randomStream } from "../random.js";
import { openGraphSession } from "../session/session.js";
import { elementCount, floatTensor, indexTensor, type Tensor } from "../tensor.js";

export interface ChosenTarget {
  readonly target: Target;
  /** Why it isn't turbo; absent where it is, or where a target was asked for. */
  readonly reason?: string;
}

export interface ChooseOptions {
  readonly threads: number;
  /** Takes this target as it is, without a test. */
  readonly forced?: Target;
}

/**
 * Greatest difference between the two, in parts of the greatest value of a result, that passes for rounding. Measured: 5e-6
 * (AVX2); a form that computes something else is off by far more.
 */
export const tolerance = 1e-4;

let chosen: Promise<ChosenTarget> | undefined;

/** Turbo where it works, else portable. Tested once per process, in about a second. */
export async function chooseTarget({ threads, forced }: ChooseOptions): Promise<Target> {
  return (await chooseTargetWithReason(forced ? { threads, forced } : { threads })).target;
}

/** As `chooseTarget`, with the reason against turbo where there is one, for a log. */
export async function chooseTargetWithReason({ threads, forced }: ChooseOptions): Promise<ChosenTarget> {
  if (forced) return { target: forced };
  chosen ??= tested(threads);
  return chosen;
}

async function tested(threads: number): Promise<ChosenTarget> {
  const portable: Target = { kind: "portable" };
  try {
    const block = await probedBlock(threads);
    if (block !== 8 && block !== 16) {
      return { target: portable, reason: `ONNX Runtime's blocked layout has ${block} channels per block here` };
    }
    const turbo: Target = { kind: "turbo", block };
    const worst = await greatestDifference(selfTestGraph(), portable, turbo, threads);
    if (worst <= tolerance) return { target: turbo };
    return { target: portable, reason: `the blocked layout's results differ by ${worst.toExponential(1)}` };
  } catch (error) {
    const message = error instanceof NnError ? error.message : String(error);
    return { target: portable, reason: `the blocked layout doesn't work here: ${message}` };
  }
}

/** A reordering fills up the channels to a whole block: its output tells the block's size. */
export async function probedBlock(threads: number): Promise<number> {
  const graph: Graph = {
    name: "block probe",
    inputs: [{ name: "x", type: "float32", dims: [1, 4, 1, 1] }],
    outputs: [{ name: "y", type: "float32", dims: [1, "?", 1, 1] }],
    initializers: new Map(),
    nodes: [{ name: "reorder", operator: "nchwc.ReorderInput", inputs: ["x"], outputs: ["y"], attributes: {} }],
    metadata: new Map(),
    opset: 18,
  };
  const session = await openGraphSession(graph, { threads });
  try {
    const { y } = await session.run({ x: floatTensor([1, 4, 1, 1], [1, 2, 3, 4]) });
    return y?.dims[1] ?? 0;
  } finally {
    await session.dispose();
  }
}

/** Every form of the turbo lowering once: a small net's loss, statistics and gradients. */
export function selfTestGraph(): Graph {
  const builder = new GraphBuilder();
  const wrt: string[] = [];
  const parameter = (name: string, dims: number[]) => {
    wrt.push(name);
    return builder.input(name, "float32", dims);
  };
  const window = (side: number, stride: number, group = 1) => ({
    kernel_shape: [side, side],
    strides: [stride, stride],
    pads: Array(4).fill((side - 1) / 2) as number[],
    group,
  });
  const statistics: string[] = [];
  const normed = (x: string, name: string, activation: "Relu" | "none") => {
    const channels = Number(builder.dims(x)[1]);
    // Before another norm a bias does nothing: its gradient would be 0 but for rounding, which nothing can be compared with.
    const bias = activation === "none" ? builder.input(`${name} bias`, "float32", [channels]) : null;
    const inputs = [x, parameter(`${name} scale`, [channels]), bias ?? parameter(`${name} bias`, [channels])];
    const outputs = [`${name} y`, `${name} mean`, `${name} variance`];
    builder.addAll("BatchNormTraining", inputs, { epsilon: 1e-3 }, outputs);
    statistics.push(...outputs.slice(1));
    return activation === "Relu" ? builder.add("Relu", [`${name} y`]) : `${name} y`;
  };
  const widened = (x: string, channels: number, name: string) => {
    const weights = parameter(`${name} weights`, [channels, Number(builder.dims(x)[1]), 1, 1]);
    const inputs = [x, weights, parameter(`${name} scale`, [channels]), parameter(`${name} bias`, [channels])];
    const outputs = [`${name} y`, `${name} mean`, `${name} variance`];
    builder.addAll("PointwiseBatchNorm", inputs, { epsilon: 1e-3 }, outputs);
    statistics.push(...outputs.slice(1));
    return builder.add("Clip", [`${name} y`, floatTensor([], [0]), floatTensor([], [6])]);
  };
  const conv = (x: string, dims: number[], stride: number, group: number, name: string) =>
    builder.add("Conv", [x, parameter(`${name} weights`, dims)], window(dims[2] ?? 1, stride, group));

  const pictures = builder.input("pictures", "float32", [4, 3, 16, 16]);
  const stem = normed(conv(pictures, [16, 3, 3, 3], 2, 1, "stem"), "stem", "Relu");
  const spread = normed(conv(stem, [16, 1, 3, 3], 1, 16, "depthwise"), "depthwise", "Relu");
  // 24 and 20 channels aren't whole blocks of 16.
  const narrow = normed(conv(spread, [24, 16, 1, 1], 1, 1, "project"), "project", "none");
  const wide = widened(narrow, 48, "widen");
  const halved = normed(conv(wide, [48, 1, 3, 3], 2, 48, "halve"), "halve", "Relu");
  const dense = normed(conv(halved, [20, 48, 3, 3], 1, 1, "dense"), "dense", "Relu");
  const small = normed(conv(dense, [32, 20, 3, 3], 2, 1, "strided"), "strided", "Relu");
  const last = builder.add("Add", [widened(small, 64, "last"), floatTensor([1], [0.1])]);
  const pooled = builder.add("Flatten", [builder.add("GlobalAveragePool", [last])], { axis: 1 });
  const logits = builder.add("Gemm", [pooled, parameter("head", [64, 5])], {});
  const loss = builder.add("ReduceMean", [builder.add("Mul", [logits, logits]), indexTensor([0, 1])], { keepdims: 0 });
  for (const name of [loss, ...statistics]) builder.output(name);
  return withGradients(builder.build("self-test"), loss, wrt).graph;
}

/** Numbers for all inputs of the self-test, always the same. */
export function selfTestFeeds(graph: Graph): Record<string, Tensor> {
  return Object.fromEntries(
    graph.inputs.map(({ name, dims }) => {
      const sizes = dims.map(Number);
      const random = randomStream(1, "self-test", name);
      const offset = name.endsWith("scale") ? 1 : 0;
      const width = Math.sqrt(12 / Math.max(1, elementCount(sizes.slice(1))));
      const values = Float32Array.from({ length: elementCount(sizes) }, () => offset + width * (random() - 0.5));
      return [name, floatTensor(sizes, values)];
    }),
  );
}

/** The greatest difference of any output between two targets, relative to that output's greatest value. */
export async function greatestDifference(graph: Graph, a: Target, b: Target, threads: number): Promise<number> {
  const feeds = selfTestFeeds(graph);
  const [first, second] = [await computed(graph, a, feeds, threads), await computed(graph, b, feeds, threads)];
  let worst = 0;
  for (const { name } of graph.outputs) {
    const [x, y] = [first[name]?.data as Float32Array, second[name]?.data as Float32Array];
    let [scale, difference] = [1e-6, 0];
    for (const [index, value] of x.entries()) {
      scale = Math.max(scale, Math.abs(value));
      const distance = Math.abs(value - (y[index] ?? Number.NaN));
      // NaN must not pass as small.
      difference = distance >= 0 ? Math.max(difference, distance) : Number.POSITIVE_INFINITY;
    }
    worst = Math.max(worst, difference / scale);
  }
  return worst;
}

async function computed(graph: Graph, target: Target, feeds: Record<string, Tensor>, threads: number) {
  const session = await openGraphSession(lower(graph, target), { threads });
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}
