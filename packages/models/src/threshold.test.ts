import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import {
  calibratedScore,
  calibrationFromLogits,
  calibrationFromNormals,
  confidence,
  reanchor,
  softmax,
  temperatureAt,
  thresholdBetween,
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

test("where both kinds overlap, the threshold lies where mistakes of both are fewest", () => {
  const random = seededRandom(4);
  const normals = Array.from({ length: 400 }, () => random.normal());
  const anomalies = Array.from({ length: 400 }, () => 3 + random.normal());
  close(thresholdBetween(normals, anomalies), 1.5, 0.2);
  // One kind twice as wide: where both densities are equal, 1.66 for these two normal distributions.
  const wide = Array.from({ length: 400 }, () => 4 + 2 * random.normal());
  close(thresholdBetween(normals, wide), 1.66, 0.25);
});

test("defects far beyond the others don't draw the threshold away from the good pictures", () => {
  const normals = Array.from({ length: 100 }, (_, i) => 1 + i / 500);
  const near = Array.from({ length: 20 }, (_, i) => 1.5 + i / 50);
  const alone = thresholdBetween(normals, near);
  assert.ok(alone > 1.2 && alone < 1.5, `${alone}`);
  const withFar = thresholdBetween(normals, [...near, ...Array.from({ length: 15 }, (_, i) => 20 + i)]);
  assert.ok(withFar > 1.2 && withFar < 1.5, `${withFar}`);
});

test("kinds that are apart get a threshold between them, few defects among many good parts too", () => {
  const normals = Array.from({ length: 200 }, (_, i) => 1 + i / 1000);
  const threshold = thresholdBetween(normals, [2, 2.2, 2.1]);
  assert.ok(threshold > 1.2 && threshold < 2, `${threshold}`);
});

test("the temperature is the one of least loss, by Platt's smoothed targets and the same weight for both kinds", () => {
  const [normals, anomalies, threshold] = [[0.1, 0.3, 0.2, 0.5, 0.4], [0.45, 0.8, 0.9], 0.5] as const;
  const loss = (temperature: number): number => {
    const of = (values: readonly number[], target: number): number =>
      values.reduce((sum, value) => {
        const p = 1 / (1 + Math.exp((threshold - value) / temperature));
        return sum - (target * Math.log(p) + (1 - target) * Math.log(1 - p)) / values.length;
      }, 0);
    return of(normals, 1 / 7) + of(anomalies, 4 / 5);
  };
  const temperature = temperatureAt(threshold, normals, anomalies);
  for (const factor of [0.98, 1.02]) assert.ok(loss(temperature) < loss(factor * temperature));
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
    const threshold = thresholdBetween(normals, anomalies);
    const temperature = temperatureAt(threshold, normals, anomalies);
    assert.ok(Number.isFinite(threshold) && temperature > 0 && Number.isFinite(temperature));
  }
});

test("from good pictures alone: about three of a hundred unseen ones lie above, a clear outlier does, the median stays low", () => {
  const random = seededRandom(9);
  let above = 0;
  for (let round = 0; round < 40; round++) {
    const calibration = calibrationFromNormals(Array.from({ length: 60 }, () => 10 + random.normal()));
    for (let i = 0; i < 100; i++) if (10 + random.normal() >= calibration.threshold) above++;
    assert.ok(calibratedScore(20, calibration) > 0.9);
    assert.ok(calibratedScore(10, calibration) < 0.12);
  }
  assert.ok(above > 60 && above < 160, `${above} of 4,000`);
});

test("of few good pictures the threshold keeps a distance, for the next one may be stranger than all of them", () => {
  const { threshold } = calibrationFromNormals([1, 1.1, 1.2, 1.3, 1.4]);
  assert.ok(threshold > 1.55, `${threshold}`);
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
