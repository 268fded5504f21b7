/** What the format with masks, unlabelled pictures and access keys adds works, and old pictures come forward into it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Libsql from "libsql";
import { firstIdAt, idSource } from "../ids.js";
import { temporaryFolder } from "../test-fixtures.js";
import { openDatabase } from "./database.js";
import { migrations } from "./migrations.js";
import type { NewModel } from "./models.js";
import type { Annotation } from "./samples.js";
import { openStore } from "./store.js";

const startMs = Date.parse("2026-03-01T12:00:00.000Z");
const now = () => startMs;
const id = (number: number) => firstIdAt(startMs + number * 60_000);

test("pictures of the format before come forward, labelled as they were and without a mask", async (t) => {
  const folder = await temporaryFolder(t);
  const before = migrations.findIndex(({ title }) => title.includes("Lookout"));
  await openDatabase(folder, migrations.slice(0, before)).close();
  const database = new Libsql(join(folder, "sightline.db"));
  database.exec(`
    insert into projects (id, name, created_at, is_sample, running_model_id, threshold, recipients, alert_confidence)
      values ('${id(0)}', 'castings', 1, 0, null, 0.5, '[]', 0.2);
    insert into samples values ('${id(1)}', '${id(0)}', 'a.jpg', 'label', 'good', '["good"]', null, 'train', 'a', 10, 'jpeg', 8, 8, 5),
      ('${id(2)}', '${id(0)}', 'b.jpg', 'labels', null, '[]', null, 'test', 'b', 10, 'jpeg', 8, 8, 6);`);
  database.close();
  const store = openStore(folder, now, idSource(now));
  t.after(() => store.close());
  const samples = await store.read.samples.all(id(0));
  assert.deepEqual(
    samples.map(({ annotation, part, source, mask }) => ({ annotation, part, source, mask })),
    [
      { annotation: { kind: "label", label: "good" }, part: "train", source: null, mask: null },
      { annotation: { kind: "labels", labels: [] }, part: "test", source: null, mask: null },
    ],
  );
});

test("a dataset's pictures: by label, by source, without a label, and the test part only where there is a test dataset", async (t) => {
  const store = openStore(await temporaryFolder(t), now, idSource(now));
  t.after(() => store.close());
  const projectId = await store.write((tx) => tx.projects.insert({ name: "cookies" }));
  const mask = { sha256: "m", types: [{ label: "cracked", colour: "#23a436" }] };
  const add = (name: string, annotation: Annotation, part: "train" | "test" | "auto") =>
    store.write((tx) =>
      tx.samples.insert({
        ...{ projectId, name, annotation, part },
        picture: { sha256: name, bytes: 1, format: "jpeg", width: 8, height: 8 },
        source: { ref: `s3://cookies/${name}`, line: "{}" },
        mask: annotation.kind === "label" && annotation.label === "anomaly" ? mask : null,
      }),
    );
  await add("one.jpg", { kind: "label", label: "normal" }, "auto");
  await add("two.jpg", { kind: "label", label: "anomaly" }, "train");
  await add("three.jpg", { kind: "none" }, "auto");
  await add("four.jpg", { kind: "label", label: "normal" }, "test");
  const entries = store.read.datasetEntries;
  const train = { projectId, type: "train", hasTest: false, normalLabel: "normal" } as const;
  const split = { ...train, hasTest: true };
  assert.deepEqual(await entries.stats(train), { total: 4, labeled: 3, normal: 2, anomaly: 1 });
  assert.deepEqual(await entries.stats(split), { total: 3, labeled: 2, normal: 1, anomaly: 1 });
  assert.deepEqual(await entries.stats({ ...split, type: "test" }), { total: 1, labeled: 1, normal: 1, anomaly: 0 });
  assert.deepEqual(await entries.stats({ ...train, type: "test" }), { total: 0, labeled: 0, normal: 0, anomaly: 0 });
  const names = async (filter: object) =>
    (await entries.list(train, { limit: 10, ...filter })).items.map(({ name }) => name);
  assert.deepEqual(await names({ labeled: false }), ["three.jpg"]);
  assert.deepEqual(await names({ anomalyClass: "anomaly" }), ["two.jpg"]);
  assert.deepEqual(await names({ anomalyClass: "normal" }), ["one.jpg", "four.jpg"]);
  assert.deepEqual(await names({ sourceRefContains: "/t" }), ["two.jpg", "three.jpg"]);
  assert.deepEqual(await names({ createdBeforeMs: startMs }), []);
  const first = await entries.list(train, { limit: 3 });
  const rest = await entries.list(train, { limit: 3, cursor: first.nextCursor ?? "" });
  assert.deepEqual([first.items.length, rest.items.length, rest.nextCursor], [3, 1, null]);
  assert.deepEqual((await entries.bySource(projectId, "s3://cookies/two.jpg"))?.mask, mask);
  const own = await entries.bySource(projectId, `sightline://samples/${first.items[0]?.id}`);
  assert.equal(own?.name, "one.jpg");
  assert.equal(await store.read.blobs.isReferenced("m"), true, "a mask's bytes are needed");
  assert.equal(await store.read.samples.kindOf(projectId), "label");
});

test("a version promised to a training is the one its model gets, and no other", async (t) => {
  const store = openStore(await temporaryFolder(t), now, idSource(now));
  t.after(() => store.close());
  const projectId = await store.write((tx) => tx.projects.insert({ name: "cookies" }));
  const model: NewModel = {
    projectId,
    method: "patchcore",
    task: "anomaly",
    labels: ["normal", "anomaly"],
    sizeBytes: 1,
    sha256: "a",
    source: "trained",
    trainImages: 1,
    metrics: null,
    candidates: [],
    scores: [],
    roc: [],
  };
  const promised = await store.write((tx) => tx.models.reserveVersion(projectId));
  const between = await store.write((tx) => tx.models.insert(model));
  const later = await store.write(async (tx) => {
    await tx.lookoutModels.insert({ projectId, version: promised, jobId: null });
    await tx.lookoutModels.putTags(projectId, promised, [{ key: "line", value: "7" }]);
    return tx.models.insert(model, promised);
  });
  const versions = await Promise.all([between, later].map(async (one) => (await store.read.models.get(one))?.version));
  assert.deepEqual([promised, ...versions], [1, 2, 1]);
  await store.write((tx) => tx.models.remove(later));
  assert.deepEqual(await store.read.lookoutModels.tags(projectId, promised), []);
  assert.equal(await store.read.lookoutModels.get(projectId, promised), undefined);
});
