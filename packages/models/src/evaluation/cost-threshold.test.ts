import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { thresholdChoice } from "./cost-threshold.js";

const scored = (scores: readonly number[], isAnomaly: boolean) => scores.map((score) => ({ score, isAnomaly }));

test("each score is a point: the highest threshold of those that do the same, with what it lets through and throws away", () => {
  const pictures = [...scored([0.1, 0.4], false), ...scored([0.3, 0.8], true)];
  const { points, inForce, defects, good } = thresholdChoice(pictures, 0.5, null, 1);
  assert.deepEqual([defects, good], [2, 2]);
  assert.deepEqual(inForce, { threshold: 0.5, escapes: 1, falseRejects: 0 });
  assert.deepEqual(
    points.map(({ threshold, escapes, falseRejects }) => [Number(threshold.toFixed(3)), escapes, falseRejects]),
    [
      [0.1, 0, 2],
      [0.3, 0, 1],
      [0.4, 1, 1],
      [0.8, 1, 0],
      [0.999, 2, 0],
    ],
  );
});

test("dear escapes lower the threshold, dear false rejects raise it, and rare defects raise it, too", () => {
  const random = seededRandom(2);
  const draw = (middle: number) => Math.min(0.99, Math.max(0.01, middle + 0.15 * random.normal()));
  const pictures = [
    ...scored(
      Array.from({ length: 200 }, () => draw(0.4)),
      false,
    ),
    ...scored(
      Array.from({ length: 200 }, () => draw(0.6)),
      true,
    ),
  ];
  const at = (escapeCost: number, falseReject: number, defectRate: number | null) => {
    const { cheapest } = thresholdChoice(pictures, 0.5, { escape: escapeCost, falseReject, defectRate }, 1);
    assert.ok(cheapest);
    return cheapest;
  };
  const [careful, even, lenient] = [at(50, 1, 0.5), at(1, 1, 0.5), at(1, 50, 0.5)];
  assert.ok(careful.threshold < even.threshold - 0.05 && even.threshold < lenient.threshold - 0.05);
  assert.ok(at(1, 1, 0.02).threshold > even.threshold + 0.05);
  // 1,000 parts, half of them defects, at 1 each.
  const { escapes, falseRejects, costPer1000, costPer1000Now, costPer1000Expected, low, high } = even;
  assert.ok(Math.abs(costPer1000 - 500 * (escapes / 200 + falseRejects / 200)) < 1e-9);
  assert.ok(costPer1000 <= costPer1000Now);
  assert.ok((costPer1000Expected ?? 0) > costPer1000, "pictures that did not choose cost more");
  assert.ok(low <= even.threshold && even.threshold <= high);
});

test("without defects there is nothing to choose by", () => {
  const { cheapest, points } = thresholdChoice(
    scored([0.1, 0.2], false),
    0.5,
    { escape: 1, falseReject: 1, defectRate: null },
    1,
  );
  assert.equal(cheapest, null);
  assert.equal(points.length, 3);
});
