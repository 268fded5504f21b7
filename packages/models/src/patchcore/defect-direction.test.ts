import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { defectDirection } from "./defect-direction.js";
import { patchCount, patchDimensions } from "./patch-features.js";
import { leansOf } from "./scoring.js";

const random = seededRandom(5);
const noise = (count: number): Float32Array =>
  Float32Array.from({ length: count * patchDimensions }, () => random.normal());

/** Patches like good ones, some of them moved along the third number. */
function withDefect(places: readonly number[]): { patches: Float32Array; distances: Float32Array } {
  const patches = noise(patchCount);
  const distances = new Float32Array(patchCount).fill(1);
  for (const p of places) {
    patches[p * patchDimensions + 3] = (patches[p * patchDimensions + 3] as number) + 15;
    distances[p] = 8;
  }
  return { patches, distances };
}

test("what known defects share makes the next one of the kind stand out", () => {
  const direction = defectDirection(noise(800), [withDefect([4, 5]), withDefect([90]), withDefect([7, 50, 51])], 3);
  assert.ok(direction);
  const strongest = direction.weights.reduce(
    (best, value, d) => (value > (direction.weights[best] as number) ? d : best),
    0,
  );
  assert.equal(strongest, 3);
  const unseen = withDefect([33]);
  const leans = leansOf(unseen.patches, direction);
  assert.equal(leans.indexOf(Math.max(...leans)), 33);
  const good = leansOf(noise(patchCount), direction);
  const mean = good.reduce((sum, value) => sum + value, 0) / patchCount;
  const deviation = Math.sqrt(good.reduce((sum, value) => sum + (value - mean) ** 2, 0) / patchCount);
  assert.ok(Math.abs(mean) < 0.3 && Math.abs(deviation - 1) < 0.25, `good patches lean ${mean} ± ${deviation}`);
});

test("a defect that is nowhere strange still has its strangest patch; without defects there is no direction", () => {
  const faint = withDefect([12]);
  faint.distances[12] = 1.5;
  assert.ok(defectDirection(noise(400), [faint], 3));
  assert.equal(defectDirection(noise(400), [], 3), null);
});
