/** Retention and deletion: limits are kept, the oldest go first, and what is deleted leaves no bytes behind. */
import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Services } from "./services.js";
import { addLine, inspected, jpeg, openTestCore, playedModel, send, verdict } from "./test-fixtures.js";

const filesIn = (core: Services): string[] =>
  readdirSync(join(core.config.dataFolder, "blobs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

/** Several different pictures, inspected one after the other. */
async function inspectSome(core: Services, count: number, firstGrey = 0): Promise<string[]> {
  const ids: string[] = [];
  for (let grey = firstGrey; grey < firstGrey + count; grey++) {
    const id = await send(core, await jpeg(grey, 64, 64));
    await inspected(core, id);
    ids.push(id);
  }
  return ids;
}

async function left(core: Services): Promise<string[]> {
  const { items } = await core.store.read.inspections.list({ limit: 200 });
  return items.map((inspection) => inspection.id).sort();
}

const heatMap = Buffer.from("heat map of its own");

test("inspections older than the limit go, with their pictures", async (t) => {
  let nowMs = Date.parse("2026-01-01T00:00:00Z");
  const core = await openTestCore(t, {
    now: () => nowMs,
    model: playedModel(() => verdict(0.9, heatMap)),
    config: { retention: { days: 10 } },
  });
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  await inspectSome(core, 3);
  nowMs += 6 * 86_400_000;
  const fresh = await inspectSome(core, 2, 10);
  nowMs += 5 * 86_400_000;
  assert.equal(await core.retention.apply(), 3);
  assert.deepEqual(await left(core), fresh.sort());
  // Two pictures, the shared heat map and the model.
  const pictures = await Promise.all(fresh.map((id) => core.store.read.inspections.pictures(id)));
  const named = pictures.flatMap((found) => [found?.image.sha256, found?.heatMapSha256]);
  const model = await core.store.read.models.get(modelId);
  assert.deepEqual(filesIn(core).sort(), [...new Set([...named, model?.sha256])].sort());
});

test("a project above its bytes loses its oldest inspections, others none", async (t) => {
  const core = await openTestCore(t, {
    config: { retention: { projectBytes: 1_000_000, sampleLineBytes: 1_000_000 } },
  });
  const { projectId, modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  // 600,000 bytes each: a JPEG with a long comment behind its end.
  const large = async (grey: number) => Buffer.concat([await jpeg(grey), Buffer.alloc(600_000)]);
  const ids: string[] = [];
  for (let grey = 0; grey < 4; grey++) {
    const id = await send(core, await large(grey));
    await inspected(core, id);
    ids.push(id);
  }
  assert.equal(await core.retention.apply(), 3);
  assert.deepEqual(await left(core), ids.slice(3));
  assert.equal((await core.store.read.projects.get(projectId))?.inspections, 1);
  assert.equal(await core.retention.apply(), 0);
});

test("the limit over all projects holds too, and what is still queued is never deleted", async (t) => {
  const never = new Promise<never>(() => {});
  const core = await openTestCore(t, {
    model: playedModel(() => never),
    config: { retention: { totalBytes: 1_000_000 }, inspect: { stepSeconds: 0.5 } },
  });
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  const large = Buffer.concat([await jpeg(1), Buffer.alloc(800_000)]);
  const ids = [await send(core, large), await send(core, large)];
  assert.equal(await core.retention.apply(), 0);
  assert.deepEqual(await left(core), ids.sort());
});

test("deleting an inspection removes its files, but not those that another one shares", async (t) => {
  const core = await openTestCore(t);
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  const bytes = await jpeg(1);
  const first = await send(core, bytes);
  const second = await send(core, bytes);
  await inspected(core, first);
  await inspected(core, second);
  await core.removal.inspection(first);
  const pictures = await core.store.read.inspections.pictures(second);
  assert.deepEqual(await core.blobs.read(pictures?.image.sha256 ?? ""), bytes);
  await core.removal.inspection(second);
  const model = await core.store.read.models.get(modelId);
  assert.deepEqual(filesIn(core), [model?.sha256]);
  await assert.rejects(core.removal.inspection(second), { code: "INSPECTION_NOT_FOUND", status: 404 });
});

test("deleting a project leaves neither records nor files", async (t) => {
  const core = await openTestCore(t);
  const { projectId, modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  await inspectSome(core, 3);
  const part = "auto" as const;
  const added = {
    projectId,
    annotation: { kind: "label", label: "good" } as const,
    part,
    contentType: "image/jpeg",
    bytes: await jpeg(99),
  };
  await core.addLabelledPicture(added);
  await assert.rejects(core.addLabelledPicture(added), { code: "SAMPLE_EXISTS", status: 409 });
  await core.removal.project(projectId);
  assert.deepEqual(filesIn(core), []);
  assert.deepEqual(await core.store.read.projects.list(), []);
  assert.deepEqual(await core.store.read.cameras.list(), []);
  await assert.rejects(core.removal.project(projectId), { code: "PROJECT_NOT_FOUND" });
  await assert.rejects(core.addLabelledPicture(added), { code: "PROJECT_NOT_FOUND" });
  assert.deepEqual(filesIn(core), []);
});

test("a running model can't be deleted, a stopped one goes with its file", async (t) => {
  const core = await openTestCore(t);
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  await assert.rejects(core.removal.model(modelId), { code: "MODEL_RUNNING", status: 409 });
  await core.deployments.stop(modelId, "ada");
  await core.removal.model(modelId);
  assert.deepEqual(filesIn(core), []);
});

test("files that no record names are swept, the others stay", async (t) => {
  const core = await openTestCore(t);
  const { modelId } = await addLine(core);
  const { sha256 } = (await core.store.read.models.get(modelId)) ?? { sha256: "" };
  const orphan = "ab".padEnd(64, "0");
  writeFileSync(join(core.config.dataFolder, "blobs", "ab", orphan), "left behind");
  assert.equal(await core.removal.sweepBlobs(), 1);
  assert.deepEqual(filesIn(core), [sha256]);
});
