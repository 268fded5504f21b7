import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { exportGraph } from "@sightline/nn/export";
import type { Graph } from "@sightline/nn/graph";
import { Network } from "@sightline/nn/network";
import { inferShapes } from "@sightline/nn/shapes";
import { elementCount, floatTensor, type Tensor } from "@sightline/nn/tensor";
import { tinyModel } from "./tiny-net.js";
import { countTiny, planTiny, sizeForBudget, type TinyPlan, tinySizes } from "./tiny-plan.js";

/** Counted from the finished graph alone: its constants, and its convolutions' and products' shapes. */
function countGraph(graph: Graph): { parameters: number; multiplyAccumulates: number } {
  const shapes = inferShapes(graph);
  const dims = (name = ""): number[] => (shapes.get(name)?.dims ?? []).map((size) => (size === "N" ? 1 : Number(size)));
  let [parameters, multiplyAccumulates] = [0, 0];
  for (const { operator, inputs, outputs } of graph.nodes) {
    if (operator !== "Conv" && operator !== "Gemm") continue;
    for (const name of inputs.slice(1)) parameters += elementCount(dims(name));
    const weight = dims(inputs[1]);
    multiplyAccumulates +=
      operator === "Conv" ? elementCount(dims(outputs[0])) * elementCount(weight.slice(1)) : elementCount(weight);
  }
  return { parameters, multiplyAccumulates };
}

function exported(plan: TinyPlan): Graph {
  const inputs = { image: { type: "float32" as const, dims: ["N", 3, plan.size, plan.size] as ["N", ...number[]] } };
  const net = new Network({ mode: "evaluate", batch: 1 });
  net.builder.input("image", "float32", [1, 3, plan.size, plan.size]);
  tinyModel(plan, 0)(net, { image: "image" });
  const filled = (list: Iterable<{ name: string; dims: readonly number[] }>): Map<string, Tensor> =>
    new Map(
      Array.from(list, ({ name, dims }) => [name, floatTensor(dims, new Float32Array(elementCount(dims)).fill(1))]),
    );
  const weights = { parameters: filled(net.parameters.values()), statistics: filled(net.statistics.values()) };
  return exportGraph(tinyModel(plan, 0), weights, inputs);
}

test("a plan's counts are those of the graph that is exported", () => {
  for (const [budget, size, labels] of [
    [{ parameters: 150_000, multiplyAccumulates: 15e6 }, 96, 3],
    [{ parameters: 20_000, multiplyAccumulates: 1e6 }, 48, 2],
    [{ parameters: 400_000, multiplyAccumulates: 60e6 }, 160, 7],
    [{ parameters: 5_000, multiplyAccumulates: 9e5 }, 80, 2],
  ] as const) {
    const plan = planTiny(budget, size, labels);
    assert.deepEqual(countTiny(plan), countGraph(exported(plan)), JSON.stringify(plan));
  }
});

test("no plan exceeds its budget, more budget never gives a smaller network, and the last map is 5 to 8 pixels wide", () => {
  for (const size of tinySizes) {
    let before = 0;
    for (const multiplyAccumulates of [1.5e6, 3e6, 10e6, 30e6, 100e6]) {
      const budget = { parameters: 300_000, multiplyAccumulates };
      const plan = planTiny(budget, size, 3);
      const counts = countTiny(plan);
      assert.ok(counts.parameters <= 300_000 && counts.multiplyAccumulates <= multiplyAccumulates);
      assert.ok(counts.multiplyAccumulates >= before * 0.7, `${size} px, ${multiplyAccumulates}`);
      before = counts.multiplyAccumulates;
      const halvings = 1 + plan.blocks.filter(({ stride }) => stride === 2).length;
      const side = size / 2 ** halvings;
      assert.ok(Number.isInteger(side) && side >= 5 && side <= 8, `${size} px end in ${side}`);
    }
  }
});

test("whatever the budget, size and labels, a plan keeps both bounds or says what the smallest network needs", () => {
  const random = seededRandom(20);
  const between = (low: number, high: number): number => Math.round(low * (high / low) ** random.next());
  let plans = 0;
  for (let i = 0; i < 400; i++) {
    const budget = { parameters: between(500, 5e6), multiplyAccumulates: between(5e4, 1e9) };
    const labels = between(1, 60);
    const size = i % 4 === 0 ? sizeForBudget(budget) : (tinySizes[random.index(tinySizes.length)] ?? 96);
    const what = JSON.stringify({ ...budget, labels, size });
    let plan: TinyPlan;
    try {
      plan = planTiny(budget, size, labels);
    } catch (error) {
      const [, parameters, macs] = /the smallest needs (\d+) and (\d+)/.exec((error as Error).message) ?? [];
      assert.ok(Number(parameters) > budget.parameters || Number(macs) > budget.multiplyAccumulates, what);
      continue;
    }
    plans++;
    const { parameters, multiplyAccumulates } = countTiny(plan);
    assert.ok(parameters <= budget.parameters && multiplyAccumulates <= budget.multiplyAccumulates, what);
    assert.deepEqual([plan.size, plan.labels], [size, labels], what);
    // A network that is no bottleneck to itself: never narrower than before, and the last map the widest.
    const widths = [plan.stem, ...plan.blocks.map(({ channels }) => channels), plan.head];
    assert.deepEqual(
      widths,
      widths.toSorted((a, b) => a - b),
      what,
    );
  }
  assert.ok(plans > 250, `${plans} of 400 budgets gave a plan`);
});

test("what a budget buys: shallow networks for little, deep ones once they are wide enough", () => {
  const described = (parameters: number, multiplyAccumulates: number, size: number): string => {
    const { stem, blocks, head } = planTiny({ parameters, multiplyAccumulates }, size, 3);
    const stages = blocks.map(({ channels, stride }) => `${stride === 2 ? "| " : ""}${channels}`).join(" ");
    return `${stem} ${stages} | ${head}`;
  };
  assert.equal(described(150_000, 15e6, 96), "16 | 24 | 40 40 | 72 72 72 | 144");
  assert.equal(described(60_000, 15e6, 96), "12 | 20 | 36 36 | 60 60 60 | 124");
  assert.equal(described(150_000, 1e6, 48), "12 | 32 | 56 | 116");
  assert.equal(described(150_000, 1e6, 96), "8 | 8 | 16 | 28 | 56");
  assert.equal(described(5000, 2e5, 48), "4 | 12 | 20 | 44");
  assert.equal(described(1e6, 1e8, 160), "44 | 44 | 64 | 108 108 | 192 192 192 | 380");
});

test("larger budgets see larger pictures", () => {
  const sizes = [5e5, 3e6, 15e6, 60e6, 200e6].map((multiplyAccumulates) =>
    sizeForBudget({ parameters: 1e6, multiplyAccumulates }),
  );
  assert.deepEqual(sizes, [48, 64, 96, 128, 160]);
});

test("a budget that nothing fits into is refused with what the smallest network needs", () => {
  assert.throws(() => planTiny({ parameters: 500, multiplyAccumulates: 1e6 }, 96, 3), {
    code: "METHOD_OPTION_INVALID",
    message: /fits into 500 parameters and 1000000 multiply-accumulates: the smallest needs \d+ and \d+/,
  });
});
