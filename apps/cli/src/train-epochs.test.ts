import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { encodePng } from "@sightline/dataset/image-file";
import { readOnnx } from "@sightline/nn/onnx-file";
import {
  type Finished,
  oneJsonLine,
  sightline,
  startSightline,
  temporaryFolder,
  writeFiles,
} from "./cli-under-test.js";

let folder: string;
let dataset: string;
/** A network as small as they come: what matters here is what happens around it. */
const small = ["--method", "tiny", "--option", "parameters=5000", "--option", "multiplyAccumulates=300000"];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sightline-epochs-"));
  dataset = join(folder, "colours");
  for (let i = 0; i < 10; i++)
    await writeFiles(dataset, { [`red/${i}.png`]: await coloured(0, i), [`blue/${i}.png`]: await coloured(2, i) });
});
after(() => rm(folder, { recursive: true, force: true }));

function coloured(channel: number, index: number): Promise<Uint8Array> {
  const value = (at: number) => (at % 3 === channel ? 180 : 40) + ((at * 7919 + index * 31) % 40);
  return encodePng({ width: 48, height: 48, data: new Uint8Array(48 * 48 * 3).map((_, at) => value(at)) });
}

/** Every weight of a model file, whatever it says about when it was made. */
function weightsOf(file: string): string {
  const { initializers } = readOnnx(readFileSync(file));
  return JSON.stringify(
    [...initializers].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString("base64")]),
  );
}

const errorOf = (run: Finished) => oneJsonLine(run).error as { code: string; message: string };

/** Waits until the training has told of this epoch. */
async function untilEpoch(started: ReturnType<typeof startSightline>, epoch: number): Promise<void> {
  const isThere = () =>
    [...started.stderrSoFar().matchAll(/epoch (\d+) of/g)].some(([, seen]) => Number(seen) >= epoch);
  while (!isThere() && started.child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("Ctrl-C keeps a checkpoint, and the resumed training ends with the same weights as the one never stopped", async (t) => {
  const place = await temporaryFolder(t);
  const runs = join(place, "runs");
  const args = (out: string) => [
    ...["train", dataset, ...small, "--epochs", "10", "--threads", "1", "--runs", runs],
    ...["--out", join(place, out), "--json"],
  ];
  const whole = await sightline(args("whole.onnx"));
  assert.equal(whole.code, 0, whole.stderr);
  const { run: wholeRun, training } = oneJsonLine(whole) as { run: string; training: { epochs: number } };
  assert.equal(training.epochs, 10);

  const started = startSightline(args("resumed.onnx"));
  await untilEpoch(started, 3);
  started.child.kill("SIGINT");
  const stopped = await started.finished;
  assert.equal(stopped.code, 1, stopped.stderr);
  const { code, message } = errorOf(stopped);
  assert.equal(code, "CANCELLED");
  const [, id = ""] = /Go on with: sightline train --resume (\S+) --runs/.exec(message) ?? [];
  const listed = oneJsonLine(await sightline(["runs", "--runs", runs, "--json"])) as {
    runs: { id: string; status: string; isResumable: boolean; epochsDone: number }[];
  };
  assert.deepEqual(
    listed.runs.map((one) => [one.id, one.status, one.isResumable]).sort(),
    [
      [wholeRun, "succeeded", false],
      [id, "stopped", true],
    ].sort(),
  );
  const resumed = await sightline(["train", "--resume", id, "--runs", runs, "--json"]);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.equal(oneJsonLine(resumed).model, join(place, "resumed.onnx"));
  assert.equal(weightsOf(join(place, "resumed.onnx")), weightsOf(join(place, "whole.onnx")));
  assert.equal(readFileSync(join(runs, id, "history.jsonl"), "utf8").match(/"epoch":/g)?.length, 10);
  const compared = oneJsonLine(await sightline(["compare", wholeRun, id, "--runs", runs, "--json"]));
  assert.deepEqual([compared.better, compared.by], [null, 0]);
});

test("a stopped training becomes a model of its best state without learning further", async (t) => {
  const place = await temporaryFolder(t);
  const runs = join(place, "runs");
  const out = join(place, "model.onnx");
  // So many epochs that only a model made at once can end in time.
  const epochs = ["--epochs", "10000", "--checkpoint-every", "1s"];
  const started = startSightline(["train", dataset, ...small, ...epochs, "--runs", runs, "--out", out, "--json"]);
  await untilEpoch(started, 3);
  started.child.kill("SIGINT");
  const stopped = await started.finished;
  const [, id = ""] = /Go on with: sightline train --resume (\S+) --runs/.exec(errorOf(stopped).message) ?? [];
  const done = Number(/"epoch":(\d+)[^\n]*$/.exec(readFileSync(join(runs, id, "history.jsonl"), "utf8").trim())?.[1]);
  const finished = await sightline(["train", "--resume", id, "--finish", "--runs", runs, "--json"]);
  assert.equal(finished.code, 0, finished.stderr);
  const { model, training } = oneJsonLine(finished) as {
    model: string;
    training: { epochs: number; ended: string; best: number };
  };
  assert.deepEqual([model, training.epochs, training.ended], [out, done, "stopped"]);
  assert.ok(training.best > 0 && training.best <= 1, `${training.best}`);
  const alone = await sightline(["train", dataset, ...small, "--finish", "--out", out, "--json"]);
  assert.deepEqual([alone.code, errorOf(alone).code], [2, "USAGE"]);
});

test("a training process that is killed leaves a run that can go on, and says how", async (t) => {
  const runs = join(await temporaryFolder(t), "runs");
  const out = join(runs, "..", "model.onnx");
  const started = startSightline([
    "train",
    dataset,
    ...small,
    "--epochs",
    "10",
    "--runs",
    runs,
    "--out",
    out,
    "--json",
  ]);
  await untilEpoch(started, 3);
  const [id = ""] = readdirSync(runs);
  const { pid } = JSON.parse(readFileSync(join(runs, id, "run.json"), "utf8")) as { pid: number };
  assert.notEqual(pid, started.child.pid, "it runs in a process of its own");
  process.kill(pid, "SIGKILL");
  const killed = await started.finished;
  assert.deepEqual([killed.code, errorOf(killed).code], [1, "TRAINING_PROCESS_DIED"]);
  assert.match(errorOf(killed).message, new RegExp(`ended by SIGKILL.*--resume ${id}`));
  const resumed = await sightline(["train", "--resume", id, "--runs", runs, "--json"]);
  assert.equal(resumed.code, 0, resumed.stderr);
  const again = await sightline(["train", "--resume", id, "--runs", runs, "--force", "--json"]);
  assert.deepEqual([again.code, errorOf(again).code], [1, "RUN_NOT_RESUMABLE"]);
});

test("an option that a method doesn't have, or out of its limits, is told", async (t) => {
  const out = join(await temporaryFolder(t), "model.onnx");
  const attempt = async (option: string) =>
    errorOf(await sightline(["train", dataset, "--method", "tiny", "--option", option, "--out", out, "--json"]));
  assert.match((await attempt("layers=3")).message, /tiny has no option "layers". It has: parameters/);
  assert.equal((await attempt("parameters=3")).code, "METHOD_OPTION_INVALID");
});

test("a disk that is full at a checkpoint ends the training with what to do", async (t) => {
  const disk = join(await temporaryFolder(t), "disk");
  mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=40k", "tmpfs", disk], { stdio: "ignore" });
  } catch {
    return t.skip("a small disk can be mounted by root only");
  }
  const out = join(disk, "..", "model.onnx");
  const run = await sightline([
    "train",
    dataset,
    ...small,
    "--epochs",
    "3",
    "--runs",
    disk,
    "--out",
    out,
    "--json",
  ]).finally(() => execFileSync("umount", ["-l", disk]));
  assert.equal(run.code, 1);
  const { code, message } = errorOf(run);
  assert.equal(code, "CHECKPOINT_WRITE_FAILED");
  assert.match(message, /checkpoint\.bin" \([\d.]+ MB\) can't be written: the disk is full/);
  assert.doesNotMatch(run.stderr, /fault in Sightline/);
});
