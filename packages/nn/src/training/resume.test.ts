import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type CheckpointStore, checkpointFile } from "./checkpoint.js";
import { barsTraining } from "./drawn-bars.js";
import { digestOfTraining, resumedTraining } from "./resume-child.js";
import { type TrainingOptions, trainNetwork } from "./training.js";

const folder = mkdtempSync(join(tmpdir(), "resume-"));
after(() => rmSync(folder, { recursive: true }));

test("a training killed in the middle of epochs ends, resumed, with the very bytes of an uninterrupted one", async () => {
  const expected = await digestOfTraining(resumedTraining());
  const checkpoint = join(folder, "killed.bin");
  // Eight steps an epoch: in the first one, in the third, then to the end.
  assert.ok((await runUntil(checkpoint, 3)).lastStep >= 3);
  const second = await runUntil(checkpoint, 19);
  assert.ok(second.firstStep > 1 && second.lastStep >= 19, JSON.stringify(second));
  const last = await runUntil(checkpoint, Number.POSITIVE_INFINITY);
  assert.ok(last.firstStep > 16, JSON.stringify(last));
  assert.equal(last.digest, expected);
});

test("a training stopped by its signal goes on exactly where it was", async () => {
  const expected = await digestOfTraining(resumedTraining());
  const checkpoint = checkpointFile(join(folder, "stopped.bin"));
  const controller = new AbortController();
  const first = await trainNetwork({
    ...resumedTraining(),
    checkpoint,
    signal: controller.signal,
    onProgress: ({ step }) => step === 21 && controller.abort(),
  });
  assert.equal(first.stopped, "cancelled");
  assert.equal(await digestOfTraining({ ...resumedTraining(), checkpoint }), expected);
  // It is finished now: once more gives the same without a step.
  const onProgress = () => assert.fail("a finished training makes no step");
  assert.equal(await digestOfTraining({ ...resumedTraining(), checkpoint, onProgress }), expected);
});

test("a checkpoint of another training is refused, with what differs", async () => {
  const checkpoint = kept();
  await trainNetwork({ ...barsTraining(), epochs: 1, checkpoint });
  const refusals: readonly [Partial<TrainingOptions>, RegExp][] = [
    [{ seed: 2 }, /its seed is 1, this one's is 2/],
    [{ epochs: 2 }, /its epochs is 1/],
    [{ optimizer: { kind: "sgd" } }, /its optimizer is \{"kind":"adamw"\}/],
    [{ groups: { stem: { isFrozen: true } } }, /its groups is/],
  ];
  for (const [change, message] of refusals) {
    const other = { ...barsTraining(), epochs: 1, checkpoint, ...change };
    await assert.rejects(trainNetwork(other), { code: "CHECKPOINT_INVALID", message });
  }
});

function kept(): CheckpointStore {
  let bytes: Uint8Array | null = null;
  return {
    load: async () => bytes,
    save: async (parts) => {
      bytes = Buffer.concat(parts);
    },
  };
}

/** Runs the child until it has told of this step, then kills it. */
function runUntil(checkpoint: string, step: number) {
  const script = fileURLToPath(new URL("./resume-child.js", import.meta.url));
  const child = spawn(process.execPath, [script, checkpoint], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (steps(text).some((made) => made >= step)) child.kill("SIGKILL");
  });
  return new Promise<{ firstStep: number; lastStep: number; digest: string | undefined }>((done) => {
    child.on("close", () => {
      const made = steps(text);
      done({ firstStep: made[0] ?? 0, lastStep: made.at(-1) ?? 0, digest: /digest (\w+)/.exec(text)?.[1] });
    });
  });
}

function steps(text: string): number[] {
  return Array.from(text.matchAll(/^step (\d+)$/gm), (match) => Number(match[1]));
}
