/** From buckets to columns. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { chartData, rateCeiling } from "./chart-data.js";

test("a bucket without inspections has no rate, because zero would claim that all was well", () => {
  const buckets = [
    { startsAt: "2026-05-01T12:00:00.000Z", inspected: 10, anomalous: 2, failed: 0 },
    { startsAt: "2026-05-01T12:01:00.000Z", inspected: 0, anomalous: 0, failed: 1 },
  ];
  assert.deepEqual(chartData({ buckets }), [
    [1777636800, 1777636860],
    [10, 0],
    [0.2, null],
  ]);
});

test("the rate axis leaves room above the highest point and never shows noise as alarm", () => {
  assert.deepEqual([null, 0.001, 0.06, 0.24, 0.99].map(rateCeiling), [0.05, 0.05, 0.1, 0.3, 1]);
});
