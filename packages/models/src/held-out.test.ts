import assert from "node:assert/strict";
import { test } from "node:test";
import { calibrate } from "./held-out.js";
import { calibrationFromNormals, thresholdBetween } from "./threshold.js";

const normals = Array.from({ length: 100 }, (_, i) => 1 + i / 100);

function calibrated(anomalies: readonly number[]): number {
  const outputs = [...normals, ...anomalies].map((value) => Float64Array.of(value));
  const truths = outputs.map((_, i) => (i < normals.length ? 0 : 1));
  return calibrate("anomaly", { outputs, truths }).threshold;
}

test("a few plain defects leave the threshold near the good pictures, many move it into the gap", () => {
  const alone = calibrationFromNormals(normals).threshold;
  const plain = (count: number): number[] => Array.from({ length: count }, (_, i) => 9 + (i % 5) / 5);
  const [few, many] = [calibrated(plain(5)), calibrated(plain(400))];
  assert.ok(few > alone && few < alone + 1, `${few} beside ${alone}`);
  assert.ok(many > 4, `${many}`);
  assert.equal(calibrated([]), alone);
});

test("defects among the good pictures' scores pull the threshold down, a handful less than many", () => {
  const faint = (count: number): number[] => Array.from({ length: count }, (_, i) => 1.6 + (i % 7) / 20);
  const alone = calibrationFromNormals(normals).threshold;
  const [few, many] = [calibrated(faint(4)), calibrated(faint(200))];
  assert.ok(many < few && few < alone, `${many}, ${few}, ${alone}`);
  assert.ok(Math.abs(many - thresholdBetween(normals, faint(200))) < 0.03);
});

test("from defects alone what is far below them is good", () => {
  const outputs = [5, 6, 7, 8].map((value) => Float64Array.of(value));
  const { threshold, temperature } = calibrate("anomaly", { outputs, truths: [1, 1, 1, 1] });
  assert.ok(threshold < 5 && temperature > 0);
});
