/** For tests: file layers that write down what is done, or play a disk that is full. */
import { relative } from "node:path";
import type { FileLayer } from "./file-layer.js";

/** @returns the layer, and the list that it writes to: one line per operation, paths below `root`, files aside as `tmp/…`. */
export function recordingFiles(real: FileLayer, root: string): { files: FileLayer; steps: string[] } {
  const steps: string[] = [];
  const short = (path: string) => relative(root, path).replace(/(^|\/)tmp\/.*/, "$1tmp/…");
  const files: FileLayer = {
    ...real,
    async createFile(path) {
      steps.push(`create ${short(path)}`);
      const file = await real.createFile(path);
      return {
        async write(bytes) {
          steps.push(`write ${short(path)}`);
          await file.write(bytes);
        },
        async sync() {
          steps.push(`sync ${short(path)}`);
          await file.sync();
        },
        async close() {
          steps.push(`close ${short(path)}`);
          await file.close();
        },
      };
    },
    async rename(from, to) {
      steps.push(`rename ${short(from)} → ${short(to)}`);
      await real.rename(from, to);
    },
    async syncFolder(path) {
      steps.push(`sync folder ${short(path)}`);
      await real.syncFolder(path);
    },
    async remove(path) {
      steps.push(`remove ${short(path)}`);
      await real.remove(path);
    },
  };
  return { files, steps };
}

export type FailingOperation = "createFile" | "write" | "sync" | "rename";

/** A disk that says ENOSPC at one chosen operation, until told otherwise. */
export function fullDisk(real: FileLayer): { files: FileLayer; fail(operation: FailingOperation | null): void } {
  let failing: FailingOperation | null = null;
  const check = (operation: FailingOperation): void => {
    if (failing !== operation) return;
    throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  };
  return {
    fail(operation) {
      failing = operation;
    },
    files: {
      ...real,
      async createFile(path) {
        check("createFile");
        const file = await real.createFile(path);
        return {
          async write(bytes) {
            // Half of it fits, as on a real disk.
            if (failing === "write") await file.write(bytes.subarray(0, bytes.length / 2));
            check("write");
            await file.write(bytes);
          },
          async sync() {
            check("sync");
            await file.sync();
          },
          close: () => file.close(),
        };
      },
      async rename(from, to) {
        check("rename");
        await real.rename(from, to);
      },
    },
  };
}
