import assert from "node:assert/strict";
import { test } from "node:test";
import { stitchMaps } from "./tile-maps.js";
import { planTiles } from "./tiles.js";

const picture = { width: 320, height: 200 };
const tiles = planTiles(picture.width, picture.height, { width: 128, height: 128, overlap: 32 });

test("maps cut from one smooth map are that map again", () => {
  const value = (x: number, y: number): number => 0.2 + x / 800 + y / 1000;
  const maps = tiles.map((tile) => ({
    width: 32,
    height: 32,
    data: Float32Array.from({ length: 32 * 32 }, (_, i) =>
      value(tile.x + ((i % 32) + 0.5) * 4, tile.y + (Math.floor(i / 32) + 0.5) * 4),
    ),
  }));
  const { width, height, data } = stitchMaps(tiles, maps, picture);
  assert.deepEqual([width, height], [80, 50]);
  data.forEach((got, i) => {
    const expected = value(((i % 80) + 0.5) * 4, (Math.floor(i / 80) + 0.5) * 4);
    assert.ok(Math.abs(got - expected) < 0.006, `cell ${i}: ${got} for ${expected}`);
  });
});

test("where tiles overlap, what one sees in its middle outweighs what another sees at its edge", () => {
  const pair = planTiles(160, 100, { width: 100, height: 100, overlap: 40 });
  const flat = (value: number) => ({ width: 10, height: 10, data: new Float32Array(100).fill(value) });
  const { width, data } = stitchMaps(pair, [flat(0), flat(1)], { width: 160, height: 100 });
  assert.equal(width, 16);
  const row = [...data.subarray(80, 96)];
  assert.deepEqual(row.slice(0, 6), [0, 0, 0, 0, 0, 0]);
  assert.deepEqual(row.slice(10), [1, 1, 1, 1, 1, 1]);
  const [a = 0, b = 0, c = 0, d = 0] = row.slice(6, 10);
  assert.ok(0 < a && a < 0.3 && a < b && b < 0.5 && 0.5 < c && c < d && 0.7 < d && d < 1, row.join(" "));
});

test("a huge picture's map stays small", () => {
  const size = { width: 30_000, height: 8000 };
  const many = planTiles(size.width, size.height, { width: 1000, height: 1000, overlap: 100 });
  const maps = many.map(() => ({ width: 56, height: 56, data: new Float32Array(56 * 56).fill(0.25) }));
  const { width, height, data } = stitchMaps(many, maps, size);
  assert.deepEqual([width, height], [1024, 273]);
  assert.ok(data.every((value) => Math.abs(value - 0.25) < 1e-6));
});

test("each tile needs its map", () => {
  assert.throws(() => stitchMaps(tiles, [], picture), /got \d+ tiles and 0 maps/);
});
