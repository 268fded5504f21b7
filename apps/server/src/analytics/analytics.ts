/** Analytics: the result files, counting over them, exports, and the SQL box. */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Analytics, AnalyticsDimension, AnalyticsState, SqlTable } from "@sightline/api/analytics";
import type { Config } from "../config.js";
import { errors } from "../errors.js";
import { type Now, toTime, toTimeOrNull } from "../ids.js";
import type { LiveFeed } from "../live-feed.js";
import type { Log } from "../log.js";
import type { ResultFileKind } from "../store/results.js";
import type { Store } from "../store/store.js";
import { countResults, exportResults, type ResultFilter, sandbox, toGroups } from "./count-sql.js";
import { type DuckDb, DuckDbRefusal, openDuckDb, type Statement } from "./duckdb.js";
import type { Table } from "./duckdb-messages.js";
import { openResultFolder } from "./result-files.js";
import { startResultWriter } from "./result-writer.js";
import { clockTimeOf, shiftsOf } from "./shifts.js";
import { sqlExamples } from "./sql-examples.js";
import { createTruthFile } from "./truths.js";

export interface AnalyticsQuery extends ResultFilter {
  readonly projectId?: string | undefined;
}

export interface AnalyticsService {
  /** @throws ServerError ANALYTICS_UNAVAILABLE, ANALYTICS_TOO_SLOW, ANALYTICS_TOO_LARGE */
  count(query: AnalyticsQuery, groupBy: readonly AnalyticsDimension[], limit: number): Promise<Analytics>;
  /** The results of a filter as a file that goes once it is read. @throws ServerError as `count`, and DISK_FULL */
  export(query: AnalyticsQuery, format: "csv" | "parquet"): Promise<{ content: Readable; bytes: number }>;
  /** @throws ServerError SQL_NOT_SELECT, SQL_FAILED, SQL_BUSY and those of `count` */
  sql(text: string): Promise<SqlTable>;
  state(): Promise<AnalyticsState>;
  /** Everything recorded so far is in the files when it resolves. */
  flush(): Promise<void>;
  /** Results were deleted, or a project: their rows and files go soon. */
  wake(what: "results" | "project"): void;
  close(): Promise<void>;
}

export interface AnalyticsDeps {
  readonly store: Store;
  readonly live: LiveFeed;
  readonly config: Config;
  readonly publicUrl: () => string;
  readonly freeDiskBytes: () => Promise<number>;
  readonly now: Now;
  readonly log: Log;
}

/** An analysis waits for a flush only when the last one is older: the page shows what happened seconds ago. */
const freshMs = 5000;
/** A DuckDB process holds about 100 MB: one that nobody asks goes. */
const idleMs = 120_000;
const sqlAtOnce = 2;
const exportTimeoutMs = 300_000;
const mostSqlBytes = 4_000_000;
/** The files were merged or emptied between being listed and being read. */
const isMissingFile = (error: unknown) =>
  error instanceof DuckDbRefusal && /No files found|No such file|Cannot open file/i.test(error.message);

export async function openAnalytics(deps: AnalyticsDeps): Promise<AnalyticsService> {
  const { store, config, now, log } = deps;
  const settings = config.analytics;
  const timeZone = settings.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const shifts = shiftsOf(settings.shifts);
  const workFolder = join(config.dataFolder, "work", "analytics");
  const folder = await openResultFolder(join(config.dataFolder, "analytics"), settings.uriPrefix);
  const memory = { maxMemoryMegabytes: settings.memoryMegabytes, threads: Math.min(2, availableParallelism()) };
  const duckDb = openDuckDb({ ...memory, spillFolder: workFolder, setup: [], selectOnly: false, idleMs });
  const writer = await startResultWriter({
    store,
    live: deps.live,
    folder,
    duckDb,
    workFolder,
    publicUrl: deps.publicUrl,
    settings: {
      flushMs: settings.flushSeconds * 1000,
      flushBytes: settings.flushBytes,
      keepMs: settings.keepDays * 86_400_000,
    },
    now,
    log,
  });
  const truths = createTruthFile({ store, duckDb, workFolder, now });
  let sqlRunning = 0;

  /** What the box and the charts don't show yet is written first; files that can't be written now are no reason to show nothing. */
  async function freshen(): Promise<void> {
    const { lastFlushAtMs } = writer.state;
    if (lastFlushAtMs !== null && now() - lastFlushAtMs < freshMs) return;
    if ((await store.read.results.countPending("parquet")) > 0) await writer.flush().catch(() => {});
  }

  async function filesOf(query: Partial<AnalyticsQuery>): Promise<string[]> {
    const { projectId, fromMs, toMs } = query;
    const files = await store.read.results.files({ kind: "parquet", projectId, fromMs, toMs });
    return files.map(({ path }) => folder.at(path));
  }

  /** Lists the files and runs a statement over them; listed anew where one was replaced meanwhile. */
  async function over<T>(query: Partial<AnalyticsQuery>, work: (files: string[]) => Promise<T>): Promise<T> {
    await freshen();
    for (let attempt = 1; ; attempt++) {
      try {
        return await work(await filesOf(query));
      } catch (error) {
        if (attempt < 3 && isMissingFile(error)) continue;
        throw explain(error);
      }
    }
  }

  function explain(error: unknown): unknown {
    if (!(error instanceof DuckDbRefusal)) return error;
    const { why, message } = error;
    if (why === "interrupted") return errors.analyticsTooSlow({ seconds: settings.querySeconds }, { cause: error });
    if (why === "memory") return errors.analyticsTooLarge({ megabytes: settings.memoryMegabytes }, { cause: error });
    return errors.analyticsUnavailable({ problem: message }, { cause: error, retryAfterSeconds: 5 });
  }

  const run = (statement: Statement, maxRows = 1): Promise<Table> =>
    duckDb.run(statement, { timeoutMs: settings.querySeconds * 1000, maxRows });

  async function filesState(kind: ResultFileKind) {
    const { firstAtMs, lastAtMs, ...totals } = await store.read.results.fileTotals(kind);
    return {
      ...totals,
      firstAt: toTimeOrNull(firstAtMs),
      lastAt: toTimeOrNull(lastAtMs),
      pending: await store.read.results.countPending(kind),
    };
  }

  /** In a process of its own that knows nothing but the files and goes with the statement. */
  async function runInBox(text: string, files: readonly string[], truthFile: string | null): Promise<Table> {
    const box: DuckDb = openDuckDb({
      ...memory,
      threads: 1,
      spillFolder: null,
      setup: sandbox(files, truthFile),
      selectOnly: true,
      idleMs,
    });
    try {
      return await box.run(
        { sql: text },
        { timeoutMs: settings.querySeconds * 1000, maxRows: settings.sqlRows, maxBytes: mostSqlBytes },
      );
    } finally {
      await box.close();
    }
  }

  return {
    async count(query, groupBy, limit) {
      const { table, isTruncated } = await over(query, async (files) => {
        if (files.length === 0) return { table: { rows: groupBy.length === 0 ? [[]] : [] }, isTruncated: false };
        const truthFile = await truths.current();
        const statement = countResults({ filter: query, files, truths: truthFile, groupBy, timeZone, shifts, limit });
        const counted = await run(statement, limit);
        return { table: counted, isTruncated: counted.isTruncated };
      });
      return {
        from: toTime(query.fromMs),
        to: toTime(query.toMs),
        timeZone,
        groupBy: [...groupBy],
        groups: toGroups(table, groupBy),
        isTruncated,
      };
    },

    async export(query, format) {
      const freeBytes = await deps.freeDiskBytes();
      const minFreeBytes = config.minFreeDiskBytes;
      if (freeBytes < minFreeBytes) throw errors.diskFull({ freeBytes, minFreeBytes });
      const path = join(workFolder, `export-${randomUUID()}.${format}`);
      try {
        await over(query, (files) =>
          duckDb.run(exportResults(files, query, format, path), { timeoutMs: exportTimeoutMs }),
        );
        const content = createReadStream(path);
        // On disk it stays until it is read; its name goes at once, so that nothing is left behind whatever happens.
        await new Promise((resolve, reject) => content.once("open", resolve).once("error", reject));
        return { content, bytes: (await stat(path)).size };
      } finally {
        await rm(path, { force: true });
      }
    },

    async sql(text) {
      if (sqlRunning >= sqlAtOnce) throw errors.sqlBusy({ atOnce: sqlAtOnce }, { retryAfterSeconds: 5 });
      sqlRunning++;
      try {
        const beganAtMs = performance.now();
        const table = await over({}, async (files) => {
          try {
            return await runInBox(text, files, await truths.current());
          } catch (error) {
            if (!(error instanceof DuckDbRefusal) || isMissingFile(error)) throw error;
            if (error.why === "notSelect") throw errors.sqlNotSelect({ problem: error.message });
            if (error.why === "sql") throw errors.sqlFailed({ problem: error.message });
            if (error.why === "crashed")
              throw errors.sqlFailed({ problem: `The statement broke off: ${error.message}.` });
            throw error;
          }
        });
        return {
          columns: [...table.columns],
          rows: table.rows.map((row) => [...row]),
          isTruncated: table.isTruncated,
          elapsedMs: performance.now() - beganAtMs,
        };
      } finally {
        sqlRunning--;
      }
    },

    async state() {
      const { lastFlushAtMs, problem } = writer.state;
      return {
        folder: folder.root,
        json: await filesState("json"),
        parquet: await filesState("parquet"),
        lastFlushAt: toTimeOrNull(lastFlushAtMs),
        problem,
        keepDays: settings.keepDays,
        timeZone,
        shifts: shifts.map((shift) => ({ name: shift.name, startsAt: clockTimeOf(shift) })),
        sqlExamples: [...sqlExamples],
      };
    },

    flush: () => writer.flush(),
    wake: (what) => writer.wake(what),
    async close() {
      await writer.close();
      await duckDb.close();
    },
  };
}
