import assert from "node:assert/strict";
import { test } from "node:test";
import { pytorch } from "./pytorch-fixture.js";
import { learningRateAt } from "./schedules.js";

test("one-cycle is PyTorch's", () => {
  const steps = pytorch.oneCycle.length - 1;
  for (const [step, expected] of pytorch.oneCycle.entries()) {
    const rate = learningRateAt({ kind: "oneCycle", learningRate: 1 }, step / steps);
    assert.ok(Math.abs(rate - expected) < 1e-9, `step ${step}: got ${rate}, expected ${expected}`);
  }
});

test("cosine climbs in a line, then falls along half a cosine to its end", () => {
  const rate = (progress: number) =>
    learningRateAt({ kind: "cosine", learningRate: 2, warmUp: 0.2, final: 0.1 }, progress);
  assert.deepEqual(
    [0, 0.1, 0.2, 0.6, 1].map((progress) => Number(rate(progress).toFixed(9))),
    [0, 1, 2, 1.1, 0.2],
  );
});

test("cosine falls a second time from a lower rate where it is asked to", () => {
  const again = { from: 0.8, learningRate: 0.5 };
  const rate = (progress: number) =>
    learningRateAt({ kind: "cosine", learningRate: 2, warmUp: 0.2, final: 0.1, again }, progress);
  assert.deepEqual(
    [0.2, 0.5, 0.7999999999, 0.8, 0.9, 1].map((progress) => Number(rate(progress).toFixed(6))),
    [2, 1.1, 0.2, 0.5, 0.275, 0.05],
  );
});

test("constant stays after its warm-up", () => {
  const rate = (progress: number) => learningRateAt({ kind: "constant", learningRate: 3, warmUp: 0.5 }, progress);
  assert.deepEqual([0.25, 0.5, 1].map(rate), [1.5, 3, 3]);
});
