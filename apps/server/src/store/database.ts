/** Opens the one SQLite file: pragmas, a checked driver, forward migrations with a backup, one writer that groups commits, one reader. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync } from "node:fs";
import { join } from "node:path";
import { CompiledQuery, Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement, sql } from "kysely";
import Libsql from "libsql";
import { errors } from "../errors.js";
import { type Migration, migrations } from "./migrations.js";
import type { Tables } from "./tables.js";

export type Queries = Kysely<Tables>;

/** libsql ends the whole process (a Rust panic) on a boolean parameter, so each one is looked at first. */
function checkParameters(text: string, parameters: readonly unknown[]): void {
  for (const [index, value] of parameters.entries()) {
    const isUsable =
      value === null ||
      typeof value === "string" ||
      typeof value === "bigint" ||
      (typeof value === "number" && Number.isFinite(value));
    if (!isUsable) {
      throw new TypeError(
        `SQL parameter ${index + 1} must be text, a finite number or null, got ${typeof value === "number" ? value : typeof value}, in: ${text}`,
      );
    }
  }
}

type PreparedStatement = ReturnType<InstanceType<typeof Libsql>["prepare"]>;

/** Kysely prepares a query each time it runs; the server's few dozen texts are prepared once instead. */
class CachingDatabase implements SqliteDatabase {
  readonly #statements = new Map<string, SqliteStatement>();
  constructor(
    readonly connection: InstanceType<typeof Libsql>,
    readonly capacity = 300,
  ) {}

  prepare(text: string): SqliteStatement {
    const cached = this.#statements.get(text);
    if (cached !== undefined) {
      // Last used goes last; the first is the one to drop.
      this.#statements.delete(text);
      this.#statements.set(text, cached);
      return cached;
    }
    const statement = this.connection.prepare(text) as PreparedStatement;
    const checked: SqliteStatement = {
      reader: statement.reader,
      all: (parameters) => {
        checkParameters(text, parameters);
        return statement.all(...[[...parameters]]);
      },
      run: (parameters) => {
        checkParameters(text, parameters);
        return statement.run(...[[...parameters]]);
      },
      iterate: (parameters) => {
        checkParameters(text, parameters);
        return statement.iterate(...[[...parameters]]);
      },
    };
    if (this.#statements.size >= this.capacity) {
      const oldest = this.#statements.keys().next();
      if (!oldest.done) this.#statements.delete(oldest.value);
    }
    this.#statements.set(text, checked);
    return checked;
  }

  close(): void {
    this.#statements.clear();
    this.connection.close();
  }
}

const pragmas = ["journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000", "foreign_keys = ON"];

function connect(file: string): CachingDatabase {
  const connection = new Libsql(file, { timeout: 5000 });
  for (const pragma of pragmas) connection.exec(`PRAGMA ${pragma}`);
  return new CachingDatabase(connection);
}

function readNumber(connection: InstanceType<typeof Libsql>, pragma: string): number {
  const row = connection.prepare(`PRAGMA ${pragma}`).all()[0] as Record<string, unknown> | undefined;
  return Number(Object.values(row ?? {})[0] ?? 0);
}

function fsyncPath(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Runs the steps that are missing, each in its own transaction; an existing database is copied aside first. */
function migrate(
  file: string,
  connection: InstanceType<typeof Libsql>,
  steps: readonly Migration[],
  folder: string,
): void {
  const known = steps.at(-1)?.version ?? 0;
  const version = readNumber(connection, "user_version");
  if (version > known) throw errors.databaseTooNew({ file, version, known });
  if (version === known) return;
  if (version > 0) {
    const backup = join(folder, `backup-before-format-${known}.db`);
    if (!existsSync(backup)) {
      // VACUUM INTO makes a whole copy from a consistent snapshot; renamed last, so that a backup that has its name is whole.
      const unfinished = `${backup}.tmp-${process.pid}`;
      connection.prepare("VACUUM INTO ?").run(unfinished);
      fsyncPath(unfinished);
      renameSync(unfinished, backup);
      fsyncPath(folder);
    }
  }
  for (const step of steps) {
    if (step.version <= version) continue;
    connection.exec("BEGIN IMMEDIATE");
    try {
      connection.exec(step.sql);
      connection.exec(`PRAGMA user_version = ${step.version}`);
      connection.exec("COMMIT");
    } catch (error) {
      connection.exec("ROLLBACK");
      throw new Error(
        `Step ${step.version} ("${step.title}") of the database ${file} failed; it is as it was before.`,
        {
          cause: error,
        },
      );
    }
  }
}

interface PendingWrite {
  run(queries: Queries): Promise<void>;
  commit(): void;
  reject(error: unknown): void;
}

export interface WriteOptions {
  /** Nobody waits for the answer: under load the unit joins the next group instead of asking for a commit of its own. */
  readonly canWait?: boolean;
}

export interface Database {
  /** Reads only; sees what is committed. */
  readonly reader: Queries;
  /**
   * Runs a unit of work alone in a savepoint of the next group transaction and resolves when that group is on disk.
   * A unit that throws is undone by itself; the others of its group stay.
   * Await nothing but queries inside: everybody's writes wait meanwhile.
   */
  write<T>(work: (queries: Queries) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** Transactions committed since the database was opened: fewer than writes when they were grouped. */
  readonly commits: number;
  close(): Promise<void>;
}

/**
 * A commit syncs the disk and holds up this thread meanwhile, so a write that can wait lets this much time pass since the last one.
 * When nothing is going on it waits for nobody.
 */
const gatherMs = 20;

/** More writes than this in one transaction would make the first of them wait too long. */
const largestGroup = 64;

/** @param folder where the file and its backups lie; must exist. */
export function openDatabase(folder: string, steps: readonly Migration[] = migrations): Database {
  const file = join(folder, "sightline.db");
  const writing = connect(file);
  try {
    migrate(file, writing.connection, steps, folder);
  } catch (error) {
    writing.close();
    throw error;
  }
  const reading = connect(file);
  reading.connection.exec("PRAGMA query_only = ON");
  const writer = new Kysely<Tables>({ dialect: new SqliteDialect({ database: writing }) });
  const reader = new Kysely<Tables>({ dialect: new SqliteDialect({ database: reading }) });

  const pending: PendingWrite[] = [];
  let draining: Promise<void> | undefined;
  let commits = 0;
  let drainedAtMs = Number.NEGATIVE_INFINITY;
  let waiting: NodeJS.Timeout | undefined;
  let isClosed = false;

  const control = (text: string, queries: Queries) => queries.executeQuery(CompiledQuery.raw(text));

  async function commitGroup(queries: Queries, group: readonly PendingWrite[]): Promise<void> {
    const done: PendingWrite[] = [];
    try {
      await control("BEGIN IMMEDIATE", queries);
      for (const write of group) {
        await control("SAVEPOINT unit", queries);
        try {
          await write.run(queries);
          done.push(write);
        } catch (error) {
          await control("ROLLBACK TO unit", queries);
          write.reject(error);
        }
        await control("RELEASE unit", queries);
      }
      await control("COMMIT", queries);
      commits++;
    } catch (error) {
      // The transaction itself failed (disk full, I/O error): nothing of the group is on disk.
      await control("ROLLBACK", queries).catch(() => {});
      for (const write of group) write.reject(error);
      return;
    }
    for (const write of done) write.commit();
  }

  async function drain(): Promise<void> {
    // Writes asked for in this turn of the event loop join the group.
    await new Promise((resolve) => setImmediate(resolve));
    await writer.connection().execute(async (queries) => {
      while (pending.length > 0) await commitGroup(queries, pending.splice(0, largestGroup));
      drainedAtMs = performance.now();
    });
  }

  function wakeLater(): void {
    const leftMs = drainedAtMs + gatherMs - performance.now();
    if (leftMs <= 0) wake();
    else waiting ??= setTimeout(wake, leftMs);
  }

  function wake(): void {
    clearTimeout(waiting);
    waiting = undefined;
    draining ??= drain().finally(() => {
      draining = undefined;
      if (pending.length > 0) wake();
    });
  }

  return {
    reader,
    get commits() {
      return commits;
    },
    write<T>(work: (queries: Queries) => Promise<T>, { canWait = false }: WriteOptions = {}): Promise<T> {
      if (isClosed) return Promise.reject(new Error("The database is closed; nothing can be written any more."));
      return new Promise<T>((resolve, reject) => {
        let result: { value: T } | undefined;
        pending.push({
          run: async (queries) => {
            result = { value: await work(queries) };
          },
          commit: () => result !== undefined && resolve(result.value),
          reject,
        });
        if (canWait) wakeLater();
        else wake();
      });
    },
    async close() {
      isClosed = true;
      if (waiting !== undefined) wake();
      while (draining !== undefined) await draining;
      await sql`PRAGMA optimize`.execute(writer).catch(() => {});
      // A copy of a stopped server's folder is then whole in its one file.
      await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(writer).catch(() => {});
      await reader.destroy();
      await writer.destroy();
    },
  };
}
