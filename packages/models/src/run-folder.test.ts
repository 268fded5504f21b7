import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkpointIn, createRun, listRuns, type RunOrder, readRun, resumeRun } from "./run-folder.js";

const order: RunOrder = {
  method: "tiny",
  dataset: { folder: "/data/parts", format: null },
  seed: 3,
  threads: 1,
  epochs: 5,
  batchSize: null,
  budgetMs: null,
  maxMemoryBytes: null,
  checkpointEveryMs: null,
  methodOptions: { parameters: 90_000 },
  backboneFile: null,
  tiling: "auto",
  teachers: [],
  unlabelled: null,
  out: null,
};
const point = (epoch: number, loss: number) => ({
  epoch,
  loss,
  metric: null,
  learningRate: 0.01,
  picturesPerSecond: 100,
  waitedShare: 0,
  elapsedSeconds: epoch,
});

async function runsFolder(t: { after(work: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-runs-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("a finished run tells its options, its curves and its figures, and keeps no checkpoint", async (t) => {
  const root = await runsFolder(t);
  const run = await createRun(root, order);
  assert.equal((await readRun(root, run.id)).status, "running");
  await run.checkpoint.save(Uint8Array.of(1, 2, 3));
  await run.addPoint(point(1, 0.9));
  await run.addPoint(point(2, 0.5));
  await run.saveModel(Uint8Array.of(7));
  await run.end({ status: "succeeded", metricName: "accuracy", parameters: 12 });
  const read = await readRun(root, run.id);
  assert.deepEqual(
    [read.status, read.isResumable, read.metricName, read.parameters, read.epochs, read.methodOptions],
    ["succeeded", false, "accuracy", 12, 5, { parameters: 90_000 }],
  );
  assert.deepEqual(
    read.history.map(({ epoch, loss }) => [epoch, loss]),
    [
      [1, 0.9],
      [2, 0.5],
    ],
  );
  assert.deepEqual((await readdir(run.folder)).sort(), ["history.jsonl", "model.onnx", "run.json"]);
  await assert.rejects(resumeRun(root, run.id), { code: "RUN_NOT_RESUMABLE", message: /it is finished/ });
});

test("a run whose process was killed is interrupted, and goes on from its last whole checkpoint", async (t) => {
  const root = await runsFolder(t);
  const script = `
    import { createRun } from ${JSON.stringify(new URL("./run-folder.js", import.meta.url).href)};
    const run = await createRun(${JSON.stringify(root)}, ${JSON.stringify(order)});
    await run.checkpoint.save(Uint8Array.of(4, 5));
    await run.addPoint(${JSON.stringify(point(1, 0.9))});
    console.log(run.id);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["ignore", "pipe", 2] });
  const id = await new Promise<string>((resolve) => child.stdout?.once("data", (data) => resolve(String(data).trim())));
  assert.equal((await readRun(root, id)).status, "running");
  await assert.rejects(resumeRun(root, id), { code: "RUN_NOT_RESUMABLE", message: /still running/ });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
  // As if the kill had cut off a line.
  await appendFile(join(root, id, "history.jsonl"), '{"epoch":2,"lo');
  const killed = await readRun(root, id);
  assert.deepEqual([killed.status, killed.isResumable, killed.history.length], ["interrupted", true, 1]);
  const { run, order: again } = await resumeRun(root, id);
  assert.deepEqual(again.methodOptions, order.methodOptions);
  assert.deepEqual(await run.checkpoint.load(), Uint8Array.of(4, 5));
  assert.equal((await readRun(root, id)).status, "running");
  await run.end({ status: "stopped" });
  assert.deepEqual(
    (await listRuns(root)).map((one) => [one.id, one.status]),
    [[id, "stopped"]],
  );
});

test("an epoch that a resumed run repeats counts as it came last, also after a line that a kill cut off", async (t) => {
  const root = await runsFolder(t);
  const first = await createRun(root, order);
  await first.checkpoint.save(Uint8Array.of(1));
  await first.addPoint(point(1, 0.9));
  await appendFile(join(first.folder, "history.jsonl"), '{"epoch":2,"lo');
  await first.end({ status: "stopped" });
  const { run } = await resumeRun(root, first.id);
  await run.addPoint(point(2, 0.4));
  await run.addPoint(point(2, 0.3));
  assert.deepEqual(
    (await readRun(root, run.id)).history.map(({ epoch, loss }) => [epoch, loss]),
    [
      [1, 0.9],
      [2, 0.3],
    ],
  );
});

test("a full disk is told, and leaves the checkpoint before it whole", async (t) => {
  const file = join(await runsFolder(t), "checkpoint.bin");
  await checkpointIn(file).save(Uint8Array.of(1, 2));
  const full = checkpointIn(file, async () => {
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  });
  await assert.rejects(full.save(new Uint8Array(3e6)), {
    code: "CHECKPOINT_WRITE_FAILED",
    message: /checkpoint\.bin" \(3\.0 MB\) can't be written: the disk is full/,
  });
  assert.deepEqual(new Uint8Array(await readFile(file)), Uint8Array.of(1, 2));
});

test("folders that hold no run are not listed, and asked for by name they are told", async (t) => {
  const root = await runsFolder(t);
  await writeFile(join(root, "notes.txt"), "");
  assert.deepEqual(await listRuns(root), []);
  assert.deepEqual(await listRuns(join(root, "missing")), []);
  await assert.rejects(readRun(root, "nothing"), { code: "RUN_NOT_FOUND", message: /"nothing"/ });
});
