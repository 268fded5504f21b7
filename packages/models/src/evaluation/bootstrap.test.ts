import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { higher, resample, wilson, withIntervals } from "./bootstrap.js";
import { share, sumOf, weightOf } from "./ranking.js";

const accuracyOf = (isRight: readonly number[]) =>
  higher("accuracy", "Accuracy", (w) => share(weightOf(isRight, w), sumOf(w)), sumOf);

test("nineteen of twenty intervals hold the true share", () => {
  const random = seededRandom(11);
  let held = 0;
  const rounds = 120;
  for (let round = 0; round < rounds; round++) {
    const isRight = Array.from({ length: 100 }, () => (random.next() < 0.8 ? 1 : 0));
    const strata = isRight.map(() => "pictures");
    const [figure] = withIntervals([accuracyOf(isRight)], { strata, resamples: 200, seed: round });
    if ((figure?.low ?? 1) <= 0.8 && (figure?.high ?? 0) >= 0.8) held++;
  }
  assert.ok(held >= 0.88 * rounds && held < rounds, `${held} of ${rounds}`);
});

test("each resample keeps the count of each stratum, and the same seed draws the same", () => {
  const strata = ["good", "good", "good", "bad", "bad"];
  const drawn = (seed: number): string[] => {
    const rows: string[] = [];
    resample({ strata, resamples: 20, seed }, (weights) => {
      assert.equal((weights[0] as number) + (weights[1] as number) + (weights[2] as number), 3);
      assert.equal((weights[3] as number) + (weights[4] as number), 2);
      rows.push([...weights].join());
    });
    return rows;
  };
  assert.deepEqual(drawn(1), drawn(1));
  assert.notDeepEqual(drawn(1), drawn(2));
  assert.ok(new Set(drawn(1)).size > 5);
});

test("where all are right a share has Wilson's interval, and a figure that is no share has none", () => {
  const isRight = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
  const strata = isRight.map(() => "pictures");
  const flat = higher("auroc", "AUROC", () => 1);
  const [accuracy, auroc] = withIntervals([accuracyOf(isRight), flat], { strata, resamples: 50, seed: 1 });
  assert.equal(accuracy?.high, 1);
  assert.ok(Math.abs((accuracy?.low ?? 0) - 0.7225) < 1e-4, `${accuracy?.low}`);
  assert.deepEqual([auroc?.value, auroc?.low, auroc?.high], [1, null, null]);
});

test("Wilson's interval is that of R's prop.test without correction", () => {
  // prop.test(8, 10, correct = FALSE)$conf.int
  const { low, high } = wilson(8, 10);
  assert.ok(Math.abs(low - 0.4901625) < 1e-6 && Math.abs(high - 0.9433178) < 1e-6, `${low} ${high}`);
});
