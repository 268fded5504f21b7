/** Writes a result file whole or not at all: nobody ever sees half a model. */
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CliError } from "./cli-error.js";

export interface ReservedFile {
  readonly path: string;
  commit(bytes: Uint8Array): Promise<void>;
  /** Removes what was begun; after a commit there is nothing left to remove. */
  release(): Promise<void>;
}

/** Makes sure, before the work, that the file can be written after it. @throws CliError `FILE_EXISTS`, `FILE_NOT_WRITABLE` */
export async function reserveFile(file: string, { overwrite }: { overwrite: boolean }): Promise<ReservedFile> {
  const path = resolve(file);
  const present = await stat(path).catch(() => null);
  if (present?.isDirectory()) {
    throw new CliError(
      "FILE_NOT_WRITABLE",
      `"${file}" is a folder. Name a file in it, such as "${join(file, "model.onnx")}".`,
    );
  }
  if (present !== null && !overwrite) {
    throw new CliError("FILE_EXISTS", `"${file}" exists already. Add --force to overwrite it, or choose another name.`);
  }
  const unfinished = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await (await open(unfinished, "w")).close();
    // Tried, and gone again: a process that is killed meanwhile leaves nothing behind.
    await rm(unfinished);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("FILE_NOT_WRITABLE", `"${file}" can't be written (${why}). Choose another place.`, { cause });
  }
  return {
    path,
    async commit(bytes) {
      const handle = await open(unfinished, "w");
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(unfinished, path);
    },
    release: () => rm(unfinished, { force: true }),
  };
}
