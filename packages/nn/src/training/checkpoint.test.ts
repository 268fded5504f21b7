import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type CheckpointStore, checkpointFile, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.js";
import { barsTraining } from "./drawn-bars.js";
import { trainNetwork } from "./training.js";

const folder = mkdtempSync(join(tmpdir(), "checkpoint-"));
after(() => rmSync(folder, { recursive: true }));

const content = {
  header: { step: 7, loss: 0.1 + 0.2 },
  vectors: new Map([
    ["parameters", Float32Array.of(1.5, -0, 3e-40)],
    ["nothing", new Float32Array()],
    ["moments", Float32Array.of(2)],
  ]),
};

test("a checkpoint comes back as it was, every bit", async () => {
  const store = checkpointFile(join(folder, "runs", "a.bin"));
  assert.equal(await store.load(), null);
  await store.save(encodeCheckpoint(content));
  const bytes = await store.load();
  assert.ok(bytes);
  assert.deepEqual(decodeCheckpoint(bytes), content);
  assert.ok(!existsSync(join(folder, "runs", "a.bin.unfinished")));
});

test("a checkpoint that is cut, changed or something else is refused", () => {
  const whole = Buffer.concat(encodeCheckpoint(content));
  const changed = Buffer.from(whole);
  changed[whole.length - 40] = (changed[whole.length - 40] ?? 0) ^ 1;
  for (const bytes of [whole.subarray(0, -1), whole.subarray(0, 20), changed, Buffer.from("hello"), Buffer.alloc(0)]) {
    assert.throws(() => decodeCheckpoint(bytes), { code: "CHECKPOINT_INVALID" });
  }
});

test("a full disk is told as such, and the checkpoint before stays whole", async (t) => {
  if (!existsSync("/dev/full")) return t.skip("this system has no /dev/full");
  const file = join(folder, "b.bin");
  const store = checkpointFile(file);
  await store.save(encodeCheckpoint(content));
  const before = readFileSync(file);
  symlinkSync("/dev/full", `${file}.unfinished`);
  await assert.rejects(store.save(encodeCheckpoint({ ...content, header: { step: 8 } })), {
    code: "CHECKPOINT_WRITE_FAILED",
    message: /the disk is full/,
  });
  assert.deepEqual(readFileSync(file), before);
});

test("a folder that can't be made is told before the training starts", async () => {
  const blocked = join(folder, "file");
  writeFileSync(blocked, "");
  const steps: number[] = [];
  const training = trainNetwork({
    ...barsTraining(),
    checkpoint: checkpointFile(join(blocked, "c.bin")),
    onProgress: ({ step }) => steps.push(step),
  });
  await assert.rejects(training, { code: "CHECKPOINT_WRITE_FAILED" });
  assert.deepEqual(steps, []);
});

test("a disk full from the second checkpoint on is a warning; the training goes on, and saves again once there is room", async (t) => {
  if (!existsSync("/dev/full")) return t.skip("this system has no /dev/full");
  const file = join(folder, "d.bin");
  const store = checkpointFile(file);
  const kept: Buffer[] = [];
  let saves = 0;
  const filling: CheckpointStore = {
    load: store.load,
    save: async (parts) => {
      saves++;
      const isFull = saves === 2 || saves === 3;
      if (isFull) symlinkSync("/dev/full", `${file}.unfinished`);
      try {
        await store.save(parts);
      } finally {
        if (saves < 4) kept.push(readFileSync(file));
      }
    },
  };
  const warnings: string[] = [];
  const options = { ...barsTraining(), epochs: 1, checkpoint: filling, checkpointEveryMs: 0 };
  const { stopped } = await trainNetwork({ ...options, onWarning: ({ message }) => warnings.push(message) });
  assert.equal(stopped, "finished");
  assert.equal(warnings.length, 2);
  for (const warning of warnings) assert.match(warning, /the disk is full \(ENOSPC\)/);
  // The first stayed whole while the disk was full, and is replaced in the end.
  assert.ok(kept.every((bytes) => bytes.equals(kept[0] as Buffer)));
  assert.ok(saves > 3);
  assert.ok(!readFileSync(file).equals(kept[0] as Buffer));
  decodeCheckpoint(readFileSync(file));
});

test("a disk full at the first checkpoint stops the training before it has cost anything", async (t) => {
  if (!existsSync("/dev/full")) return t.skip("this system has no /dev/full");
  const file = join(folder, "e.bin");
  symlinkSync("/dev/full", `${file}.unfinished`);
  const steps: number[] = [];
  const training = trainNetwork({
    ...barsTraining(),
    checkpoint: checkpointFile(file),
    onProgress: ({ step }) => steps.push(step),
  });
  await assert.rejects(training, { code: "CHECKPOINT_WRITE_FAILED", message: /the disk is full \(ENOSPC\)/ });
  assert.deepEqual(steps, []);
});
