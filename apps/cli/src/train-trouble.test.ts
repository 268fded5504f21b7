/** What training must survive: real bad input, a full disk, little memory; each with a clear error and nothing left half-written. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before, type TestContext } from "node:test";
import { readBackbone } from "@sightline/models/backbone";
import { writeOnnx } from "@sightline/nn/onnx-file";
import {
  coloured,
  errorOf,
  oneJsonLine,
  sightline,
  startSightline,
  temporaryFolder,
  writeFiles,
} from "./cli-under-test.js";

/** Networks as small as they come: what matters here is what happens around them. */
const methods = {
  tiny: ["--method", "tiny", "--option", "parameters=5000", "--option", "multiplyAccumulates=300000"],
  detector: ["--method", "detector", "--option", "side=64", "--option", "start=scratch", "--option", "channels=16"],
} as const;
const quick = ["--epochs", "2", "--threads", "1"];

let folder: string;
let labelled: string;
let boxed: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-trouble-"));
  [labelled, boxed] = [join(folder, "labelled"), join(folder, "boxed")];
  for (let i = 0; i < 10; i++)
    await writeFiles(labelled, { [`red/${i}.png`]: await coloured(0, i), [`blue/${i}.png`]: await coloured(2, i) });
  await writeYolo(boxed, ["cap"], () => "0 0.5 0.5 0.4 0.4\n");
});
after(() => rm(folder, { recursive: true, force: true }));

async function writeYolo(place: string, names: readonly string[], lines: (i: number) => string, side = 64) {
  await writeFiles(place, { "data.yaml": `names: [${names.join(", ")}]\n` });
  for (let i = 0; i < 10; i++)
    await writeFiles(place, {
      [`images/train/${i}.png`]: await coloured(i % 3, i, side),
      [`labels/train/${i}.txt`]: lines(i),
    });
}

/** Trains into a place of its own, which is looked at afterwards. */
async function attempt(t: TestContext, dataset: string, method: keyof typeof methods, ...flags: readonly string[]) {
  const place = await temporaryFolder(t);
  const run = await sightline([
    ...["train", dataset, ...methods[method], ...quick, ...flags],
    ...["--runs", join(place, "runs"), "--out", join(place, "model.onnx"), "--json"],
  ]);
  return { run, place };
}

/** Refused: with its code and words, without a model, without a run that `runs` or `compare` would show. */
async function refused(
  t: TestContext,
  dataset: string,
  method: keyof typeof methods,
  code: string,
  message: RegExp,
  ...flags: readonly string[]
): Promise<void> {
  const { run, place } = await attempt(t, dataset, method, ...flags);
  assert.deepEqual([run.code, errorOf(run).code], [1, code], run.stderr);
  assert.match(errorOf(run).message, message);
  assert.doesNotMatch(run.stderr, /fault in Sightline/);
  assert.deepEqual(
    readdirSync(place).filter((name) => name !== "runs"),
    [],
    "nothing half-written",
  );
  const listed = oneJsonLine(await sightline(["runs", "--runs", join(place, "runs"), "--json"]));
  assert.deepEqual(listed, { runs: [] });
}

test("an empty class is told: tiny learns the others, the detector wants boxes of each", async (t) => {
  const classes = join(await temporaryFolder(t), "classes");
  for (let i = 0; i < 6; i++)
    await writeFiles(classes, { [`red/${i}.png`]: await coloured(0, i), [`blue/${i}.png`]: await coloured(2, i) });
  mkdirSync(join(classes, "green"));
  const { run } = await attempt(t, classes, "tiny");
  assert.equal(run.code, 0, run.stderr);
  const json = oneJsonLine(run) as { labels: string[]; skipped: { name: string; reason: string }[] };
  assert.deepEqual(json.labels, ["blue", "red"]);
  assert.deepEqual(json.skipped, [{ name: "green/", reason: "the folder holds no pictures" }]);

  const boxes = join(await temporaryFolder(t), "boxes");
  await writeYolo(boxes, ["cap", "nut"], () => "0 0.5 0.5 0.4 0.4\n");
  await refused(t, boxes, "detector", "DATASET_TOO_SMALL", /5 boxes of each label .* got cap 10, nut 0/);
});

test("pictures of one pixel are learnt from like any others", async (t) => {
  const classes = join(await temporaryFolder(t), "classes");
  for (let i = 0; i < 6; i++)
    await writeFiles(classes, {
      [`red/${i}.png`]: await coloured(0, i, 1),
      [`blue/${i}.png`]: await coloured(2, i, 1),
    });
  const { run } = await attempt(t, classes, "tiny");
  assert.equal(run.code, 0, run.stderr);
  const boxes = join(await temporaryFolder(t), "boxes");
  await writeYolo(boxes, ["cap"], () => "0 0.5 0.5 1 1\n", 1);
  const detected = await attempt(t, boxes, "detector");
  assert.equal(detected.run.code, 0, detected.run.stderr);
});

test("labels outside the list are told with their place", async (t) => {
  const boxes = join(await temporaryFolder(t), "boxes");
  await writeYolo(boxes, ["cap"], (i) => (i === 3 ? "0 0.5 0.5 0.4 0.4\n7 0.5 0.5 0.1 0.1\n" : "0 0.5 0.5 0.4 0.4\n"));
  await refused(
    t,
    boxes,
    "detector",
    "DATASET_LABELS_INVALID",
    /3\.txt", line 2 has the class 7, but there are 1 names/,
  );

  const several = join(await temporaryFolder(t), "several");
  await writeFiles(several, { "train.lst": "0\t1\t0\ta.png\n", "a.png": await coloured(0, 1) });
  const run = await sightline(["train", several, ...methods.tiny, "--out", join(several, "m.onnx"), "--json"]);
  assert.equal(run.code, 1, run.stderr);
  assert.doesNotMatch(run.stderr, /fault in Sightline/);
});

test("boxes outside the picture are cut or left out, told apart from skipped files; none left is an error", async (t) => {
  const boxes = join(await temporaryFolder(t), "boxes");
  const lines: Readonly<Record<number, string>> = {
    3: "0 0.5 0.5 0.4 0.4\n0 1.5 0.5 0.1 0.1\n",
    4: "0 0.9 0.5 0.6 0.4\n",
  };
  await writeYolo(boxes, ["cap"], (i) => lines[i] ?? "0 0.5 0.5 0.4 0.4\n");
  const { run } = await attempt(t, boxes, "detector");
  assert.equal(run.code, 0, run.stderr);
  const json = oneJsonLine(run) as { images: number; skipped: object[]; boxNotes: { name: string; reason: string }[] };
  assert.deepEqual([json.images, json.skipped], [10, []]);
  assert.deepEqual(
    json.boxNotes.map(({ name, reason }) => [name, /left out|cut there/.exec(reason)?.[0]]),
    [
      ["labels/train/3.txt", "left out"],
      ["labels/train/4.txt", "cut there"],
    ],
  );
  assert.match(run.stderr, /2 boxes cut at the edge or left out \(the pictures are used\):\n {2}labels\/train\/3\.txt/);
  assert.doesNotMatch(run.stderr, /skipped/);

  const none = join(await temporaryFolder(t), "none");
  await writeYolo(none, ["cap"], () => "0 1.5 0.5 0.1 0.1\n");
  await refused(t, none, "detector", "DATASET_TOO_SMALL", /got cap 0/);
});

test("a backbone with NaN is named with the weight, whatever the method", async (t) => {
  const { graph } = readBackbone();
  const [name, tensor] = [...graph.initializers].find(([, { data }]) => data.length > 100) ?? [];
  assert.ok(name !== undefined && tensor);
  const data = Float32Array.from(tensor.data as Float32Array);
  data[5] = Number.NaN;
  const file = join(await temporaryFolder(t), "nan.onnx");
  const broken = { ...graph, initializers: new Map([...graph.initializers, [name, { ...tensor, data }]]) };
  await writeFile(file, writeOnnx(broken as typeof graph));
  for (const [dataset, method] of [
    [labelled, "classifier"],
    [labelled, "finetune"],
    [boxed, "detector"],
  ] as const) {
    const place = await temporaryFolder(t);
    const run = await sightline([
      ...["train", dataset, "--method", method, "--backbone", file, "--runs", join(place, "runs")],
      ...["--out", join(place, "model.onnx"), "--json"],
    ]);
    assert.deepEqual([run.code, errorOf(run).code], [1, "BACKBONE_UNSUITABLE"], method);
    assert.ok(errorOf(run).message.includes(`NaN in "${name}"`), errorOf(run).message);
    assert.ok(!existsSync(join(place, "model.onnx")));
    assert.deepEqual(oneJsonLine(await sightline(["runs", "--runs", join(place, "runs"), "--json"])), { runs: [] });
  }
});

test("a backbone whose weights are too large is told, not turned into a model that knows nothing", async (t) => {
  const { graph } = readBackbone();
  const initializers = [...graph.initializers].map(([name, tensor]) => {
    const isWeight = tensor.type === "float32" && tensor.data.length > 100;
    return [name, isWeight ? { ...tensor, data: (tensor.data as Float32Array).map((value) => value * 1e30) } : tensor];
  });
  const place = await temporaryFolder(t);
  const file = join(place, "huge.onnx");
  await writeFile(file, writeOnnx({ ...graph, initializers: new Map(initializers as never) }));
  for (const method of ["classifier", "finetune"]) {
    const out = join(place, "model.onnx");
    const flags = method === "finetune" ? ["--option", "size=64", "--runs", join(place, "runs")] : [];
    const run = await sightline([
      ...["train", labelled, "--method", method, "--backbone", file, ...flags, "--out", out, "--json"],
    ]);
    assert.equal(run.code, 1, run.stderr);
    assert.equal(errorOf(run).code, "BACKBONE_UNSUITABLE", method);
    assert.match(errorOf(run).message, /values that are no finite numbers/);
    assert.ok(!existsSync(out));
  }
});

test("too little memory is told with the batch that fits, and that batch is trained with", async (t) => {
  for (const [method, dataset] of [
    ["tiny", labelled],
    ["detector", boxed],
  ] as const) {
    const needed = async (batch: number): Promise<number> => {
      const { run } = await attempt(t, dataset, method, "--max-memory", "121M", "--batch", String(batch));
      return Number(/takes about (\d+) MB/.exec(errorOf(run).message)?.[1]);
    };
    // What lies between fits a batch that lies between.
    const memory = `${Math.round(((await needed(4)) + (await needed(16))) / 2)}M`;
    await refused(
      t,
      dataset,
      method,
      "TRAINING_OUT_OF_MEMORY",
      /largest batch that fits is \d+\. .*--batch/,
      "--batch",
      "16",
      "--max-memory",
      memory,
    );
    const { run } = await attempt(t, dataset, method, "--batch", "16", "--max-memory", memory);
    const [, batch = ""] = /largest batch that fits is (\d+)/.exec(errorOf(run).message) ?? [];
    const fitting = await attempt(t, dataset, method, "--max-memory", memory, "--batch", batch);
    assert.equal(fitting.run.code, 0, fitting.run.stderr);
    const over = await attempt(t, dataset, method, "--max-memory", memory, "--batch", String(Number(batch) + 1));
    assert.equal(errorOf(over.run).code, "TRAINING_OUT_OF_MEMORY");
  }
});

/** Works on a disk of its own with so much space; skips the test where none can be made. */
async function onSmallDisk(t: TestContext, size: string, work: (disk: string, place: string) => Promise<void>) {
  const place = await temporaryFolder(t);
  const disk = join(place, "disk");
  mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", disk], { stdio: "ignore" });
  } catch {
    t.skip("a small disk can be mounted by root only");
    return;
  }
  await work(disk, place).finally(() => execFileSync("umount", ["-l", disk]));
}

test("a disk that is full at the first checkpoint ends the training before it begins, and leaves no run", async (t) => {
  for (const [method, dataset, size] of [
    ["tiny", labelled, "40k"],
    ["detector", boxed, "1m"],
  ] as const)
    await onSmallDisk(t, size, async (disk, place) => {
      const out = join(place, "model.onnx");
      const run = await sightline([
        ...["train", dataset, ...methods[method], ...quick, "--runs", disk, "--out", out, "--json"],
      ]);
      assert.equal(run.code, 1);
      const { code, message } = errorOf(run);
      assert.equal(code, "CHECKPOINT_WRITE_FAILED");
      assert.match(message, /checkpoint\.bin" \([\d.]+ MB\) can't be written: the disk is full/);
      assert.doesNotMatch(run.stderr, /fault in Sightline/);
      assert.deepEqual([readdirSync(disk), existsSync(out)], [[], false]);
    });
});

test("a disk that fills up later ends the training with its last whole checkpoint; with space it goes on", async (t) => {
  await onSmallDisk(t, "1m", async (disk, place) => {
    const out = join(place, "model.onnx");
    const often = ["--epochs", "60", "--threads", "1", "--batch", "2", "--checkpoint-every", "0.1s"];
    const started = startSightline([
      ...["train", labelled, ...methods.tiny, ...often, "--runs", disk, "--out", out, "--json"],
    ]);
    const checkpoint = () => join(disk, readdirSync(disk)[0] ?? "", "checkpoint.bin");
    while (!existsSync(checkpoint()) && started.child.exitCode === null)
      await new Promise((done) => setTimeout(done, 5));
    const other = join(disk, "other");
    for (let isFull = false; !isFull; ) {
      try {
        appendFileSync(other, Buffer.alloc(4096));
      } catch {
        isFull = true;
      }
    }
    const run = await started.finished;
    assert.deepEqual([run.code, errorOf(run).code], [1, "CHECKPOINT_WRITE_FAILED"], run.stderr);
    assert.match(errorOf(run).message, /the disk is full/);
    const [, id = ""] = /Go on with: sightline train --resume (\S+)/.exec(errorOf(run).message) ?? [];
    assert.deepEqual([existsSync(out), readdirSync(join(disk, id)).includes("model.onnx")], [false, false]);
    rmSync(other);
    const resumed = await sightline(["train", "--resume", id, "--runs", disk, "--json"]);
    assert.equal(resumed.code, 0, resumed.stderr);
  });
});

test("a file that may not grow is told like a full disk, also where nothing can be mounted", async (t) => {
  const place = await temporaryFolder(t);
  const bin = join(import.meta.dirname, "../bin/sightline.mjs");
  const command = ["train", boxed, ...methods.detector, ...quick, "--runs", join(place, "runs")];
  // 200 blocks of 1024 bytes: the checkpoint of a detector is larger. SIGXFSZ would end the process before it can tell.
  const run = spawnSync(
    "bash",
    [
      "-c",
      'ulimit -f 200; trap "" XFSZ; exec "$@"',
      "bash",
      process.execPath,
      bin,
      ...command,
      "--out",
      join(place, "m.onnx"),
      "--json",
    ],
    { encoding: "utf8" },
  );
  assert.equal(run.status, 1, run.stderr);
  const { error } = JSON.parse(run.stdout) as { error: { code: string; message: string } };
  assert.equal(error.code, "CHECKPOINT_WRITE_FAILED");
  assert.match(error.message, /a file may not grow that large here/);
  assert.deepEqual(readdirSync(place), ["runs"]);
});

test("an option that a method doesn't have, or out of its limits, is told", async (t) => {
  const out = join(await temporaryFolder(t), "model.onnx");
  const attempt = async (option: string) =>
    errorOf(await sightline(["train", labelled, "--method", "tiny", "--option", option, "--out", out, "--json"]));
  assert.match((await attempt("layers=3")).message, /tiny has no option "layers". It has: parameters/);
  assert.equal((await attempt("parameters=3")).code, "METHOD_OPTION_INVALID");
});
