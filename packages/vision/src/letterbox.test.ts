import assert from "node:assert/strict";
import { test } from "node:test";
import { Detections } from "./detections.js";
import { intoLetterbox, letterbox, outOfLetterbox, planLetterbox } from "./letterbox.js";
import { resize } from "./resize.js";

test("the picture keeps its shape, centred, whatever lies around it is grey 114", () => {
  const picture = { width: 4, height: 2, data: new Uint8Array(24).fill(200) };
  const { image, plan } = letterbox(picture, 8, 9);
  assert.deepEqual([plan.left, plan.top, plan.innerWidth, plan.innerHeight], [0, 2, 8, 4]);
  for (let y = 0; y < 9; y++) {
    const row = image.data.subarray(y * 24, y * 24 + 24);
    assert.ok(
      row.every((value) => value === (y >= 2 && y < 6 ? 200 : 114)),
      `row ${y}`,
    );
  }
});

test("sizes follow the rule in whole numbers", () => {
  // width, height → input: inner size by hand: 640 x 480 into 320 x 320 is 320 x 240 with 40 rows above.
  const cases: [number[], number[]][] = [
    [
      [640, 480, 320, 320],
      [0, 40, 320, 240],
    ],
    [
      [480, 640, 320, 320],
      [40, 0, 240, 320],
    ],
    [
      [100, 100, 320, 320],
      [0, 0, 320, 320],
    ],
    [
      [3, 1000, 64, 64],
      [31, 0, 1, 64],
    ], // 3 · 64 / 1000 = 0.19, but at least one pixel; (64 − 1) / 2 downwards is 31
    [
      [1000, 333, 100, 100],
      [0, 33, 100, 33],
    ], // 33.3
    [
      [1000, 335, 100, 100],
      [0, 33, 100, 34],
    ], // 33.5 goes up
  ];
  for (const [[w, h, width, height], [left, top, innerWidth, innerHeight]] of cases as [
    [number, number, number, number],
    number[],
  ][]) {
    const plan = planLetterbox(w, h, width, height);
    assert.deepEqual(
      [plan.left, plan.top, plan.innerWidth, plan.innerHeight],
      [left, top, innerWidth, innerHeight],
      `${w} x ${h}`,
    );
  }
  assert.throws(() => planLetterbox(0, 5, 32, 32), RangeError);
  assert.throws(() => planLetterbox(5, 5, 32.5, 32), RangeError);
});

test("the picture inside is the one resize, and a picture of the input's shape has no margins", () => {
  const data = Uint8Array.from({ length: 30 * 20 * 3 }, (_, i) => (i * 37) % 256);
  const picture = { width: 30, height: 20, data };
  assert.deepEqual(letterbox(picture, 15, 10).image, resize(picture, 15, 10));
  const boxed = letterbox(picture, 15, 15).image;
  assert.deepEqual(boxed.data.subarray(2 * 45, 12 * 45), resize(picture, 15, 10).data);
});

test("boxes go into the letterbox and come back", () => {
  const boxes = Detections.fromArrays([
    [0, 0, 640, 480, 1, 0],
    [100, 50, 300, 200, 0.5, 1],
  ]);
  const plan = planLetterbox(640, 480, 320, 320);
  const inside = intoLetterbox(boxes, plan);
  assert.deepEqual(inside.toArrays()[1]?.slice(0, 4), [50, 65, 150, 140]);
  assert.deepEqual(outOfLetterbox(inside, plan).toArrays(), boxes.toArrays());
  const odd = planLetterbox(641, 479, 352, 352);
  for (const [i, value] of outOfLetterbox(intoLetterbox(boxes, odd), odd).xyxy.entries()) {
    const expected = Math.min(boxes.xyxy[i] as number, i % 4 === 3 ? 479 : 641);
    assert.ok(Math.abs(value - expected) < 1e-3, `${i}: ${value}`);
  }
});

test("what was found in the margins only is left out, what reaches into them is cut", () => {
  const plan = planLetterbox(640, 480, 320, 320);
  const found = Detections.fromArrays([
    [10, 5, 40, 35, 0.9, 0],
    [10, 20, 40, 60, 0.8, 0],
  ]);
  assert.deepEqual(
    outOfLetterbox(found, plan)
      .toArrays()
      .map((row) => row.slice(0, 4)),
    [[20, 0, 80, 40]],
  );
});
