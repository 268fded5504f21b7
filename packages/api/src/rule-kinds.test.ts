import assert from "node:assert/strict";
import test from "node:test";
import { type RuleFacts, type RuleKindName, ruleHolds, ruleProblem, sayRule } from "./rule-kinds.js";

const anomaly: RuleFacts = {
  status: "inspected",
  isAnomalous: true,
  confidence: 0.6,
  labels: ["anomaly"],
  detections: [],
  imageWidth: 100,
  imageHeight: 100,
};
const box = (label: string, side: number) => ({ label, x1: 0, y1: 0, x2: side, y2: side });

/** kind, limit, label, what differs from a sure anomaly, whether it holds */
const rows: [RuleKindName, number | null, string | null, Partial<RuleFacts>, boolean][] = [
  ["defectConfidence", 0.6, null, {}, true],
  ["defectConfidence", 0.61, null, {}, false],
  ["defectConfidence", 0, null, { isAnomalous: false }, false],
  ["lowConfidence", 0.6, null, {}, false],
  ["lowConfidence", 0.6, null, { confidence: 0.5999, isAnomalous: false }, true],
  ["lowConfidence", 0.6, null, { confidence: null }, false],
  ["areaOfLabel", 0.04, "scratch", { detections: [box("scratch", 20)] }, false],
  ["areaOfLabel", 0.0399, "scratch", { detections: [box("scratch", 20)] }, true],
  ["areaOfLabel", 0.01, "dent", { detections: [box("scratch", 20)] }, false],
  // What the model measured counts, not its boxes.
  ["areaOfLabel", 0.1, "scratch", { anomalies: [{ label: "scratch", areaFraction: 0.11 }] }, true],
  ["areaOfLabel", 0.1, "scratch", { anomalies: [{ label: "background", areaFraction: 1 }] }, false],
  [
    "anomalyTypes",
    1,
    null,
    { anomalies: ["background", "scratch", "dent"].map((label) => ({ label, areaFraction: 0.1 })) },
    true,
  ],
  [
    "anomalyTypes",
    2,
    null,
    { anomalies: ["background", "scratch", "dent"].map((label) => ({ label, areaFraction: 0.1 })) },
    false,
  ],
  ["anomalyTypes", 0, null, { isAnomalous: false }, false],
  ["countOfLabel", 1, "scratch", { detections: [box("scratch", 1), box("scratch", 2), box("dent", 1)] }, true],
  ["countOfLabel", 2, "scratch", { detections: [box("scratch", 1), box("scratch", 2), box("dent", 1)] }, false],
  ["countOfLabel", 0, "blue", { labels: ["red", "blue"], isAnomalous: null }, true],
  ["everyVerdict", null, null, { isAnomalous: false }, true],
  ["everyVerdict", null, null, { status: "failed", confidence: null }, false],
  ["inspectionFailed", null, null, { status: "failed", confidence: null }, true],
  ["inspectionFailed", null, null, {}, false],
];

for (const [kind, limit, label, changes, holds] of rows) {
  test(`"${sayRule(kind, { limit, label })}" ${holds ? "holds" : "does not hold"} for ${JSON.stringify(changes)}`, () => {
    assert.equal(ruleHolds(kind, { limit, label }, { ...anomaly, ...changes }), holds);
    assert.equal(ruleProblem(kind, { limit, label }), undefined);
  });
}

test("parameters that a kind has no use for, or lacks, are told in words", () => {
  assert.match(ruleProblem("everyVerdict", { limit: 1, label: null }) ?? "", /has no limit/);
  assert.match(ruleProblem("lowConfidence", { limit: null, label: null }) ?? "", /needs a limit/);
  assert.match(ruleProblem("lowConfidence", { limit: 2, label: null }) ?? "", /from 0 to 1, got 2/);
  assert.match(ruleProblem("anomalyTypes", { limit: 0.5, label: null }) ?? "", /whole number/);
  assert.match(ruleProblem("areaOfLabel", { limit: 0.5, label: null }) ?? "", /needs a label/);
  assert.match(ruleProblem("lowConfidence", { limit: 0.5, label: "x" }) ?? "", /has no label/);
});
