import assert from "node:assert/strict";
import { test } from "node:test";
import { SoftEdges } from "./soft-edges.js";

const [width, height] = [24, 16];

test("what is shown everywhere is shown wholly, and what is shown nowhere not at all", () => {
  const edges = new SoftEdges(width, height, 3);
  for (const isShown of [true, false]) {
    const shares = edges.shares(() => isShown);
    for (let i = 0; i < width * height; i++) assert.equal(shares.at(i), isShown ? 1 : 0);
  }
});

test("an edge goes over softly on both sides, half at the edge, and no further than twice the radius", () => {
  const shares = new SoftEdges(width, height, 2).shares((i) => i % width >= 12);
  const row = Array.from({ length: width }, (_, x) => shares.at(5 * width + x));
  assert.deepEqual(row.slice(0, 8), new Array(8).fill(0));
  assert.deepEqual(row.slice(16), new Array(8).fill(1));
  for (let x = 8; x < 16; x++) {
    assert.ok((row[x] as number) > (row[x - 1] as number));
    // As much is hidden on the one side as is shown on the other.
    assert.ok(Math.abs((row[x] as number) + (row[23 - x] as number) - 1) < 1e-12);
  }
});
