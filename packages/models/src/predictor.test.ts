import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { decodeImage } from "@sightline/dataset/image-file";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { backboneGraph } from "./backbone.js";
import { partsWithHoles } from "./drawn-pictures.js";
import { type Manifest, readManifest, type TrainedModel, withManifest } from "./model-file.js";
import { decodeForInput, writePlanes } from "./pictures.js";
import { openPredictor, type Predictor } from "./predictor.js";
import { train } from "./train.js";

let parts: Awaited<ReturnType<typeof partsWithHoles>>;
let models: Record<"patchcore" | "classifier", TrainedModel>;
let predictor: Predictor;

before(async () => {
  parts = await partsWithHoles(10, 6);
  const options = { pictures: parts.pictures, seed: 1, threads: 1 };
  models = {
    patchcore: await train({ ...options, method: "patchcore" }),
    classifier: await train({ ...options, method: "classifier" }),
  };
  predictor = await openPredictor(models.patchcore.bytes, { threads: 1 });
});
after(async () => {
  await predictor?.close();
  await parts?.close();
});

const bytesOf = async (i: number): Promise<Uint8Array> =>
  new Uint8Array(await readFile(parts.pictures.samples[i]?.file ?? ""));

for (const method of ["patchcore", "classifier"] as const)
  test(`a plain ONNX Runtime session runs a ${method} file and gives the predictor's score`, async (t) => {
    const { bytes, manifest } = models[method];
    const own = await openPredictor(bytes, { threads: 1 });
    t.after(() => own.close());
    const { score, anomalyMap } = await own.predict(await bytesOf(12), { anomalyMap: true });
    const { width, height } = manifest.input;
    const planes = new Float32Array(3 * width * height);
    writePlanes(await decodeForInput(await bytesOf(12), width, height), planes, 0);
    const [modelFile, planesFile] = [join(parts.folder, "model.onnx"), join(parts.folder, "planes.bin")];
    await writeFile(modelFile, bytes);
    await writeFile(planesFile, Buffer.from(planes.buffer));
    const script = `
      import { readFileSync } from "node:fs";
      import ort from "onnxruntime-node";
      const [, model, planes, width, height] = process.argv;
      const session = await ort.InferenceSession.create(model);
      const data = new Float32Array(new Uint8Array(readFileSync(planes)).buffer);
      const out = await session.run({ image: new ort.Tensor("float32", data, [1, 3, Number(height), Number(width)]) });
      console.log(JSON.stringify({ score: out.score.data[0], map: [...out.anomaly_map.data] }));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", script, "--", modelFile, planesFile, `${width}`, `${height}`],
      { cwd: import.meta.dirname },
    );
    const plain = JSON.parse(stdout) as { score: number; map: number[] };
    assert.ok(Math.abs(plain.score - (score ?? 0)) < 1e-5, `${plain.score} and ${score}`);
    assert.equal(plain.map.length, anomalyMap?.data.length);
    plain.map.forEach((value, i) => {
      assert.ok(Math.abs(value - (anomalyMap?.data[i] ?? 0)) < 1e-5);
    });
  });

test("many pictures under way are each answered with their own verdict; a bad one fails alone", async () => {
  const indices = [0, 12, 3, 13, 5, 14, 1, 15];
  const answers = indices.map(async (i) => predictor.predict(await bytesOf(i)));
  const broken = predictor.predict(new TextEncoder().encode("no picture"));
  await assert.rejects(broken, { name: "ImageError", code: "NOT_AN_IMAGE" });
  assert.deepEqual(
    (await Promise.all(answers)).map(({ label }) => label),
    indices.map((i) => (i < 10 ? "normal" : "anomaly")),
  );
});

test("a verdict has the picture's size, probabilities that add up, and confidence 2·|score − 0.5|", async () => {
  const { width, height, score, confidence, probabilities, task } = await predictor.predict(await bytesOf(11));
  assert.deepEqual([task, width, height], ["anomaly", 128, 128]);
  assert.ok(score !== null && Math.abs(confidence - 2 * Math.abs(score - 0.5)) < 1e-12);
  assert.ok(Math.abs((probabilities.normal ?? 0) + (probabilities.anomaly ?? 0) - 1) < 1e-12);
});

test("the threshold in force turns the verdict and re-anchors the score", async () => {
  const bytes = await bytesOf(11);
  const own = await predictor.predict(bytes);
  const strict = await predictor.predict(bytes, { threshold: Math.min(1, (own.score ?? 0) + 1e-4) });
  assert.equal(own.label, "anomaly");
  assert.equal(strict.label, "normal");
  const atScore = await predictor.predict(bytes, { threshold: own.score ?? 0.5 });
  assert.ok(Math.abs((atScore.score ?? 0) - 0.5) < 1e-6);
  await assert.rejects(predictor.predict(bytes, { threshold: 2 }), RangeError);
});

test("a heat map comes only where asked for, as a PNG of the picture's shape", async () => {
  const bytes = await bytesOf(12);
  assert.equal((await predictor.predict(bytes)).heatMapPng, undefined);
  const { heatMapPng } = await predictor.predict(bytes, { heatMap: true });
  const { width, height } = await decodeImage(heatMapPng ?? new Uint8Array());
  assert.deepEqual([width, height], [128, 128]);
});

test("several workers share the pictures, each gets its own answer, and a bad one harms no other", async (t) => {
  const several = await openPredictor(models.patchcore.bytes, { threads: 3 });
  t.after(() => several.close());
  const numbers = parts.pictures.samples.map((_, i) => i);
  const bad = assert.rejects(several.predict(new Uint8Array(9)), { name: "ImageError", code: "NOT_AN_IMAGE" });
  const together = await Promise.all(numbers.map(async (i) => (await several.predict(await bytesOf(i))).score));
  await bad;
  for (const i of numbers) assert.equal(together[i], (await predictor.predict(await bytesOf(i))).score);
});

test("a closed predictor refuses further pictures and fails those under way", async () => {
  const other = await openPredictor(models.patchcore.bytes, { threads: 2 });
  const underWay = assert.rejects(other.predict(await bytesOf(0)), { code: "PREDICTOR_CLOSED" });
  await other.close();
  await underWay;
  await assert.rejects(other.predict(await bytesOf(0)), { code: "PREDICTOR_CLOSED" });
});

test("a file that is no model, and an ONNX file of somebody else, are refused by name", async () => {
  await assert.rejects(openPredictor(new TextEncoder().encode("hello")), { name: "NnError", code: "MODEL_NOT_ONNX" });
  const foreign = writeOnnx(backboneGraph({ width: 64, height: 64, taps: ["last"] }));
  await assert.rejects(openPredictor(foreign), { code: "MODEL_NOT_SIGHTLINE", message: /sightline train/ });
});

test("a broken manifest is refused with the field that is wrong", () => {
  const broken = (change: object): Uint8Array =>
    withManifest(models.patchcore.bytes, (manifest) => ({ ...manifest, ...change }) as Manifest).bytes;
  const rows: [object, string, RegExp][] = [
    [{ temperature: 0 }, "MODEL_MANIFEST_INVALID", /manifest\.temperature must be a number from/],
    [{ labels: ["normal"] }, "MODEL_MANIFEST_INVALID", /manifest\.labels must be two or more/],
    [
      { task: "pose" },
      "MODEL_MANIFEST_INVALID",
      /manifest\.task must be one of anomaly, classification, multilabel, det/,
    ],
    [{ task: "detection" }, "MODEL_MANIFEST_INVALID", /manifest\.detection must be an object/],
    [{ labelThresholds: [0.5, 2] }, "MODEL_MANIFEST_INVALID", /manifest\.labelThresholds must be 2 numbers/],
    [
      { input: { width: 224, height: 224, fit: "crop" } },
      "MODEL_MANIFEST_INVALID",
      /input\.fit must be one of stretch/,
    ],
    [{ task: "multilabel" }, "MODEL_DAMAGED", /lacks the output probabilities/],
    [{ scores: [{ score: 2, isAnomaly: true }] }, "MODEL_MANIFEST_INVALID", /manifest\.scores\[0\]\.score/],
    [{ formatVersion: 2 }, "MODEL_VERSION_UNSUPPORTED", /version 2/],
    [{ input: { width: 320, height: 224 } }, "MODEL_DAMAGED", /N × 3 × 224 × 320/],
    [{ task: "classification", labels: ["a", "b"] }, "MODEL_DAMAGED", /lacks the output probabilities/],
  ];
  for (const [change, code, message] of rows) assert.throws(() => readManifest(broken(change)), { code, message });
});

test("test results enter the manifest and leave the network as it was", () => {
  const changed = withManifest(models.patchcore.bytes, (manifest) => ({
    ...manifest,
    scores: [{ score: 0.7, isAnomaly: true }],
  }));
  assert.deepEqual(readManifest(changed.bytes).scores, [{ score: 0.7, isAnomaly: true }]);
  const back = withManifest(changed.bytes, () => models.patchcore.manifest);
  assert.equal(Buffer.compare(back.bytes, models.patchcore.bytes), 0);
});

test("a heat map for anomalies comes with unsure normals too, where it is asked for below a confidence", async () => {
  const bytes = await bytesOf(0);
  const { confidence } = await predictor.predict(bytes, { threshold: 0.9999 });
  const ask = (heatMapBelowConfidence?: number) =>
    predictor.predict(bytes, {
      threshold: 0.9999,
      heatMap: "anomalous",
      ...(heatMapBelowConfidence === undefined ? {} : { heatMapBelowConfidence }),
    });
  const [never, sure, unsure] = [await ask(), await ask(confidence), await ask(confidence + 1e-6)];
  assert.deepEqual(
    [never, sure, unsure].map(({ isAnomalous, heatMapPng }) => [isAnomalous, heatMapPng !== undefined]),
    [
      [false, false],
      [false, false],
      [false, true],
    ],
  );
});
