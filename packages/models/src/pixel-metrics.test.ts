import assert from "node:assert/strict";
import { test } from "node:test";
import { aupro, connectedRegions, type MaskedMap, pixelAuroc } from "./pixel-metrics.js";

const map = (width: number, scores: readonly number[], mask: readonly number[]): MaskedMap => ({
  width,
  height: scores.length / width,
  scores: Float32Array.from(scores),
  mask: Uint8Array.from(mask),
});

// One 4x4 map with a region of three pixels and one of a single pixel.
const scores = [0.1, 0.2, 0.9, 0.8, 0.3, 0.4, 0.7, 0.2, 0.1, 0.6, 0.05, 0.15, 0.5, 0.02, 0.95, 0.3];
const mask = [0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0];

test("pixel AUROC agrees with scikit-learn", () => {
  assert.ok(Math.abs((pixelAuroc([map(4, scores, mask)]) ?? 0) - 0.8958333333333334) < 1e-7);
});

test("AUPRO to 0.3 agrees with every threshold tried one by one (numpy and scipy's regions)", () => {
  assert.ok(Math.abs((aupro([map(4, scores, mask)]) ?? 0) - 0.5833333333333334) < 1e-12);
});

test("AUPRO counts regions, not pixels: a missed small defect costs as much as a large one", () => {
  const two = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  const findsLarge = two.map((_, i) => (i < 3 ? 1 : i === 11 ? -1 : 0));
  const findsSmall = two.map((_, i) => (i === 11 ? 1 : i < 3 ? -1 : 0));
  assert.equal(aupro([map(4, findsLarge, two)]), aupro([map(4, findsSmall, two)]));
});

test("a perfect map has AUPRO and pixel AUROC 1, also over several pictures, one of them without a defect", () => {
  const maps = [map(4, mask, mask), map(2, [0, 0, 0, 0], [0, 0, 0, 0])];
  assert.equal(pixelAuroc(maps), 1);
  assert.ok(Math.abs((aupro(maps) ?? 0) - 1) < 1e-12);
});

test("without a defect or without a good pixel there is nothing to tell", () => {
  assert.equal(pixelAuroc([map(2, [0, 1, 0, 1], [0, 0, 0, 0])]), null);
  assert.equal(aupro([map(2, [0, 1, 0, 1], [0, 0, 0, 0])]), null);
  assert.equal(aupro([map(2, [0, 1, 0, 1], [1, 1, 1, 1])]), null);
});

test("pixels that touch at a corner belong to one region", () => {
  const { sizes } = connectedRegions(Uint8Array.from([1, 0, 0, 0, 1, 0, 1, 0, 1]), 3, 3);
  assert.deepEqual(sizes, [4]);
  assert.deepEqual(connectedRegions(Uint8Array.from([1, 0, 1, 0, 0, 0, 1, 0, 1]), 3, 3).sizes, [1, 1, 1, 1]);
});
