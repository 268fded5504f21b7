import assert from "node:assert/strict";
import { test } from "node:test";
import { stratifiedFolds } from "./folds.js";
import { seededRandom } from "./seeded-random.js";

const labels = [
  ...Array<string>(53).fill("good"),
  ...Array<string>(17).fill("dent"),
  ...Array<string>(3).fill("scratch"),
];

function countsPerFold(folds: readonly number[], foldCount: number, wanted?: string): number[] {
  const counts = new Array<number>(foldCount).fill(0);
  folds.forEach((fold, i) => {
    if (wanted === undefined || labels[i] === wanted) counts[fold] = (counts[fold] ?? 0) + 1;
  });
  return counts;
}

test("folds differ by at most one sample, in all and for each label", () => {
  const folds = stratifiedFolds(labels, 5, 7);
  for (const label of [undefined, "good", "dent", "scratch"]) {
    const counts = countsPerFold(folds, 5, label);
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${label}: ${counts}`);
  }
});

test("the same seed deals the same way, another seed another way", () => {
  assert.deepEqual(stratifiedFolds(labels, 5, 7), stratifiedFolds(labels, 5, 7));
  assert.notDeepEqual(stratifiedFolds(labels, 5, 7), stratifiedFolds(labels, 5, 8));
});

test("more folds than samples leaves folds empty, and no folds are refused", () => {
  assert.deepEqual(stratifiedFolds(["a", "b"], 5, 1).toSorted(), [0, 1]);
  assert.throws(() => stratifiedFolds(labels, 0, 1), RangeError);
});

test("seeded numbers repeat, spread evenly and differ between neighbouring seeds and branches", () => {
  const first = seededRandom(1);
  const values = Array.from({ length: 4000 }, () => first.next());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean - 0.5) < 0.02);
  assert.ok(values.every((value) => value >= 0 && value < 1));
  assert.equal(seededRandom(1).next(), values[0]);
  assert.notEqual(seededRandom(2).next(), values[0]);
  assert.notEqual(seededRandom(1).branch("light").next(), seededRandom(1).branch("shape").next());
  const bell = seededRandom(3);
  const normals = Array.from({ length: 4000 }, () => bell.normal());
  assert.ok(Math.abs(normals.reduce((sum, value) => sum + value * value, 0) / 4000 - 1) < 0.1);
});
