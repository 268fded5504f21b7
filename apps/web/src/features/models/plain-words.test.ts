/** The sentence on top of a model's report. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Task } from "@sightline/api/methods";
import type { Metrics } from "@sightline/api/models";
import { basisOf, inPlainWords } from "./plain-words.js";

function metrics(labels: string[], counts: number[][]): Metrics {
  const images = counts.flat().reduce((sum, one) => sum + one, 0);
  return {
    source: "test",
    images,
    accuracy: 1,
    mAP50: null,
    mAP50_95: null,
    perLabel: [],
    precision: null,
    recall: null,
    f1: null,
    auroc: null,
    ece: null,
    confusion: { labels, counts },
  };
}

const cases: { labels: string[]; counts: number[][]; task: Task; says: string }[] = [
  {
    labels: ["normal", "anomaly"],
    counts: [
      [19, 1],
      [1, 19],
    ],
    task: "anomaly",
    says: "Finds 19 of 20 defects and rejects 1 of 20 good parts.",
  },
  {
    labels: ["anomaly", "normal"],
    counts: [
      [20, 0],
      [0, 20],
    ],
    task: "anomaly",
    says: "Finds all 20 defects and rejects none of 20 good parts.",
  },
  {
    labels: ["normal", "anomaly"],
    counts: [
      [28, 2],
      [0, 0],
    ],
    task: "anomaly",
    says: "It rejects 2 of 30 good parts. Without defective pictures, how many defects it finds is not known.",
  },
  {
    labels: ["mask", "no mask", "none"],
    counts: [
      [10, 0, 0],
      [3, 7, 0],
      [0, 1, 9],
    ],
    task: "classification",
    says: "Names 26 of 30 pictures correctly (87\u00a0%). Its most frequent mistake: it takes “no mask” for “mask” (3 of 10).",
  },
  {
    labels: ["normal", "anomaly"],
    counts: [],
    task: "anomaly",
    says: "It was not tested: no picture was kept for a test.",
  },
];

for (const { labels, counts, task, says } of cases) {
  test(`says: ${says}`, () => assert.equal(inPlainWords(metrics(labels, counts), task), says));
}

test("says what the figures rest on", () => {
  assert.equal(basisOf({ source: "test", images: 200 }), "Measured on 200 pictures that took no part in the training.");
  assert.match(basisOf({ source: "test", images: 5 }), /5 pictures .* a first impression/);
  assert.match(basisOf({ source: "heldOut", images: 40 }), /each judged by a model that had not seen it/);
});
