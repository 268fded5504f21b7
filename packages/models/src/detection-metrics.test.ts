import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bestScoreThreshold, type DetectionSample, detectionMetrics, operatingPoint } from "./detection-metrics.js";

type Row = [label: string, x: number, y: number, width: number, height: number, score?: number];

function box([label, x, y, width, height, score = 0]: Row) {
  return { label, x1: x, y1: y, x2: x + width, y2: y + height, score };
}

test("every figure is pycocotools' to nine digits: several labels, ties, empty pictures, all sizes, over 100 answers", () => {
  const file = join(import.meta.dirname, "../src/detection-metrics.fixture.json");
  const { labels, pictures, expected } = JSON.parse(readFileSync(file, "utf8"));
  const samples = pictures.map(({ truths, found }: { truths: Row[]; found: Row[] }) => ({
    truths: truths.map(box),
    found: found.map(box),
  }));
  const measured = detectionMetrics(labels, samples);
  compare(measured, expected, "");
  assert.equal(measured.perLabel[3]?.ap50, null, "a label without truths has no average precision");
  assert.equal(
    measured.perLabel.reduce((sum, { truths }) => sum + truths, 0),
    117,
  );
});

function compare(measured: unknown, expected: unknown, path: string): void {
  if (typeof expected === "number") {
    assert.ok(Math.abs((measured as number) - expected) < 1e-9, `${path}: ${measured}, pycocotools says ${expected}`);
  } else if (expected === null || typeof expected === "string") assert.equal(measured, expected, path);
  else {
    for (const [key, value] of Object.entries(expected as object)) {
      compare((measured as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  }
}

/** Three truths; by score: hit, miss, hit, a second answer for a truth that is taken. */
const samples: DetectionSample[] = [
  {
    truths: [box(["a", 0, 0, 10, 10]), box(["a", 50, 50, 10, 10])],
    found: [
      box(["a", 0, 0, 10, 10, 0.9]),
      box(["a", 30, 30, 10, 10, 0.8]),
      box(["a", 50, 50, 10, 9, 0.7]),
      box(["a", 50, 50, 10, 8, 0.6]),
    ],
  },
  { truths: [box(["b", 0, 0, 10, 10])], found: [] },
];

test("precision and recall count one answer a truth, from a score up", () => {
  const { overall, perLabel } = operatingPoint(["a", "b"], samples, 0.65);
  assert.deepEqual(perLabel, [
    { precision: 2 / 3, recall: 1, f1: 0.8 },
    { precision: null, recall: 0, f1: 0 },
  ]);
  assert.deepEqual(overall, { precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 });
});

test("the score to act on is the one with the best F1", () => {
  // F1 by hand: from 0.9 up 2/(1+3) = 0.5, 0.8: 2/(2+3) = 0.4, 0.7: 4/(3+3) = 0.67, 0.6: 4/(4+3) = 0.57.
  assert.ok(Math.abs((bestScoreThreshold(["a", "b"], samples) as number) - 0.65) < 1e-12);
  assert.equal(bestScoreThreshold(["b"], samples), null);
});

test("nothing to find and nothing found has no figures", () => {
  const none = detectionMetrics(["a"], [{ truths: [], found: [] }]);
  assert.deepEqual(
    [none.mAP50, none.mAP50_95, none.recall.max100, none.perSize.large.recall],
    [null, null, null, null],
  );
  assert.equal(detectionMetrics(["a"], [{ truths: [box(["a", 0, 0, 5, 5])], found: [] }]).mAP50, 0);
});
