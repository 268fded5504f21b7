/** The store's promises: units of work, grouped commits, guarded states, counts that stay right, files that can be taken further. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Libsql from "libsql";
import { firstIdAt, idSource, toTime } from "../ids.js";
import { temporaryFolder } from "../test-fixtures.js";
import { openDatabase } from "./database.js";
import type { NewInspection, Verdict } from "./inspections.js";
import { migrations } from "./migrations.js";
import { openStore, type Store } from "./store.js";

const startMs = Date.parse("2026-03-01T12:00:00.000Z");

/** A store with a clock that ticks one second at each look. */
async function openTicking(t: Parameters<typeof temporaryFolder>[0]): Promise<{ store: Store; folder: string }> {
  const folder = await temporaryFolder(t);
  let nowMs = startMs;
  const now = () => {
    nowMs += 1000;
    return nowMs;
  };
  const store = openStore(folder, now, idSource(now));
  t.after(() => store.close());
  return { store, folder };
}

let uploads = 0;
function picture(projectId: string, id: string, more: Partial<NewInspection> = {}): NewInspection {
  uploads++;
  return {
    id,
    uploadId: firstIdAt(uploads),
    uploadExpiresAtMs: startMs + 1e9,
    projectId,
    cameraId: "cam-1",
    assemblyLineId: "line-1",
    imageId: `image-${uploads}`,
    capturedAtMs: null,
    receivedAtMs: startMs,
    status: "queued",
    picture: { sha256: uploads.toString(16).padStart(64, "0"), bytes: 1000, format: "jpeg", width: 8, height: 8 },
    ...more,
  };
}

const goodPart: Verdict = {
  label: "normal",
  labels: ["normal"],
  detections: [],
  isAnomalous: false,
  score: 0.1,
  confidence: 0.8,
  modelId: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
  modelVersion: 1,
  threshold: 0.5,
  inferenceMs: 10,
  attempts: 1,
  heatMapSha256: null,
  anomalies: null,
  labelMapSha256: null,
};
const badPart: Verdict = { ...goodPart, label: "anomaly", labels: ["anomaly"], isAnomalous: true, score: 0.9 };

test("writes that come together share one transaction, and each gets its own result", async (t) => {
  const { store } = await openTicking(t);
  const before = store.commits;
  const names = Array.from({ length: 40 }, (_, index) => `project-${index}`);
  const ids = await Promise.all(names.map((name) => store.write((tx) => tx.projects.insert({ name }))));
  assert.equal(new Set(ids).size, 40);
  assert.equal((await store.read.projects.list()).length, 40);
  assert.ok(store.commits - before <= 2, `${store.commits - before} transactions for 40 writes`);
});

test("a unit of work that throws is undone by itself; the others of its group stay", async (t) => {
  const { store } = await openTicking(t);
  const results = await Promise.allSettled([
    store.write((tx) => tx.projects.insert({ name: "before" })),
    store.write(async (tx) => {
      await tx.projects.insert({ name: "half-done" });
      throw new Error("on purpose");
    }),
    store.write((tx) => tx.projects.insert({ name: "after" })),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.deepEqual(
    (await store.read.projects.list()).map((project) => project.name),
    ["before", "after"],
  );
});

test("nothing that is not committed can be read, and nothing can be written through the reader", async (t) => {
  const { store } = await openTicking(t);
  await store.write(async (tx) => {
    await tx.projects.insert({ name: "unseen" });
    assert.equal((await tx.projects.list()).length, 1);
    assert.equal((await store.read.projects.list()).length, 0);
  });
  assert.equal((await store.read.projects.list()).length, 1);
});

test("a value that SQLite can't hold is refused by name instead of ending the process", async (t) => {
  const { store } = await openTicking(t);
  const wrong = true as unknown as string;
  await assert.rejects(store.read.projects.get(wrong), /must be text, a finite number or null, got boolean/);
  const notFinite = store.write((tx) => tx.projects.change("x", { alertConfidence: Number.NaN }));
  await assert.rejects(notFinite, /got NaN/);
});

test("an inspection is recorded once, whoever tries again", async (t) => {
  const { store } = await openTicking(t);
  const projectId = await store.write((tx) => tx.projects.insert({ name: "p" }));
  const id = firstIdAt(startMs);
  await store.write((tx) => tx.inspections.insert(picture(projectId, id)));
  assert.equal(await store.write((tx) => tx.inspections.record(id, goodPart)), true);
  assert.equal(await store.write((tx) => tx.inspections.record(id, badPart)), false);
  assert.equal(await store.write((tx) => tx.inspections.fail(id, { code: "X", message: "x" }, 1)), false);
  assert.equal((await store.read.inspections.get(id))?.label, "normal");
});

test("one signed address can be used for one inspection only, also when two come at once", async (t) => {
  const { store } = await openTicking(t);
  const projectId = await store.write((tx) => tx.projects.insert({ name: "p" }));
  const first = picture(projectId, firstIdAt(startMs));
  const second = picture(projectId, firstIdAt(startMs + 1), { uploadId: first.uploadId });
  const results = await Promise.allSettled([
    store.write((tx) => tx.inspections.insert(first)),
    store.write((tx) => tx.inspections.insert(second)),
  ]);
  assert.deepEqual(
    results.map((result) => result.status),
    ["fulfilled", "rejected"],
  );
  assert.equal((await store.read.projects.get(projectId))?.inspections, 1);
});

test("pages follow each other without gaps or repeats, with every filter", async (t) => {
  const { store } = await openTicking(t);
  const projectId = await store.write((tx) => tx.projects.insert({ name: "p" }));
  const ids = Array.from({ length: 250 }, (_, index) => firstIdAt(startMs + index * 1000));
  await store.write(async (tx) => {
    for (const [index, id] of ids.entries()) {
      const receivedAtMs = startMs + index * 1000;
      await tx.inspections.insert(picture(projectId, id, { cameraId: `cam-${index % 2}`, receivedAtMs }));
      await tx.inspections.record(id, index % 10 === 0 ? badPart : goodPart);
    }
  });
  const collect = async (filter: object) => {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.read.inspections.list({
        ...filter,
        limit: 30,
        ...(cursor === undefined ? {} : { cursor }),
      });
      found.push(...page.items.map((inspection) => inspection.id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return found;
  };
  const newestFirst = [...ids].reverse();
  const where = (keep: (index: number) => boolean) => newestFirst.filter((id) => keep(ids.indexOf(id)));
  assert.deepEqual(await collect({}), newestFirst);
  assert.deepEqual(await collect({ projectId }), newestFirst);
  assert.deepEqual(
    await collect({ cameraId: "cam-1" }),
    where((index) => index % 2 === 1),
  );
  assert.deepEqual(
    await collect({ verdict: "anomaly" }),
    where((index) => index % 10 === 0),
  );
  assert.deepEqual(
    await collect({ cameraId: "cam-0", verdict: "anomaly" }),
    where((index) => index % 10 === 0),
  );
  assert.deepEqual(await collect({ status: "failed" }), []);
  const from = toTime(startMs + 50_000);
  const to = toTime(startMs + 60_000);
  assert.deepEqual(
    await collect({ from, to }),
    where((index) => index >= 50 && index < 60),
  );
  await assert.rejects(store.read.inspections.list({ limit: 5, cursor: "'; drop table" }), { code: "CURSOR_INVALID" });
});

test("no filter makes the list read more than its page", async (t) => {
  const { folder } = await openTicking(t);
  const database = new Libsql(join(folder, "sightline.db"));
  t.after(() => void database.close());
  const filters = [
    "",
    "where project_id = 'p'",
    "where camera_id = 'c'",
    "where assembly_line_id = 'l'",
    "where label = 'anomaly'",
    "where project_id = 'p' and label = 'anomaly'",
    "where camera_id = 'c' and label = 'anomaly'",
    "where assembly_line_id = 'l' and label = 'anomaly'",
    "where status = 'failed' and status <> 'inspected'",
    "where project_id = 'p' and status = 'queued' and status <> 'inspected'",
    "where id >= 'a' and id < 'b'",
  ];
  for (const filter of filters) {
    const plan = database.prepare(`explain query plan select * from inspections ${filter} order by id desc limit 50`);
    const details = plan.all().map((row) => String((row as { detail: unknown }).detail));
    assert.doesNotMatch(details.join("\n"), /TEMP B-TREE/, `sorts: ${filter}`);
    assert.match(details.join("\n"), /USING (COVERING )?INDEX/, `uses no index: ${filter}`);
  }
});

test("counts per bar, camera, line and label are those of the inspections, also after retries and deletions", async (t) => {
  const { store } = await openTicking(t);
  const projectId = await store.write((tx) => tx.projects.insert({ name: "p" }));
  const id = (minute: number) => firstIdAt(startMs + minute * 60_000);
  await store.write(async (tx) => {
    for (let minute = 0; minute < 60; minute++) {
      const receivedAtMs = startMs + minute * 60_000;
      const cameraId = minute % 2 === 0 ? "even" : "odd";
      await tx.inspections.insert(picture(projectId, id(minute), { cameraId, receivedAtMs }));
      if (minute === 7) await tx.inspections.fail(id(minute), { code: "X", message: "x" }, 5);
      else if (minute !== 8) await tx.inspections.record(id(minute), minute % 3 === 0 ? badPart : goodPart);
    }
  });
  const hour = { projectId, fromMs: startMs, toMs: startMs + 3_600_000, buckets: 60 };
  const stats = await store.read.stats.compute(hour);
  assert.equal(stats.bucketSeconds, 60);
  assert.equal(stats.buckets.length, 60);
  assert.deepEqual(stats.totals, {
    inspected: 58,
    anomalous: 20,
    failed: 1,
    queued: 1,
    waiting: 0,
    inferenceMsMean: 10,
  });
  assert.deepEqual(stats.buckets[7], { startsAt: toTime(startMs + 420_000), inspected: 0, anomalous: 0, failed: 1 });
  assert.deepEqual(stats.buckets[9], { startsAt: toTime(startMs + 540_000), inspected: 1, anomalous: 1, failed: 0 });
  assert.deepEqual(stats.byCamera, [
    { cameraId: "even", inspected: 29, anomalous: 10 },
    { cameraId: "odd", inspected: 29, anomalous: 10 },
  ]);
  assert.deepEqual(stats.byLine, [{ assemblyLineId: "line-1", inspected: 58, anomalous: 20 }]);
  assert.deepEqual(stats.byLabel, [
    { label: "anomaly", inspected: 20 },
    { label: "normal", inspected: 38 },
  ]);

  // Whole hours, and bars of seconds, count the same pictures.
  const day = await store.read.stats.compute({ ...hour, toMs: startMs + 86_400_000, buckets: 24 });
  assert.deepEqual([day.bucketSeconds, day.totals.inspected, day.totals.failed], [3600, 58, 1]);
  const fine = await store.read.stats.compute({ ...hour, buckets: 500 });
  assert.deepEqual([fine.bucketSeconds, fine.totals.inspected, fine.totals.anomalous], [8, 58, 20]);

  await store.write((tx) => tx.inspections.requeue(id(7), "queued"));
  await store.write((tx) => tx.inspections.remove([id(0), id(1), id(8)]));
  const after = await store.read.stats.compute(hour);
  assert.deepEqual(after.totals, {
    inspected: 56,
    anomalous: 19,
    failed: 0,
    queued: 1,
    waiting: 0,
    inferenceMsMean: 10,
  });
  assert.equal((await store.read.projects.get(projectId))?.inspections, 57);
});

test("deleting a project takes everything in it along", async (t) => {
  const { store, folder } = await openTicking(t);
  const projectId = await store.write(async (tx) => {
    const id = await tx.projects.insert({ name: "p" });
    await tx.cameras.insert({ id: "cam-1", projectId: id, name: "c", assemblyLineId: "line-1" });
    await tx.jobs.insert({ kind: "train", projectId: id, parameters: { method: "auto", seed: 0 }, createdBy: "me" });
    await tx.projects.setThreshold(id, 0.7, "me");
    const inspection = picture(id, firstIdAt(startMs));
    await tx.inspections.insert(inspection);
    await tx.inspections.record(inspection.id, goodPart);
    const annotation = { kind: "label", label: "good" } as const;
    await tx.samples.insert({ projectId: id, name: "s", annotation, part: "auto", picture: inspection.picture });
    return id;
  });
  assert.equal(await store.write((tx) => tx.projects.remove(projectId)), true);
  const database = new Libsql(join(folder, "sightline.db"));
  t.after(() => void database.close());
  // A used address stays used, whatever was deleted.
  for (const table of ["cameras", "jobs", "threshold_changes", "inspections", "inspection_counts", "samples"]) {
    const rows = database.prepare(`select count(*) as count from ${table}`).all() as { count: number }[];
    assert.equal(rows[0]?.count, 0, table);
  }
});

test("version numbers of a project's models are never used again", async (t) => {
  const { store } = await openTicking(t);
  const projectId = await store.write((tx) => tx.projects.insert({ name: "p" }));
  const add = () =>
    store.write((tx) =>
      tx.models.insert({
        projectId,
        method: "patchcore",
        task: "anomaly",
        labels: [],
        sizeBytes: 1,
        sha256: "0".repeat(64),
        source: "trained",
        trainImages: 1,
        metrics: null,
        candidates: [],
        scores: [],
        roc: [],
      }),
    );
  await add();
  const second = await add();
  await store.write((tx) => tx.models.remove(second));
  const third = await add();
  assert.equal((await store.read.models.get(third))?.version, 3);
});

test("a sign-in code works once and not after its time", async (t) => {
  const { store } = await openTicking(t);
  await store.write(async (tx) => {
    const user = await tx.access.putUser("ada", "admin");
    await tx.access.insertSignInCode({ codeHash: "fresh", userId: user.id, expiresAtMs: startMs + 1e9 });
    await tx.access.insertSignInCode({ codeHash: "stale", userId: user.id, expiresAtMs: startMs });
  });
  const take = (codeHash: string) => store.write((tx) => tx.access.takeSignInCode(codeHash));
  assert.equal((await take("fresh"))?.name, "ada");
  assert.equal(await take("fresh"), undefined);
  assert.equal(await take("stale"), undefined);
});

test("the same cause stores an action once", async (t) => {
  const { store } = await openTicking(t);
  const projectId = await store.write((tx) => tx.projects.insert({ name: "p" }));
  const action = {
    kind: "mail",
    projectId,
    inspectionId: null,
    idempotencyKey: "k",
    summary: "s",
    payload: {},
  } as const;
  assert.equal(await store.write((tx) => tx.actions.insert(action)), true);
  assert.equal(await store.write((tx) => tx.actions.insert(action)), false);
  assert.equal((await store.read.actions.list({ limit: 10 })).items.length, 1);
});

test("what was committed is there when the file is opened again", async (t) => {
  const folder = await temporaryFolder(t);
  const now = () => startMs;
  const first = openStore(folder, now, idSource(now));
  await first.write((tx) => tx.settings.set("sampleLine", "removed"));
  await first.close();
  await assert.rejects(
    first.write((tx) => tx.settings.set("sampleLine", "x")),
    /closed/,
  );
  const second = openStore(folder, now, idSource(now));
  t.after(() => second.close());
  assert.equal(await second.read.settings.get("sampleLine"), "removed");
});

test("an older database is copied aside before it is brought forward", async (t) => {
  const folder = await temporaryFolder(t);
  const now = () => startMs;
  const store = openStore(folder, now, idSource(now));
  await store.write((tx) => tx.projects.insert({ name: "kept" }));
  await store.close();
  const known = migrations.at(-1)?.version ?? 0;
  const next = { version: known + 1, title: "one more", sql: "create table more (id text primary key) strict;" };
  const database = openDatabase(folder, [...migrations, next]);
  await database.close();
  const backup = join(folder, `backup-before-format-${known + 1}.db`);
  assert.ok(existsSync(backup));
  const copy = new Libsql(backup);
  t.after(() => void copy.close());
  assert.deepEqual(copy.prepare("select name from projects").all(), [{ name: "kept" }]);
  // The older program must not touch what the newer one wrote.
  assert.throws(() => openDatabase(folder), { code: "DATABASE_TOO_NEW" });
});

test("a migration that fails leaves the database as it was", async (t) => {
  const folder = await temporaryFolder(t);
  await openDatabase(folder).close();
  const known = migrations.at(-1)?.version ?? 0;
  const broken = {
    version: known + 1,
    title: "broken",
    sql: "create table half (id text) strict; select * from nowhere;",
  };
  assert.throws(() => openDatabase(folder, [...migrations, broken]), /"broken".*as it was before/);
  const database = openDatabase(folder);
  t.after(() => database.close());
  const tables = await database.reader.introspection.getTables();
  assert.equal(
    tables.some((table) => table.name === "half"),
    false,
  );
});

test("the connection has the settings that keep promises", async (t) => {
  const folder = await temporaryFolder(t);
  const database = openDatabase(folder);
  t.after(() => database.close());
  const { sql } = await import("kysely");
  for (const [pragma, value] of Object.entries({
    journal_mode: "wal",
    synchronous: 2,
    foreign_keys: 1,
    busy_timeout: 5000,
  })) {
    const { rows } = await database.write((queries) =>
      sql.raw<Record<string, unknown>>(`pragma ${pragma}`).execute(queries),
    );
    assert.equal(Object.values(rows[0] ?? {})[0], value, pragma);
  }
});
