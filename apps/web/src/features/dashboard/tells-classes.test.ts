/** When the dashboard speaks of classes rather than of defects. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { tellsClasses } from "./tells-classes.js";

const totals = { inspected: 0, anomalous: 0, failed: 0, queued: 0, waiting: 0, inferenceMsMean: null };
const seen = (...labels: string[]) => labels.map((label) => ({ label, inspected: 1 }));

test("only a window that saw classes and no anomaly project has classes", () => {
  const cases = [[], ["open", "shut"], ["normal"], ["open", "normal"]].map((labels) => seen(...labels));
  assert.deepEqual(
    cases.map((byLabel) => tellsClasses({ totals, byLabel })),
    [false, true, false, false],
  );
  assert.equal(tellsClasses({ totals: { ...totals, anomalous: 1 }, byLabel: seen("open") }), false);
});
