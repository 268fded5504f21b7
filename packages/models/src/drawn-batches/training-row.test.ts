import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { randomStream } from "@sightline/nn/random";
import type { Image } from "@sightline/vision/image";
import { milledPart } from "../drawn-pictures.js";
import { drawnBatches, plannedRows } from "./drawn-batches.js";
import { coverage, makeRow, type RowSources } from "./training-row.js";
import { noTurns } from "./turns.js";

const size = 64;
const normals: Image[] = Array.from({ length: 5 }, (_, i) => {
  const { width, height, data } = milledPart(seededRandom(i), 74);
  return { width, height, data };
});
const mask = { width: 74, height: 74, data: new Uint8Array(74 * 74 * 3) };
for (let y = 30; y < 44; y++) mask.data.fill(255, (y * 74 + 30) * 3, (y * 74 + 44) * 3);
const sources: RowSources = {
  size,
  stride: 4,
  turns: noTurns,
  normals,
  defects: [
    { image: normals[0] as Image, mask },
    { image: normals[1] as Image, mask: null },
  ],
};
const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

test("a good picture has no target, a drawn defect has one where it lies", () => {
  const good = makeRow(sources, "normal", 2, randomStream(1, "good"), randomStream(1, "row"));
  assert.equal(good.isDefect, false);
  assert.equal(sum(good.target), 0);
  assert.equal(sum(good.weight), 256);
  for (let seed = 0; seed < 10; seed++) {
    const bad = makeRow(sources, "synthetic", 2, randomStream(seed, "bad"), randomStream(1, "row"));
    assert.equal(bad.isDefect, true);
    assert.ok(sum(bad.target) > 0);
    // Where nothing is drawn a place counts as in a good picture, where something is it counts more.
    assert.ok(bad.weight.every((weight, i) => weight === 1 || (bad.target[i] as number) > 0));
  }
});

test("a real defect counts by its mask, and without one only says that it is somewhere", () => {
  const masked = makeRow(sources, "defect", 0, randomStream(1, "masked"), randomStream(1, "row"));
  // 14 x 14 of 74 pixels at 64 are some 12 x 12: about three places each way.
  assert.ok(sum(masked.target) >= 6 && sum(masked.target) <= 20, `${sum(masked.target)} places`);
  const unmasked = makeRow(sources, "defect", 1, randomStream(1, "unmasked"), randomStream(1, "row"));
  assert.equal(unmasked.isDefect, true);
  assert.equal(sum(unmasked.weight), 0);
});

test("places are covered by shares of their pixels", () => {
  const inside = new Uint8Array(64);
  inside.fill(1, 0, 4);
  // Four of sixteen pixels, of which 40 % are enough.
  assert.deepEqual(
    Array.from(coverage(inside, 8, 4), (value) => value.toFixed(3)),
    ["0.625", "0.000", "0.000", "0.000"],
  );
});

test("half of each batch is good, all good pictures take part, and few real defects come seldom", () => {
  const rows = Array.from({ length: 40 }, (_, index) =>
    plannedRows({ sources, seed: 1, batchSize: 8 }, 0, index),
  ).flat();
  assert.equal(rows.filter(({ kind }) => kind === "normal").length, 160);
  const used = new Set(rows.filter(({ kind }) => kind !== "defect").map(({ picture }) => picture));
  assert.deepEqual([...used].sort(), [0, 1, 2, 3, 4]);
  const real = rows.filter(({ kind }) => kind === "defect").length;
  // Two of them: a fifth of a quarter of 320.
  assert.ok(real >= 5 && real <= 30, `${real} real rows`);
  const without = plannedRows({ sources: { ...sources, defects: [] }, seed: 1, batchSize: 8 }, 0, 0);
  assert.ok(without.every(({ kind }) => kind !== "defect"));
});

test("a batch depends on its place alone, so that a training can go on after a break", async () => {
  const options = { sources, seed: 3, batchSize: 4, batches: 3 };
  const first = drawnBatches(options);
  await first.batch(0, 0);
  await first.batch(0, 1);
  const wanted = await first.batch(1, 2);
  await first.close();
  const again = drawnBatches(options);
  try {
    assert.deepEqual(await again.batch(1, 2), wanted);
  } finally {
    await again.close();
  }
});
