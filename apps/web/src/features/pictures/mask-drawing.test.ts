import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyDrawing, flatten, inPicture, redo, type Stroke, undo, withStroke } from "./mask-drawing.js";

const stroke = (x: number): Stroke => ({ tool: "draw", colour: "#ff0000", widthPixels: 4, points: [{ x, y: 0 }] });

test("the last stroke is taken back and comes again; a new stroke ends what could come again", () => {
  const two = withStroke(withStroke(emptyDrawing, stroke(1)), stroke(2));
  assert.deepEqual(undo(two).strokes, [stroke(1)]);
  assert.deepEqual(redo(undo(two)), two);
  assert.deepEqual(withStroke(undo(two), stroke(3)), { strokes: [stroke(1), stroke(3)], undone: [] });
  assert.equal(undo(emptyDrawing), emptyDrawing);
  assert.equal(redo(emptyDrawing), emptyDrawing);
});

test("a press is found in the picture, which lies in the middle of a stage of another shape", () => {
  const picture = { width: 200, height: 100 };
  // As wide as the stage: bars of 50 above and below.
  assert.deepEqual(inPicture({ x: 200, y: 50 }, { width: 400, height: 300 }, picture), { x: 100, y: 0 });
  // As high as the stage: bars at the sides.
  assert.deepEqual(inPicture({ x: 150, y: 25 }, { width: 300, height: 50 }, picture), { x: 100, y: 50 });
  // Beside the picture is outside of it.
  assert.deepEqual(inPicture({ x: 0, y: 0 }, { width: 400, height: 300 }, picture), { x: 0, y: -25 });
});

test("smoothed edges become the nearest colour where they cover half, and nothing where they cover less", () => {
  const pixels = new Uint8ClampedArray([250, 5, 0, 200, 255, 0, 0, 127, 10, 10, 240, 255, 9, 9, 9, 0]);
  assert.deepEqual(flatten(pixels, ["#ff0000", "#00ff00", "#0000ff"]), ["#ff0000", "#0000ff"]);
  assert.deepEqual([...pixels], [255, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0]);
});

test("nothing drawn leaves no colours", () => {
  assert.deepEqual(flatten(new Uint8ClampedArray(8), ["#ff0000"]), []);
  assert.deepEqual(flatten(new Uint8ClampedArray([1, 2, 3, 255]), []), []);
});
