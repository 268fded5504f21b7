import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { decodeImage, encodePng } from "@sightline/dataset/image-file";
import type { EvaluationReport } from "@sightline/models/evaluation-report";
import {
  type Finished,
  oneJsonLine,
  partPicture,
  sightline,
  startSightline,
  temporaryFolder,
  writeDataset,
  writeFiles,
} from "./cli-under-test.js";

// One small dataset and two models of it serve all tests here: training is what takes time.
let folder: string;
let dataset: string;
let classifier: string;
let detector: string;
let trained: Finished;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-cli-"));
  dataset = join(folder, "parts");
  classifier = join(folder, "models", "classifier.onnx");
  detector = join(folder, "detector.onnx");
  await writeDataset(dataset, { train: 12, test: 6 });
  await writeFiles(dataset, {
    "train/good/notes.txt": "not a picture",
    "train/good/cut.jpg": (await partPicture(1, false)).subarray(0, 700),
  });
  trained = await sightline(["train", dataset, "--out", classifier, "--method", "classifier"]);
  const other = await sightline(["train", dataset, "--out", detector, "--method", "patchcore", "--json"]);
  assert.deepEqual([trained.code, other.code], [0, 0], trained.stderr + other.stderr);
});
after(() => rm(folder, { recursive: true, force: true }));

/** White where `partPicture(3, true)` has its scratch. */
function stripe(): Uint8Array {
  return Uint8Array.from({ length: 96 * 96 }, (_, at) => (Math.abs((at % 96) - Math.floor(at / 96)) < 4 ? 255 : 0));
}

const codeOf = (run: Finished) => (oneJsonLine(run).error as { code: string; message: string }).code;

test("train prints the candidates, the measures and where the model is; progress and skipped files go to stderr", () => {
  assert.match(trained.stdout, /^candidate +mean +folds\nclassifier \* +[01]\.\d{3} {2}[01]\.\d{3} /);
  assert.match(trained.stdout, /pictures held out in turn \(24\): accuracy [01]\.\d{3}/);
  assert.ok(trained.stdout.includes(`saved ${classifier} (`));
  assert.match(trained.stderr, /^100 % /m);
  assert.match(trained.stderr, /skipped 2 files:/);
  assert.match(trained.stderr, /notes\.txt: .*JPEG or PNG/);
  assert.match(trained.stderr, /cut\.jpg: .*cut off or damaged/);
  assert.deepEqual(readdirSync(join(folder, "models")), ["classifier.onnx"]);
});

test("train --json tells the same in one line", async (t) => {
  const target = join(await temporaryFolder(t), "model.onnx");
  const json = oneJsonLine(await sightline(["train", dataset, "--out", target, "--method", "classifier", "--json"]));
  assert.equal(json.model, target);
  assert.equal(json.method, "classifier");
  assert.equal(json.images, 24);
  assert.equal((json.skipped as unknown[]).length, 2);
  assert.equal(json.bytes, readFileSync(target).length);
  const [candidate] = json.candidates as { method: string; chosen: boolean; foldScores: number[] }[];
  assert.deepEqual([candidate?.method, candidate?.chosen], ["classifier", true]);
  assert.equal((json.metrics as { source: string }).source, "heldOut");
});

test("an existing model is overwritten only with --force", async (t) => {
  const target = join(await temporaryFolder(t), "model.onnx");
  writeFileSync(target, "precious");
  const args = ["train", dataset, "--out", target, "--method", "classifier", "--json"];
  const refused = await sightline(args);
  assert.deepEqual([refused.code, codeOf(refused)], [1, "FILE_EXISTS"]);
  assert.equal(readFileSync(target, "utf8"), "precious");
  assert.equal((await sightline([...args, "--force"])).code, 0);
  assert.notEqual(readFileSync(target).length, 8);
});

test("what can't be written is found before the training", async (t) => {
  const place = await temporaryFolder(t);
  writeFileSync(join(place, "file"), "");
  for (const out of [place, join(place, "file", "model.onnx")]) {
    const run = await sightline(["train", dataset, "--out", out, "--json"]);
    assert.deepEqual([run.code, codeOf(run)], [1, "FILE_NOT_WRITABLE"]);
    assert.doesNotMatch(run.stderr, /%/);
  }
});

test("datasets that can't be learned from are told, and nothing is left behind", async (t) => {
  const place = await temporaryFolder(t);
  await writeFiles(place, {
    "empty/good/.gitkeep": "",
    "loose/a.jpg": await partPicture(0, false),
    "one/red/a.jpg": await partPicture(0, false),
    "one/red/b.jpg": await partPicture(1, false),
  });
  for (const [name, code] of [
    ["missing", "DATASET_NOT_FOUND"],
    ["empty", "DATASET_EMPTY"],
    ["loose", "DATASET_FORMAT_UNKNOWN"],
    ["one", "DATASET_ONE_CLASS"],
  ] as const) {
    const run = await sightline(["train", join(place, name), "--out", join(place, "out", "m.onnx"), "--json"]);
    assert.deepEqual([run.code, codeOf(run)], [1, code], name);
    assert.deepEqual(readdirSync(join(place, "out")), []);
  }
});

test("Ctrl-C ends a training with exit code 1 and leaves no file", async (t) => {
  const place = await temporaryFolder(t);
  const { child, finished, stderrSoFar } = startSightline(["train", dataset, "--out", join(place, "m.onnx"), "--json"]);
  await new Promise<void>((resolve) => {
    const watch = () => {
      if (!stderrSoFar().includes("%")) return;
      child.stderr.off("data", watch);
      resolve();
    };
    child.stderr.on("data", watch);
  });
  child.kill("SIGINT");
  const run = await finished;
  assert.equal(run.code, 1);
  assert.deepEqual(oneJsonLine(run), { error: { code: "CANCELLED", message: "Cancelled." } });
  assert.deepEqual(readdirSync(place), []);
});

test("explain tells regions that add up to the answer, and writes the picture and all values", async (t) => {
  const place = await temporaryFolder(t);
  const [picture, out] = [join(place, "scratched.png"), join(place, "why.png")];
  writeFileSync(picture, await partPicture(3, true));
  const run = await sightline(["explain", classifier, picture, "--evaluations", "60", "--regions", "16", "--out", out]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /: anomaly [01]\.\d{3}, with nothing shown [01]\.\d{3}/);
  assert.match(run.stdout, /regions add up to [+−]\d+\.\d{3} from [+−]\d/);
  const { width } = await decodeImage(readFileSync(out));
  assert.equal(width, 96);
  const told = JSON.parse(readFileSync(join(place, "why.json"), "utf8"));
  const sum = told.regions.reduce((total: number, { value }: { value: number }) => total + value, 0);
  assert.ok(Math.abs(sum - (told.evidence - told.baseEvidence)) < 1e-3);
  const again = await sightline(["explain", classifier, picture, "--method", "activation", "--out", out, "--json"]);
  assert.equal(codeOf(again), "FILE_EXISTS");
  const strange = await sightline(["explain", classifier, picture, "--label", "dent", "--json"]);
  assert.equal(codeOf(strange), "EXPLANATION_LABEL_UNKNOWN");
});

test("predict answers one picture", async () => {
  const run = await sightline(["predict", classifier, join(dataset, "test/scratched/0.jpg")]);
  assert.equal(run.code, 0);
  assert.match(run.stdout, /^file +answer +score +confidence\n0\.jpg +anomaly +[01]\.\d{3} +[01]\.\d{3}\n$/);
});

test("predict --json sums up a folder and names each file's answer; what is no picture is skipped and named", async (t) => {
  const place = await temporaryFolder(t);
  await writeFiles(place, {
    "a/good.jpg": await partPicture(20, false),
    "a/bad.jpg": await partPicture(21, true),
    "cut.jpg": (await partPicture(1, false)).subarray(0, 700),
    "empty.png": "",
    "notes.txt": "hello",
    ".hidden/x.jpg": "never looked at",
  });
  const run = await sightline(["predict", classifier, place, "--json"]);
  assert.equal(run.code, 0);
  const json = oneJsonLine(run);
  assert.equal(json.pictures, 2);
  assert.deepEqual(json.byLabel, { anomaly: 1, normal: 1 });
  const results = json.results as { file: string; label: string; score: number; confidence: number }[];
  assert.deepEqual(
    results.map(({ file, label }) => [file, label]),
    [
      ["a/bad.jpg", "anomaly"],
      ["a/good.jpg", "normal"],
    ],
  );
  for (const { score, confidence } of results) assert.ok(Math.abs(confidence - 2 * Math.abs(score - 0.5)) < 1e-9);
  assert.deepEqual(
    (json.skipped as { name: string; code: string }[]).map(({ name, code }) => [name, code]),
    [
      ["cut.jpg", "IMAGE_TRUNCATED"],
      ["empty.png", "IMAGE_EMPTY"],
      ["notes.txt", "NOT_AN_IMAGE"],
    ],
  );
  assert.match(run.stderr, /skipped 3 files:\n {2}cut\.jpg: /);
});

test("a threshold moves the verdicts", async () => {
  const anomalies = async (threshold: string) => {
    const run = await sightline(["predict", classifier, join(dataset, "test"), "--threshold", threshold, "--json"]);
    return (oneJsonLine(run).byLabel as Record<string, number>).anomaly ?? 0;
  };
  assert.equal(await anomalies("0.001"), 12);
  assert.equal(await anomalies("0.999"), 0);
});

test("--heatmap writes each picture with its map over it, below the same path", async (t) => {
  const place = await temporaryFolder(t);
  const run = await sightline(["predict", detector, join(dataset, "test"), "--heatmap", place, "--json"]);
  assert.equal(run.code, 0, run.stderr);
  const file = join(place, "scratched/0.jpg.heatmap.jpg");
  const [, first] = (oneJsonLine(run).results as { file: string; heatMap: string }[]).filter((one) =>
    one.file.endsWith("/0.jpg"),
  );
  assert.equal(first?.heatMap, file);
  const [overlay, plain] = await Promise.all(
    [file, join(dataset, "test/scratched/0.jpg")].map(async (one) => decodeImage(readFileSync(one))),
  );
  assert.ok(overlay && plain);
  assert.deepEqual([overlay.width, overlay.height], [96, 96]);
  // The scratch is grey in the picture and coloured under the map.
  const colour = (data: Uint8Array) =>
    Math.max(...data.map((value, at) => (at % 3 === 0 ? Math.abs(value - (data[at + 2] ?? 0)) : 0)));
  assert.ok(colour(overlay.data) > colour(plain.data) + 50);
  assert.equal(readdirSync(join(place, "good")).length, 6);
});

test("a model without heat maps says that it wrote none", async (t) => {
  const place = await temporaryFolder(t);
  // Two labels of which none is a name for good: classes, and so nothing that could be drawn as an anomaly.
  const [classes, maps, model] = [join(place, "classes"), join(place, "maps"), join(place, "model.onnx")];
  for (let index = 0; index < 8; index++) {
    await writeFiles(classes, {
      [`plain/${index}.jpg`]: await partPicture(index, false),
      [`striped/${index}.jpg`]: await partPicture(index, true),
    });
  }
  assert.equal((await sightline(["train", classes, "--out", model])).code, 0);
  const run = await sightline(["predict", model, classes, "--heatmap", maps]);
  assert.equal(run.code, 0);
  assert.match(run.stdout, /^file +answer +confidence\n/);
  assert.match(run.stderr, /\(classifier\) draws no heat maps/);
  assert.ok(!existsSync(maps));
});

test("evaluate --json has the figures and nothing else, of the test part alone", async () => {
  const json = oneJsonLine(await sightline(["evaluate", classifier, dataset, "--json"]));
  const keys = ["accuracy", "auroc", "confusion", "ece", "f1", "images", "imagesPerSecond", "msPerImage", "precision"];
  assert.deepEqual(Object.keys(json).sort(), [...keys, "recall", "task", "threshold"]);
  assert.deepEqual([json.task, json.images, json.threshold], ["anomaly", 12, 0.5]);
  assert.deepEqual((json.confusion as { labels: string[] }).labels, ["normal", "anomaly"]);
});

test("with masks evaluate --json has the pixel figures too", async (t) => {
  const place = await temporaryFolder(t);
  const mask = await encodePng({ width: 96, height: 96, data: stripe() });
  await writeFiles(place, {
    "train/good/0.jpg": await partPicture(0, false),
    "test/good/0.jpg": await partPicture(1, false),
    "test/scratch/0.jpg": await partPicture(3, true),
    "ground_truth/scratch/0_mask.png": mask,
  });
  const run = await sightline(["evaluate", detector, place, "--json"]);
  const json = oneJsonLine(run);
  assert.equal(json.images, 2, run.stderr);
  assert.ok((json.pixelAuroc as number) > 0.5 && (json.aupro as number) >= 0);
});

test("evaluate prints a table of measures and answers", async () => {
  const run = await sightline(["evaluate", classifier, dataset]);
  assert.equal(run.code, 0);
  assert.match(
    run.stdout,
    /^12 pictures \(anomaly, positive = anomaly, threshold 0.5\)\n\nmeasure +value\naccuracy +[01]\.\d{3}\n/,
  );
  assert.match(run.stdout, /\nis \\ answered +normal +anomaly\nnormal +\d+ +\d+\nanomaly +\d+ +\d+\n/);
});

test("evaluate --report writes a page and data, with slices, costs and trainings by folds", async (t) => {
  const place = await temporaryFolder(t);
  const names = ["good", "scratched"].flatMap((label) => Array.from({ length: 6 }, (_, i) => `${label}/${i}.jpg`));
  const rows = names.map((name, i) => `${name},${i % 2 ? "north" : "south"}`);
  await writeFiles(place, { "slices.csv": ["picture,camera", ...rows].join("\n") });
  const [page, data] = [join(place, "report.html"), join(place, "report.json")];
  const report = ["--report", page, "--report", data, "--slices", join(place, "slices.csv")];
  const costs = ["--escape-cost", "100", "--false-reject-cost", "5", "--defect-rate", "0.01", "--folds", "2"];
  const run = await sightline(["evaluate", detector, dataset, ...report, ...costs, "--json"]);
  const json = oneJsonLine(run);
  assert.deepEqual(json.written, [page, data], run.stderr);
  const written = JSON.parse(readFileSync(data, "utf8")) as EvaluationReport;
  assert.equal(written.figures.find(({ name }) => name === "accuracy")?.value, json.accuracy);
  assert.deepEqual(
    written.slices.map(({ by }) => by),
    ["camera"],
  );
  assert.equal(written.threshold?.cheapest?.cost.escape, 100);
  assert.equal(written.repeats?.runs.length, 2);
  assert.match(readFileSync(page, "utf8"), /<h2>Trained again and again<\/h2>/);
  const again = await sightline(["evaluate", detector, dataset, ...report]);
  assert.deepEqual([again.code, /--force/.test(again.stderr)], [1, true]);
});

test("evaluate says what is wrong with the flags of a report", async (t) => {
  const place = await temporaryFolder(t);
  for (const [flags, message] of [
    [["--report", join(place, "report.pdf")], /must end in \.html or \.json/],
    [["--escape-cost", "3"], /go together/],
    [["--folds", "1"], /from 2 to 20/],
  ] as const) {
    const run = await sightline(["evaluate", detector, dataset, ...flags]);
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stderr, message);
  }
});

test("evaluate refuses pictures with labels that the model doesn't know, and folders without a test part", async (t) => {
  const place = await temporaryFolder(t);
  await writeFiles(place, {
    "other/red/a.jpg": await partPicture(0, false),
    "other/blue/a.jpg": await partPicture(1, false),
    "train-only/train/good/a.jpg": await partPicture(0, false),
  });
  for (const [name, code] of [
    ["other", "LABELS_DIFFER"],
    ["train-only", "DATASET_HAS_NO_TEST_PART"],
    ["missing", "DATASET_NOT_FOUND"],
  ] as const) {
    const run = await sightline(["evaluate", classifier, join(place, name), "--json"]);
    assert.deepEqual([run.code, codeOf(run)], [1, code], name);
  }
});

test("a picture or model that can't be used is named with its file, and exits with 1", async (t) => {
  const place = await temporaryFolder(t);
  await writeFiles(place, {
    "notes.txt": "hello",
    "broken.onnx": readFileSync(classifier).subarray(0, 50_000),
    "foreign.onnx": "this is no model",
  });
  const picture = join(dataset, "test/good/0.jpg");
  for (const [args, code, names] of [
    [[classifier, join(place, "notes.txt")], "NOT_AN_IMAGE", "notes.txt"],
    [[classifier, join(place, "missing.jpg")], "FILE_NOT_FOUND", "missing.jpg"],
    [[join(place, "missing.onnx"), picture], "FILE_NOT_FOUND", "missing.onnx"],
    [[join(place, "broken.onnx"), picture], "MODEL_NOT_ONNX", "broken.onnx"],
    [[join(place, "foreign.onnx"), picture], "MODEL_NOT_ONNX", "foreign.onnx"],
    [[classifier, join(dataset, "../models")], "NO_PICTURES", "models"],
    [[place, picture], "FILE_NOT_READABLE", place],
  ] as const) {
    const run = await sightline(["predict", ...args, "--json"]);
    assert.equal(run.code, 1, run.stderr);
    const { error } = oneJsonLine(run) as { error: { code: string; message: string } };
    assert.deepEqual([error.code, error.message.includes(names)], [code, true], error.message);
  }
});

test("--overlay writes each picture with its answer on it", async (t) => {
  const place = await temporaryFolder(t);
  const run = await sightline(["predict", classifier, join(dataset, "test/good"), "--overlay", place, "--json"]);
  assert.equal(run.code, 0, run.stderr);
  const [first] = oneJsonLine(run).results as { overlay: string }[];
  assert.equal(first?.overlay, join(place, "0.jpg.overlay.jpg"));
  const [drawn, plain] = await Promise.all(
    [first.overlay, join(dataset, "test/good/0.jpg")].map(async (file) => decodeImage(readFileSync(file))),
  );
  assert.deepEqual([drawn?.width, drawn?.height], [96, 96]);
  // A plate with letters in the upper left corner, and the rest as it was.
  const difference = (from: number, to: number) => {
    let most = 0;
    for (let at = from; at < to; at++) most = Math.max(most, Math.abs((drawn?.data[at] ?? 0) - (plain?.data[at] ?? 0)));
    return most;
  };
  assert.ok(difference(0, 96 * 3 * 10) > 60);
  assert.ok(difference(96 * 3 * 60, 96 * 3 * 96) < 60);
});

test("a place that pictures can't be written to is told before the first one, and ends no process", async (t) => {
  const file = join(await temporaryFolder(t), "file");
  writeFileSync(file, "");
  for (const flag of ["--overlay", "--heatmap"])
    for (const place of [file, join(file, "below")]) {
      const run = await sightline(["predict", classifier, join(dataset, "test"), flag, place, "--json"]);
      assert.deepEqual([run.code, codeOf(run)], [1, "FILE_NOT_WRITABLE"], run.stderr);
    }
});

test("latency tells the spread of the whole and of each stage", async () => {
  const args = ["latency", classifier, join(dataset, "test/good/0.jpg"), "--runs", "10", "--warm-up", "1"];
  const json = oneJsonLine(await sightline([...args, "--json"]));
  const spreads = json.milliseconds as Record<string, { p50: number; p95: number; p99: number }>;
  assert.deepEqual(Object.keys(spreads), ["whole", "decode", "resize", "network", "postProcessing"]);
  for (const { p50, p95, p99 } of Object.values(spreads)) assert.ok(p50 <= p95 && p95 <= p99);
  const { whole, decode, network } = spreads;
  assert.ok((whole?.p50 ?? 0) >= (network?.p50 ?? 1) && (decode?.p50 ?? 0) > 0 && (network?.p50 ?? 0) > 0);
  assert.ok((json.memoryBytes as { peak: number }).peak > 0);
  assert.deepEqual([json.threads, json.runs, json.method], [1, 10, "classifier"]);
  const text = await sightline(["latency", classifier, "--runs", "10", "--warm-up", "0"]);
  assert.match(text.stdout, /milliseconds +p50 +p95 +p99\nwhole +\d/);
  const below = oneJsonLine(
    await sightline(["latency", classifier, join(dataset, "test"), "--runs", "10", "--warm-up", "0", "--json"]),
  );
  assert.equal(below.pictures, 12, "folders in the folder count");
  const missing = await sightline(["latency", classifier, join(folder, "models"), "--json"]);
  assert.deepEqual([missing.code, codeOf(missing)], [1, "NO_PICTURES"]);
});

test("compare sets models side by side and says which is better by how much", async () => {
  const run = await sightline(["compare", classifier, detector, "--json"]);
  assert.equal(run.code, 0, run.stderr);
  const { sides, figure, by, better } = oneJsonLine(run) as {
    sides: { name: string; method: string; auroc: number }[];
    figure: string;
    by: number;
    better: string | null;
  };
  assert.deepEqual(
    sides.map(({ method }) => method),
    ["classifier", "patchcore"],
  );
  const [a = 0, b = 0] = sides.map(({ auroc }) => auroc);
  assert.deepEqual([figure, by, better], ["auroc", Math.abs(a - b), a === b ? null : a > b ? classifier : detector]);
  const text = await sightline(["compare", classifier, detector]);
  assert.match(text.stdout, /method +classifier +patchcore/);
  assert.doesNotMatch(text.stdout, /different pictures/);
  const missing = await sightline(["compare", classifier, "no-such-run", "--json"]);
  assert.deepEqual([missing.code, codeOf(missing)], [1, "RUN_NOT_FOUND"]);
});

test("a folder without runs lists none, and a run that isn't there can't be resumed", async (t) => {
  const place = await temporaryFolder(t);
  assert.deepEqual(oneJsonLine(await sightline(["runs", "--runs", place, "--json"])), { runs: [] });
  const run = await sightline(["train", "--resume", "nothing", "--runs", place, "--json"]);
  assert.deepEqual([run.code, codeOf(run)], [1, "RUN_NOT_FOUND"]);
});
