import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { drawing, drawnPictures, milledPart, partsWithHoles } from "./drawn-pictures.js";
import { evaluateSamples } from "./evaluate.js";
import { readManifest } from "./model-file.js";
import { openPredictor } from "./predictor.js";
import { train } from "./train.js";

const common = { seed: 7, threads: 1 } as const;

test("from good pictures alone, unseen holes are found, and the map points at them", async (t) => {
  const parts = await partsWithHoles(16, 0);
  const unseen = await partsWithHoles(6, 6, 2);
  const { bytes, manifest } = await train({ ...common, pictures: parts.pictures, method: "auto" });
  assert.equal(manifest.method, "patchcore");
  assert.equal(manifest.metrics?.source, "heldOut");
  assert.equal(manifest.scores.length, 16);
  assert.ok(manifest.scores.every(({ isAnomaly }) => !isAnomaly));
  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  const { metrics } = await evaluateSamples({ predictor, pictures: unseen.pictures });
  const { accuracy, auroc } = metrics;
  assert.equal(auroc, 1);
  assert.ok((accuracy ?? 0) >= 11 / 12, `accuracy ${accuracy}`);

  const random = seededRandom(9);
  const part = milledPart(random);
  part.fill(80, 30, 100, 50, [15, 10, 10]);
  const marked = await drawnPictures("anomaly", "good", [{ label: "hole", picture: part }]);
  const { anomalyMap } = await predictor.predict(await readFile(marked.pictures.samples[0]?.file ?? ""), {
    anomalyMap: true,
  });
  assert.ok(anomalyMap);
  // The centre of all that is marked, since a plain hole saturates the map.
  let [x, y, marks] = [0, 0, 0];
  anomalyMap.data.forEach((value, i) => {
    if (value < 0.5) return;
    x += (i % anomalyMap.width) + 0.5;
    y += Math.floor(i / anomalyMap.width) + 0.5;
    marks++;
  });
  assert.ok(marks > 0 && marks < anomalyMap.data.length / 2, `${marks} places marked`);
  assert.ok(Math.abs(x / marks / anomalyMap.width - 90 / 128) < 0.12, `column ${x / marks} of ${anomalyMap.width}`);
  assert.ok(Math.abs(y / marks / anomalyMap.height - 40 / 128) < 0.12, `row ${y / marks} of ${anomalyMap.height}`);
  await Promise.all([parts.close(), unseen.close(), marked.close()]);
});

test("auto takes patchcore where every defect is of another kind", async () => {
  const random = seededRandom(3);
  const drawings = Array.from({ length: 20 }, () => ({ label: "good", picture: milledPart(random) }));
  for (let i = 0; i < 6; i++) {
    const picture = milledPart(random);
    const [x, y, size] = [random.between(10, 90), random.between(10, 90), random.between(10, 26)];
    picture.fill(x, y, x + size, y + 8 + (i % 3) * 8, [(i * 97) % 256, (i * 53 + 90) % 256, (i * 151 + 30) % 256]);
    drawings.push({ label: "bad", picture });
  }
  const set = await drawnPictures("anomaly", "good", drawings);
  const { manifest } = await train({ ...common, pictures: set.pictures, method: "auto" });
  assert.deepEqual(
    manifest.candidates.map(({ method, chosen }) => [method, chosen]),
    [
      ["patchcore", true],
      ["classifier", false],
    ],
  );
  assert.equal(manifest.method, "patchcore");
  await set.close();
});

test("auto takes the classifier where the defect is something missing", async () => {
  const random = seededRandom(4);
  // A blank part is made of patches that every good part has too: no patch of it is strange.
  const drawings = Array.from({ length: 28 }, (_, i) => {
    const picture = milledPart(random);
    if (i >= 14) return { label: "unprinted", picture };
    const [x, y] = [random.between(16, 70), random.between(16, 70)];
    for (let k = 0; k < 5; k++) picture.fill(x + 8 * k, y, x + 8 * k + 4, y + 40, k % 2 ? [255, 255, 255] : [0, 0, 0]);
    return { label: "ok", picture };
  });
  const set = await drawnPictures("anomaly", "ok", drawings);
  const { manifest } = await train({ ...common, pictures: set.pictures, method: "auto" });
  const scores = new Map(manifest.candidates.map(({ method, meanScore }) => [method, meanScore]));
  assert.equal(manifest.method, "classifier", JSON.stringify([...scores]));
  assert.ok((scores.get("classifier") ?? 0) > (scores.get("patchcore") ?? 1));
  assert.ok(manifest.candidates.every(({ foldScores }) => foldScores.length === 5));
  await set.close();
});

test("several classes with odd names, uneven counts and sizes from 6x4 to 900x60 are told apart", async (t) => {
  const random = seededRandom(5);
  const labels = ["__proto__", "blåbær, ripe", "C3 (new)"];
  const colours = [
    [200, 40, 40],
    [40, 60, 200],
    [60, 180, 60],
  ] as const;
  const sizes = [
    [6, 4],
    [64, 64],
    [900, 60],
    [50, 240],
  ] as const;
  const shades = (count: number, k: number) =>
    Array.from({ length: count }, (_, i) => {
      const [width, height] = sizes[i % sizes.length] ?? [64, 64];
      const [r, g, b] = colours[k] ?? [0, 0, 0];
      const shade = random.between(-25, 25);
      const picture = drawing(width, height, () => {
        const noise = shade + 10 * random.normal();
        return [r + noise, g + noise, b + noise];
      });
      return { label: labels[k] as string, picture };
    });
  const set = await drawnPictures("classification", null, [...shades(20, 0), ...shades(6, 1), ...shades(10, 2)]);
  const { bytes, manifest } = await train({ ...common, pictures: set.pictures, method: "auto" });
  assert.equal(manifest.task, "classification");
  assert.deepEqual(manifest.labels, ["C3 (new)", "__proto__", "blåbær, ripe"]);
  assert.deepEqual(Object.values(manifest.dataset.byLabel), [10, 20, 6]);
  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  const { evaluation } = await evaluateSamples({ predictor, pictures: set.pictures });
  assert.ok(evaluation.task === "classification");
  const { accuracy, confusion, threshold } = evaluation;
  assert.ok(accuracy > 0.95, `accuracy ${accuracy}`);
  assert.equal(confusion.counts.length, 3);
  assert.equal(threshold, null);
  const prediction = await predictor.predict(await readFile(set.pictures.samples[0]?.file ?? ""));
  assert.equal(prediction.label, "__proto__");
  assert.equal(prediction.score, null);
  assert.equal(
    prediction.confidence,
    Object.entries(prediction.probabilities).find(([name]) => name === "__proto__")?.[1],
  );
  assert.deepEqual([prediction.width, prediction.height], [6, 4]);
  await set.close();
});

test("the same pictures and seed give the same file; another seed remembers other patches", async () => {
  const { pictures, close } = await partsWithHoles(8, 0);
  const now = () => new Date("2026-01-02T03:04:05.678Z");
  const once = await train({ ...common, pictures, method: "patchcore", now });
  const again = await train({ ...common, threads: 2, pictures, method: "patchcore", now });
  const other = await train({ ...common, seed: 8, pictures, method: "patchcore", now });
  assert.deepEqual(Buffer.compare(once.bytes, again.bytes), 0);
  assert.notEqual(Buffer.compare(once.bytes, other.bytes), 0);
  assert.equal(readManifest(once.bytes).createdAt, "2026-01-02T03:04:05.678Z");
  await close();
});

test("files that are no pictures are skipped, counted and named", async () => {
  const { pictures, close } = await partsWithHoles(7, 0);
  await writeFile(pictures.samples[2]?.file ?? "", "not a picture");
  await writeFile(pictures.samples[3]?.file ?? "", "");
  const { manifest, skipped } = await train({ ...common, pictures, method: "patchcore" });
  assert.equal(manifest.dataset.images, 5);
  assert.deepEqual(
    skipped.map(({ name }) => name),
    ["good/2.png", "good/3.png"],
  );
  await close();
});

test("what can't be learnt from is refused with what is missing", async () => {
  const { pictures, close } = await partsWithHoles(6, 6);
  const only = (count: number, label: string) => pictures.samples.filter((s) => s.label === label).slice(0, count);
  const refused = async (change: object, code: string, message: RegExp) =>
    assert.rejects(train({ ...common, method: "auto", pictures: { ...pictures, ...change } }), { code, message });
  await refused(
    { task: "classification", normalLabel: null, labels: ["hole"], samples: only(6, "hole") },
    "DATASET_ONE_CLASS",
    /one label, "hole"/,
  );
  await refused({ samples: only(6, "hole") }, "DATASET_ONE_CLASS", /no good pictures/);
  await refused({ samples: only(3, "good") }, "DATASET_TOO_SMALL", /patchcore needs 5 good pictures, got 3/);
  await refused(
    { samples: [], skipped: [{ name: "a.txt", reason: "not a picture" }] },
    "DATASET_NO_READABLE_PICTURES",
    /a\.txt/,
  );
  await assert.rejects(
    train({
      ...common,
      method: "patchcore",
      pictures: { ...pictures, task: "classification", normalLabel: null },
    }),
    { code: "METHOD_UNSUITABLE", message: /needs a good label/ },
  );
  for (const { file } of pictures.samples) await writeFile(file, "gone");
  await refused({}, "DATASET_NO_READABLE_PICTURES", /12 could not be used; the first: good\/0\.png/);
  await close();
});

test("a training that is cancelled ends with TRAINING_CANCELLED, wherever it was", async () => {
  const { pictures, close } = await partsWithHoles(8, 6);
  for (const step of [
    "Reading the pictures",
    "patchcore: Looking at the pictures",
    "patchcore: Measuring on held-out pictures",
    "classifier: Measuring on held-out pictures",
  ]) {
    const stop = new AbortController();
    const cancelled = train({
      ...common,
      pictures,
      method: "auto",
      signal: stop.signal,
      onProgress: (now) => now.step === step && stop.abort(),
    });
    await assert.rejects(cancelled, { code: "TRAINING_CANCELLED" }, step);
  }
  await close();
});

test("progress only ever rises and ends at 1", async () => {
  const { pictures, close } = await partsWithHoles(6, 6);
  const progress: number[] = [];
  await train({ ...common, pictures, method: "auto", onProgress: (now) => progress.push(now.progress) });
  assert.deepEqual(
    progress,
    progress.toSorted((a, b) => a - b),
  );
  assert.equal(progress.at(-1), 1);
  await close();
});
