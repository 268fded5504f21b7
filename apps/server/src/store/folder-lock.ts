/** Holds a data folder for one process. The lock is the operating system's, on an SQLite file, so a process that is killed leaves none behind. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { errors } from "../errors.js";

export interface FolderLock {
  release(): void;
}

/**
 * @param folder must exist.
 * @throws ServerError DATA_FOLDER_IN_USE with the other process's id, DATA_FOLDER_UNUSABLE.
 */
export function lockFolder(folder: string): FolderLock {
  const file = join(folder, "server.lock");
  const idFile = join(folder, "server.pid");
  let database: InstanceType<typeof Libsql>;
  try {
    database = new Libsql(file, { timeout: 0 });
  } catch (error) {
    throw errors.dataFolderUnusable({ folder, problem: problemOf(error) }, { cause: error });
  }
  try {
    database.exec("BEGIN EXCLUSIVE");
    writeFileSync(idFile, `${process.pid}\n`);
  } catch (error) {
    database.close();
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!code.startsWith("SQLITE_BUSY")) {
      throw errors.dataFolderUnusable({ folder, problem: problemOf(error) }, { cause: error });
    }
    throw errors.dataFolderInUse({ folder, processId: readProcessId(idFile) });
  }
  let isHeld = true;
  return {
    release() {
      if (!isHeld) return;
      isHeld = false;
      rmSync(idFile, { force: true });
      database.close();
    },
  };
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** 0 when it can't be told: the other is just starting. */
function readProcessId(idFile: string): number {
  try {
    return Number.parseInt(readFileSync(idFile, "utf8"), 10) || 0;
  } catch {
    return 0;
  }
}
