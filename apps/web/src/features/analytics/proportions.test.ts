import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { controlChart, interval } from "./proportions.js";

const near = (value: number | null | undefined, expected: number, places = 4) =>
  assert.equal(value?.toFixed(places), expected.toFixed(places));

describe("control limits", () => {
  // Montgomery, Introduction to Statistical Quality Control, 6th edition, example 7.1: 347 of 30 samples of 50 cans.
  const cans = [
    12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6,
  ];

  test("are those of the textbook's cans of orange juice, where samples 15 and 23 are out of control", () => {
    const { center, points } = controlChart(cans.map((part) => ({ part, whole: 50 })));
    near(center, 0.2313);
    near(points[0]?.lower, 0.0524);
    near(points[0]?.upper, 0.4102);
    assert.deepEqual(
      points.flatMap(({ isBeyond }, index) => (isBeyond ? [index + 1] : [])),
      [15, 23],
    );
  });

  test("are wider where fewer pictures were counted, and never leave 0 to 1", () => {
    const { points } = controlChart([
      { part: 5, whole: 100 },
      { part: 50, whole: 1000 },
      { part: 0, whole: 1 },
    ]);
    const [few, many, one] = points;
    assert.ok((few?.upper ?? 0) > (many?.upper ?? 1));
    assert.deepEqual([few?.lower, one?.lower, one?.isBeyond], [0, 0, false]);
    assert.ok((one?.upper ?? 2) <= 1);
  });

  test("a point without pictures has no share and no limits; without any there is no centre", () => {
    const empty = { share: null, lower: null, upper: null, isBeyond: false };
    assert.deepEqual(
      controlChart([
        { part: 1, whole: 2 },
        { part: 0, whole: 0 },
      ]).points[1],
      empty,
    );
    assert.deepEqual(controlChart([{ part: 0, whole: 0 }]), { center: null, points: [empty] });
    assert.deepEqual(controlChart([]), { center: null, points: [] });
  });

  test("all alike is in control, whether all are good or all are bad", () => {
    for (const part of [0, 10]) {
      const { points } = controlChart([
        { part, whole: 10 },
        { part, whole: 10 },
      ]);
      assert.ok(points.every(({ isBeyond }) => !isBeyond));
    }
  });

  test("with the points' own spread: what steps as much each day is in control, a day that leaps is not", () => {
    const steps = [300, 420, 280, 410, 310, 400, 290, 430, 300, 410];
    const days = [...steps, 1200].map((part) => ({ part, whole: 10_000 }));
    const chance = controlChart(days);
    const own = controlChart(days, true);
    assert.ok(chance.points.filter(({ isBeyond }) => isBeyond).length > 5);
    assert.deepEqual(
      own.points.map(({ isBeyond }) => isBeyond),
      [...steps.map(() => false), true],
    );
    // Moving range 1.128 deviations wide: the limits are those of chance.
    assert.equal(controlChart([{ part: 1, whole: 10 }], true).points[0]?.isBeyond, false);
  });
});

describe("the interval of a share", () => {
  test("is Wilson's: of 0 in 10 up to 28 %, of 5 in 100 from 2.2 to 11.2 %", () => {
    const none = interval({ part: 0, whole: 10 });
    near(none?.low, 0);
    near(none?.high, 0.2775);
    const some = interval({ part: 5, whole: 100 });
    near(some?.low, 0.0215);
    near(some?.high, 0.1118);
    assert.equal(interval({ part: 0, whole: 0 }), null);
  });
});
