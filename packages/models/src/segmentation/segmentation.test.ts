/** Learning where defects are, on drawn parts whose holes are known to the pixel. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Sample } from "@sightline/dataset/dataset";
import { decodeImage, encodePng } from "@sightline/dataset/image-file";
import { readBackbone } from "../backbone.js";
import { drawing, partsWithHoles } from "../drawn-pictures.js";
import { evaluateSamples } from "../evaluate.js";
import type { TrainedModel } from "../model-file.js";
import { openPredictor, type Predictor } from "../predictor.js";
import { train } from "../train.js";
import { defectTypes } from "./defect-types.js";
import { planDefects } from "./plan-defects.js";
import { segmentationSettings, trainSegmentation } from "./segmentation.js";

const maskColours = [{ label: "drilled", colour: "#23a436" }];
let parts: Awaited<ReturnType<typeof partsWithHoles>>;
let samples: readonly Sample[];
let model: TrainedModel;
let predictor: Predictor;

/** The masks that the drawn holes themselves are. */
async function withMask(sample: Sample): Promise<Sample> {
  if (sample.label === "good") return sample;
  const { width, height, data } = await decodeImage(await readFile(sample.file));
  const mask = drawing(width, height, (x, y) =>
    (data[(y * width + x) * 3] ?? 0) < 30 ? [35, 164, 54] : [255, 255, 255],
  );
  const maskFile = join(parts.folder, `${sample.name.replaceAll("/", "-")}-mask.png`);
  await writeFile(maskFile, await encodePng(mask));
  return { ...sample, maskFile, maskColours };
}

before(async () => {
  parts = await partsWithHoles(8, 8);
  samples = await Promise.all(parts.pictures.samples.map(withMask));
  model = await train({
    pictures: { ...parts.pictures, samples },
    method: "patchcore",
    seed: 1,
    threads: 1,
    budgetMs: 3000,
  });
  predictor = await openPredictor(model.bytes, { threads: 1 });
});
after(async () => {
  await predictor?.close();
  await parts?.close();
});

test("holes are found to the pixel in pictures that the measured part never saw", async () => {
  const plan = planDefects(parts.pictures, samples);
  assert.ok(plan !== null && typeof plan !== "string");
  const learnt = await trainSegmentation(
    {
      ...plan,
      ...{
        backbone: readBackbone(),
        width: 224,
        height: 224,
        seed: 1,
        threads: 1,
        signal: undefined,
        budgetMs: undefined,
      },
      onProgress: () => {},
      onUnusable: (_, reason) => assert.fail(reason),
    },
    {
      ...segmentationSettings,
      taps: [
        { stride: 4, kind: "narrow", channels: 8 },
        { stride: 8, kind: "narrow", channels: 8 },
      ],
      ...{ viewsPerPicture: 2, steps: 60 },
    },
  );
  const [drilled] = learnt?.metrics ?? [];
  assert.deepEqual([drilled?.label, drilled?.images, drilled?.source], ["drilled", 8, "heldOut"]);
  assert.ok((drilled?.meanIou ?? 0) > 0.6, `${drilled?.meanIou}`);
});

test("a model that learnt from masks answers with areas that add up to 1, and a picture of them", async () => {
  const { anomalies, labelMapPng, labelMap } = await predictor.predict(await readFile(samples[10]?.file ?? ""), {
    labelMapPng: true,
    labelMap: true,
  });
  assert.equal(anomalies?.[0]?.label, "background");
  const sum = (anomalies ?? []).reduce((total, { areaFraction }) => total + areaFraction, 0);
  assert.ok(Math.abs(sum - 1) < 1e-9);
  const { width, height } = await decodeImage(labelMapPng ?? new Uint8Array());
  assert.deepEqual([width, height, labelMap?.width], [128, 128, 128]);
});

test("its verdicts are those of the same model without masks", async () => {
  const plain = await train({ pictures: parts.pictures, method: "patchcore", seed: 1, threads: 1 });
  const other = await openPredictor(plain.bytes, { threads: 1 });
  try {
    for (const { file } of [samples[1], samples[12]] as Sample[]) {
      const [mine, its] = await Promise.all([predictor, other].map(async (one) => one.predict(await readFile(file))));
      assert.ok(Math.abs((mine?.score ?? 0) - (its?.score ?? 1)) < 1e-5);
      assert.deepEqual([its?.anomalies, mine?.label], [null, its?.label]);
    }
  } finally {
    await other.close();
  }
  assert.equal(model.manifest.threshold, plain.manifest.threshold);
});

test("its file says what it shows, and an evaluation measures each type on the test's masks", async () => {
  assert.deepEqual(model.manifest.segmentation, { types: maskColours, images: 8 });
  assert.equal(model.manifest.metrics?.defects?.[0]?.source, "heldOut");
  const { evaluation, metrics } = await evaluateSamples({ predictor, pictures: { ...parts.pictures, samples } });
  assert.ok(evaluation.task === "anomaly" && evaluation.defects?.[0]?.source === "test");
  assert.deepEqual([metrics.defects?.[0]?.label, metrics.defects?.[0]?.images], ["drilled", 8]);
  const unmasked = await evaluateSamples({ predictor, pictures: parts.pictures });
  assert.deepEqual(unmasked.metrics.defects, model.manifest.metrics?.defects);
});

test("too few masks, or none, teach no places; several types share no colour", () => {
  assert.equal(planDefects(parts.pictures, parts.pictures.samples), null);
  assert.match(`${planDefects(parts.pictures, samples.slice(0, 10))}`, /2 pictures have masks; .* takes 5/);
  const masked = (label: string, colour?: string): Sample => ({
    ...{ name: label, file: label, label, maskFile: label },
    ...(colour && { maskColours: [{ label, colour }] }),
  });
  const types = defectTypes([masked("a", "#23a436"), masked("b", "#23a436"), masked("c"), masked("d")]);
  assert.deepEqual(
    types.map(({ label }) => label),
    ["a", "b", "c", "d"],
  );
  assert.equal(new Set(types.map(({ colour }) => colour)).size, 4);
});
