/** When a project has enough pictures to train, and in which order its labels stand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inSentence, labelsToShow, readiness, sortLabels, titleOf } from "./labels.js";

const cases: { has: Record<string, number>; ready: boolean; advice: RegExp }[] = [
  { has: {}, ready: false, advice: /at least 10/ },
  { has: { normal: 9 }, ready: false, advice: /^1 more good part and/ },
  { has: { normal: 28 }, ready: true, advice: /Good parts alone will do/ },
  { has: { normal: 20, anomaly: 2 }, ready: true, advice: /more defective/ },
  { has: { anomaly: 30 }, ready: false, advice: /One class alone/ },
  { has: { screw: 20, nut: 3 }, ready: false, advice: /nut has fewer/ },
  { has: { screw: 20, nut: 20 }, ready: true, advice: /each class/ },
];

for (const { has, ready, advice } of cases) {
  test(`${JSON.stringify(has)} is ${ready ? "enough" : "not enough"} to train`, () => {
    const result = readiness(has);
    assert.equal(result.ready, ready);
    assert.match(result.advice, advice);
  });
}

test("good parts come first, plain defects second, named ones after", () => {
  assert.deepEqual(sortLabels(["scratch", "anomaly", "dent", "Good"]), ["Good", "anomaly", "dent", "scratch"]);
  assert.deepEqual(["ok", "defect", "dent"].map(titleOf), ["Good parts", "Defective parts", "dent"]);
});

test("an empty project for several classes is not asked for good parts", () => {
  assert.match(readiness({}, "classes").advice, /5 pictures of each class/);
  assert.deepEqual(["ok", "M8"].map(inSentence), ["good parts", "pictures of “M8”"]);
});

test("a new project shows a place for good and for defective parts, a filled one its own labels", () => {
  assert.deepEqual(labelsToShow([], [], "defects"), ["normal", "defect"]);
  assert.deepEqual(labelsToShow(["ok"], [], "defects"), ["ok", "defect"]);
  assert.deepEqual(labelsToShow(["ok", "scratch"], ["dent"], "defects"), ["ok", "dent", "scratch"]);
  assert.deepEqual(labelsToShow(["screw"], ["nut"], "classes"), ["nut", "screw"]);
});
