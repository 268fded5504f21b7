import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accuracy,
  auroc,
  aurocOf,
  confusion,
  ece,
  macroAuroc,
  macroPrecisionRecall,
  precisionRecall,
  roc,
} from "./metrics.js";

const close = (got: number | null, expected: number, tolerance = 1e-12): void =>
  assert.ok(got !== null && Math.abs(got - expected) <= tolerance, `expected ${expected}, got ${got}`);

const truths = ["a", "a", "b", "c", "c", "c", "b", "a", "b", "c"];
const answers = ["a", "b", "b", "c", "a", "c", "b", "a", "c", "c"];

// The numbers marked so come from scikit-learn 1.9 on the same inputs.
test("accuracy and macro averages agree with scikit-learn", () => {
  const matrix = confusion(["a", "b", "c"], truths, answers);
  assert.deepEqual(matrix.counts, [
    [2, 1, 0],
    [0, 2, 1],
    [1, 0, 3],
  ]);
  close(accuracy(matrix), 0.7);
  const macro = macroPrecisionRecall(matrix);
  close(macro.precision, 0.6944444444444443);
  close(macro.recall, 0.6944444444444443);
  close(macro.f1, 0.6944444444444443);
});

test("AUROC with ties agrees with scikit-learn", () => {
  const isPositive = [0, 0, 1, 1, 0, 1, 0, 1, 1, 0];
  const scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.7, 0.9, 0.2, 0.05];
  close(
    auroc(scores, (i) => isPositive[i] === 1),
    0.68,
  );
});

test("macro AUROC of three classes agrees with scikit-learn's one against the rest", () => {
  const rows = [
    [0.7, 0.2, 0.1],
    [0.3, 0.4, 0.3],
    [0.1, 0.8, 0.1],
    [0.2, 0.2, 0.6],
    [0.5, 0.1, 0.4],
    [0.1, 0.2, 0.7],
    [0.2, 0.5, 0.3],
    [0.6, 0.3, 0.1],
    [0.2, 0.3, 0.5],
    [0.1, 0.1, 0.8],
  ].map(([a = 0, b = 0, c = 0]) => ({ a, b, c }));
  close(macroAuroc(["a", "b", "c"], truths, rows), 0.9464285714285715);
});

test("precision, recall and F1 of one label are what its counts say", () => {
  // 3 of 4 answered so are right, 3 of 6 were found.
  const matrix = {
    labels: ["normal", "anomaly"],
    counts: [
      [9, 1],
      [3, 3],
    ],
  };
  const { precision, recall, f1 } = precisionRecall(matrix, "anomaly");
  close(precision, 0.75);
  close(recall, 0.5);
  close(f1, 0.6);
});

test("what can't be told is null: no positives to find, none answered, one kind only", () => {
  const matrix = {
    labels: ["normal", "anomaly"],
    counts: [
      [5, 0],
      [0, 0],
    ],
  };
  assert.deepEqual(precisionRecall(matrix, "anomaly"), { precision: null, recall: null, f1: null });
  assert.equal(aurocOf(new Float64Array(0), Float64Array.of(1, 2)), null);
  assert.deepEqual(roc([{ score: 0.4, isAnomaly: false }]), []);
  assert.equal(ece([]), null);
});

test("the ROC curve runs from the corner to the corner, one point per distinct score", () => {
  const points = roc([
    { score: 0.9, isAnomaly: true },
    { score: 0.6, isAnomaly: false },
    { score: 0.6, isAnomaly: true },
    { score: 0.2, isAnomaly: false },
  ]);
  assert.deepEqual(points, [
    { falsePositiveRate: 0, truePositiveRate: 0, threshold: 1 },
    { falsePositiveRate: 0, truePositiveRate: 0.5, threshold: 0.9 },
    { falsePositiveRate: 0.5, truePositiveRate: 1, threshold: 0.6 },
    { falsePositiveRate: 1, truePositiveRate: 1, threshold: 0.2 },
  ]);
});

test("calibration error is the weighted gap of each bin", () => {
  const probability = [0.95, 0.9, 0.62, 0.55, 0.8, 0.81, 0.33];
  const right = [1, 1, 0, 1, 1, 0, 0];
  // numpy, 15 bins (low, high]
  close(ece(probability.map((p, i) => ({ probability: p, isRight: right[i] === 1 }))), 0.36571428571428577);
});

test("an answer outside the labels is an error, not a lost count", () => {
  assert.throws(() => confusion(["a", "b"], ["a"], ["z"]), /among a, b; got a → z/);
});
