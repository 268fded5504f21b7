import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { greedyCoreset } from "./coreset.js";

test("each choice is the point farthest from those before", async () => {
  const xs = [0, 1, 2, 10, 11, 5.4];
  const points = Float32Array.from(xs.flatMap((x) => [x, 0, 0, 0]));
  // From 0 the farthest is 11, then 5.4 (5.4 and 5.6 away), then 2 (2 away from 0).
  assert.deepEqual([...(await greedyCoreset(points, 4, 4, 0))], [0, 4, 5, 2]);
});

test("small clusters are remembered where chance would forget them", async () => {
  const random = seededRandom(5);
  const values: number[] = [];
  for (let i = 0; i < 2000; i++) values.push(random.normal(), random.normal(), random.normal(), random.normal());
  values.push(50, 50, 50, 50);
  const chosen = await greedyCoreset(Float32Array.from(values), 4, 10, 0);
  assert.ok(chosen.includes(2000));
});

test("no point is farther from the bank than the last choice was, as greedy k-center promises", async () => {
  const random = seededRandom(6);
  const points = Float32Array.from({ length: 500 * 8 }, () => random.normal());
  const distance = (a: number, b: number): number =>
    Math.hypot(...Array.from({ length: 8 }, (_, d) => (points[a * 8 + d] ?? 0) - (points[b * 8 + d] ?? 0)));
  const chosen = [...(await greedyCoreset(points, 8, 40, 7))];
  const toBank = (i: number, bank: readonly number[]): number => Math.min(...bank.map((c) => distance(i, c)));
  const last = toBank(chosen.at(-1) ?? 0, chosen.slice(0, -1));
  for (let i = 0; i < 500; i++) assert.ok(toBank(i, chosen) <= last + 1e-5);
});

test("equal points are chosen once", async () => {
  const points = Float32Array.from({ length: 5 * 4 }, (_, i) => (i < 8 ? 1 : 2));
  assert.equal((await greedyCoreset(points, 4, 5, 0)).length, 2);
});
