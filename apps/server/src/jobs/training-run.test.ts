import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { TrainingOrder } from "./training-messages.js";
import { runTraining } from "./training-run.js";

const pictures = { task: "anomaly", labels: ["good"], normalLabel: "good", samples: [], skipped: [] } as const;
const order: TrainingOrder = {
  method: "auto",
  seed: 1,
  threads: 1,
  budgetSeconds: null,
  backboneFile: null,
  tile: "auto",
  datasetName: "parts",
  training: pictures,
  test: null,
  outputFile: "/nowhere",
  checkpointFile: "/nowhere/checkpoint",
  finish: false,
};

async function run(t: TestContext, source: string, signal = new AbortController().signal) {
  const folder = await mkdtemp(join(tmpdir(), "sightline-run-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, "program.mjs");
  await writeFile(program, source);
  const steps: [number, string][] = [];
  const listener = {
    onProgress: ({ progress, step }: { progress: number; step: string }) => void steps.push([progress, step]),
    onEpoch: () => {},
  };
  return { steps, done: runTraining(order, { signal, ...listener, maxHeapMegabytes: 40, program }).done };
}

test("a training that needs more memory than it may have ends alone and says so", async (t) => {
  const { done } = await run(
    t,
    `process.once("message", () => { const hoard = []; for (;;) hoard.push(new Array(10_000).fill(hoard.length + 0.5)); });`,
  );
  await assert.rejects(done, /ran out of memory/);
});

test("a training that the system kills is told apart from one that fails by itself", async (t) => {
  const { done } = await run(t, `process.once("message", () => process.kill(process.pid, "SIGKILL"));`);
  await assert.rejects(done, /was killed, most likely because the machine ran out of memory/);
});

test("an exit says its code and its last words", async (t) => {
  const { done } = await run(
    t,
    `process.once("message", () => { console.error("no such library"); process.exit(7); });`,
  );
  await assert.rejects(done, /ended with code 7 \(no such library\)/);
});

test("progress comes in order, then the result", async (t) => {
  const { done, steps } = await run(
    t,
    `process.once("message", (order) => {
      process.send({ kind: "progress", progress: 0.1, step: order.datasetName });
      process.send({ kind: "progress", progress: 0.9, step: "nearly" });
      process.send({ kind: "done", skipped: [{ name: "a.jpg", reason: "torn" }] }, () => process.exit(0));
    });`,
  );
  assert.deepEqual(await done, { kind: "done", skipped: [{ name: "a.jpg", reason: "torn" }] });
  assert.deepEqual(steps, [
    [0.1, "parts"],
    [0.9, "nearly"],
  ]);
});

test("an abort kills the process, also before it has read its order", async (t) => {
  const stop = new AbortController();
  const { done } = await run(t, "setInterval(() => {}, 1000);", stop.signal);
  stop.abort(new Error("no longer wanted"));
  await assert.rejects(done, /no longer wanted/);
});
