import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { drawing, milledPart, partsWithHoles } from "../drawn-pictures.js";
import { isClearlyBetter } from "../fold-training.js";
import { methodScore } from "../measure.js";
import { PictureSet } from "../pictures.js";
import { withProbeDefect } from "./probe-defect.js";
import { makeProbes, probeSide } from "./probes.js";

test("a probe is its good picture but for one place that can be seen", () => {
  const random = seededRandom(3);
  const sources = [milledPart(random, 160), milledPart(random, 160)];
  for (let i = 0; i < 40; i++) {
    const picture = milledPart(random, 160);
    const probe = withProbeDefect(picture, sources, random);
    const changed: number[] = [];
    for (let p = 0; p < 160 * 160; p++)
      if ([0, 1, 2].some((c) => probe.data[p * 3 + c] !== picture.data[p * 3 + c])) changed.push(p);
    assert.ok(changed.length >= 3, `${changed.length} pixels changed`);
    const columns = changed.map((p) => p % 160);
    const rows = changed.map((p) => Math.floor(p / 160));
    const span = Math.max(Math.max(...columns) - Math.min(...columns), Math.max(...rows) - Math.min(...rows));
    assert.ok(span < 100, `${span} pixels wide`);
    const greatest = Math.max(...changed.map((p) => Math.abs((probe.data[p * 3] ?? 0) - (picture.data[p * 3] ?? 0))));
    assert.ok(greatest >= 8, `changed by ${greatest} at most`);
  }
});

test("defects keep to the part where the background is plain", () => {
  const random = seededRandom(4);
  const picture = drawing(160, 160, (x, y) => {
    const grey = Math.hypot(x - 80, y - 80) < 40 ? 150 + 40 * Math.sin(x * 0.7) + 10 * random.normal() : 30;
    return [grey, grey, grey];
  });
  let onPart = 0;
  for (let i = 0; i < 60; i++) {
    const probe = withProbeDefect(picture, [picture], random);
    const first = picture.data.findIndex((value, at) => value !== probe.data[at]);
    const [x, y] = [Math.floor(first / 3) % 160, Math.floor(first / 480)];
    if (Math.hypot(x - 80, y - 80) < 50) onPart++;
  }
  assert.ok(onPart >= 50, `${onPart} of 60 on the part, which covers a fifth of the picture`);
});

test("few good pictures give several probes each, a seed repeats them, and defects give none", async (t) => {
  const { pictures, close } = await partsWithHoles(7, 3);
  t.after(close);
  const set = await PictureSet.open(pictures.samples, { width: 64, height: 64 });
  const truths = pictures.samples.map(({ label }) => (label === "good" ? 0 : 1));
  const probes = await makeProbes(set, truths, { seed: 1 });
  assert.equal(probes.length, 63);
  assert.ok(
    probes.every(
      ({ source, sample, image }) =>
        truths[source] === 0 && sample === set.samples[source] && image.width === probeSide,
    ),
  );
  const [again, other] = [await makeProbes(set, truths, { seed: 1 }), await makeProbes(set, truths, { seed: 2 })];
  assert.deepEqual(again[20]?.image.data, probes[20]?.image.data);
  assert.notDeepEqual(other[20]?.image.data, probes[20]?.image.data);
  assert.deepEqual(
    await makeProbes(
      set,
      truths.map(() => 1),
      { seed: 1 },
    ),
    [],
  );
});

test("with good pictures alone probes compare methods, and real defects outweigh them as they grow in number", () => {
  const calibration = { threshold: 0, temperature: 1 };
  const rows = (...values: number[]) => values.map((value) => [value]);
  const normals = { outputs: rows(1, 2, 3, 4), truths: [0, 0, 0, 0] };
  assert.equal(methodScore("anomaly", normals, calibration, rows(5, 6), 0), 1);
  assert.equal(methodScore("anomaly", normals, calibration, rows(0, 5), 0), 0.5);
  const both = { outputs: rows(1, 2, 3, 4, 9), truths: [0, 0, 0, 0, 1] };
  assert.equal(methodScore("anomaly", both, calibration, rows(0, 5), 5), 0.75);
  const between = { threshold: 6, temperature: 1 };
  assert.equal(methodScore("anomaly", both, between, rows(0, 5), 20), 1, "so many defects decide alone");
  assert.equal(methodScore("anomaly", both, calibration, rows(0, 5), 20), 0.75, "every good picture is called bad");
  assert.equal(methodScore("anomaly", both, calibration, [], 5), 1, "without probes the defects alone decide");
});

test("a method has to be better than one before it by more than chance over the folds", () => {
  const scored = (...foldScores: number[]) => ({
    foldScores,
    mean: foldScores.reduce((sum, score) => sum + score, 0) / foldScores.length,
  });
  assert.ok(isClearlyBetter(scored(0.91, 0.92, 0.93), scored(0.9, 0.91, 0.92)), "a little better in every fold");
  assert.ok(!isClearlyBetter(scored(0.99, 0.8, 0.95), scored(0.9, 0.9, 0.92)), "better and worse by turns");
  assert.ok(!isClearlyBetter(scored(0.9, 0.9), scored(0.9, 0.9)));
  assert.ok(isClearlyBetter(scored(0.91), scored(0.9)), "one fold tells by its score alone");
});
