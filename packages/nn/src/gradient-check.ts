/** Measures how right a case's gradients are: in the float64 reference, on ONNX Runtime, and between the two targets. */

import type { GradientCase } from "./gradient-cases.js";
import { withGradients } from "./gradients.js";
import type { Graph } from "./graph.js";
import type { Target } from "./lowering.js";
import { lower } from "./lowering.js";
import { Network } from "./network.js";
import { doubleTensor, inDoublePrecision, openReferenceSession } from "./session/reference.js";
import { openGraphSession } from "./session/session.js";
import type { Tensor } from "./tensor.js";
import { elementCount, floatTensor } from "./tensor.js";

/** Worst relative errors: the largest difference of an element over the largest element of the same gradient. */
export interface GradientErrors {
  /** The rules in float64 against central differences in float64. */
  readonly referenceToDifferences: number | null;
  /** ONNX Runtime in float32 against the rules in float64. */
  readonly portableToReference: number;
  readonly turboToReference: number | null;
  readonly turboToPortable: number | null;
}

/** What each of them may be at most: rounding of differences in float64, and of float32 sums. */
export const bounds: Readonly<Record<keyof GradientErrors, number>> = {
  referenceToDifferences: 1e-6,
  portableToReference: 2e-5,
  turboToReference: 1e-4,
  turboToPortable: 1e-4,
};

/** The case's graph: inputs are its inputs and parameters, the one output is the loss. */
export function caseGraph({ title, inputs, build, range = [-2, 2] }: GradientCase): {
  graph: Graph;
  feeds: Record<string, Tensor>;
} {
  const net = new Network({ mode: "train", batch: 2 });
  const names = Object.entries(inputs).map(([name, dims]) => [name, net.builder.input(name, "float32", dims)] as const);
  const y = build(net, Object.fromEntries(names));
  const dims = net.dims(y).map(Number);
  // A weight of its own for each element, so that no mistake cancels out in the sum.
  const weighted = net.tape.times(y, floatTensor(dims, evenly(elementCount(dims), [0.5, 1.5], 7)));
  net.builder.output(net.tape.emit("ReduceSum", [weighted], { keepdims: 0 }), "loss");
  const graph = net.builder.build(title);
  const feeds = graph.inputs.map((input, index) => {
    const sizes = input.dims.map(Number);
    return [input.name, floatTensor(sizes, evenly(elementCount(sizes), input.name in inputs ? range : [-1, 1], index))];
  });
  return { graph, feeds: Object.fromEntries(feeds) };
}

/** Numbers spread evenly over a range in a fixed, irregular order (multiples of the golden ratio, modulo 1). */
function evenly(count: number, [low, high]: readonly [number, number], start: number): Float32Array {
  const golden = (Math.sqrt(5) - 1) / 2;
  return Float32Array.from({ length: count }, (_, index) => {
    const share = ((index + 1) * golden + start * 0.137) % 1;
    return low + (high - low) * share;
  });
}

/** The case's graph with its gradients, and what they are in float64. */
async function differentiated(gradientCase: GradientCase) {
  const { graph, feeds } = caseGraph(gradientCase);
  const wrt = graph.inputs.map(({ name }) => name).filter((name) => !gradientCase.fixed?.includes(name));
  const { graph: step, gradients } = withGradients(graph, "loss", wrt);
  const doubles = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, doubleTensor(value)]));
  const exact = await openReferenceSession(inDoublePrecision(step)).run(doubles);
  const exactOf = (name: string) => numbers(exact[gradients.get(name) ?? ""]);
  // A gradient that is zero by nature (a bias before a softmax) is all rounding: the case's other gradients give the scale.
  const least = 0.01 * Math.max(...wrt.flatMap(exactOf).map(Math.abs), Number.MIN_VALUE);
  const worst = (a: Readonly<Record<string, Tensor>>, b: Readonly<Record<string, Tensor>>) =>
    Math.max(...wrt.map((name) => relativeError(a[gradients.get(name) ?? ""], b[gradients.get(name) ?? ""], least)));
  return { graph, feeds, doubles, wrt, step, exact, exactOf, least, worst };
}

/** The lowering for blocks of this size by plain loops in float64, against the rules: the layout alone, without a processor. */
export async function loweringError(gradientCase: GradientCase, block: 8 | 16): Promise<number> {
  const { step, doubles, exact, worst } = await differentiated(gradientCase);
  const lowered = inDoublePrecision(lower(step, { kind: "turbo", block }));
  return worst(await openReferenceSession(lowered, { block }).run(doubles), exact);
}

/** `turbo`: that target, where this machine has it. */
export async function checkGradients(gradientCase: GradientCase, turbo: Target | null): Promise<GradientErrors> {
  const { graph, feeds, doubles, wrt, step, exact, exactOf, least, worst } = await differentiated(gradientCase);
  const run = async (target: Target) => {
    const session = await openGraphSession(lower(step, target), { threads: 1 });
    const results = await session.run(feeds);
    await session.dispose();
    return results;
  };
  const portable = await run({ kind: "portable" });
  const fast = turbo ? await run(turbo) : null;
  return {
    referenceToDifferences: gradientCase.notDifferenced
      ? null
      : await differenceError(graph, doubles, exactOf, wrt, least),
    portableToReference: worst(portable, exact),
    turboToReference: fast ? worst(fast, exact) : null,
    turboToPortable: fast ? worst(fast, portable) : null,
  };
}

/** Largest difference over the largest element, or over `least` where that is more. */
function relativeError(got: Tensor | undefined, expected: Tensor | undefined, least: number): number {
  const largest = Math.max(...numbers(expected).map(Math.abs), least);
  const [a, b] = [numbers(got), numbers(expected)];
  return Math.max(...b.map((value, index) => Math.abs((a[index] ?? Number.NaN) - value))) / largest;
}

/** Central differences at each element of small values, and at a spread and the steepest ones of large values. */
async function differenceError(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  gradientOf: (name: string) => readonly number[],
  wrt: readonly string[],
  least: number,
): Promise<number> {
  const step = 1e-5;
  const mostElements = 12;
  const session = openReferenceSession(inDoublePrecision(graph));
  const loss = async () => Number((await session.run(feeds)).loss?.data[0]);
  let worst = 0;
  for (const name of wrt) {
    const values = feeds[name]?.data as Float64Array;
    const gradient = gradientOf(name);
    const largest = Math.max(...gradient.map(Math.abs), least);
    const stride = Math.max(1, Math.floor(values.length / mostElements));
    const spread = [...values.keys()].filter((index) => index % stride === 0);
    const steepest = [...values.keys()].sort((a, b) => Math.abs(gradient[b] ?? 0) - Math.abs(gradient[a] ?? 0));
    for (const index of new Set([...spread, ...steepest.slice(0, mostElements / 2)])) {
      const before = values[index] ?? 0;
      values[index] = before + step;
      const above = await loss();
      values[index] = before - step;
      const below = await loss();
      values[index] = before;
      worst = Math.max(worst, Math.abs((above - below) / (2 * step) - (gradient[index] ?? Number.NaN)) / largest);
    }
  }
  return worst;
}

function numbers(value: Tensor | undefined): number[] {
  return Array.from((value?.data ?? []) as Float64Array);
}
