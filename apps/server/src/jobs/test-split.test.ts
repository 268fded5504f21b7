import assert from "node:assert/strict";
import { test } from "node:test";
import { type SplitSample, splitForTest } from "./test-split.js";

const pictures = (label: string, count: number, part: SplitSample["part"] = "auto"): SplitSample[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${label}-${part}-${i}`, labels: [label], part }));

test("every fifth picture of each label is put aside", () => {
  const split = splitForTest([...pictures("good", 40), ...pictures("bad", 20)], 1);
  assert.equal(split.test.filter((id) => id.startsWith("good")).length, 8);
  assert.equal(split.test.filter((id) => id.startsWith("bad")).length, 4);
  assert.equal(split.train.length, 48);
});

test("a label with fewer than ten pictures keeps them all for the training", () => {
  assert.deepEqual(splitForTest(pictures("rare", 9), 1).test, []);
  assert.equal(splitForTest(pictures("rare", 10), 1).test.length, 2);
});

test("no picture is on both sides and none is left over", () => {
  const samples = [...pictures("good", 33), ...pictures("bad", 17)];
  const { train, test: kept } = splitForTest(samples, 7);
  assert.deepEqual([...train, ...kept].sort(), samples.map(({ id }) => id).sort());
});

test("the same seed gives the same split whatever the order, another seed another", () => {
  const samples = pictures("good", 50);
  const ids = (seed: number, order = samples) => splitForTest(order, seed).test.sort();
  assert.deepEqual(ids(3), ids(3, [...samples].reverse()));
  assert.notDeepEqual(ids(3), ids(4));
});

test("a picture that has its part keeps it, and counts towards the fifth", () => {
  const decided = [...pictures("good", 8, "train"), ...pictures("good", 2, "test")];
  const later = splitForTest([...decided, ...pictures("good", 10)], 1);
  assert.equal(later.test.length, 2);
  assert.equal(later.train.length, 8);
  const chosenByPeople = splitForTest([...pictures("good", 20, "test"), ...pictures("good", 20)], 1);
  assert.deepEqual(chosenByPeople.test, []);
});

test("pictures with several labels: a fifth of each label, the rare ones first, and of those without any", () => {
  const samples: SplitSample[] = Array.from({ length: 60 }, (_, i) => ({
    id: `p${i}`,
    labels: [...(i % 2 === 0 ? ["common"] : []), ...(i % 5 === 0 ? ["rare"] : [])],
    part: "auto",
  }));
  const { test: kept, train } = splitForTest(samples, 3);
  const having = (label: string) => samples.filter(({ id, labels }) => kept.includes(id) && labels.includes(label));
  assert.ok(having("rare").length >= 2 && having("rare").length <= 4);
  assert.ok(having("common").length >= 6 && having("common").length <= 8);
  assert.equal(samples.filter(({ id, labels }) => kept.includes(id) && labels.length === 0).length, 4);
  assert.equal(kept.length + train.length, 60);
});
