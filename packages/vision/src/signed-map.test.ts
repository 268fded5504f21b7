import assert from "node:assert/strict";
import { test } from "node:test";
import { paintSignedLevels, signedPalette } from "./signed-map.js";

function colours(values: readonly number[], options = {}): number[][] {
  const map = { width: values.length, height: 1, data: Float32Array.from(values) };
  const { data } = paintSignedLevels(map, values.length, 1, { smooth: false, ...options });
  return [...data].map((level) => [...signedPalette.subarray(level * 4, level * 4 + 4)]);
}

test("what speaks for an answer is orange, what speaks against it blue, nothing is clear", () => {
  const [pro, nothing, contra] = colours([0.2, 0, -0.2]) as [number[], number[], number[]];
  assert.ok((pro[0] ?? 0) > (pro[2] ?? 0) && (pro[3] ?? 0) > 150);
  assert.ok((contra[2] ?? 0) > (contra[0] ?? 0) && (contra[3] ?? 0) > 150);
  assert.deepEqual(nothing, [0, 0, 0, 0]);
});

test("a value is as strong as its share of the largest", () => {
  const [half, full] = colours([0.5, 1]) as [number[], number[]];
  assert.ok((half[3] ?? 0) < (full[3] ?? 0));
  assert.deepEqual(colours([0.5], { largest: 1 })[0], half);
});

test("a map of nothing and one with values that are no numbers stay clear", () => {
  assert.deepEqual(colours([0, 0]), [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
  assert.deepEqual(colours([Number.NaN, 1])[0], [0, 0, 0, 0]);
});
