import assert from "node:assert/strict";
import { test } from "node:test";
import {
  calibratedScore,
  calibrationFromBoth,
  calibrationFromLogits,
  calibrationFromNormals,
  confidence,
  quantile,
  reanchor,
  softmax,
} from "./threshold.js";

const close = (got: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(got - expected) <= tolerance, `expected ${expected}, got ${got}`);

test("a raw score at the threshold is 0.5, and the order of scores stays", () => {
  const calibration = { threshold: 3, temperature: 0.5 };
  assert.equal(calibratedScore(3, calibration), 0.5);
  const scores = [-100, 1, 2.9, 3, 3.1, 9, 1000].map((raw) => calibratedScore(raw, calibration));
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => a - b),
  );
  assert.ok(scores.every((score) => score > 0 && score < 1));
});

test("moving the threshold re-anchors: 0.5 at the threshold in force, unchanged at the model's own, and back again", () => {
  close(reanchor(0.8, 0.8), 0.5, 1e-12);
  close(reanchor(0.73, 0.5), 0.73, 1e-12);
  close(reanchor(reanchor(0.3, 0.9), 0.1), 0.3, 1e-9);
  assert.ok(reanchor(0.9, 0) > 0.99 && reanchor(0.1, 1) < 0.01);
});

test("confidence is 0 at the threshold and near 1 far from it", () => {
  assert.equal(confidence(0.5), 0);
  close(confidence(0.9), 0.8, 1e-12);
  close(confidence(0.1), 0.8, 1e-12);
});

test("Platt's sigmoid agrees with scipy's BFGS on the same weighted loss", () => {
  const { threshold, temperature } = calibrationFromBoth([0.1, 0.3, 0.2, 0.5, 0.4], [0.45, 0.8, 0.9]);
  close(threshold, 0.5361499070715704, 1e-5);
  close(temperature, 0.2193102180846858, 1e-4);
});

test("kinds that are apart get a threshold between them, few defects among many good parts too", () => {
  const normals = Array.from({ length: 200 }, (_, i) => 1 + i / 1000);
  const { threshold, temperature } = calibrationFromBoth(normals, [2, 2.2, 2.1]);
  assert.ok(threshold > 1.2 && threshold < 2, `${threshold}`);
  assert.ok(temperature > 0 && Number.isFinite(temperature));
});

test("scores that say nothing, or the opposite, still give a usable curve", () => {
  for (const [normals, anomalies] of [
    [
      [1, 1, 1],
      [1, 1],
    ],
    [
      [5, 6, 7],
      [1, 2, 3],
    ],
  ] as const) {
    const { threshold, temperature } = calibrationFromBoth(normals, anomalies);
    assert.ok(Number.isFinite(threshold) && temperature > 0 && Number.isFinite(temperature));
  }
});

test("from good pictures alone: none of them is far above the threshold, a clear outlier is, the median stays low", () => {
  const normals = Array.from({ length: 60 }, (_, i) => 10 + Math.sin(i * 1.7));
  const calibration = calibrationFromNormals(normals);
  const sorted = normals.toSorted((a, b) => a - b);
  assert.ok(calibration.threshold > quantile(sorted, 0.99));
  close(calibratedScore(quantile(sorted, 0.5), calibration), 0.0474, 0.001);
  assert.ok(calibratedScore(20, calibration) > 0.9);
});

test("identical good pictures still leave room between good and bad", () => {
  const calibration = calibrationFromNormals([2, 2, 2, 2, 2]);
  assert.ok(calibratedScore(2, calibration) < 0.1);
  assert.ok(calibratedScore(3, calibration) > 0.9);
});

test("the temperature of several classes agrees with scipy's bounded minimum", () => {
  const logits = [
    [2, 1, 0],
    [0, 3, 1],
    [1, 1, 4],
    [2, 0, 1],
    [0, 1, 2],
  ];
  close(calibrationFromLogits(logits, [0, 1, 2, 1, 2]).temperature, 1.036889267514094, 1e-4);
});

test("softmax of huge logits stays finite", () => {
  assert.deepEqual([...softmax([1000, 0])], [1, 0]);
});
