import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnalyticsGroup } from "@sightline/api/analytics";
import { anomalyRate, by, firstPassYield, sum } from "./counts.js";

function group(key: AnalyticsGroup["key"], judged: number, anomalous: number): AnalyticsGroup {
  return {
    ...{ key, inspected: judged, judged, anomalous, firstJudged: judged, firstNormal: judged - anomalous },
    ...{ confidenceMean: null, inferenceMsMean: null },
    ...{ confirmed: 0, confirmedAnomalous: 0, escapes: 0, falseRejects: 0 },
  };
}

const groups = [
  group({ day: "2026-03-01", shift: "early" }, 10, 1),
  group({ day: "2026-03-01", shift: "late" }, 10, 2),
  group({ day: "2026-03-02", shift: "early" }, 20, 0),
];

test("groups of two dimensions are added up over either of them", () => {
  const of = (name: "day" | "shift") => by(groups, name).map(({ key, judged, anomalous }) => [key, judged, anomalous]);
  assert.deepEqual(of("day"), [
    ["2026-03-01", 20, 3],
    ["2026-03-02", 20, 0],
  ]);
  assert.deepEqual(of("shift"), [
    ["early", 30, 1],
    ["late", 10, 2],
  ]);
  assert.deepEqual(by([group({ defect: null }, 1, 0)], "defect"), []);
});

test("a share of nothing is none, of something what it is", () => {
  assert.deepEqual([anomalyRate(sum([])), firstPassYield(sum([]))], [null, null]);
  const all = sum(groups);
  assert.deepEqual([all.judged, anomalyRate(all), firstPassYield(all)], [40, 0.075, 0.925]);
});
