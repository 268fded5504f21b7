import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { decodeImage, encodePng } from "@sightline/dataset/image-file";
import { type Finished, oneJsonLine, sightline, temporaryFolder, writeFiles } from "./cli-under-test.js";

// One small model of boxes for all tests here: how good it is doesn't matter to them.
let folder: string;
let dataset: string;
let model: string;
let trained: Finished;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-boxes-"));
  [dataset, model] = [join(folder, "lids"), join(folder, "lids.onnx")];
  await writeFiles(dataset, { "data.yaml": "names: [lid, nut]\n" });
  for (let i = 0; i < 16; i++) {
    const part = i < 12 ? "train" : "val";
    const [x, y] = [(i * 5) % 32, (i * 7) % 32];
    await writeFiles(dataset, {
      [`images/${part}/${i}.png`]: await lidPicture(x, y),
      [`labels/${part}/${i}.txt`]: [
        `0 ${(x + 8) / 64} ${(y + 8) / 64} 0.25 0.25`,
        `1 ${(x + 24) / 64} ${(y + 24) / 64} 0.125 0.125\n`,
      ].join("\n"),
    });
  }
  const small = ["--option", "side=64", "--option", "start=scratch", "--option", "channels=16", "--epochs", "2"];
  trained = await sightline([
    ...["train", dataset, "--method", "detector", ...small, "--runs", join(folder, "runs"), "--out", model],
  ]);
  assert.equal(trained.code, 0, trained.stderr);
});
after(() => rm(folder, { recursive: true, force: true }));

/** A bright square of 16 pixels at (x, y), a dark one of 8 to its lower right. */
function lidPicture(x: number, y: number): Promise<Uint8Array> {
  const data = new Uint8Array(64 * 64 * 3).map((_, at) => 100 + ((at * 7919) % 30));
  const fill = (left: number, top: number, size: number, level: number) => {
    for (let row = top; row < top + size; row++) data.fill(level, (row * 64 + left) * 3, (row * 64 + left + size) * 3);
  };
  fill(x, y, 16, 240);
  fill(x + 20, y + 20, 8, 10);
  return encodePng({ width: 64, height: 64, data });
}

test("evaluate --json of a detector has exactly the figures by which detectors are compared", async () => {
  const json = oneJsonLine(await sightline(["evaluate", model, dataset, "--json"]));
  const keys = ["images", "imagesPerSecond", "mAP50", "mAP50_95", "msPerImage", "perClass", "perSize", "task"];
  assert.deepEqual(Object.keys(json).sort(), keys);
  assert.deepEqual([json.task, json.images], ["detection", 4]);
  const { perClass, perSize, msPerImage } = json as {
    perClass: { label: string; truths: number }[];
    perSize: Record<string, { truths: number }>;
    msPerImage: Record<string, number>;
  };
  assert.deepEqual(
    perClass.map(({ label, truths }) => [label, truths]),
    [
      ["lid", 4],
      ["nut", 4],
    ],
  );
  assert.deepEqual(
    Object.entries(perSize).map(([size, { truths }]) => [size, truths]),
    [
      ["small", 8],
      ["medium", 0],
      ["large", 0],
    ],
  );
  assert.deepEqual(Object.keys(msPerImage), ["p50", "p95"]);
});

test("evaluate of a detector tells each label and each size of object", async () => {
  const { stdout } = await sightline(["evaluate", model, dataset]);
  assert.match(stdout, /^4 pictures \(detection\)\n\nmeasure +value\nmAP50 +[01–]/);
  assert.match(stdout, /\nlabel +boxes +AP50 +AP50-95 +precision +recall\nlid +4 /);
  assert.match(stdout, /\nsmall \(up to 32\) +8 /);
});

test("train of one method tells its figures without a table of candidates", () => {
  assert.doesNotMatch(trained.stdout, /candidate|folds/);
  assert.match(trained.stdout, /^detector \(detection: lid, nut\)\non pictures held out \(\d+\): .*mAP50 [01]\.\d{3}/);
  assert.match(trained.stdout, /\n2 epochs \(finished\), best mAP50 [01]\.\d{3}\nrun \S+-detector\nsaved /);
});

test("predict --overlay draws the boxes into the picture at its own size", async (t) => {
  const place = await temporaryFolder(t);
  const pictures = join(dataset, "images/val");
  // From the lowest score on there are boxes, whatever was learnt.
  const args = ["predict", model, pictures, "--overlay", place, "--threshold", "0.001", "--json"];
  const run = await sightline(args);
  assert.equal(run.code, 0, run.stderr);
  const { results } = oneJsonLine(run) as {
    results: {
      file: string;
      overlay: string;
      detections: { label: string; x1: number; x2: number; score: number }[];
    }[];
  };
  assert.equal(results.length, 4);
  const { byLabel } = oneJsonLine(run) as { byLabel: Record<string, number> };
  const objects = results.flatMap(({ detections }) => detections.map(({ label }) => label));
  assert.equal(byLabel.lid ?? 0, objects.filter((label) => label === "lid").length, "each object counts");
  const [first] = results;
  assert.ok(first && first.detections.length > 0);
  for (const { label, x1, x2, score } of first.detections)
    assert.ok(["lid", "nut"].includes(label) && x1 >= 0 && x1 < x2 && x2 <= 64 && score >= 0.001 && score <= 1);
  const drawn = await decodeImage(await readFile(first.overlay));
  const plain = await decodeImage(await readFile(join(pictures, first.file)));
  assert.deepEqual([drawn.width, drawn.height], [64, 64]);
  assert.ok(drawn.data.some((value, at) => Math.abs(value - (plain.data[at] ?? 0)) > 90));
});

test("latency times a detector's stages, its suppression of double boxes among them", async () => {
  const json = oneJsonLine(await sightline(["latency", model, "--runs", "10", "--warm-up", "1", "--json"]));
  const stages = json.milliseconds as Record<string, { p50: number }>;
  assert.deepEqual(Object.keys(stages), ["whole", "decode", "resize", "network", "postProcessing"]);
  assert.equal(json.task, "detection");
  assert.ok(Object.values(stages).every(({ p50 }) => p50 >= 0) && (stages.network?.p50 ?? 0) > 0);
});

test("runs and compare tell of the training", async () => {
  const runs = join(folder, "runs");
  const [id = ""] = readdirSync(runs);
  const listed = await sightline(["runs", "--runs", runs]);
  assert.match(listed.stdout, new RegExp(`${id} +succeeded +2 of 2 +[\\d.]+ +mAP50 +[01]\\.\\d{3} `));
  const compared = await sightline(["compare", id, model, "--runs", runs]);
  assert.match(compared.stdout, /Equal in mAP50_95/);
});
