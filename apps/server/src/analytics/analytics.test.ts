import assert from "node:assert/strict";
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { AnalyticsDimension } from "@sightline/api/analytics";
import type { Services } from "../services.js";
import { addLine, openCore, openTestCore } from "../test-fixtures.js";
import { type PlayedResult, recordResult } from "./recorded-results.js";

const sha = (n: number) => n.toString(16).padStart(64, "0");

interface Setting {
  readonly core: Services;
  readonly projectId: string;
}

/** A service with these results, at local time of Berlin unless said otherwise. */
async function withResults(
  t: TestContext,
  results: readonly (Omit<PlayedResult, "projectId" | "receivedAtMs"> & { readonly at: string })[],
  analytics = {},
): Promise<Setting> {
  const core = await openTestCore(t, {
    config: { analytics: { flushSeconds: 3600, timeZone: "Europe/Berlin", ...analytics } },
  });
  const { projectId } = await addLine(core);
  for (const { at, ...result } of results) {
    await recordResult(core, { projectId, receivedAtMs: Date.parse(at), ...result });
  }
  await core.analytics.flush();
  return { core, projectId };
}

const always = { fromMs: Date.parse("2020-01-01T00:00:00.000Z"), toMs: Date.parse("2040-01-01T00:00:00.000Z") };

async function counted({ core }: Setting, groupBy: AnalyticsDimension[], filter = {}) {
  const { groups } = await core.analytics.count({ ...always, ...filter }, groupBy, 1000);
  return groups.map(({ key, inspected, anomalous }) => [...groupBy.map((name) => key[name]), inspected, anomalous]);
}

async function label({ core, projectId }: Setting, sha256: string, said: string): Promise<void> {
  await core.store.write((tx) =>
    tx.samples.insert({
      projectId,
      name: sha256,
      annotation: { kind: "label", label: said },
      part: "test",
      picture: { sha256, bytes: 1, format: "jpeg", width: 1, height: 1 },
    }),
  );
}

describe("counting results", () => {
  test("without results everything is zero, and no group is made up", async (t) => {
    const setting = await withResults(t, []);
    assert.deepEqual(await counted(setting, []), [[0, 0]]);
    assert.deepEqual(await counted(setting, ["camera"]), []);
    const late = { fromMs: Date.parse("2039-01-01T00:00:00.000Z") };
    assert.deepEqual(await counted(setting, [], late), [[0, 0]]);
  });

  test("by camera, line, verdict and model; narrowed by each of them", async (t) => {
    const setting = await withResults(t, [
      { at: "2026-03-02T08:00:00.000Z", cameraId: "cam-1", assemblyLineId: "a", label: "normal" },
      { at: "2026-03-02T08:00:00.000Z", cameraId: "cam-1", assemblyLineId: "b", label: "anomaly" },
      { at: "2026-03-02T08:00:00.000Z", cameraId: "cam-2", assemblyLineId: "b", label: "anomaly" },
    ]);
    assert.deepEqual(await counted(setting, ["camera"]), [
      ["cam-1", 2, 1],
      ["cam-2", 1, 1],
    ]);
    assert.deepEqual(await counted(setting, ["line", "verdict"]), [
      ["a", "normal", 1, 0],
      ["b", "anomaly", 2, 2],
    ]);
    assert.deepEqual(await counted(setting, ["model"], { cameraId: "cam-1" }), [[1, 2, 1]]);
    assert.deepEqual(await counted(setting, [], { assemblyLineId: "b", verdict: "anomaly" }), [[2, 2]]);
    assert.deepEqual(await counted(setting, [], { modelVersion: 2 }), [[0, 0]]);
  });

  test("hours and days are those of the set time zone, on the day of 23 hours and the hour that comes twice as well", async (t) => {
    const setting = await withResults(t, [
      { at: "2026-03-28T23:30:00.000Z" }, // 00:30 on Sunday 29 March, before the clocks change
      { at: "2026-03-29T00:30:00.000Z" }, // 01:30
      { at: "2026-03-29T01:30:00.000Z" }, // 03:30: there is no 02:30
      { at: "2026-10-25T00:30:00.000Z" }, // 02:30 in summer time
      { at: "2026-10-25T01:30:00.000Z" }, // 02:30 again
    ]);
    assert.deepEqual(await counted(setting, ["day"]), [
      ["2026-03-29", 3, 0],
      ["2026-10-25", 2, 0],
    ]);
    assert.deepEqual(await counted(setting, ["hourOfDay"]), [
      [0, 1, 0],
      [1, 1, 0],
      [2, 2, 0],
      [3, 1, 0],
    ]);
    // The hour that comes twice is two hours.
    assert.deepEqual(await counted(setting, ["hour"], { fromMs: Date.parse("2026-10-01T00:00:00.000Z") }), [
      ["2026-10-25T00:00:00.000Z", 1, 0],
      ["2026-10-25T01:00:00.000Z", 1, 0],
    ]);
  });

  test("an hour begins at the full local hour where the zone is half an hour off", async (t) => {
    const setting = await withResults(t, [{ at: "2026-03-02T08:40:00.000Z" }], { timeZone: "Asia/Kolkata" });
    // 14:10 there: its hour began at 14:00, which is 08:30 UTC.
    assert.deepEqual(await counted(setting, ["hour"]), [["2026-03-02T08:30:00.000Z", 1, 0]]);
  });

  test("a shift that goes past midnight belongs to the day it began", async (t) => {
    const setting = await withResults(t, [
      { at: "2026-07-01T03:59:00.000Z" }, // 05:59: still the night of 30 June
      { at: "2026-07-01T04:00:00.000Z" }, // 06:00
      { at: "2026-07-01T20:00:00.000Z" }, // 22:00
      { at: "2026-07-01T23:00:00.000Z" }, // 01:00 on 2 July
    ]);
    assert.deepEqual(await counted(setting, ["day", "shift"]), [
      ["2026-06-30", "night", 1, 0],
      ["2026-07-01", "early", 1, 0],
      ["2026-07-01", "night", 2, 0],
    ]);
    assert.deepEqual(await counted(setting, ["day"]), [
      ["2026-07-01", 3, 0],
      ["2026-07-02", 1, 0],
    ]);
  });

  test("a picture with two defects counts under both; a normal one under none", async (t) => {
    const at = "2026-03-02T08:00:00.000Z";
    const setting = await withResults(t, [
      { at, label: "dent, scratch", labels: ["dent", "scratch"] },
      { at, label: "scratch", labels: ["scratch"] },
      { at, label: "normal" },
    ]);
    assert.deepEqual(await counted(setting, ["defect"]), [
      ["dent", 1, 1],
      ["scratch", 2, 2],
    ]);
    assert.deepEqual(await counted(setting, [], { defect: "dent" }), [[1, 1]]);
  });

  test("the kinds of defects that a model found are the defects, not its one word for them all", async (t) => {
    const at = "2026-03-02T08:00:00.000Z";
    const background = { label: "background", areaFraction: 0.9 };
    const setting = await withResults(t, [
      { at, label: "anomaly", anomalies: [background, { label: "cracked", areaFraction: 0.1 }] },
      { at, label: "anomaly", anomalies: [background] },
      { at, label: "normal", anomalies: [background, { label: "cracked", areaFraction: 0.001 }] },
    ]);
    assert.deepEqual(await counted(setting, ["defect"]), [
      ["anomaly", 1, 1],
      ["cracked", 1, 1],
    ]);
  });

  test("classes are counted, and are neither normal nor anomalous", async (t) => {
    const at = "2026-03-02T08:00:00.000Z";
    const setting = await withResults(t, [
      { at, label: "open", isAnomalous: null },
      { at, label: "closed", isAnomalous: null },
    ]);
    const { groups } = await setting.core.analytics.count(always, [], 10);
    assert.deepEqual([groups[0]?.inspected, groups[0]?.judged, groups[0]?.firstJudged], [2, 0, 0]);
    assert.deepEqual(await counted(setting, ["defect"]), [
      ["closed", 1, 0],
      ["open", 1, 0],
    ]);
  });

  test("confidences fall into twentieths; the highest belongs to the last one", async (t) => {
    const at = "2026-03-02T08:00:00.000Z";
    const setting = await withResults(
      t,
      [0, 0.049, 0.05, 0.96, 1].map((confidence) => ({ at, confidence })),
    );
    assert.deepEqual(await counted(setting, ["confidence"]), [
      [0, 2, 0],
      [0.05, 1, 0],
      [0.95, 2, 0],
    ]);
  });

  test("the same part again within a day does not count for the first-pass yield; another camera's picture of it does", async (t) => {
    const part = { imageId: "part-1" };
    const setting = await withResults(t, [
      { at: "2026-03-02T08:00:00.000Z", ...part, label: "anomaly" },
      { at: "2026-03-02T09:00:00.000Z", ...part, label: "normal" },
      { at: "2026-03-02T09:00:00.000Z", ...part, cameraId: "cam-2", label: "normal" },
      { at: "2026-03-04T08:00:00.000Z", ...part, label: "normal" },
    ]);
    const { groups } = await setting.core.analytics.count(always, [], 10);
    assert.deepEqual([groups[0]?.inspected, groups[0]?.firstJudged, groups[0]?.firstNormal], [4, 3, 2]);
  });

  test("escapes and false rejects are counted where a person said what the picture is, in the words of now", async (t) => {
    const at = "2026-03-02T08:00:00.000Z";
    const setting = await withResults(t, [
      { at, label: "normal", imageSha256: sha(1) },
      { at, label: "normal", imageSha256: sha(2) },
      { at, label: "anomaly", imageSha256: sha(3) },
      { at, label: "anomaly", imageSha256: sha(4) },
      { at, label: "normal", imageSha256: sha(5) },
    ]);
    const { core, projectId } = setting;
    const truth = async () => {
      const { groups } = await core.analytics.count(always, [], 10);
      const [all] = groups;
      return [all?.confirmed, all?.confirmedAnomalous, all?.escapes, all?.falseRejects];
    };
    assert.deepEqual(await truth(), [0, 0, 0, 0]);
    const other = await core.store.write((tx) => tx.projects.insert({ name: "other" }));
    await label({ core, projectId: other }, sha(5), "anomaly");
    await label(setting, sha(1), "normal");
    await label(setting, sha(2), "scratch");
    await label(setting, sha(3), "normal");
    await label(setting, sha(4), "anomaly");
    const reopened = await reopen(t, core);
    const read = await reopened.analytics.count({ ...always, projectId }, [], 10);
    const [all] = read.groups;
    assert.deepEqual([all?.confirmed, all?.confirmedAnomalous, all?.escapes, all?.falseRejects], [4, 2, 1, 1]);
    const { groups } = await reopened.analytics.count({ ...always, projectId }, ["defect", "hour"], 10);
    assert.deepEqual(
      groups.map(({ key, confirmed, falseRejects }) => [key.defect, confirmed, falseRejects]),
      [["anomaly", 2, 1]],
    );
    const { rows } = await reopened.analytics.sql("select Project, count(*) from truths group by 1 order by 1");
    assert.deepEqual(rows, [
      ["castings", 4],
      ["other", 1],
    ]);
  });

  test("files from before their rows had a picture key count the same, alone and beside newer ones", async (t) => {
    const at = "2026-03-02T08:00:00.000Z";
    const setting = await withResults(t, [
      { at, label: "normal", imageSha256: sha(1) },
      { at, label: "anomaly", imageSha256: sha(2) },
    ]);
    const { core, projectId } = setting;
    await label(setting, sha(1), "scratch");
    await label(setting, sha(3), "normal");
    const escapesAndRejects = async (groupBy: AnalyticsDimension[]) => {
      const { groups } = await core.analytics.count({ ...always, projectId }, groupBy, 10);
      return groups.map(({ inspected, confirmed, escapes, falseRejects }) => [
        inspected,
        confirmed,
        escapes,
        falseRejects,
      ]);
    };
    await withoutKeys(core);
    assert.deepEqual(await escapesAndRejects([]), [[2, 1, 1, 0]]);
    await recordResult(core, { projectId, receivedAtMs: Date.parse(at), label: "anomaly", imageSha256: sha(3) });
    await core.analytics.flush();
    assert.deepEqual(await escapesAndRejects([]), [[3, 2, 1, 1]]);
    assert.deepEqual(await escapesAndRejects(["defect"]), [[2, 1, 0, 1]]);
    const { columns } = await core.analytics.sql("select * from results limit 1");
    assert.ok(!columns.some(({ name }) => name === "PictureKey"));
  });

  /** Writes all Parquet files as they were written before. */
  async function withoutKeys(core: Services): Promise<void> {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    for (const { path } of await core.store.read.results.files({ kind: "parquet" })) {
      const file = join(core.config.dataFolder, "analytics", path);
      await connection.run(`copy (select * exclude (PictureKey) from '${file}') to '${file}.old' (format parquet)`);
      renameSync(`${file}.old`, file);
    }
  }

  async function reopen(t: TestContext, core: Services): Promise<Services> {
    await core.close();
    const next = await openCore(core.config.dataFolder, { config: { analytics: { flushSeconds: 3600 } } });
    t.after(() => next.close());
    return next;
  }

  test("what was recorded since the last flush is in the counts", async (t) => {
    const setting = await withResults(t, [{ at: "2026-03-02T08:00:00.000Z" }]);
    const { core, projectId } = setting;
    const later = await reopen(t, core);
    await recordResult(later, { projectId, receivedAtMs: Date.parse("2026-03-02T09:00:00.000Z") });
    assert.deepEqual(await counted({ core: later, projectId }, []), [[2, 0]]);
  });

  test("more groups than asked for are left out, and it is said", async (t) => {
    const setting = await withResults(t, [
      { at: "2026-03-02T08:00:00.000Z", cameraId: "cam-1" },
      { at: "2026-03-02T08:00:00.000Z", cameraId: "cam-2" },
    ]);
    const { groups, isTruncated } = await setting.core.analytics.count(always, ["camera"], 1);
    assert.deepEqual([groups.map(({ key }) => key.camera), isTruncated], [["cam-1"], true]);
  });
});

describe("exports", () => {
  test("CSV holds the chosen results with a header, lists and times in plain form", async (t) => {
    const { core, projectId } = await withResults(t, [
      { at: "2026-03-02T08:00:00.500Z", imageId: "a", label: "dent, scratch", labels: ["dent", "scratch"] },
      { at: "2026-03-02T09:00:00.000Z", imageId: "b", cameraId: "cam-2" },
    ]);
    const { content, bytes } = await core.analytics.export({ ...always, projectId, cameraId: "cam-1" }, "csv");
    const text = Buffer.concat(await content.toArray()).toString("utf8");
    assert.equal(Buffer.byteLength(text), bytes);
    const [head = "", row = "", ...rest] = text.trimEnd().split("\n");
    assert.equal(rest.length, 0);
    assert.match(head, /^CameraId,DateTime,AssemblyLineId,ImageUrl,ImageId,IsAnomalous,Confidence,/);
    assert.match(row, /^cam-1,2026-03-02T08:00:00\.500Z,line-1,http\S+,a,true,0\.8,/);
    assert.match(row, /,"dent, scratch",dent; scratch,dent; scratch,/);
    assert.deepEqual(
      readdirSync(join(core.config.dataFolder, "work/analytics")).filter((name) => /export/.test(name)),
      [],
    );
  });

  test("Parquet holds all columns and can be read by another DuckDB", async (t) => {
    const { core } = await withResults(t, [{ at: "2026-03-02T08:00:00.000Z", imageId: "a" }]);
    const { content } = await core.analytics.export(always, "parquet");
    const file = join(core.config.dataFolder, "copy.parquet");
    writeFileSync(file, Buffer.concat(await content.toArray()));
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const instance = await DuckDBInstance.create(":memory:");
    const reader = await (await instance.connect()).runAndReadAll(`select ImageId, Labels from '${file}'`);
    assert.deepEqual(reader.getRowsJson(), [["a", ["normal"]]]);
  });

  test("nothing to export is a file with a header alone", async (t) => {
    const { core } = await withResults(t, []);
    const { content } = await core.analytics.export(always, "csv");
    const text = Buffer.concat(await content.toArray()).toString("utf8");
    assert.match(text, /^CameraId,DateTime,[^\n]*\n$/);
  });
});

describe("the SQL box", () => {
  test("answers columns with types and rows, and says when there are more than it may answer", async (t) => {
    const at = "2026-03-02T08:00:00.000Z";
    const { core } = await withResults(
      t,
      Array.from({ length: 8 }, () => ({ at })),
      { sqlRows: 5 },
    );
    const table = await core.analytics.sql(
      "select CameraId, count(*)::integer as n, max(DateTime) as newest from results group by 1",
    );
    assert.deepEqual(table.columns, [
      { name: "CameraId", type: "VARCHAR" },
      { name: "n", type: "INTEGER" },
      { name: "newest", type: "TIMESTAMP WITH TIME ZONE" },
    ]);
    assert.deepEqual(table.rows, [["cam-1", 8, at]]);
    assert.equal(table.isTruncated, false);
    const more = await core.analytics.sql("from results select InspectionId");
    assert.deepEqual([more.rows.length, more.isTruncated], [5, true]);
  });

  test("an endless statement is ended in its time, a third one is refused while two run", async (t) => {
    const { core } = await withResults(t, [{ at: "2026-03-02T08:00:00.000Z" }], { querySeconds: 6 });
    const endless = "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 3";
    const running = [core.analytics.sql(endless), core.analytics.sql(endless)];
    const ended = Promise.all(running.map((one) => assert.rejects(one, { code: "ANALYTICS_TOO_SLOW" })));
    await assert.rejects(core.analytics.sql("select 1"), { code: "SQL_BUSY" });
    await ended;
    assert.deepEqual((await core.analytics.sql("select count(*) from results")).rows, [[1]]);
  });

  test("refuses what is not one SELECT, with the reason", async (t) => {
    const { core } = await withResults(t, []);
    await assert.rejects(core.analytics.sql("drop view results"), { code: "SQL_NOT_SELECT", message: /DROP/ });
    await assert.rejects(core.analytics.sql("select 1; select 2"), { code: "SQL_NOT_SELECT", message: /2 statements/ });
    await assert.rejects(core.analytics.sql("selec 1"), { code: "SQL_FAILED", message: /syntax error/ });
    assert.deepEqual((await core.analytics.sql("select count(*), max(Label) from results")).rows, [[0, null]]);
  });
});
