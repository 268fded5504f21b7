/** Brings every recorded verdict into the result files exactly once, keeps the files few, and takes out what was deleted. */
import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { firstIdAt, type Now } from "../ids.js";
import type { LiveFeed } from "../live-feed.js";
import type { Log } from "../log.js";
import type { NewResultFile, Result, ResultFile, ResultFileKind } from "../store/results.js";
import type { Store } from "../store/store.js";
import type { DuckDb, Statement } from "./duckdb.js";
import type { ResultFolder } from "./result-files.js";
import { imagePathOf, jsonLine, placement, rowLine } from "./result-record.js";
import { contentOf, mergeFiles, withoutRows, writeRows } from "./result-sql.js";

export interface ResultWriter {
  /** When it resolves, all that was recorded before is in the files. Rejects when that failed; it is tried again by itself. */
  flush(): Promise<void>;
  /** Results were deleted: their rows go now. With their project: its files. */
  wake(what: "results" | "project"): void;
  readonly state: WriterState;
  close(): Promise<void>;
}

export interface WriterState {
  /** When results were last written, epoch milliseconds; `null` since the start not yet. */
  readonly lastFlushAtMs: number | null;
  /** What is the matter, for people; `null` when nothing is. */
  readonly problem: string | null;
}

export interface ResultWriterDeps {
  readonly store: Store;
  readonly live: LiveFeed;
  readonly folder: ResultFolder;
  readonly duckDb: DuckDb;
  /** For what exists only while a file is written. */
  readonly workFolder: string;
  readonly publicUrl: () => string;
  readonly settings: { readonly flushMs: number; readonly flushBytes: number; readonly keepMs: number };
  readonly now: Now;
  readonly log: Log;
}

/** Results read at once: about 1 MB of JSON lines. */
const readAtOnce = 3000;
/** So many Parquet files of one day and level become one of the next level. */
const mergeAt = 12;
/** A day that is over and has got nothing new for so long is merged into one file. */
const settledAfterMs = 3_600_000;
/** The level of a day's one file. */
const wholeDay = 9;
const writeTimeoutMs = 120_000;
const mostPauseMs = 300_000;

export async function startResultWriter(deps: ResultWriterDeps): Promise<ResultWriter> {
  const { store, folder, duckDb, workFolder, publicUrl, settings, now, log } = deps;
  let isClosed = false;
  let pendingBytes = 0;
  let failures = 0;
  let lastFlushAtMs: number | null = null;
  let problem: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  let needsTidying = true;

  await rm(workFolder, { recursive: true, force: true });
  await mkdir(workFolder, { recursive: true });

  // ------------------------------------------------------------ new rows

  /** Rows of one file-to-be: the results of a project and an hour or day. */
  function grouped(kind: ResultFileKind, results: readonly Result[]) {
    const groups = new Map<string, { startsAtMs: number; results: Result[] }>();
    for (const result of results) {
      const startsAtMs = placement[kind].startOf(result.receivedAtMs);
      const key = `${result.projectId} ${startsAtMs}`;
      const group = groups.get(key) ?? { startsAtMs, results: [] };
      group.results.push(result);
      groups.set(key, group);
    }
    return [...groups.values()];
  }

  function fileFor(kind: ResultFileKind, startsAtMs: number, results: readonly Result[]): NewResultFile {
    const [first] = results;
    if (first === undefined) throw new Error("A file of results has at least one.");
    const times = results.map(({ receivedAtMs }) => receivedAtMs);
    return {
      kind,
      projectId: first.projectId,
      path: newPath(kind, first.projectName, startsAtMs),
      startsAtMs,
      level: 0,
      firstAtMs: Math.min(...times),
      lastAtMs: Math.max(...times),
      rows: results.length,
      bytes: 0,
    };
  }

  const newPath = (kind: ResultFileKind, projectName: string, startsAtMs: number) =>
    `${placement[kind].folderOf(projectName, startsAtMs)}/results-${randomUUID()}.${placement[kind].ending}`;

  /** JSON lines go behind those of their hour. */
  async function appendJson(startsAtMs: number, results: readonly Result[]): Promise<NewResultFile | ResultFile> {
    const added = fileFor("json", startsAtMs, results);
    const text = results.map((result) => jsonLine(result, publicUrl())).join("");
    const last = (await store.read.results.filesOf("json", added.projectId, startsAtMs)).at(-1);
    // One that someone shortened or took away is left to its gap; the hour goes on in another file.
    if (last === undefined || ((await folder.sizeOf(last.path)) ?? -1) < last.bytes) {
      if (last !== undefined) log.warn({ file: last.path }, "A result file is shorter than what was written to it");
      return { ...added, bytes: await folder.append(added.path, 0, text) };
    }
    return {
      ...last,
      firstAtMs: Math.min(last.firstAtMs, added.firstAtMs),
      lastAtMs: Math.max(last.lastAtMs, added.lastAtMs),
      rows: last.rows + added.rows,
      bytes: await folder.append(last.path, last.bytes, text),
    };
  }

  /** Parquet files can't be appended to: each flush makes a small one. */
  async function addParquet(startsAtMs: number, results: readonly Result[]): Promise<NewResultFile> {
    const added = fileFor("parquet", startsAtMs, results);
    const lines = join(workFolder, `${randomUUID()}.json`);
    try {
      await writeFile(lines, results.map((result) => rowLine(result, publicUrl())).join(""), { mode: 0o640 });
      const bytes = await makeParquet(added.path, (target) => writeRows(lines, target));
      return { ...added, bytes };
    } finally {
      await rm(lines, { force: true });
    }
  }

  async function makeParquet(path: string, statement: (target: string) => Statement): Promise<number> {
    await folder.makeRoomFor(path);
    await duckDb.run(statement(folder.at(path)), { timeoutMs: writeTimeoutMs });
    return folder.settle(path);
  }

  async function advance(kind: ResultFileKind): Promise<void> {
    while (!isClosed) {
      const results = await store.read.results.pending(kind, readAtOnce);
      const last = results.at(-1);
      if (last === undefined) return;
      const written: (NewResultFile | ResultFile)[] = [];
      for (const group of grouped(kind, results)) {
        written.push(await (kind === "json" ? appendJson : addParquet)(group.startsAtMs, group.results));
      }
      // The files and the cursor change in one transaction: rows that a kill leaves behind it are cut off and written again.
      await store.write((tx) => tx.results.advance(kind, last.sequence, written));
      lastFlushAtMs = now();
      if (results.length < readAtOnce) return;
    }
  }

  // ------------------------------------------------------------ fewer files, fewer rows

  async function replace(replaced: readonly ResultFile[], by: readonly NewResultFile[]): Promise<void> {
    const isDone = await store.write((tx) => tx.results.replaceFiles(replaced, by));
    for (const { path } of isDone ? replaced : by) await folder.remove(path);
  }

  async function merge(files: readonly ResultFile[], level: number): Promise<void> {
    const [first] = files;
    if (first === undefined || files.length < 2) return;
    const name = (await store.read.projects.get(first.projectId))?.name;
    if (name === undefined) return;
    const path = newPath("parquet", name, first.startsAtMs);
    const sources = files.map((file) => folder.at(file.path));
    const bytes = await makeParquet(path, (target) => mergeFiles(sources, target));
    const merged: NewResultFile = {
      ...first,
      path,
      level,
      firstAtMs: Math.min(...files.map((file) => file.firstAtMs)),
      lastAtMs: Math.max(...files.map((file) => file.lastAtMs)),
      rows: files.reduce((sum, { rows }) => sum + rows, 0),
      bytes,
    };
    await replace(files, [merged]);
  }

  async function mergeWhereCrowded(): Promise<void> {
    for (const { projectId, startsAtMs, level } of await store.read.results.crowded(mergeAt)) {
      if (isClosed) return;
      const files = await store.read.results.filesOf("parquet", projectId, startsAtMs);
      await merge(
        files.filter((file) => file.level === level),
        Math.min(level + 1, wholeDay),
      );
    }
    const today = placement.parquet.startOf(now());
    for (const { projectId, startsAtMs } of await store.read.results.unmergedBefore(today)) {
      if (isClosed) return;
      const files = await store.read.results.filesOf("parquet", projectId, startsAtMs);
      const isSettled = files.every(({ id }) => id < firstIdAt(now() - settledAfterMs));
      if (isSettled) await merge(files, wholeDay);
    }
  }

  /** Rows of deleted inspections leave the files; each file is written anew once. */
  async function takeOutDeleted(): Promise<void> {
    while (!isClosed) {
      const deletions = await store.read.results.deletions(500);
      if (deletions.length === 0) return;
      const byFile = new Map<string, { file: ResultFile; ids: string[] }>();
      for (const { inspectionId, projectId, receivedAtMs } of deletions) {
        for (const kind of ["json", "parquet"] as const) {
          const files = await store.read.results.filesOf(kind, projectId, placement[kind].startOf(receivedAtMs));
          for (const file of files) {
            const found = byFile.get(file.id) ?? { file, ids: [] };
            found.ids.push(inspectionId);
            byFile.set(file.id, found);
          }
        }
      }
      for (const { file, ids } of byFile.values()) await takeOut(file, ids);
      await store.write((tx) => tx.results.endDeletions(deletions.map(({ inspectionId }) => inspectionId)));
    }
  }

  async function takeOut(file: ResultFile, ids: readonly string[]): Promise<void> {
    const name = (await store.read.projects.get(file.projectId))?.name;
    if (name === undefined) return;
    const path = newPath(file.kind, name, file.startsAtMs);
    let left: { rows: number; bytes: number };
    if (file.kind === "json") {
      const endings = ids.map((id) => `${imagePathOf(id)}"`);
      left = await folder.copyLines(file.path, file.bytes, path, (line) => !endings.some((end) => line.includes(end)));
    } else {
      const bytes = await makeParquet(path, (target) => withoutRows(folder.at(file.path), ids, target));
      const { rows } = await duckDb.run(contentOf(folder.at(path)), { timeoutMs: writeTimeoutMs });
      left = { rows: Number(rows[0]?.[0] ?? 0), bytes };
    }
    if (left.rows === file.rows) await folder.remove(path);
    else if (left.rows > 0) await replace([file], [{ ...file, path, ...left }]);
    else {
      await replace([file], []);
      await folder.remove(path);
    }
  }

  async function dropOld(): Promise<void> {
    for (const kind of ["json", "parquet"] as const) {
      for (const file of await store.read.results.files({ kind, toMs: now() - settings.keepMs })) {
        if (file.lastAtMs < now() - settings.keepMs) await replace([file], []);
      }
    }
  }

  /** What a kill or a deleted project left behind. */
  async function tidy(): Promise<void> {
    const kept = new Map<string, number>();
    for (const kind of ["json", "parquet"] as const) {
      for (const { path, bytes } of await store.read.results.files({ kind })) kept.set(path, bytes);
    }
    const files = await folder.tidy(kept);
    if (files > 0) log.info({ files }, "Removed or cut result files that no record names");
    needsTidying = false;
  }

  // ------------------------------------------------------------ when

  async function work(): Promise<void> {
    if (needsTidying) await tidy();
    pendingBytes = 0;
    await advance("json");
    await advance("parquet");
    await takeOutDeleted();
    await mergeWhereCrowded();
    await dropOld();
  }

  /** One at a time; a failed one is tried again after a growing pause. */
  function flush(): Promise<void> {
    const done = turn.then(async () => {
      if (isClosed) return;
      clearTimeout(timer);
      try {
        await work();
        failures = 0;
        problem = null;
      } catch (error) {
        failures++;
        problem = error instanceof Error ? error.message : String(error);
        if (!isClosed) log.error({ err: error, failures }, "The result files could not be written; it is tried again");
        throw error;
      } finally {
        const pauseMs = Math.min(settings.flushMs * 2 ** failures, Math.max(mostPauseMs, settings.flushMs));
        if (!isClosed) {
          timer = setTimeout(flushQuietly, pauseMs);
          timer.unref();
        }
      }
    });
    turn = done.catch(() => {});
    return done;
  }

  const flushQuietly = (): void => void flush().catch(() => {});

  const unsubscribe = deps.live.subscribe((event) => {
    if (event.type !== "inspection" || event.inspection.status !== "inspected") return;
    const { inspection } = event;
    // What its JSON line will have, give or take a few bytes.
    pendingBytes += 250 + inspection.cameraId.length + inspection.assemblyLineId.length + inspection.imageId.length;
    if (pendingBytes < settings.flushBytes || failures > 0) return;
    pendingBytes = 0;
    flushQuietly();
  });

  flushQuietly();

  return {
    flush,
    wake(what) {
      if (what === "project") needsTidying = true;
      flushQuietly();
    },
    get state() {
      return { lastFlushAtMs, problem };
    },
    async close() {
      // What is recorded and not yet written is in the database; still, an ordinary stop leaves the files complete.
      await turn;
      clearTimeout(timer);
      if (failures === 0) await flush().catch(() => {});
      isClosed = true;
      clearTimeout(timer);
      unsubscribe();
      await turn;
    },
  };
}
