import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import type { Services } from "../services.js";
import { addLine, openCore, openTestCore, temporaryFolder, until } from "../test-fixtures.js";
import { recordResult } from "./recorded-results.js";

const at = Date.parse("2026-03-01T10:20:30.400Z");
const hour = 3_600_000;

function filesIn(dataFolder: string, ending: string): string[] {
  const root = join(dataFolder, "analytics");
  const names = readdirSync(root, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(ending) && name !== "manifest.json").toSorted();
}

/** Every line of every file of JSON lines, read as an outsider would. */
function lines(dataFolder: string): Record<string, unknown>[] {
  return filesIn(dataFolder, ".json").flatMap((name) =>
    readFileSync(join(dataFolder, "analytics", name), "utf8")
      .split("\n")
      // Behind the last line feed stands nothing, or a line that is being written.
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  );
}

const idsInLines = (dataFolder: string) =>
  lines(dataFolder)
    .map(({ ImageUrl }) => String(ImageUrl).split("/").at(-2) ?? "")
    .toSorted();

/** As an outsider's DuckDB reads all Parquet files there are. */
async function inParquet(dataFolder: string, column: string): Promise<unknown[]> {
  if (filesIn(dataFolder, ".parquet").length === 0) return [];
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `select ${column} from '${dataFolder}/analytics/parquet/**/*.parquet' order by InspectionId`,
  );
  return reader.getRowsJson().map(([cell]) => cell);
}

const idsInParquet = (core: Services) => inParquet(core.config.dataFolder, "InspectionId");

/** A service that writes only when it is told to. */
async function openQuiet(t: TestContext, config = {}): Promise<Services> {
  return openTestCore(t, { config: { analytics: { flushSeconds: 3600, ...config } } });
}

describe("the result files", () => {
  test("a line has exactly the fields of the defect detection service, with the parts of its time in UTC", async (t) => {
    const core = await openQuiet(t);
    const { projectId } = await addLine(core);
    const id = await recordResult(core, { projectId, receivedAtMs: at, imageId: "part-7", label: "anomaly" });
    await core.analytics.flush();
    const folder = core.config.dataFolder;
    const [name = ""] = filesIn(folder, ".json");
    assert.match(name, /^defect-detection-results\/castings\/2026\/03\/01\/10\/results-[0-9a-f-]+\.json$/);
    assert.equal(
      readFileSync(join(folder, "analytics", name), "utf8"),
      `{"CameraId":"cam-1","DateTime":"2026-03-01T10:20:30.400Z","AssemblyLineId":"line-1","ImageUrl":"http://sightline.test/api/inspections/${id}/image","ImageId":"part-7","IsAnomalous":true,"Confidence":0.8,"Year":2026,"Month":3,"Day":1,"Hour":10,"Minute":20}\n`,
    );
  });

  test("the manifest names the folder of the lines, or the address that readers know it by", async (t) => {
    const own = await openQuiet(t);
    const read = (core: Services) =>
      JSON.parse(readFileSync(join(core.config.dataFolder, "analytics/manifest.json"), "utf8")) as unknown;
    assert.deepEqual(read(own), {
      fileLocations: [{ URIPrefixes: [`file://${own.config.dataFolder}/analytics/defect-detection-results/`] }],
      globalUploadSettings: { format: "JSON" },
    });
    const other = await openQuiet(t, { uriPrefix: "s3://plant/defect-detection-results/" });
    assert.deepEqual(read(other), {
      fileLocations: [{ URIPrefixes: ["s3://plant/defect-detection-results/"] }],
      globalUploadSettings: { format: "JSON" },
    });
  });

  test("results are written by themselves after the set time", async (t) => {
    const core = await openTestCore(t, { config: { analytics: { flushSeconds: 0.05 } } });
    const { projectId } = await addLine(core);
    await recordResult(core, { projectId, receivedAtMs: at });
    await until(() => lines(core.config.dataFolder).length === 1, "the line is written");
  });

  test("results are written at once when there are enough bytes of them", async (t) => {
    const core = await openQuiet(t, { flushBytes: 2000 });
    const { projectId } = await addLine(core);
    await core.analytics.flush();
    for (let i = 0; i < 10; i++) {
      const id = await recordResult(core, { projectId, receivedAtMs: at });
      const inspection = await core.store.read.inspections.get(id);
      assert.ok(inspection);
      core.live.publish({ type: "inspection", inspection });
    }
    await until(() => lines(core.config.dataFolder).length >= 7, "the lines are written");
    // The Parquet files of the same flush, before the folder goes.
    await core.analytics.flush();
  });

  test("lines of one hour go into one file however often they are flushed; each hour and project has its own", async (t) => {
    const core = await openQuiet(t);
    const { projectId } = await addLine(core);
    const other = await core.store.write((tx) => tx.projects.insert({ name: "gears" }));
    for (const [project, time] of [
      [projectId, at],
      [projectId, at + 1000],
      [projectId, at + hour],
      [other, at],
    ] as const) {
      await recordResult(core, { projectId: project, receivedAtMs: time });
      await core.analytics.flush();
    }
    const folders = filesIn(core.config.dataFolder, ".json").map((name) => name.split("/").slice(1, -1).join("/"));
    assert.deepEqual(folders, ["castings/2026/03/01/10", "castings/2026/03/01/11", "gears/2026/03/01/10"]);
    assert.equal(lines(core.config.dataFolder).length, 4);
  });

  test("many small Parquet files become one, with the same rows", async (t) => {
    const core = await openQuiet(t);
    const { projectId } = await addLine(core);
    const ids: string[] = [];
    const today = Date.now();
    for (let i = 0; i < 13; i++) {
      ids.push(await recordResult(core, { projectId, receivedAtMs: today - i }));
      await core.analytics.flush();
    }
    const dayParts = filesIn(core.config.dataFolder, ".parquet").length;
    assert.ok(dayParts <= 3, `${dayParts} files`);
    assert.deepEqual(await idsInParquet(core), ids.toSorted());
  });

  test("what was inspected before is in the files after an update from the format without them", async (t) => {
    const { openDatabase } = await import("../store/database.js");
    const { migrations } = await import("../store/migrations.js");
    const folder = await temporaryFolder(t);
    const version = migrations.find(({ title }) => title === "results for the result files")?.version ?? 0;
    const before = openDatabase(
      folder,
      migrations.filter((step) => step.version < version),
    );
    const values = {
      project_id: "01JAAAAAAAAAAAAAAAAAAAAAAA",
      camera_id: "cam-1",
      assembly_line_id: "line-1",
      image_id: "part-1",
      captured_at: null,
      image_sha256: "a",
      image_bytes: 1,
      image_format: "jpeg" as const,
      image_width: 1,
      image_height: 1,
    };
    await before.write(async (queries) => {
      await queries
        .insertInto("projects")
        .values({
          id: values.project_id,
          name: "old",
          created_at: 0,
          is_sample: 0,
          threshold: 0.5,
          alert_confidence: 0.2,
        })
        .execute();
      for (const [id, status] of [
        ["01JAAAAAAAAAAAAAAAAAAAAAA1", "inspected"],
        ["01JAAAAAAAAAAAAAAAAAAAAAA2", "failed"],
        ["01JAAAAAAAAAAAAAAAAAAAAAA3", "inspected"],
      ] as const) {
        const verdict = { inspected_at: at, label: "normal", labels: '["normal"]', is_anomalous: 0 as const };
        await queries
          .insertInto("inspections")
          .values({ ...values, ...verdict, id, status, received_at: at })
          .execute();
      }
    });
    await before.close();
    const core = await openCore(folder);
    t.after(() => core.close());
    await core.analytics.flush();
    assert.deepEqual(idsInLines(folder), ["01JAAAAAAAAAAAAAAAAAAAAAA1", "01JAAAAAAAAAAAAAAAAAAAAAA3"]);
    assert.deepEqual(await inParquet(folder, "IsRepeat"), [false, true]);
  });
});

describe("what is deleted", () => {
  test("retention deletes inspections and leaves their results in the files", async (t) => {
    const core = await openQuiet(t);
    const { projectId } = await addLine(core);
    const id = await recordResult(core, { projectId, receivedAtMs: at });
    // Even when it goes before it was written.
    await core.removal.inspections([id]);
    assert.equal(await core.store.read.inspections.get(id), undefined);
    await core.analytics.flush();
    assert.deepEqual(idsInLines(core.config.dataFolder), [id]);
    assert.deepEqual(await idsInParquet(core), [id]);
  });

  test("an inspection that a person deletes leaves all files", async (t) => {
    const core = await openQuiet(t);
    const { projectId } = await addLine(core);
    const first = await recordResult(core, { projectId, receivedAtMs: at });
    const second = await recordResult(core, { projectId, receivedAtMs: at + 1 });
    await core.analytics.flush();
    const third = await recordResult(core, { projectId, receivedAtMs: at + 2 });
    await core.removal.inspection(first);
    await core.removal.inspection(third);
    await core.analytics.flush();
    assert.deepEqual(idsInLines(core.config.dataFolder), [second]);
    assert.deepEqual(await idsInParquet(core), [second]);
    await core.removal.inspection(second);
    await core.analytics.flush();
    assert.deepEqual(filesIn(core.config.dataFolder, ".json"), []);
    assert.deepEqual(filesIn(core.config.dataFolder, ".parquet"), []);
  });

  test("with a project its files go, those of others stay", async (t) => {
    const core = await openQuiet(t);
    const { projectId } = await addLine(core);
    const other = await core.store.write((tx) => tx.projects.insert({ name: "gears" }));
    await recordResult(core, { projectId, receivedAtMs: at });
    const kept = await recordResult(core, { projectId: other, receivedAtMs: at });
    await core.analytics.flush();
    await recordResult(core, { projectId, receivedAtMs: at });
    await core.removal.project(projectId);
    await core.analytics.flush();
    assert.deepEqual(idsInLines(core.config.dataFolder), [kept]);
    assert.deepEqual(await idsInParquet(core), [kept]);
    assert.ok(!existsSync(join(core.config.dataFolder, "analytics/parquet/castings")));
  });

  test("files older than they are kept are deleted", async (t) => {
    const core = await openTestCore(t, { config: { analytics: { flushSeconds: 3600, keepDays: 10 } } });
    const { projectId } = await addLine(core);
    await recordResult(core, { projectId, receivedAtMs: Date.now() - 11 * 24 * hour });
    const kept = await recordResult(core, { projectId, receivedAtMs: Date.now() - 9 * 24 * hour });
    await core.analytics.flush();
    assert.deepEqual(idsInLines(core.config.dataFolder), [kept]);
    assert.deepEqual(await idsInParquet(core), [kept]);
  });
});

describe("after a fault", () => {
  test("lines without a record are cut off, files without a record removed, and nothing is doubled", async (t) => {
    const folder = await temporaryFolder(t);
    const open = () => openCore(folder, { config: { analytics: { flushSeconds: 3600 } } });
    let core = await open();
    const { projectId } = await addLine(core);
    const ids = [await recordResult(core, { projectId, receivedAtMs: at })];
    await core.analytics.flush();
    await core.close();
    // As a kill between writing and recording leaves them.
    const [name = ""] = filesIn(folder, ".json");
    const file = join(folder, "analytics", name);
    const { size } = statSync(file);
    appendFileSync(file, '{"CameraId":"cam-1","half');
    writeFileSync(`${file.slice(0, -5)}-other.json`, "{}\n");
    writeFileSync(join(folder, "analytics", filesIn(folder, ".parquet")[0] ?? "", "..", "stray.parquet"), "PAR1");
    core = await open();
    t.after(() => core.close());
    await core.analytics.flush();
    assert.equal(statSync(file).size, size);
    assert.equal(filesIn(folder, ".json").length, 1);
    assert.equal(filesIn(folder, ".parquet").length, 1);
    ids.push(await recordResult(core, { projectId, receivedAtMs: at }));
    await core.analytics.flush();
    assert.deepEqual(idsInLines(folder), ids);
    assert.deepEqual(await idsInParquet(core), ids);
  });

  test("an hour whose file was shortened by somebody goes on in another file", async (t) => {
    const core = await openQuiet(t);
    const { projectId } = await addLine(core);
    await recordResult(core, { projectId, receivedAtMs: at });
    await core.analytics.flush();
    const [name = ""] = filesIn(core.config.dataFolder, ".json");
    writeFileSync(join(core.config.dataFolder, "analytics", name), "");
    const id = await recordResult(core, { projectId, receivedAtMs: at });
    await core.analytics.flush();
    const whole = filesIn(core.config.dataFolder, ".json").filter((other) => other !== name);
    assert.equal(whole.length, 1);
    assert.match(readFileSync(join(core.config.dataFolder, "analytics", whole[0] ?? ""), "utf8"), new RegExp(id));
  });

  test("after kills at any instant each recorded verdict is in the lines and in the Parquet files exactly once", async (t) => {
    const folder = await temporaryFolder(t);
    const program = new URL("./writer-under-kill.js", import.meta.url);
    const recorded: string[] = [];
    for (let round = 0; round < 6; round++) {
      const child: ChildProcess = fork(program, [folder], { execArgv: [] });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      let told = 0;
      child.on("message", (id: string) => {
        recorded.push(id);
        told++;
      });
      await until(() => told >= 30 + round * 7 || child.exitCode !== null, "the writer records", 60_000);
      await sleep((round * 37) % 90);
      child.kill("SIGKILL");
      await ended;
    }
    const core = await openCore(folder, { config: { analytics: { flushSeconds: 3600 } } });
    t.after(() => core.close());
    await core.analytics.flush();
    const inLines = idsInLines(folder);
    assert.deepEqual(inLines, [...new Set(inLines)], "a line twice");
    assert.deepEqual(await idsInParquet(core), inLines);
    const missing = recorded.filter((id) => !inLines.includes(id));
    assert.deepEqual(missing, [], "recorded and in no line");
    t.diagnostic(`${recorded.length} told, ${inLines.length} in the files`);
  });
});
