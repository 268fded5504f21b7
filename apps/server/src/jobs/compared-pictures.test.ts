import assert from "node:assert/strict";
import { test } from "node:test";
import type { Prediction } from "@sightline/models/predictor";
import { chanceOfSplit, compared } from "./compared-pictures.js";

// Exact values, by whole numbers.
for (const [a, b, chance] of [
  [0, 0, 1],
  [1, 0, 1],
  [5, 0, 0.0625],
  [10, 2, 0.03857421875],
  [3, 3, 1],
  [2000, 1800, 0.0012427868],
] as const) {
  test(`a split of ${a} to ${b} has a chance of ${chance}`, () => {
    assert.ok(Math.abs(chanceOfSplit(a, b) - chance) < 1e-9, String(chanceOfSplit(a, b)));
    assert.equal(chanceOfSplit(a, b), chanceOfSplit(b, a));
  });
}

const answer = (isAnomalous: boolean) =>
  ({
    label: isAnomalous ? "anomaly" : "normal",
    labels: [],
    detections: [],
    isAnomalous,
    score: 0.5,
    confidence: 0,
  }) as unknown as Prediction;

test("only pictures that one version gets wrong are listed, those that tell the versions apart first", () => {
  const row = (sampleId: string, label: string, base: boolean, candidate: boolean) => ({
    sampleId,
    name: sampleId,
    annotation: { kind: "label" as const, label },
    base: answer(base),
    candidate: answer(candidate),
  });
  const found = compared([
    row("both right", "good", false, false),
    row("both wrong", "dent", false, false),
    row("new is right", "dent", false, true),
    row("old is right", "good", false, true),
  ]);
  assert.deepEqual(
    [found.images, found.bothRight, found.bothWrong, found.onlyBaseRight, found.onlyCandidateRight],
    [4, 1, 1, 1, 1],
  );
  assert.deepEqual(
    found.pictures.map(({ sampleId }) => sampleId),
    ["new is right", "old is right", "both wrong"],
  );
  assert.deepEqual([found.pictures[0]?.truth, found.pictures[0]?.candidate.answer], ["dent", "anomaly"]);
});
