import assert from "node:assert/strict";
import { test } from "node:test";
import { confidenceBars, shareBelow } from "./confidences.js";

const groups = [
  { key: { confidence: 0.1 }, inspected: 10, anomalous: 4 },
  { key: { confidence: 0.15 }, inspected: 10, anomalous: 1 },
  { key: { confidence: 0.95 }, inspected: 80, anomalous: 2 },
  { key: { confidence: null }, inspected: 7, anomalous: 0 },
];

test("twentieths without pictures are bars of zero; verdicts without a confidence are in none", () => {
  const bars = confidenceBars(groups);
  assert.equal(bars.length, 20);
  assert.deepEqual(bars[3], { from: 0.15, all: 10, part: 1 });
  assert.deepEqual(bars[4], { from: 0.2, all: 0, part: 0 });
  assert.equal(
    bars.reduce((all, bar) => all + bar.all, 0),
    100,
  );
});

test("the share below a limit is of whole twentieths, and says of which", () => {
  const bars = confidenceBars(groups);
  assert.deepEqual(shareBelow(bars, 0.2), { share: 0.2, limit: 0.2 });
  assert.deepEqual(shareBelow(bars, 0.17), { share: 0.1, limit: 0.15 });
  assert.deepEqual(shareBelow(confidenceBars([]), 0.2), { share: null, limit: 0.2 });
});
