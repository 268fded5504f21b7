import assert from "node:assert/strict";
import { test } from "node:test";
import { classColour, drawBoxes, drawText, textSize } from "./drawing.js";
import type { Image } from "./image.js";
import { letterDots } from "./letters.js";

function blank(width: number, height: number): Image {
  return { width, height, data: new Uint8Array(width * height * 3) };
}

function pixel({ width, data }: Image, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

test("a box is a frame two pixels wide in its class's colour; inside and outside stay as they were", () => {
  const picture = blank(40, 30);
  const drawn = drawBoxes(picture, [{ x1: 5, y1: 6, x2: 25, y2: 20, classIndex: 1 }]);
  const colour = [...classColour(1)];
  for (const [x, y] of [
    [5, 6],
    [24, 6],
    [5, 19],
    [24, 19],
    [6, 12],
    [23, 12],
    [12, 7],
    [12, 18],
  ] as const) {
    assert.deepEqual(pixel(drawn, x, y), colour, `${x}, ${y}`);
  }
  for (const [x, y] of [
    [4, 6],
    [25, 12],
    [12, 20],
    [12, 5],
    [7, 8],
    [15, 12],
    [22, 17],
  ] as const) {
    assert.deepEqual(pixel(drawn, x, y), [0, 0, 0], `${x}, ${y}`);
  }
  assert.ok(
    picture.data.every((value) => value === 0),
    "the picture itself is not written to",
  );
});

test("boxes and labels over the edges are cut, not wrapped around", () => {
  const drawn = drawBoxes(blank(20, 20), [
    { x1: -10, y1: -10, x2: 50, y2: 5, text: "outside and long", classIndex: 0 },
  ]);
  assert.deepEqual(pixel(drawn, 0, 19), [0, 0, 0]);
  assert.deepEqual(pixel(drawn, 1, 1), [...classColour(0)]);
});

test("letters are drawn dot by dot", () => {
  const picture = blank(11, 7);
  drawText(picture, "L1", 0, 0, [255, 255, 255]);
  const lines = Array.from({ length: 7 }, (_, y) =>
    Array.from({ length: 11 }, (_, x) => (pixel(picture, x, y)[0] === 255 ? "#" : ".")).join(""),
  );
  assert.deepEqual(lines, [
    "#.......#..",
    "#......##..",
    "#.......#..",
    "#.......#..",
    "#.......#..",
    "#.......#..",
    "#####..###.",
  ]);
  assert.deepEqual(textSize("L1", 2), { width: 22, height: 14 });
});

test("every printable letter has its own dots; accents are dropped, others show as a box", () => {
  const seen = new Map<string, string>();
  for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:-_%/+()!?*#&=") {
    const dots = JSON.stringify(letterDots(letter));
    assert.equal(seen.get(dots), undefined, `${letter} looks like ${seen.get(dots)}`);
    seen.set(dots, letter);
  }
  assert.deepEqual(letterDots("é"), letterDots("e"));
  assert.deepEqual(letterDots("字"), letterDots("漢"));
});

test("a label lies above its box, or inside where there is no room, and is readable on its colour", () => {
  const drawn = drawBoxes(blank(100, 60), [
    { x1: 10, y1: 30, x2: 60, y2: 50, text: "A", classIndex: 6 },
    { x1: 10, y1: 0, x2: 60, y2: 25, text: "A", classIndex: 0 },
  ]);
  assert.deepEqual(pixel(drawn, 11, 20), [...classColour(6)]);
  assert.deepEqual(pixel(drawn, 13, 21), [0, 0, 0], "black on yellow");
  assert.deepEqual(pixel(drawn, 13, 4), [255, 255, 255], "white on blue");
});
