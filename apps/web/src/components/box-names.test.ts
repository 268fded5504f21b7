import assert from "node:assert/strict";
import { test } from "node:test";
import { type NamePlate, placeNames } from "./box-names.js";

const placing = { size: 10, limits: { width: 300, height: 200 } };
const box = (x1: number, y1: number, side = 60, name = "cell") => ({ name, x1, y1, x2: x1 + side, y2: y1 + side });

const isInside = ({ x, y, width, height }: NamePlate) => x >= 0 && y >= 0 && x + width <= 300 && y + height <= 200;
const overlap = (a: NamePlate, b: NamePlate) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test("a name lies above its box, and inside the picture at its edges", () => {
  const [above, atTop, atRight] = placeNames([box(20, 50), box(120, 0), box(280, 60, 20, "a long name")], placing);
  assert.deepEqual([above?.x, (above?.y ?? 0) + (above?.height ?? 0)], [20, 50]);
  assert.deepEqual([atTop?.x, atTop?.y], [120, 0]);
  assert.ok(atRight && isInside(atRight));
});

test("names give way to those before them, and one without a free place is left out", () => {
  const crowd = Array.from({ length: 40 }, (_, i) => box(60 + (i % 8) * 9, 60 + Math.floor(i / 8) * 7, 30));
  const plates = placeNames(crowd, placing);
  const shown = plates.filter((plate) => plate !== null);
  assert.notEqual(plates[0], null);
  assert.ok(shown.length > 4 && shown.length < crowd.length, `${shown.length} of ${crowd.length} shown`);
  assert.ok(shown.every(isInside));
  assert.ok(shown.every((one, i) => shown.slice(i + 1).every((other) => !overlap(one, other))));
});

test("no name hides a small box, neither its own nor another", () => {
  const small = [box(100, 0, 12), box(106, 16, 12), box(103, 34, 12), box(200, 150, 8)];
  const plates = placeNames(small, placing);
  assert.notEqual(plates.at(-1), null);
  for (const plate of plates)
    for (const { x1, y1, x2, y2 } of small)
      assert.ok(plate === null || !overlap(plate, { x: x1, y: y1, width: x2 - x1, height: y2 - y1 }));
});

test("the chosen box keeps its name in the usual place, and moving it moves no other name", () => {
  const others = [box(20, 50), box(150, 100)];
  const still = placeNames(others, placing);
  for (const x of [0, 20, 25, 150, 230]) {
    const [a, chosen, b] = placeNames([others[0] as never, box(x, 52), others[1] as never], { ...placing, chosen: 1 });
    assert.deepEqual([a, b], still);
    assert.deepEqual([chosen?.x, (chosen?.y ?? 0) + (chosen?.height ?? 0)], [x, 52]);
  }
});

test("a wide word gets a wider plate than a narrow one of as many letters", () => {
  const [narrow, wide] = placeNames([box(0, 50, 60, "illit"), box(150, 50, 60, "WWMMW")], placing);
  assert.ok((wide?.width ?? 0) > 2 * (narrow?.width ?? 0));
});
