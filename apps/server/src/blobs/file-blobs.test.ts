/** Blobs as files: the contract, the order of operations that makes them durable, and a disk that is full. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../test-fixtures.js";
import { blobStoreContract } from "./blob-store-contract.js";
import { openFileBlobs } from "./file-blobs.js";
import { nodeFiles } from "./file-layer.js";
import { fullDisk, recordingFiles } from "./played-files.js";

blobStoreContract("files", async (t) => openFileBlobs(await temporaryFolder(t), nodeFiles));

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

test("bytes are written aside, synced, renamed and their folder synced before put resolves", async (t) => {
  const folder = await temporaryFolder(t);
  const { files, steps } = recordingFiles(nodeFiles, folder);
  const blobs = await openFileBlobs(folder, files);
  steps.length = 0;
  const { sha256 } = await blobs.put(Buffer.from("a picture"));
  steps.push("put resolved");
  const shard = sha256.slice(0, 2);
  assert.deepEqual(
    steps.filter((step) => !step.startsWith("size")),
    [
      "create tmp/…",
      "write tmp/…",
      "sync tmp/…",
      "close tmp/…",
      `rename tmp/… → ${shard}/${sha256}`,
      `sync folder ${shard}`,
      "put resolved",
    ],
  );
});

test("a file from before a crash gets its folder synced before anyone relies on it", async (t) => {
  const folder = await temporaryFolder(t);
  const before = await openFileBlobs(folder, nodeFiles);
  const { sha256 } = await before.put(Buffer.from("a picture"));
  const { files, steps } = recordingFiles(nodeFiles, folder);
  const after = await openFileBlobs(folder, files);
  steps.length = 0;
  await after.put(Buffer.from("a picture"));
  assert.ok(steps.includes(`sync folder ${sha256.slice(0, 2)}`), steps.join(", "));
  assert.ok(!steps.some((step) => step.startsWith("create")), "it is not written twice");
});

for (const [operation, fails] of [
  ["created", "createFile"],
  ["written", "write"],
  ["synced", "sync"],
  ["renamed", "rename"],
] as const) {
  test(`a disk that is full when the file is ${operation} gives DISK_FULL and leaves nothing`, async (t) => {
    const folder = await temporaryFolder(t);
    const disk = fullDisk(nodeFiles);
    const blobs = await openFileBlobs(folder, disk.files);
    disk.fail(fails);
    await assert.rejects(blobs.put(Buffer.from("too much")), { code: "DISK_FULL", status: 507 });
    disk.fail(null);
    assert.deepEqual(filesIn(folder), []);
    const blob = await blobs.put(Buffer.from("too much"));
    assert.equal((await blobs.read(blob.sha256)).toString(), "too much");
  });
}

test("what an interrupted write left aside is removed at the next start", async (t) => {
  const folder = await temporaryFolder(t);
  mkdirSync(join(folder, "tmp"), { recursive: true });
  writeFileSync(join(folder, "tmp", "half-written"), "half");
  await openFileBlobs(folder, nodeFiles);
  assert.deepEqual(filesIn(folder), []);
});

test("bytes that have changed on the disk are not given out", async (t) => {
  const folder = await temporaryFolder(t);
  const blobs = await openFileBlobs(folder, nodeFiles);
  const { sha256 } = await blobs.put(Buffer.from("original"));
  writeFileSync(join(folder, sha256.slice(0, 2), sha256), "tampered");
  await assert.rejects(blobs.read(sha256), { code: "PICTURE_DAMAGED" });
});
