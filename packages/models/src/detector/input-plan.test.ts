import assert from "node:assert/strict";
import { test } from "node:test";
import { type InputWishes, planInput } from "./input-plan.js";

const wishes: InputWishes = { side: 320, fine: "auto", tiles: "auto" };

function pictures(sizes: readonly (readonly [number, number])[], side: number) {
  return sizes.map(([width, height]) => ({
    width,
    height,
    boxes: Array.from({ length: 10 }, (_, i) => ({ label: 0, x1: i, y1: i, x2: i + side, y2: i + side })),
  }));
}

test("the input has the pictures' usual shape, in multiples of the coarsest grid", () => {
  for (const [size, expected] of [
    [
      [640, 480],
      [320, 256],
    ],
    [
      [480, 640],
      [256, 320],
    ],
    [
      [500, 500],
      [320, 320],
    ],
    [
      [1920, 1080],
      [320, 192],
    ],
    [
      [2000, 100],
      [320, 32],
    ],
  ] as const) {
    const { width, height, strides, tiling } = planInput(pictures([size], 300), wishes);
    assert.deepEqual([width, height], expected, `${size}`);
    assert.deepEqual([strides, tiling], [[8, 16, 32], null]);
  }
  const { width, height } = planInput(
    pictures(
      [
        [640, 480],
        [480, 640],
        [700, 400],
        [400, 700],
      ],
      100,
    ),
    wishes,
  );
  assert.deepEqual([width, height], [320, 320], "pictures of all shapes get a square");
});

test("small objects get the fine grid, smaller ones tiles in which they can be seen", () => {
  assert.deepEqual(planInput(pictures([[640, 480]], 30), wishes).strides, [4, 8, 16, 32]);
  assert.deepEqual(planInput(pictures([[640, 480]], 50), wishes).strides, [8, 16, 32]);
  const { tiling, width, height, strides } = planInput(pictures([[4096, 3000]], 30), wishes);
  // 30 pixels should measure 16 in an input of 320: tiles of 600.
  assert.deepEqual(tiling, { tile: 600, overlap: 75 });
  assert.deepEqual([width, height, strides], [320, 320, [4, 8, 16, 32]]);
});

test("a rare label of small objects counts like a frequent one of large objects", () => {
  const rows = pictures(
    Array.from({ length: 20 }, () => [640, 480] as const),
    100,
  );
  const [first, ...rest] = rows;
  assert.ok(first);
  const boxes = first.boxes.slice(0, 5).map(({ x1, y1 }) => ({ label: 1, x1, y1, x2: x1 + 30, y2: y1 + 30 }));
  assert.deepEqual(planInput([{ ...first, boxes }, ...rest], wishes).strides, [4, 8, 16, 32]);
});

test("what the user says holds", () => {
  const small = pictures([[4096, 3000]], 30);
  assert.equal(planInput(small, { ...wishes, tiles: "no" }).tiling, null);
  assert.deepEqual(planInput(small, { ...wishes, fine: "yes" }).strides, [4, 8, 16, 32]);
  assert.notEqual(planInput(pictures([[640, 480]], 100), { ...wishes, tiles: "yes" }).tiling, null);
});
