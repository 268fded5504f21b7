import assert from "node:assert/strict";
import { test } from "node:test";
import { exportGraph } from "@sightline/nn/export";
import { Network } from "@sightline/nn/network";
import { elementCount, floatTensor } from "@sightline/nn/tensor";
import { readBackbone } from "../backbone.js";
import { pretrained } from "../finetune/pretrained.js";
import { networkCost } from "../network-cost.js";
import { studentModel } from "./student-net.js";
import { cutsOf, planStudent } from "./student-plan.js";

const backbone = readBackbone();
const labels = 3;

test("the beginning ends where everything passes through, at a block's end and not inside it", () => {
  const names = cutsOf(backbone, 96).map(({ name }) => name);
  for (const end of ["block0", "block1", "block2", "block3", "block4", "last"]) assert.ok(names.includes(end), end);
  // What comes in is added at the end of such a block: inside, two values are still to be read.
  for (const inside of ["block2Expand", "block4Expand", "block5Expand"]) assert.ok(!names.includes(inside), inside);
  for (const parameters of [20_000, 60_000, 100_000, 200_000, 1e6])
    assert.match(planStudent(backbone, { parameters, size: 96, labels }).tap, /^block\d+$/);
});

test("a plan's network keeps the budget, and more budget keeps more of the beginning", () => {
  let kept = 0;
  for (const parameters of [12_000, 30_000, 60_000, 150_000]) {
    const plan = planStudent(backbone, { parameters, size: 96, labels });
    const beginning = pretrained(backbone, { width: 96, height: 96, taps: [plan.tap] });
    const model = studentModel(beginning.model, plan, labels);
    const inputs = { image: { type: "float32", dims: ["N", 3, 96, 96] } } as const;
    const net = new Network({ mode: "evaluate", batch: 1 });
    net.builder.input("image", "float32", [1, 3, 96, 96]);
    model(net, { image: "image" });
    const filled = (list: Iterable<{ name: string; dims: readonly number[] }>) =>
      new Map(Array.from(list, ({ name, dims }) => [name, floatTensor(dims, ones(dims))]));
    const weights = { parameters: filled(net.parameters.values()), statistics: filled(net.statistics.values()) };
    const cost = networkCost(exportGraph(model, weights, inputs));
    assert.ok(cost.parameters <= parameters, `${cost.parameters} of ${parameters}`);
    assert.ok(cost.parameters > parameters * 0.8, `${cost.parameters} of ${parameters}: what is allowed is used`);
    const own = cutsOf(backbone, 96).find(({ name }) => name === plan.tap)?.cost.parameters ?? 0;
    assert.ok(own >= kept);
    kept = own;
  }
});

test("a budget that the first blocks alone exceed is refused with what they need", () => {
  assert.throws(() => planStudent(backbone, { parameters: 2000, size: 96, labels }), {
    code: "METHOD_OPTION_INVALID",
    message: /first blocks have \d+.*start=nothing/,
  });
});

function ones(dims: readonly number[]): Float32Array {
  return new Float32Array(elementCount(dims)).fill(1);
}
