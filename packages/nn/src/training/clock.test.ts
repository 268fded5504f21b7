import assert from "node:assert/strict";
import { test } from "node:test";
import { plannedEpochs, TrainingClock } from "./clock.js";

test("a budget leaves as many epochs as fit at the pace so far", () => {
  assert.equal(plannedEpochs(30, 2, 20, 105), 10);
  assert.equal(plannedEpochs(5, 2, 20, 1000), 5, "never more than wanted");
  assert.equal(plannedEpochs(30, 2, 20, 15), 2, "never fewer than done");
  assert.equal(plannedEpochs(30, 0, 5, 100), 30, "before the first one ends nothing is known");
});

test("the clock counts what was before the break, and tells the rest from the steps of this process", () => {
  let now = 1000;
  const clock = new TrainingClock(500, () => now);
  now = 1100;
  clock.addStep(10);
  clock.addStep(20);
  clock.addEvaluation(50);
  assert.equal(clock.elapsedMs, 600);
  assert.equal(clock.remainingMs(4, 2), 4 * 15 + 2 * 50);
});
