/** The columns that the curves are drawn from. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { columns } from "./chart-columns.js";

test("curves of different length share their epochs, with gaps where one has no point", () => {
  const a = { title: "a", points: [1, 2, 3].map((epoch) => ({ epoch, value: epoch * 10 })) };
  const b = {
    title: "b",
    points: [
      { epoch: 2, value: null },
      { epoch: 4, value: 7 },
    ],
  };
  assert.deepEqual(columns([a, b]), [
    [1, 2, 3, 4],
    [10, 20, 30, null],
    [null, null, null, 7],
  ]);
  assert.deepEqual(columns([]), [[]]);
});
