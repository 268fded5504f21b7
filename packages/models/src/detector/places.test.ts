import assert from "node:assert/strict";
import { test } from "node:test";
import { assignTargets, makePlaces, placeCentres, type TargetBox } from "./places.js";

const places = makePlaces(320, 256, [8, 16, 32]);

/** For each place that answers for an object: its level's stride and which box. */
function owners(boxes: readonly TargetBox[], labelCount = 3) {
  const { boxes: targets, labels, positives } = assignTargets(boxes, places, labelCount);
  const centres = placeCentres(places);
  const rows = Array.from({ length: places.count }, (_, place) => {
    const label = labels.subarray(place * labelCount, (place + 1) * labelCount).indexOf(1);
    const box = [...targets.subarray(place * 4, place * 4 + 4)];
    return {
      x: centres[place * 3] as number,
      y: centres[place * 3 + 1] as number,
      stride: centres[place * 3 + 2],
      label,
      box,
    };
  });
  const owned = rows.filter(({ label }) => label >= 0);
  assert.equal(owned.length, positives);
  return owned;
}

test("the grids cover the input, place by place", () => {
  assert.equal(places.count, 40 * 32 + 20 * 16 + 10 * 8);
  assert.deepEqual([...placeCentres(places).subarray(0, 6)], [4, 4, 8, 12, 4, 8]);
  assert.deepEqual([...placeCentres(places).subarray(40 * 32 * 3, 40 * 32 * 3 + 3)], [8, 8, 16]);
  assert.throws(() => makePlaces(300, 256, [8]), /multiples of 8, got 300 x 256/);
});

test("small, middle and large objects are answered for on the grid of their size, near their middle", () => {
  for (const [side, strides] of [
    [20, [8]],
    [36, [8]],
    [50, [8, 16]],
    [72, [16]],
    [150, [32]],
    [250, [32]],
  ] as const) {
    const box = { label: 1, x1: 160 - side / 2, y1: 128 - side / 2, x2: 160 + side / 2, y2: 128 + side / 2 };
    const found = owners([box]);
    assert.deepEqual([...new Set(found.map(({ stride }) => stride))], strides, `side ${side}`);
    assert.ok(found.length >= 1 && found.length <= 26, `side ${side}: ${found.length} places`);
    for (const { x, y, stride, label, box: target } of found) {
      assert.ok(Math.abs(x - 160) <= 1.5 * Number(stride) && Math.abs(y - 128) <= 1.5 * Number(stride));
      assert.equal(label, 1);
      assert.deepEqual(target, [box.x1, box.y1, box.x2, box.y2]);
    }
  }
});

test("every object has at least one place, however small, thin, at the edge or crowded", () => {
  const boxes: TargetBox[] = [
    { label: 0, x1: 100.2, y1: 100.1, x2: 101.4, y2: 101.2 },
    { label: 1, x1: 0, y1: 0, x2: 2, y2: 200 },
    { label: 2, x1: 318, y1: 254, x2: 320, y2: 256 },
    // Five on the same spot, all of one size.
    ...Array.from({ length: 5 }, (_, i) => ({ label: i % 3, x1: 200 + i / 8, y1: 50, x2: 210 + i / 8, y2: 60 })),
  ];
  const found = owners(boxes);
  for (const box of boxes) {
    const key = [box.x1, box.y1, box.x2, box.y2].map(Math.fround).join();
    assert.ok(
      found.some((owner) => owner.box.join() === key),
      `no place for ${key}`,
    );
  }
});

test("of two objects around one place the smaller one gets it", () => {
  const large = { label: 0, x1: 80, y1: 80, x2: 120, y2: 120 };
  const small = { label: 1, x1: 90, y1: 90, x2: 110, y2: 110 };
  const middle = owners([small, large]).filter(({ stride, x, y }) => stride === 8 && x === 100 && y === 100);
  assert.deepEqual(
    middle.map(({ label }) => label),
    [1],
  );
  assert.ok(owners([small, large]).some(({ label }) => label === 0));
});

test("the places of an object that may count or not learn nothing; it takes none from others' lists", () => {
  const sure = { label: 0, x1: 200, y1: 100, x2: 240, y2: 140 };
  const unsure = { label: 1, x1: 80, y1: 80, x2: 120, y2: 120 };
  const { labels, weights, positives } = assignTargets([sure, { ...unsure, isUnsure: true }], places, 2);
  const both = assignTargets([sure, unsure], places, 2);
  for (let place = 0; place < places.count; place++) {
    const isUnsure = both.labels[place * 2 + 1] === 1;
    assert.equal(weights[place], isUnsure ? 0 : 1);
    assert.equal(labels[place * 2], both.labels[place * 2]);
    assert.equal(labels[place * 2 + 1], 0);
  }
  assert.equal(positives, assignTargets([sure], places, 2).positives);
  assert.ok(both.weights.every((weight) => weight === 1));
});

test("a picture without objects has no place to answer, and targets stay boxes with an area", () => {
  const { boxes, labels, positives } = assignTargets([], places, 2);
  assert.equal(positives, 0);
  assert.ok(labels.every((value) => value === 0));
  for (let i = 0; i < boxes.length; i += 4) {
    assert.ok((boxes[i + 2] as number) > (boxes[i] as number) && (boxes[i + 3] as number) > (boxes[i + 1] as number));
  }
});
