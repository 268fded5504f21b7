import assert from "node:assert/strict";
import { test } from "node:test";
import { Detections, intersectionOverUnion } from "./detections.js";

test("the overlap of boxes is what pycocotools says", () => {
  const a = [10, 20, 50, 80, 0, 0, 10, 10, 30.5, 30.25, 100, 90];
  const b = [30, 40, 70, 90, 5, 5, 15, 15, 10, 20, 50, 80, 200, 200, 210, 210];
  // pycocotools 2.0.11: mask.iou of the same boxes as x, y, width, height, none of them a crowd.
  const expected = [
    [0.2222222222222222, 0, 1, 0],
    [0, 0.14285714285714285, 0, 0],
    [0.47275665001047246, 0, 0.17377966860725483, 0],
  ];
  for (const [i, row] of expected.entries()) {
    for (const [k, value] of row.entries()) {
      assert.ok(Math.abs(intersectionOverUnion(a, i * 4, b, k * 4) - value) < 1e-12, `${i} and ${k}`);
    }
  }
});

test("empty boxes overlap with nothing, not even themselves", () => {
  assert.equal(intersectionOverUnion([5, 5, 5, 9], 0, [5, 5, 5, 9], 0), 0);
});

const crowd = Detections.fromArrays([
  [0, 0, 10, 10, 0.5, 0],
  [1, 0, 11, 10, 0.75, 0], // 90/110 = 0.82 with the first
  [0, 0, 10, 10, 0.25, 1], // the same place, another class
  [20, 20, 30, 30, 0.75, 0],
  [5, 0, 15, 10, 0.625, 0], // 60/140 = 0.43 with the second, 50/150 with the first
]);

test("suppression keeps the best of a class, best first, ties in their order, and other classes", () => {
  assert.deepEqual(crowd.nonMaximumSuppression(0.5).toArrays(), [
    [1, 0, 11, 10, 0.75, 0],
    [20, 20, 30, 30, 0.75, 0],
    [5, 0, 15, 10, 0.625, 0],
    [0, 0, 10, 10, 0.25, 1],
  ]);
  assert.equal(crowd.nonMaximumSuppression(0.4).length, 3, "a lower limit suppresses the third overlap too");
  assert.equal(crowd.nonMaximumSuppression(0.5, { acrossClasses: true }).length, 3);
  assert.deepEqual([...crowd.nonMaximumSuppression(0.5, { limit: 2 }).scores], [0.75, 0.75]);
});

test("a suppressed box suppresses nothing itself", () => {
  const chain = Detections.fromArrays([
    [0, 0, 10, 10, 0.9, 0],
    [4, 0, 14, 10, 0.8, 0], // 60/140 with its neighbours
    [8, 0, 18, 10, 0.7, 0], // 20/180 with the first
  ]);
  assert.equal(chain.nonMaximumSuppression(0.4).length, 2);
});

test("rows and columns are the same thing twice", () => {
  const rows = [[1, 2, 3, 4, 0.5, 7]];
  const made = Detections.fromArrays(rows);
  assert.deepEqual(made.toArrays(), rows);
  assert.deepEqual(made.row(0), { x1: 1, y1: 2, x2: 3, y2: 4, score: 0.5, classIndex: 7 });
  assert.equal(Detections.merge([made, Detections.none(), made]).length, 2);
  assert.throws(() => made.row(1), RangeError);
});

test("what the caller does to his arrays afterwards changes nothing", () => {
  const xyxy = new Float32Array([0, 0, 1, 1]);
  const made = new Detections(xyxy, [0.5], [0]);
  xyxy[0] = 99;
  assert.equal(made.xyxy[0], 0);
});

test("clipping cuts at the edges and drops what lies outside", () => {
  const made = Detections.fromArrays([
    [-5, -5, 5, 5, 0.5, 0],
    [8, 8, 20, 9, 0.5, 1],
    [12, 0, 20, 5, 0.5, 2],
  ]);
  assert.deepEqual(
    made
      .clip(10, 10)
      .toArrays()
      .map((row) => row.slice(0, 4)),
    [
      [0, 0, 5, 5],
      [8, 8, 10, 9],
    ],
  );
});

test("columns that don't belong together are refused", () => {
  assert.throws(() => new Detections([0, 0, 1], [1], [0]), /got 3 coordinates, 1 scores/);
  assert.throws(() => new Detections([0, 0, 1, 1], [0.5], []), /0 classes/);
  assert.throws(() => new Detections([0, 0, Number.NaN, 1], [0.5], [0]), /Box 0 must have finite/);
  assert.throws(() => new Detections([5, 0, 1, 1], [0.5], [0]), /Box 0/);
  assert.throws(() => new Detections([0, 0, 1, 1], [1.5], [0]), /Score 0 must be 0 to 1, got 1.5/);
  assert.throws(() => new Detections([0, 0, 1, 1], [0.5], [-1]), /Class 0/);
  assert.throws(() => Detections.fromArrays([[1, 2, 3]]), /Detection 0 must be \[x1/);
});
