import assert from "node:assert/strict";
import { test } from "node:test";
import { colourise, heatPalette, paintLevels, resizeMap, type ScoreMap } from "./heat-map.js";

function flat(score: number): ScoreMap {
  return { width: 3, height: 2, data: new Float32Array(6).fill(score) };
}

function firstPixel(score: number): number[] {
  return [...colourise(flat(score), 6, 4).subarray(0, 4)];
}

test("a low score is clear, so the picture beneath is seen as it is", () => {
  assert.ok(colourise(flat(0.2), 6, 4).every((value) => value === 0));
});

test("a higher score is more opaque, redder and darker", () => {
  const threshold = firstPixel(0.5);
  const high = firstPixel(0.99);
  assert.ok((high[3] ?? 0) > (threshold[3] ?? 0));
  assert.ok((high[1] ?? 255) < (threshold[1] ?? 0));
  assert.ok((high[0] ?? 255) < (threshold[0] ?? 0));
});

test("scores outside 0 to 1 and scores that are no number are painted as the nearest level", () => {
  assert.deepEqual(firstPixel(7), firstPixel(1));
  assert.deepEqual(firstPixel(-3), [0, 0, 0, 0]);
  assert.deepEqual(firstPixel(Number.NaN), [0, 0, 0, 0]);
});

test("the painted map has four bytes for each pixel asked for", () => {
  assert.equal(colourise(flat(1), 17, 9).length, 17 * 9 * 4);
});

test("levels and palette give the same colours as painting at once", () => {
  const map: ScoreMap = { width: 5, height: 4, data: Float32Array.from({ length: 20 }, (_, i) => i / 19) };
  const { data } = paintLevels(map, 31, 17);
  const fromLevels = [...data].flatMap((level) => [...heatPalette.subarray(level * 4, level * 4 + 4)]);
  assert.deepEqual(fromLevels, [...colourise(map, 31, 17)]);
});

test("a map of one score keeps it at every size", () => {
  for (const [width, height] of [
    [3, 2],
    [30, 20],
    [2, 1],
  ] as const) {
    assert.ok(resizeMap(flat(0.25), width, height).data.every((score) => score === 0.25));
  }
});

test("enlarging a map moves its peak to the matching place and never beyond its range", () => {
  const map: ScoreMap = { width: 4, height: 4, data: new Float32Array(16) };
  map.data[1 * 4 + 2] = 1;
  const large = resizeMap(map, 40, 40);
  let best = 0;
  for (let i = 0; i < large.data.length; i++) if ((large.data[i] ?? 0) > (large.data[best] ?? 0)) best = i;
  assert.ok(Math.abs((best % 40) - 25) <= 1 && Math.abs(Math.floor(best / 40) - 15) <= 1);
  assert.ok(large.data.every((score) => score >= 0 && score <= 1));
});

test("a map whose scores don't fill it is refused", () => {
  assert.throws(() => resizeMap({ width: 2, height: 2, data: new Float32Array(3) }, 4, 4), /must have 4 scores, got 3/);
});
