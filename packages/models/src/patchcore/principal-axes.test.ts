import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { covariance, principalAxes } from "./principal-axes.js";

function turnedAlong(points: Float32Array, dimensions: number): Float32Array {
  const axes = principalAxes(points, dimensions);
  return Float32Array.from(points, (_, at) => {
    const [row, to] = [at - (at % dimensions), at % dimensions];
    let sum = 0;
    for (let d = 0; d < dimensions; d++) sum += (points[row + d] ?? 0) * (axes[d * dimensions + to] ?? 0);
    return sum;
  });
}

test("turned points keep their distances, and their numbers vary less and less", () => {
  const random = seededRandom(3);
  const dimensions = 12;
  const points = new Float32Array(300 * dimensions);
  for (let i = 0; i < 300; i++) {
    const [a, b] = [5 * random.normal(), 2 * random.normal()];
    for (let d = 0; d < dimensions; d++)
      points[i * dimensions + d] = a * Math.cos(d) + b * Math.sin(2 * d) + 0.1 * random.normal();
  }
  const turned = turnedAlong(points, dimensions);
  const distance = (rows: Float32Array, i: number, j: number): number =>
    Math.hypot(
      ...Array.from(
        { length: dimensions },
        (_, d) => (rows[i * dimensions + d] ?? 0) - (rows[j * dimensions + d] ?? 0),
      ),
    );
  for (let i = 1; i < 300; i++) assert.ok(Math.abs(distance(points, 0, i) - distance(turned, 0, i)) < 1e-3);
  const matrix = covariance(turned, dimensions);
  const variances = Array.from({ length: dimensions }, (_, d) => matrix[d * dimensions + d] as number);
  for (let d = 1; d < dimensions; d++) assert.ok((variances[d] as number) <= (variances[d - 1] as number) + 1e-6);
  assert.ok((variances[0] as number) + (variances[1] as number) > 0.99 * variances.reduce((a, b) => a + b, 0));
  for (let a = 0; a < dimensions; a++)
    for (let b = 0; b < a; b++) assert.ok(Math.abs(matrix[a * dimensions + b] as number) < 1e-2);
});

test("points that are all the same stay usable", () => {
  const turned = turnedAlong(new Float32Array(10 * 4).fill(2), 4);
  assert.ok(turned.every(Number.isFinite));
});
