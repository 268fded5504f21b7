import assert from "node:assert/strict";
import { test } from "node:test";
import { Detections } from "./detections.js";
import { cutTile, mergeTiles, planTiles } from "./tiles.js";

test("tiles of one size cover every pixel and share at least the overlap", () => {
  for (const [width, height] of [
    [4096, 3000],
    [641, 640],
    [640, 480],
    [1000, 300],
    [1217, 2048],
  ] as const) {
    const tiles = planTiles(width, height, { width: 640, height: 640, overlap: 96 });
    const across = [...new Set(tiles.map(({ x }) => x))];
    for (const [i, x] of across.entries()) {
      if (i > 0) assert.ok((across[i - 1] as number) + 640 - x >= 95.5, `${width}: ${across}`);
    }
    assert.equal(Math.max(...tiles.map((tile) => tile.x + tile.width)), width);
    assert.equal(Math.max(...tiles.map((tile) => tile.y + tile.height)), height);
    assert.ok(tiles.every((tile) => tile.width === Math.min(640, width) && tile.height === Math.min(640, height)));
  }
  assert.equal(planTiles(4096, 4096, { width: 640, height: 640, overlap: 96 }).length, 64);
  assert.throws(() => planTiles(100, 100, { width: 32, height: 32, overlap: 32 }), /less than the tile's 32/);
});

test("a tile's pixels are the picture's", () => {
  const picture = { width: 5, height: 4, data: Uint8Array.from({ length: 60 }, (_, i) => i) };
  assert.deepEqual(
    [...cutTile(picture, { x: 3, y: 2, width: 2, height: 2 }).data],
    [39, 40, 41, 42, 43, 44, 54, 55, 56, 57, 58, 59],
  );
});

const picture = { width: 180, height: 100 };
const left = { x: 0, y: 0, width: 100, height: 100 };
const right = { x: 80, y: 0, width: 100, height: 100 };

function merged(inLeft: number[][], inRight: number[][]): number[][] {
  return mergeTiles([left, right], [Detections.fromArrays(inLeft), Detections.fromArrays(inRight)], picture).toArrays();
}

test("an object in the strip that both tiles see whole is one", () => {
  assert.deepEqual(merged([[84, 10, 94, 20, 0.75, 0]], [[4, 10, 14, 20, 0.5, 0]]), [[84, 10, 94, 20, 0.75, 0]]);
});

test("the whole box wins over a neighbour's piece of it, even a surer one", () => {
  assert.deepEqual(merged([[85, 10, 100, 30, 0.875, 0]], [[5, 10, 40, 30, 0.5, 0]]), [[85, 10, 120, 30, 0.5, 0]]);
});

test("an object that both tiles cut is the union of its pieces", () => {
  assert.deepEqual(merged([[40, 10, 100, 50, 0.5, 2]], [[0, 11, 60, 50, 0.75, 2]]), [[40, 10, 140, 50, 0.75, 2]]);
});

test("pieces of different classes, and boxes at the picture's own edges, stay as they are", () => {
  assert.equal(merged([[40, 10, 100, 50, 0.5, 1]], [[0, 11, 60, 50, 0.75, 2]]).length, 2);
  assert.deepEqual(merged([[0, 0, 20, 100, 0.5, 0]], []), [[0, 0, 20, 100, 0.5, 0]]);
});

test("with a limit, hundreds of tiles full of faint boxes don't keep the strong ones waiting", () => {
  const side = 32;
  const tiles = planTiles(20 * side, 20 * side, { width: side, height: side, overlap: 0 });
  const found = tiles.map((_, i) =>
    Detections.fromArrays([
      [8, 8, 24, 24, 0.5 + i / 1000, 0],
      ...Array.from({ length: 100 }, (_, k) => [4 + (k % 10), 4 + Math.floor(k / 10), 20, 20, 0.001 * (k + 1), 0]),
    ]),
  );
  const size = { width: 20 * side, height: 20 * side };
  const best = mergeTiles(tiles, found, size, { limit: tiles.length });
  assert.equal(best.length, 400);
  assert.ok(best.rows().every(({ score }) => score >= 0.5 - 1e-6));
  assert.ok(best.rows().every(({ x1, x2 }) => x2 - x1 === 16));
});
