import assert from "node:assert/strict";
import { test } from "node:test";
import { joined } from "./share-columns.js";

test("curves share one row of x, a straight rise keeps its order, and gaps are told", () => {
  const steep = { title: "a", points: [[0, 0] as const, [0, 0.6] as const, [1, 1] as const] };
  const other = { title: "b", points: [[0, 0.5] as const, [0.5, 0.7] as const] };
  assert.deepEqual(joined([steep, other]), [
    [0, 0, 0, 0.5, 1],
    [0, 0.6, null, null, 1],
    [null, null, 0.5, 0.7, null],
  ]);
});
