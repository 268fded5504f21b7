import assert from "node:assert/strict";
import { test } from "node:test";
import type { Image } from "../image.js";
import {
  type Affine,
  about,
  chained,
  flippingSideways,
  flippingUpsideDown,
  identity,
  inverse,
  rotating,
  scaling,
  shearing,
  shifting,
  turning,
  warp,
  warpInto,
} from "./affine.js";

/** 5 x 3 pixels, every value its own. */
const small: Image = { width: 5, height: 3, data: Uint8Array.from({ length: 45 }, (_, i) => i * 5) };

/** Red is x · 4, green is y · 4, blue is 100: bilinear sampling of a ramp is exact, so results can be computed. */
const ramp: Image = {
  width: 60,
  height: 40,
  data: Uint8Array.from({ length: 60 * 40 * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return i % 3 === 0 ? (pixel % 60) * 4 : i % 3 === 1 ? Math.floor(pixel / 60) * 4 : 100;
  }),
};

const pixel = ({ width, data }: Image, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

test("no change gives the same bytes, at the edges too", () => {
  for (const border of ["edge", 114] as const) {
    assert.deepEqual(warp(small, identity, 5, 3, { border }).data, small.data);
  }
});

test("flips and quarter turns move pixels and change none", () => {
  const sideways = warp(small, flippingSideways(5), 5, 3, { border: 0 });
  const upsideDown = warp(small, flippingUpsideDown(3), 5, 3, { border: 0 });
  const turned = warp(small, turning(1, 5, 3), 3, 5, { border: 0 });
  const back = warp(small, turning(3, 5, 3), 3, 5, { border: 0 });
  for (let y = 0; y < 3; y++) {
    for (let x = 0; x < 5; x++) {
      assert.deepEqual(pixel(sideways, 4 - x, y), pixel(small, x, y));
      assert.deepEqual(pixel(upsideDown, x, 2 - y), pixel(small, x, y));
      // Clockwise: the upper left corner goes to the upper right.
      assert.deepEqual(pixel(turned, 2 - y, x), pixel(small, x, y));
      assert.deepEqual(pixel(back, y, 4 - x), pixel(small, x, y));
    }
  }
  assert.deepEqual(
    warp(small, turning(2, 5, 3), 5, 3, { border: 0 }).data,
    warp(sideways, flippingUpsideDown(3), 5, 3, { border: 0 }).data,
  );
});

test("any map brings back the place that its inverse names", () => {
  const map = about(30, 20, chained(scaling(1.3, 1.1), shearing(0.1, -0.05), rotating(0.3), shifting(2.5, -1.25)));
  const back = inverse(map);
  const result = warp(ramp, map, 60, 40, { border: 0 });
  let compared = 0;
  for (let y = 0; y < 40; y++) {
    for (let x = 0; x < 60; x++) {
      const u = back.a * (x + 0.5) + back.b * (y + 0.5) + back.c - 0.5;
      const v = back.d * (x + 0.5) + back.e * (y + 0.5) + back.f - 0.5;
      if (u < 0.1 || v < 0.1 || u > 58.9 || v > 38.9) continue;
      compared++;
      const [red = 0, green = 0, blue = 0] = pixel(result, x, y);
      assert.ok(Math.abs(red - u * 4) <= 1 && Math.abs(green - v * 4) <= 1 && blue === 100, `${x}, ${y}`);
    }
  }
  assert.ok(compared > 1500);
});

test("a map after its inverse is no change", () => {
  const map = chained(rotating(1.1), scaling(0.4, 2), shifting(7, -3));
  const nothing = chained(map, inverse(map));
  for (const key of ["a", "b", "c", "d", "e", "f"] as const satisfies readonly (keyof Affine)[]) {
    assert.ok(Math.abs(nothing[key] - identity[key]) < 1e-12);
  }
  assert.throws(() => inverse(scaling(0, 1)), /keep an area/);
});

test("beyond the picture lies the border's grey, or the edge goes on", () => {
  const moved = shifting(3, 0);
  const grey = warp(small, moved, 5, 3, { border: 114 });
  const edge = warp(small, moved, 5, 3, { border: "edge" });
  for (let y = 0; y < 3; y++) {
    for (let x = 0; x < 3; x++) {
      assert.deepEqual(pixel(grey, x, y), [114, 114, 114]);
      assert.deepEqual(pixel(edge, x, y), pixel(small, 0, y));
    }
    assert.deepEqual(pixel(grey, 3, y), pixel(small, 0, y));
  }
});

test("shrinking averages: a fine checkerboard becomes grey, not black or white", () => {
  const board: Image = {
    width: 64,
    height: 64,
    data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => {
      const p = Math.floor(i / 3);
      return ((p % 64) + Math.floor(p / 64)) % 2 === 0 ? 255 : 0;
    }),
  };
  const small16 = warp(board, scaling(0.25, 0.25), 16, 16, { border: "edge" });
  assert.ok(small16.data.every((value) => value === 127 || value === 128));
});

test("only the region asked for is written", () => {
  const target: Image = { width: 6, height: 4, data: new Uint8Array(72).fill(9) };
  warpInto(target, small, scaling(2, 2), { border: 0, region: { left: 1, top: 1, right: 3, bottom: 2 } });
  const written = Array.from({ length: 24 }, (_, i) => i).filter(
    (i) => target.data[i * 3] !== 9 || target.data[i * 3 + 1] !== 9,
  );
  assert.deepEqual(written, [7, 8]);
});

test("a picture one pixel wide can be warped", () => {
  const dot: Image = { width: 1, height: 1, data: Uint8Array.from([10, 20, 30]) };
  const spread = warp(dot, scaling(4, 4), 4, 4, { border: "edge" });
  for (let i = 0; i < 16; i++) assert.deepEqual(pixel(spread, i % 4, i >> 2), [10, 20, 30]);
});
