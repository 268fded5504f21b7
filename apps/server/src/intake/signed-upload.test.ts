/** The signed upload: one address is one inspection, bad input changes nothing, and 200 means it is on disk. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodeFiles } from "../blobs/file-layer.js";
import { fullDisk, recordingFiles } from "../blobs/played-files.js";
import type { Services } from "../services.js";
import {
  addLine,
  addressOf,
  inspected,
  jpeg,
  newAddress,
  openCore,
  openTestCore,
  send,
  temporaryFolder,
} from "../test-fixtures.js";

const accept = async (core: Services, bytes: Uint8Array, type = "image/jpeg") =>
  core.uploads.acceptUpload(await newAddress(core), type, bytes);

async function keptState(core: Services): Promise<string> {
  const { items } = await core.store.read.inspections.list({ limit: 200 });
  const blobs = readdirSync(join(core.config.dataFolder, "blobs"), { recursive: true, withFileTypes: true });
  return JSON.stringify([items, blobs.filter((entry) => entry.isFile()).map((entry) => entry.name)]);
}

test("the same bytes again give the same inspection, other bytes are refused, a new address is a new inspection", async (t) => {
  const core = await openTestCore(t);
  await addLine(core);
  const address = await newAddress(core);
  const bytes = await jpeg(100);
  const first = await core.uploads.acceptUpload(address, "image/jpeg", bytes);
  const again = await core.uploads.acceptUpload(address, "image/jpeg", bytes);
  assert.deepEqual(again, first);
  const other = core.uploads.acceptUpload(address, "image/jpeg", await jpeg(101));
  await assert.rejects(other, { code: "UPLOAD_USED", status: 409 });
  const second = await accept(core, bytes);
  assert.notEqual(second.inspectionId, first.inspectionId);
  const pictures = await Promise.all(
    [first, second].map(({ inspectionId }) => core.store.read.inspections.pictures(inspectionId)),
  );
  assert.equal(pictures[0]?.image.sha256, pictures[1]?.image.sha256);
  assert.equal((await core.store.read.inspections.list({ limit: 10 })).items.length, 2);
});

test("eight senders of one address make one inspection", async (t) => {
  const core = await openTestCore(t);
  await addLine(core);
  const address = await newAddress(core);
  const bytes = await jpeg(100);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => core.uploads.acceptUpload(address, "image/jpeg", bytes)),
  );
  assert.equal(new Set(answers.map((answer) => answer.inspectionId)).size, 1);
  assert.equal((await core.store.read.inspections.list({ limit: 10 })).items.length, 1);
});

test("what was recorded is what the camera said, with capture time kept apart from receive time", async (t) => {
  const core = await openTestCore(t);
  await addLine(core);
  const capturedAt = "2026-01-02T03:04:05.678Z";
  const request = { cameraId: "cam-1", assemblyLineId: "other-line", imageId: "serial:42", capturedAt };
  const ticket = await core.uploads.createUpload(request);
  assert.equal(ticket.photoFilename, "serial:42.jpg");
  const { inspectionId } = await core.uploads.acceptUpload(addressOf(ticket.pathAndQuery), "image/jpeg", await jpeg(9));
  const inspection = await core.store.read.inspections.get(inspectionId);
  assert.deepEqual(
    [inspection?.cameraId, inspection?.assemblyLineId, inspection?.imageId, inspection?.capturedAt, inspection?.status],
    ["cam-1", "other-line", "serial:42", capturedAt, "waiting"],
  );
  assert.notEqual(inspection?.receivedAt, capturedAt);
});

test("an altered or expired address is refused, whatever was altered", async (t) => {
  let nowMs = Date.now();
  const core = await openTestCore(t, { now: () => nowMs, config: { intake: { urlSeconds: 60 } } });
  await addLine(core);
  const address = await newAddress(core);
  const bytes = await jpeg(1);
  const put = (changes: Partial<typeof address>) =>
    core.uploads.acceptUpload({ ...address, ...changes }, "image/jpeg", bytes);
  for (const changes of [
    { camera: "cam-2" },
    { line: "line-2" },
    { image: "part-2" },
    { captured: "2026-01-02T03:04:05.678Z" },
    { expires: address.expires + 1 },
    { uploadId: core.newId() },
    { key: core.newId() },
    { signature: "0".repeat(64) },
    { signature: "" },
  ]) {
    await assert.rejects(put(changes), { code: "SIGNATURE_INVALID", status: 401 }, JSON.stringify(changes));
  }
  nowMs += 61_000;
  await assert.rejects(put({}), { code: "SIGNATURE_EXPIRED", status: 401 });
});

test("addresses stay valid when the key is changed and when the server starts again", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await openCore(folder);
  await addLine(first);
  const before = await newAddress(first);
  await first.signer.rotate();
  const after = await newAddress(first);
  assert.notEqual(before.key, after.key);
  await first.close();
  const second = await openCore(folder);
  t.after(() => second.close());
  for (const address of [before, after]) await second.uploads.acceptUpload(address, "image/jpeg", await jpeg(1));
});

const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
const pngHeader = (width: number, height: number) => {
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  return Buffer.concat([png, size, Buffer.from("0802000000", "hex"), randomBytes(200)]);
};
const badInput: [string, () => Promise<Buffer>, string, string, number][] = [
  ["no bytes", async () => Buffer.alloc(0), "image/jpeg", "IMAGE_EMPTY", 422],
  ["text", async () => Buffer.from("not a picture"), "image/jpeg", "NOT_AN_IMAGE", 422],
  ["an SVG", async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), "image/png", "NOT_AN_IMAGE", 422],
  ["half a JPEG", async () => (await jpeg(7, 64, 64)).subarray(0, 150), "image/jpeg", "IMAGE_TRUNCATED", 422],
  ["a header of 30,000 x 30,000", async () => pngHeader(30_000, 30_000), "image/png", "IMAGE_TOO_LARGE", 422],
  ["a PNG of noise", async () => pngHeader(8, 8), "image/png", "IMAGE_TRUNCATED", 422],
  ["a JPEG called PNG", () => jpeg(7), "image/png", "CONTENT_TYPE_MISMATCH", 415],
  ["a JPEG called SVG", () => jpeg(7), "image/svg+xml", "CONTENT_TYPE_MISMATCH", 415],
  [
    "20 MB",
    async () => Buffer.concat([await jpeg(7), Buffer.alloc(20_000_000)]),
    "image/jpeg",
    "UPLOAD_TOO_LARGE",
    413,
  ],
];
for (const [what, bytes, type, code, status] of badInput) {
  test(`${what} is refused with ${code}, changes nothing, and leaves the address usable`, async (t) => {
    const core = await openTestCore(t);
    await addLine(core);
    const address = await newAddress(core);
    const before = await keptState(core);
    await assert.rejects(core.uploads.acceptUpload(address, type, await bytes()), { code, status });
    assert.equal(await keptState(core), before);
    await core.uploads.acceptUpload(address, "image/jpeg", await jpeg(1));
  });
}

test("a camera that is not there gets no address, and one removed since gets no inspection", async (t) => {
  const core = await openTestCore(t);
  await addLine(core);
  const unknown = core.uploads.createUpload({ cameraId: "cam-9", assemblyLineId: "l", imageId: "i" });
  await assert.rejects(unknown, { code: "CAMERA_NOT_FOUND", status: 404 });
  const address = await newAddress(core);
  const before = await keptState(core);
  await core.store.write((tx) => tx.cameras.remove("cam-1"));
  await assert.rejects(core.uploads.acceptUpload(address, "image/jpeg", await jpeg(1)), { code: "CAMERA_NOT_FOUND" });
  assert.equal(await keptState(core), before);
});

test("200 comes after the picture is synced and its record committed", async (t) => {
  const folder = await temporaryFolder(t);
  const { files, steps } = recordingFiles(nodeFiles, join(folder, "blobs"));
  const core = await openCore(folder, { files });
  t.after(() => core.close());
  await addLine(core);
  const address = await newAddress(core);
  steps.length = 0;
  const commits = core.store.commits;
  const { inspectionId } = await core.uploads.acceptUpload(address, "image/jpeg", await jpeg(1));
  assert.deepEqual(
    steps.map((step) =>
      step
        .split(" ")
        .slice(0, step.startsWith("sync folder") ? 2 : 1)
        .join(" "),
    ),
    ["create", "write", "sync", "close", "rename", "sync folder"],
  );
  assert.equal(core.store.commits, commits + 1, "the record is one more transaction");
  assert.ok(await core.store.read.inspections.get(inspectionId), "and can be read when 200 is given");
});

test("no record is made before its picture is on disk", async (t) => {
  const folder = await temporaryFolder(t);
  let release = () => {};
  const isSynced = new Promise<void>((resolve) => {
    release = resolve;
  });
  let hasReached = () => {};
  const reached = new Promise<void>((resolve) => {
    hasReached = resolve;
  });
  const core = await openCore(folder, {
    files: {
      ...nodeFiles,
      async syncFolder(path) {
        // The shard's folder, after the rename: the last step before the record.
        if (/\/[0-9a-f]{2}$/.test(path)) {
          hasReached();
          await isSynced;
        }
        await nodeFiles.syncFolder(path);
      },
    },
  });
  t.after(() => core.close());
  const projectId = await core.store.write(async (tx) => {
    const id = await tx.projects.insert({ name: "p" });
    await tx.cameras.insert({ id: "cam-1", projectId: id, name: "c", assemblyLineId: "line-1" });
    return id;
  });
  const upload = core.uploads.acceptUpload(await newAddress(core), "image/jpeg", await jpeg(1));
  await reached;
  assert.equal((await core.store.read.projects.get(projectId))?.inspections, 0);
  release();
  await upload;
  assert.equal((await core.store.read.projects.get(projectId))?.inspections, 1);
});

test("a full disk is answered 507 and leaves nothing; with room again the same address works", async (t) => {
  const folder = await temporaryFolder(t);
  const disk = fullDisk(nodeFiles);
  const core = await openCore(folder, { files: disk.files });
  t.after(() => core.close());
  await addLine(core);
  const address = await newAddress(core);
  const bytes = await jpeg(1);
  const before = await keptState(core);
  disk.fail("write");
  await assert.rejects(core.uploads.acceptUpload(address, "image/jpeg", bytes), { code: "DISK_FULL", status: 507 });
  disk.fail(null);
  assert.equal(await keptState(core), before);
  await core.uploads.acceptUpload(address, "image/jpeg", bytes);
});

test("below the free-space floor uploads are answered 507", async (t) => {
  const core = await openTestCore(t, { config: { minFreeDiskBytes: 1e15 } });
  await addLine(core);
  await assert.rejects(accept(core, await jpeg(1)), { code: "DISK_FULL", status: 507 });
});

test("a full queue is answered 503 with a time to wait, but a repeated upload still gets its answer", async (t) => {
  let nowMs = Date.now();
  const core = await openTestCore(t, { now: () => nowMs, config: { intake: { maxQueued: 3 } } });
  await addLine(core);
  const address = await newAddress(core);
  const bytes = await jpeg(1);
  const first = await core.uploads.acceptUpload(address, "image/jpeg", bytes);
  await accept(core, bytes);
  await accept(core, bytes);
  nowMs += 10_000;
  await assert.rejects(accept(core, bytes), { code: "QUEUE_FULL", status: 503, retryAfterSeconds: 5 });
  assert.deepEqual(await core.uploads.acceptUpload(address, "image/jpeg", bytes), first);
});

test("an address stays used when its inspection is deleted", async (t) => {
  const core = await openTestCore(t);
  await addLine(core);
  const address = await newAddress(core);
  const bytes = await jpeg(1);
  const { inspectionId } = await core.uploads.acceptUpload(address, "image/jpeg", bytes);
  await core.removal.inspection(inspectionId);
  await assert.rejects(core.uploads.acceptUpload(address, "image/jpeg", bytes), {
    code: "UPLOAD_DELETED",
    status: 410,
  });
});

test("a picture uploaded while an equal one is deleted keeps its bytes", async (t) => {
  const core = await openTestCore(t);
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "me");
  const bytes = await jpeg(5);
  for (let round = 0; round < 15; round++) {
    const old = await send(core, bytes);
    const [, fresh] = await Promise.all([core.removal.inspection(old), send(core, bytes)]);
    assert.equal((await inspected(core, fresh)).status, "inspected");
    const pictures = await core.store.read.inspections.pictures(fresh);
    assert.deepEqual(await core.blobs.read(pictures?.image.sha256 ?? ""), bytes);
    await core.removal.inspection(fresh);
  }
});
