/** Analytics over HTTP: counts, exports read back, the state of the files and SQL; who may what, and what bad input is told. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { recordResult } from "../../analytics/recorded-results.js";
import type { HandledRoute } from "../handlers.js";
import { openTestService, type TestService } from "../test-service.js";

const time = { from: "2026-03-01T00:00:00.000Z", to: "2026-03-03T00:00:00.000Z" };

describe("analytics over HTTP", () => {
  let service: TestService;
  let admin: Record<string, string>;
  let viewer: Record<string, string>;
  let projectId: string;

  before(async () => {
    service = await openTestService({ config: { analytics: { flushSeconds: 3600, timeZone: "Europe/Berlin" } } });
    admin = await service.tokenOf("admin");
    viewer = await service.tokenOf("viewer");
    projectId = await service.services.store.write((tx) => tx.projects.insert({ name: "castings" }));
    const played = [
      { at: "2026-03-01T08:00:00.000Z", imageId: "a", cameraId: "cam-1", label: "normal" },
      {
        at: "2026-03-01T09:00:00.000Z",
        imageId: "b",
        cameraId: "cam-1",
        label: "dent, scratch",
        labels: ["dent", "scratch"],
      },
      { at: "2026-03-02T08:00:00.000Z", imageId: "c", cameraId: "cam-2", label: "normal", assemblyLineId: "line-2" },
    ];
    for (const { at, ...result } of played) {
      await recordResult(service.services, { projectId, receivedAtMs: Date.parse(at), ...result });
    }
  });
  after(() => service.close());

  test("counts by what is asked, in the order of the keys, narrowed by every filter", async () => {
    const asked = async (query: object) => {
      const { status, json } = await service.call("getAnalytics", { headers: viewer, query: { ...time, ...query } });
      assert.equal(status, 200);
      return json;
    };
    const all = await asked({ groupBy: "camera,line" });
    assert.deepEqual(
      [all.groupBy, all.timeZone, all.from, all.to],
      [["camera", "line"], "Europe/Berlin", time.from, time.to],
    );
    const counted = (answer: typeof all) =>
      answer.groups.map((group: { key: object; inspected: number; anomalous: number }) => [
        ...Object.values(group.key),
        group.inspected,
        group.anomalous,
      ]);
    assert.deepEqual(counted(all), [
      ["cam-1", "line-1", 2, 1],
      ["cam-2", "line-2", 1, 0],
    ]);
    for (const [filter, ...expected] of [
      [{ camera: "cam-2" }, 1, 0],
      [{ line: "line-1" }, 2, 1],
      [{ verdict: "dent, scratch" }, 1, 1],
      [{ defect: "dent" }, 1, 1],
      [{ model: 1 }, 3, 1],
      [{ model: 2 }, 0, 0],
      [{ project: projectId }, 3, 1],
      [{ project: service.services.newId() }, 0, 0],
      [{ to: "2026-03-02T00:00:00.000Z" }, 2, 1],
    ] as const) {
      assert.deepEqual(counted(await asked(filter)), [expected], JSON.stringify(filter));
    }
    assert.deepEqual([(await asked({ groupBy: "camera", limit: 1 })).isTruncated, all.isTruncated], [true, false]);
  });

  test("a question that can't be meant is refused, and it is said which part of it", async () => {
    const refused = async (query: string) => {
      const reply = await service.http.app.inject({ url: `/api/analytics?${query}`, headers: viewer });
      return [reply.statusCode, reply.json().code, reply.json().message];
    };
    for (const [query, said] of [
      ["groupBy=colour", /groupBy/],
      ["groupBy=hour,hour", /each name once, got "hour,hour"/],
      ["groupBy=hour,day,shift,line,camera,model", /groupBy/],
      ["groupBy=hour;drop", /groupBy/],
      ["limit=0", /limit/],
      ["limit=10001", /limit/],
      ["from=yesterday", /from/],
      [`from=${time.to}&to=${time.from}`, /time before "to"/],
      ["model=0", /model/],
      ["project=castings", /project/],
      ["camera=a%20b", /camera/],
      ["colour=red", /colour/],
    ] as const) {
      const [status, code, message] = await refused(query);
      assert.equal(status, 400, query);
      assert.match(String(code), /^[A-Z_]+$/);
      assert.match(String(message), said);
    }
  });

  test("the CSV and the Parquet file hold the chosen results and can be read back", async () => {
    const query = new URLSearchParams({ ...time, camera: "cam-1" });
    const csv = await service.http.app.inject({ url: `/api/analytics/results.csv?${query}`, headers: viewer });
    assert.equal(csv.statusCode, 200);
    assert.equal(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert.equal(csv.headers["content-disposition"], 'attachment; filename="results.csv"');
    assert.equal(Number(csv.headers["content-length"]), csv.rawPayload.length);
    const [head = "", ...rows] = csv.body.trimEnd().split("\n");
    assert.match(head, /^CameraId,DateTime,/);
    assert.equal(rows.length, 2);
    assert.match(rows[1] ?? "", /^cam-1,2026-03-01T09:00:00\.000Z,.*,"dent, scratch",dent; scratch,/);

    const parquet = await service.http.app.inject({ url: `/api/analytics/results.parquet?${query}`, headers: viewer });
    assert.equal(parquet.headers["content-type"], "application/vnd.apache.parquet");
    const file = join(service.services.config.dataFolder, "copy.parquet");
    writeFileSync(file, parquet.rawPayload);
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const read = await connection.runAndReadAll(`select ImageId, IsAnomalous, Defects from '${file}' order by 1`);
    assert.deepEqual(read.getRowsJson(), [
      ["a", false, []],
      ["b", true, ["dent", "scratch"]],
    ]);
  });

  test("the state tells the files, the time zone and the shifts", async () => {
    await service.services.analytics.flush();
    const { json } = await service.call("getAnalyticsState", { headers: viewer });
    assert.deepEqual([json.parquet.rows, json.json.rows, json.parquet.pending], [3, 3, 0]);
    assert.equal(json.parquet.firstAt, "2026-03-01T08:00:00.000Z");
    assert.deepEqual([json.problem, json.timeZone, json.shifts.length], [null, "Europe/Berlin", 3]);
  });

  test("an admin asks one SELECT; what is none, fails, or asks for files is refused in DuckDB's words", async () => {
    const ask = (sql: string, headers = admin) => service.call("runSql", { headers, body: { sql } });
    const { json } = await ask("select CameraId, count(*) as Pictures from results group by 1 order by 1");
    assert.deepEqual(json.rows, [
      ["cam-1", 2],
      ["cam-2", 1],
    ]);
    for (const [sql, code, said] of [
      ["drop view results", "SQL_NOT_SELECT", /DROP/],
      ["select 1; select 2", "SQL_NOT_SELECT", /2 statements/],
      ["select * from nothing", "SQL_FAILED", /nothing does not exist/],
      ["select * from read_text('/etc/passwd')", "SQL_FAILED", /file system operations are disabled/],
    ] as const) {
      const refused = await ask(sql);
      assert.deepEqual([refused.status, refused.json.code], [422, code]);
      assert.match(refused.json.message, said);
    }
    assert.equal((await ask("")).status, 400);
    assert.equal((await ask("x".repeat(20_001))).status, 400);
  });

  test("viewers count and export, only admins ask in SQL, devices and strangers do nothing of it", async () => {
    const device = await service.tokenOf("device");
    const operator = await service.tokenOf("operator");
    const names = ["getAnalytics", "getAnalyticsState", "exportCsv", "exportParquet"] as const satisfies HandledRoute[];
    const paths = {
      getAnalytics: "",
      getAnalyticsState: "/state",
      exportCsv: "/results.csv",
      exportParquet: "/results.parquet",
    };
    const get = async (name: (typeof names)[number], headers: Record<string, string>) =>
      (await service.http.app.inject({ url: `/api/analytics${paths[name]}`, headers })).statusCode;
    for (const name of names) {
      assert.deepEqual(
        [await get(name, viewer), await get(name, operator), await get(name, device), await get(name, {})],
        [200, 200, 403, 401],
        name,
      );
    }
    const body = { sql: "select 1" };
    for (const [headers, status] of [
      [admin, 200],
      [operator, 403],
      [viewer, 403],
      [device, 403],
      [{}, 401],
    ] as const) {
      assert.equal((await service.call("runSql", { headers, body })).status, status);
    }
  });

  test("what mistakes cost is kept with the project, told to all, changed by operators, and forgotten again", async () => {
    const operator = await service.tokenOf("operator");
    const params = { projectId };
    const costs = async () => (await service.call("getProject", { headers: viewer, params })).json.mistakeCosts;
    assert.equal(await costs(), null);
    const mistakeCosts = { escape: 120, falseReject: 2.5, currency: "€" };
    const change = (headers: Record<string, string>, value: typeof mistakeCosts | null) =>
      service.call("changeProject", { headers, params, body: { mistakeCosts: value } });
    assert.equal((await change(viewer, mistakeCosts)).status, 403);
    assert.equal((await change(operator, { ...mistakeCosts, escape: -1 })).status, 400);
    assert.equal(await costs(), null);
    assert.deepEqual((await change(operator, mistakeCosts)).json.mistakeCosts, mistakeCosts);
    assert.deepEqual(await costs(), mistakeCosts);
    await change(operator, null);
    assert.equal(await costs(), null);
  });
});
