/** A data folder of the first release comes forward with everything in it; what the second format adds works on it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Libsql from "libsql";
import { firstIdAt, idSource, toTime } from "../ids.js";
import { temporaryFolder } from "../test-fixtures.js";
import { openDatabase } from "./database.js";
import { migrations } from "./migrations.js";
import { openStore } from "./store.js";

const startMs = Date.parse("2026-03-01T12:00:00.000Z");
const now = () => startMs + 3_000_000;
const id = (number: number) => firstIdAt(startMs + number * 60_000);

/** A database as version 0.1 left it: a project, two labelled pictures, a model, a job, three inspections, a mail. */
async function firstRelease(folder: string): Promise<void> {
  await openDatabase(folder, migrations.slice(0, 1)).close();
  const database = new Libsql(join(folder, "sightline.db"));
  database.exec("PRAGMA foreign_keys = ON");
  database.exec(`
    insert into projects (id, name, created_at, is_sample, running_model_id, threshold, recipients, alert_confidence)
      values ('${id(0)}', 'castings', 1, 0, '${id(3)}', 0.6, '[]', 0.2);
    insert into samples values ('${id(1)}', '${id(0)}', 'a.jpg', 'good', 'train', 'a', 10, 'jpeg', 8, 8, 5),
      ('${id(2)}', '${id(0)}', 'b.jpg', 'scratch', 'test', 'b', 10, 'jpeg', 8, 8, 6);
    insert into models values ('${id(3)}', '${id(0)}', 1, 'patchcore', 'anomaly', '["normal","anomaly"]', 1, 1, 'm', 'trained', 2,
      '{"source":"test","images":3,"accuracy":1,"precision":1,"recall":1,"f1":1,"auroc":1,"ece":0,"confusion":{"labels":[],"counts":[]}}',
      '[]', '[]', '[]');
    insert into jobs values ('${id(4)}', 'train', '${id(0)}', 'succeeded', 1, 'Done', 1, 'ada', 1, 2, '${id(3)}', null, null, '{"method":"patchcore","seed":1}', 1);
  `);
  for (const [number, label] of ["normal", "anomaly", "normal"].entries()) {
    const at = startMs + number * 60_000;
    database.exec(`
      insert into inspections (id, project_id, camera_id, assembly_line_id, image_id, status, received_at, image_sha256, image_bytes,
        image_format, image_width, image_height)
        values ('${id(10 + number)}', '${id(0)}', 'cam', 'line', 'i', 'queued', ${at}, 'p${number}', 100, 'jpeg', 8, 8);
      update inspections set status = 'inspected', label = '${label}', is_anomalous = ${label === "anomaly" ? 1 : 0}, inference_ms = 4
        where id = '${id(10 + number)}';
    `);
  }
  database.exec(
    `insert into actions (id, kind, inspection_id, project_id, idempotency_key, status, created_at, summary, payload)
      values ('${id(20)}', 'mail', '${id(11)}', '${id(0)}', 'k', 'pending', 1, 's', '{}')`,
  );
  database.close();
}

test("a database of the first release keeps its rows, its counts and its references", async (t) => {
  const folder = await temporaryFolder(t);
  await firstRelease(folder);
  const store = openStore(folder, now, idSource(now));
  t.after(() => store.close());

  const project = await store.read.projects.get(id(0));
  assert.deepEqual(project?.samples, { train: 1, test: 1, byLabel: { good: 1, scratch: 1 } });
  const sample = await store.read.samples.get(id(2));
  assert.deepEqual([sample?.label, sample?.labels, sample?.boxes, sample?.part], ["scratch", null, null, "test"]);
  const model = await store.read.models.get(id(3));
  assert.deepEqual([model?.isRunning, model?.metrics?.accuracy, model?.metrics?.mAP50], [true, 1, null]);
  assert.deepEqual(model?.metrics?.perLabel, []);
  const job = await store.read.jobs.get(id(4));
  assert.deepEqual([job?.status, job?.method, job?.latest, job?.modelId], ["succeeded", "patchcore", null, id(3)]);
  const inspections = (await store.read.inspections.list({ limit: 10 })).items;
  assert.deepEqual(
    inspections.map(({ labels, detections }) => [labels, detections]),
    [
      [["normal"], []],
      [["anomaly"], []],
      [["normal"], []],
    ],
  );
  const stats = await store.read.stats.compute({ fromMs: startMs, toMs: startMs + 3_600_000, buckets: 60 });
  assert.deepEqual([stats.totals.inspected, stats.totals.anomalous, stats.totals.inferenceMsMean], [3, 1, 4]);
  assert.deepEqual(stats.byLabel, [
    { label: "anomaly", inspected: 1 },
    { label: "normal", inspected: 2 },
  ]);

  // Deleting an old inspection still counts it down, and its mail stays without it.
  await store.write((tx) => tx.inspections.remove([id(10)]));
  const after = await store.read.stats.compute({ fromMs: startMs, toMs: startMs + 3_600_000, buckets: 60 });
  assert.deepEqual([after.totals.inspected, after.byLabel[1]], [2, { label: "normal", inspected: 1 }]);
  // And the project takes everything along.
  await store.write((tx) => tx.projects.remove(id(0)));
  const database = new Libsql(join(folder, "sightline.db"));
  t.after(() => void database.close());
  for (const table of ["samples", "models", "jobs", "inspections", "inspection_counts", "inspection_label_counts"]) {
    const [row] = database.prepare(`select count(*) as count from ${table}`).all() as { count: number }[];
    assert.equal(row?.count, 0, table);
  }
  assert.deepEqual(database.prepare("pragma foreign_key_check").all(), []);
  assert.deepEqual(database.prepare("pragma integrity_check").all(), [{ integrity_check: "ok" }]);
});

test("a picture with several labels is one picture, counted and found under each of them", async (t) => {
  const folder = await temporaryFolder(t);
  const store = openStore(folder, now, idSource(now));
  t.after(() => store.close());
  const projectId = await store.write((tx) => tx.projects.insert({ name: "blood" }));
  const found = [
    { label: "2 RBC, 1 WBC", labels: ["RBC", "WBC"] },
    { label: "1 RBC", labels: ["RBC"] },
    { label: "none", labels: [] },
  ];
  for (const [index, { label, labels }] of found.entries()) {
    const detections = labels.map((one) => ({ label: one, x1: 1, y1: 2, x2: 3, y2: 4, score: 0.5 }));
    await store.write(async (tx) => {
      await tx.inspections.insert({
        id: id(index),
        uploadId: id(100 + index),
        uploadExpiresAtMs: startMs,
        projectId,
        cameraId: "cam",
        assemblyLineId: "line",
        imageId: "i",
        capturedAtMs: null,
        receivedAtMs: startMs + index * 60_000,
        status: "queued",
        picture: { sha256: `${index}`, bytes: 1, format: "png", width: 8, height: 8 },
      });
      await tx.inspections.record(id(index), {
        ...{ label, labels, detections, isAnomalous: null, score: null, confidence: 0.5, modelId: id(50) },
        ...{
          modelVersion: 1,
          threshold: 0.5,
          inferenceMs: 1,
          attempts: 1,
          heatMapSha256: null,
          anomalies: null,
          labelMapSha256: null,
        },
      });
    });
  }
  const hour = { fromMs: startMs, toMs: startMs + 3_600_000 };
  for (const buckets of [60, 500, 1]) {
    const { totals, byLabel } = await store.read.stats.compute({ ...hour, buckets });
    assert.equal(totals.inspected, 3);
    assert.deepEqual(byLabel, [
      { label: "RBC", inspected: 2 },
      { label: "WBC", inspected: 1 },
      { label: "none", inspected: 1 },
    ]);
  }
  const list = async (verdict: string, limit = 10, cursor?: string) =>
    store.read.inspections.list({ verdict, limit, cursor, projectId, from: toTime(startMs) });
  assert.deepEqual(
    (await list("RBC")).items.map((one) => one.id),
    [id(1), id(0)],
  );
  assert.deepEqual(
    (await list("none")).items.map((one) => one.id),
    [id(2)],
  );
  const first = await list("RBC", 1);
  const second = await list("RBC", 1, first.nextCursor ?? "");
  assert.deepEqual([first.items[0]?.id, second.items[0]?.id, second.nextCursor], [id(1), id(0), null]);
  assert.deepEqual((await store.read.inspections.get(id(0)))?.detections.length, 2);
  await store.write((tx) => tx.inspections.remove([id(0)]));
  assert.deepEqual(
    (await list("WBC")).items.map((one) => one.id),
    [],
  );
});
