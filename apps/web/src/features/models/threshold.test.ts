/** The slider's arithmetic, on scores small enough to count by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cheapest, histogram, outcomeAt, rocMark, suggestions } from "./threshold.js";

const good = (...scores: number[]) => scores.map((score) => ({ score, isAnomaly: false }));
const bad = (...scores: number[]) => scores.map((score) => ({ score, isAnomaly: true }));
const mixed = [...good(0.1, 0.2, 0.3, 0.62), ...bad(0.4, 0.7, 0.9)];

test("a score exactly at the threshold is a defect, as on the server", () => {
  assert.deepEqual(outcomeAt([...good(0.5), ...bad(0.5)], 0.5), { defects: 1, good: 1, escapes: 0, falseRejects: 1 });
});

test("moving the threshold up trades false rejects for escapes", () => {
  const outcomes = [0.05, 0.35, 0.5, 0.65, 0.95].map((threshold) => outcomeAt(mixed, threshold));
  assert.deepEqual(
    outcomes.map(({ escapes, falseRejects }) => [escapes, falseRejects]),
    [
      [0, 4],
      [0, 1],
      [1, 1],
      [1, 0],
      [3, 0],
    ],
  );
});

test("the suggestions are what their names say", () => {
  assert.equal(outcomeAt(mixed, suggestions.noEscapes(mixed)).escapes, 0);
  assert.equal(outcomeAt(mixed, suggestions.noEscapes(mixed)).falseRejects, 1);
  assert.equal(outcomeAt(mixed, suggestions.noFalseRejects(mixed)).falseRejects, 0);
  assert.equal(outcomeAt(mixed, suggestions.noFalseRejects(mixed)).escapes, 1);
  const { escapes, falseRejects } = outcomeAt(mixed, suggestions.fewestMistakes(mixed));
  assert.equal(escapes + falseRejects, 1);
});

test("between equally cheap thresholds the one with the most room on both sides is chosen", () => {
  const apart = [...good(0.1, 0.15), ...bad(0.75, 0.9)];
  assert.equal(suggestions.fewestMistakes(apart), 0.45);
});

test("the dearer mistake decides where the cheapest threshold lies", () => {
  const overlapping = [...good(0.2, 0.5, 0.6), ...bad(0.4, 0.55, 0.8)];
  const dearEscape = outcomeAt(overlapping, cheapest(overlapping, { escape: 100, falseReject: 1 }));
  const dearReject = outcomeAt(overlapping, cheapest(overlapping, { escape: 1, falseReject: 100 }));
  assert.equal(dearEscape.escapes, 0);
  assert.equal(dearReject.falseRejects, 0);
});

test("scores closer together than the slider's step still get their own threshold", () => {
  const close = [...good(0.50011), ...bad(0.50019)];
  const threshold = suggestions.fewestMistakes(close);
  assert.deepEqual(outcomeAt(close, threshold), { defects: 1, good: 1, escapes: 0, falseRejects: 0 });
});

test("every score is counted in exactly one bin, the last one included", () => {
  const bins = histogram([...good(0, 0.099, 0.1), ...bad(0.999, 1)], 10);
  assert.equal(bins[0]?.good, 2);
  assert.equal(bins[1]?.good, 1);
  assert.equal(bins[9]?.defects, 2);
  assert.equal(
    bins.reduce((sum, bin) => sum + bin.good + bin.defects, 0),
    5,
  );
});

test("the mark on the ROC curve is the share found against the share rejected", () => {
  assert.deepEqual(rocMark(outcomeAt(mixed, 0.35)), { falsePositiveRate: 0.25, truePositiveRate: 1 });
  assert.deepEqual(rocMark(outcomeAt([], 0.5)), { falsePositiveRate: 0, truePositiveRate: 0 });
});
