import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { readOnnx } from "@sightline/nn/onnx-file";
import {
  coloured,
  errorOf,
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

/** Every weight of a model file, whatever it says about when it was made. */
function weightsOf(file: string): string {
  const { initializers } = readOnnx(readFileSync(file));
  return JSON.stringify(
    [...initializers].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString("base64")]),
  );
}

/** Waits until so many epochs stand in the curves of the one run that is under way among these. */
async function untilEpoch(started: ReturnType<typeof startSightline>, runs: string, epoch: number): Promise<void> {
  const isThere = () =>
    existsSync(runs) &&
    readdirSync(runs).some((id) => {
      const [run, history] = [join(runs, id, "run.json"), join(runs, id, "history.jsonl")];
      if (!existsSync(history) || !readFileSync(history, "utf8").includes(`"epoch":${epoch},`)) return false;
      return readFileSync(run, "utf8").includes('"status": "running"');
    });
  while (started.child.exitCode === null && !isThere()) await new Promise((resolve) => setTimeout(resolve, 10));
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
  await untilEpoch(started, runs, 2);
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
  await untilEpoch(started, runs, 2);
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
  await untilEpoch(started, runs, 2);
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

/** Where in the training the checkpoint was made: how many epochs are done, and how many steps of the next one. */
function positionIn(file: string): { epoch: number; batch: number } {
  const bytes = readFileSync(file);
  const headerEnd = 12 + bytes.readUInt32LE(8);
  return (JSON.parse(bytes.toString("utf8", 12, headerEnd)) as { header: { epoch: number; batch: number } }).header;
}

test("kill -9 of all its processes in the middle of an epoch, twice: the resumed training has the same parameters", async (t) => {
  const place = await temporaryFolder(t);
  // Eight steps an epoch; checkpoints so often that some fall between them.
  const [epochs, steps] = [20, 8];
  const args = (name: string) => [
    ...["train", dataset, ...small, "--epochs", `${epochs}`, "--batch", "2", "--checkpoint-every", "0.1s"],
    ...["--threads", "1", "--runs", join(place, name), "--out", join(place, `${name}.onnx`), "--json"],
  ];
  const whole = await sightline(args("whole"));
  assert.equal(whole.code, 0, whole.stderr);

  const runs = join(place, "killed");
  const checkpoint = () => join(runs, readdirSync(runs)[0] ?? "", "checkpoint.bin");
  const isAmidEpochBeyond = (epoch: number) => {
    if (!existsSync(runs) || !existsSync(checkpoint())) return false;
    const at = positionIn(checkpoint());
    return at.epoch >= epoch && at.epoch < epochs && at.batch > 0 && at.batch < steps;
  };
  const resume = () => ["train", "--resume", readdirSync(runs)[0] ?? "", "--runs", runs, "--json"];
  for (const epoch of [1, 4]) {
    const started = startSightline(epoch === 1 ? args("killed") : resume(), {}, true);
    const group = -(started.child.pid ?? 0);
    while (started.child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (!isAmidEpochBeyond(epoch)) continue;
      // Held still before it is killed: the next checkpoint may come between looking and killing.
      process.kill(group, "SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (isAmidEpochBeyond(epoch)) break;
      process.kill(group, "SIGCONT");
    }
    assert.equal(started.child.exitCode, null, "it never stood in the middle of an epoch");
    process.kill(group, "SIGKILL");
    await started.finished;
    assert.ok(isAmidEpochBeyond(epoch), JSON.stringify(positionIn(checkpoint())));
    assert.ok(!existsSync(join(place, "killed.onnx")), "no half-written model");
  }
  const { runs: listed } = oneJsonLine(await sightline(["runs", "--runs", runs, "--json"])) as {
    runs: { status: string; isResumable: boolean }[];
  };
  assert.deepEqual(
    listed.map(({ status, isResumable }) => [status, isResumable]),
    [["interrupted", true]],
  );
  const resumed = await sightline(resume());
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.equal(weightsOf(join(place, "killed.onnx")), weightsOf(join(place, "whole.onnx")));
  assert.deepEqual(
    readdirSync(place).sort(),
    ["killed", "killed.onnx", "whole", "whole.onnx"],
    "nothing half-written is left",
  );
});

test("a run goes on as it was begun: what would change it is refused", async (t) => {
  const runs = join(await temporaryFolder(t), "runs");
  for (const flags of [
    ["--method", "tiny"],
    ["--epochs", "3"],
    ["--batch", "4"],
    ["--option", "size=48"],
  ]) {
    const run = await sightline(["train", "--resume", "some-run", "--runs", runs, ...flags, "--json"]);
    assert.deepEqual([run.code, errorOf(run).code], [2, "USAGE"]);
    assert.ok(errorOf(run).message.startsWith(`${flags[0]} can't change in a run that goes on`));
  }
});

test("a teacher that is no model is refused by its name before any picture is read", async (t) => {
  const place = await temporaryFolder(t);
  const notes = join(place, "notes.onnx");
  await writeFiles(place, { "notes.onnx": Buffer.from("no network") });
  const result = await sightline([
    ...["train", join(place, "nowhere"), "--method", "distilled", "--teacher", notes],
    ...["--out", join(place, "model.onnx"), "--json"],
  ]);
  assert.equal(result.code, 1);
  assert.deepEqual(errorOf(result).code, "MODEL_NOT_ONNX");
  assert.ok(errorOf(result).message.includes(notes), errorOf(result).message);
});
