import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readTrainingPart } from "@sightline/dataset/training-part";
import { partsWithHoles } from "./drawn-pictures.js";
import { evaluate, evaluateSamples } from "./evaluate.js";
import { openPredictor } from "./predictor.js";
import { train } from "./train.js";

const data = fileURLToPath(new URL("../../../../shared/data/", import.meta.url));

test("hazelnuts: 28 good pictures find every coloured one, and the map finds where", async (t) => {
  const folder = `${data}hazelnut-toy`;
  if (!existsSync(folder)) return t.skip(`there is no ${folder}`);
  const { bytes } = await train({
    pictures: await readTrainingPart(folder),
    method: "auto",
    seed: 1,
    threads: 1,
  });
  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  const evaluation = await evaluate({ predictor, folder });
  assert.ok(evaluation.task === "anomaly");
  const { auroc, pixelAuroc, aupro, images } = evaluation;
  assert.equal(images, 23);
  assert.ok((auroc ?? 0) >= 0.99, `AUROC ${auroc}`);
  assert.ok((pixelAuroc ?? 0) >= 0.95, `pixel AUROC ${pixelAuroc}`);
  assert.ok((aupro ?? 0) >= 0.8, `AUPRO ${aupro}`);
});

test("an evaluation counts what it could not read, and refuses labels that the model doesn't know", async (t) => {
  const { pictures, close } = await partsWithHoles(8, 0);
  t.after(close);
  const { bytes } = await train({ pictures, method: "patchcore", seed: 1, threads: 1 });
  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  await writeFile(pictures.samples[0]?.file ?? "", "gone");
  const { evaluation, metrics, roc } = await evaluateSamples({ predictor, pictures });
  const { images, skipped } = evaluation;
  assert.equal(images, 7);
  assert.deepEqual(
    skipped.map(({ name }) => name),
    ["good/0.png"],
  );
  assert.equal(metrics.auroc, null);
  assert.deepEqual(roc, []);
  const foreign = {
    ...pictures,
    task: "classification" as const,
    normalLabel: null,
    labels: ["cat", "dog"],
    samples: pictures.samples.map((sample, i) => ({ ...sample, label: i % 2 ? "cat" : "dog" })),
  };
  await assert.rejects(evaluateSamples({ predictor, pictures: foreign }), { code: "LABELS_DIFFER", message: /"good"/ });
});
