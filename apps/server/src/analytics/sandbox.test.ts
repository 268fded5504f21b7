import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { sandbox } from "./count-sql.js";
import { type DuckDb, DuckDbRefusal, openDuckDb } from "./duckdb.js";

/** A folder with one result file that may be read, and beside it what must not be. */
const folder = mkdtempSync(join(tmpdir(), "sightline-sandbox-"));
const allowed = join(folder, "results.parquet");
const secret = join(folder, "secret.txt");
const settings = { maxMemoryMegabytes: 128, threads: 1, spillFolder: null, idleMs: 600_000 };
let box: DuckDb;
let untouched: Buffer;

before(async () => {
  const maker = openDuckDb({ ...settings, setup: [], selectOnly: false });
  const sql = `copy (select 'cam-1' as CameraId, range as n from range(10)) to '${allowed}' (format parquet)`;
  await maker.run({ sql }, { timeoutMs: 60_000 });
  await maker.close();
  writeFileSync(secret, "a secret");
  untouched = readFileSync(allowed);
  // One process for all statements: in the service each has its own, so that what one leaves behind could help the next only here.
  box = openDuckDb({ ...settings, setup: sandbox([allowed], null), selectOnly: true });
});
after(async () => {
  await box.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (sql: string, limits = {}) => box.run({ sql }, { timeoutMs: 60_000, maxRows: 100, ...limits });

const hostile: readonly [title: string, sql: string][] = [
  ["reads a file", `select * from read_text('${secret}')`],
  ["reads a file as CSV", "select * from read_csv('/etc/hostname')"],
  ["reads a file by its name alone", "select * from '/etc/passwd'"],
  ["reads bytes", "select * from read_blob('/proc/self/environ')"],
  ["reads around its folder", `select * from read_text('${folder}/../${folder.split("/").at(-1)}/secret.txt')`],
  ["reads with a wildcard", `select * from read_text('${folder}/*')`],
  ["lists a folder", "select * from glob('/*')"],
  ["lists its own folder", `select * from glob('${folder}/**')`],
  ["sniffs a file", "select * from sniff_csv('/etc/passwd')"],
  ["reads JSON", "select * from read_json('/etc/passwd')"],
  ["reads the web", "select * from read_text('https://example.com/')"],
  ["reads a bucket", "select * from read_parquet('s3://bucket/x.parquet')"],
  ["writes a file", `copy results to '${folder}/stolen.csv'`],
  ["writes over a result file", `copy (select 1) to '${allowed}' (format parquet)`],
  ["writes while it explains", `explain analyze copy (select 1) to '${allowed}' (format parquet)`],
  ["writes inside a query", `select * from query('copy results to ''${folder}/stolen.csv''')`],
  ["exports everything", `export database '${folder}/stolen'`],
  ["opens another database", `attach '${secret}' as records`],
  ["makes a database", `attach '${folder}/stolen.db'`],
  ["installs an extension", "install httpfs"],
  ["loads an extension", "load httpfs"],
  ["loads a library", "load '/usr/lib/x86_64-linux-gnu/libc.so.6'"],
  ["frees itself", "set enable_external_access = true"],
  ["unlocks its settings", "reset lock_configuration"],
  ["allows itself a folder", "set allowed_directories = ['/']"],
  ["raises its memory", "set memory_limit = '100GB'"],
  ["profiles into a file", `pragma profiling_output = '${folder}/stolen.json'`],
  ["logs into a file", `call enable_logging(storage = 'file', storage_path = '${folder}/stolen')`],
  ["keeps a table", "create table kept as select 1"],
  ["makes a macro", "create macro f() as 1"],
  ["drops the view", "drop view results"],
  ["hides a second statement", "select 1; drop view results"],
  ["hides a second statement behind a comment", `select 1 /* ; */ ; copy results to '${folder}/stolen.csv'`],
  ["prepares a statement", "prepare p as select 1"],
  ["begins a transaction", "begin"],
  ["asks for the environment", "select getenv('PATH')"],
  ["reads secrets", "select * from duckdb_secrets()"],
  ["deletes rows", "delete from results"],
  ["is empty", " -- nothing"],
  ["is no SQL", "selec * form results"],
  ["takes too much memory", "select string_agg(repeat('x', 1000), '') from range(10000000)"],
  ["scans memory of its process", "select * from arrow_scan(1::bigint, 2::bigint, 3::bigint)"],
  ["makes a pointer of a number", "select 1::pointer"],
];

for (const [title, sql] of hostile) {
  test(`refuses a statement that ${title}`, async () => {
    await assert.rejects(run(sql), (error) => error instanceof DuckDbRefusal && error.why !== "crashed");
  });
}

test("after all of them nothing was written, nothing changed, and honest statements work", async () => {
  assert.deepEqual(readdirSync(folder).toSorted(), ["results.parquet", "secret.txt"]);
  assert.deepEqual(readFileSync(allowed), untouched);
  assert.ok(!existsSync("stolen"));
  assert.deepEqual((await run("select CameraId, count(*), sum(n) from results group by 1")).rows, [["cam-1", 10, 45]]);
  assert.deepEqual((await run("with x as (from results where n > 7) select count(*) from x")).rows, [[2]]);
  assert.deepEqual((await run("select count(*) from truths")).rows, [[0]]);
});

test("answers no more rows and bytes than it may, and keeps numbers exact", async () => {
  const rows = await run("select range from range(1000)", { maxRows: 3 });
  assert.deepEqual([rows.rows, rows.isTruncated], [[[0], [1], [2]], true]);
  const bytes = await run("select repeat('x', 1000) from range(1000)", { maxBytes: 2500 });
  assert.deepEqual([bytes.rows.length, bytes.isTruncated], [2, true]);
  const cells = await run("select 9007199254740993::bigint, 'NaN'::double, [1, null], {'a': 1}, null, 'x'::blob");
  assert.deepEqual(cells.rows, [["9007199254740993", "NaN", [1, null], { a: 1 }, null, "78"]]);
});

test("a statement beyond its time is interrupted, and the next one works", async () => {
  const endless = "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 3";
  await assert.rejects(run(endless, { timeoutMs: 200 }), { why: "interrupted" });
  assert.deepEqual((await run("select 1")).rows, [[1]]);
});
