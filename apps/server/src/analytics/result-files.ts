/** The result files on disk: appended to and replaced so that what the catalogue says is always there, whole. */
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, rmdir, stat, truncate } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

export interface ResultFolder {
  /** The folder as a path of this machine. */
  readonly root: string;
  /** Absolute path of a file named below the folder. */
  at(path: string): string;
  /** Makes the folder of a new file, durably. */
  makeRoomFor(path: string): Promise<void>;
  /** Puts bytes behind the first `keptBytes` of a file; what stood there was never committed. Returns when they are on disk. */
  append(path: string, keptBytes: number, text: string): Promise<number>;
  /** Returns when a file that another process wrote is on disk under its name. @returns its size */
  settle(path: string): Promise<number>;
  /** Copies the first `bytes` of a file of lines without some of them. @returns the rows and bytes of the copy */
  copyLines(from: string, bytes: number, to: string, keep: (line: string) => boolean): Promise<FileContent>;
  /** `undefined`: there is none. */
  sizeOf(path: string): Promise<number | undefined>;
  /** One that is gone is fine; folders left empty go too. */
  remove(path: string): Promise<void>;
  /** Removes files that have no size in `kept` and cuts off what stands behind the size. @returns how many it touched */
  tidy(kept: ReadonlyMap<string, number>): Promise<number>;
}

export interface FileContent {
  readonly rows: number;
  readonly bytes: number;
}

const dataFolders = ["defect-detection-results", "parquet"];

export async function openResultFolder(root: string, uriPrefix: string | null): Promise<ResultFolder> {
  const at = (path: string) => join(root, path);
  for (const folder of dataFolders) await mkdir(at(folder), { recursive: true });
  await writeManifest(root, uriPrefix ?? pathToFileURL(at("defect-detection-results/")).href);

  async function makeRoomFor(path: string): Promise<void> {
    const folder = dirname(at(path));
    const first = await mkdir(folder, { recursive: true });
    if (first === undefined) return;
    // Each new name must be on disk in the folder above it.
    for (let made = folder; made.length >= first.length; made = dirname(made)) await syncPath(dirname(made));
  }

  async function remove(path: string): Promise<void> {
    await rm(at(path), { force: true });
    // Hours, days, months, the project: as far up as nothing is left.
    for (let folder = dirname(path); folder.includes("/"); folder = dirname(folder)) {
      const isGone = await rmdir(at(folder)).then(
        () => true,
        () => false,
      );
      if (!isGone) break;
    }
  }

  return {
    root,
    at,
    makeRoomFor,
    remove,

    async append(path, keptBytes, text) {
      const isNew = keptBytes === 0;
      if (isNew) await makeRoomFor(path);
      const file = await open(at(path), isNew ? "w" : "r+", 0o640);
      const bytes = Buffer.from(text);
      try {
        await file.truncate(keptBytes);
        await writeWhole(file, bytes, keptBytes);
        await file.sync();
      } finally {
        await file.close();
      }
      if (isNew) await syncPath(dirname(at(path)));
      return keptBytes + bytes.length;
    },

    async settle(path) {
      await syncPath(at(path));
      await syncPath(dirname(at(path)));
      return (await stat(at(path))).size;
    },

    async copyLines(from, bytes, to, keep) {
      await makeRoomFor(to);
      const content = { rows: 0, bytes: 0 };
      const target = createWriteStream(at(to), { mode: 0o640 });
      try {
        const lines = createInterface({ input: createReadStream(at(from), { end: bytes - 1 }) });
        for await (const line of lines) {
          if (!keep(line)) continue;
          content.rows++;
          content.bytes += Buffer.byteLength(line) + 1;
          if (!target.write(`${line}\n`)) await once(target, "drain");
        }
      } finally {
        target.end();
        await once(target, "close");
      }
      await syncPath(at(to));
      await syncPath(dirname(at(to)));
      return content;
    },

    async sizeOf(path) {
      return stat(at(path)).then(
        ({ size }) => size,
        () => undefined,
      );
    },

    async tidy(kept) {
      let touched = 0;
      for (const folder of dataFolders) {
        for (const entry of await readdir(at(folder), { recursive: true, withFileTypes: true })) {
          if (!entry.isFile()) continue;
          const path = relative(root, join(entry.parentPath, entry.name));
          const bytes = kept.get(path);
          if (bytes === undefined) await remove(path);
          else if ((await stat(at(path))).size > bytes) await truncate(at(path), bytes);
          else continue;
          touched++;
        }
      }
      return touched;
    },
  };
}

/** For readers that are given a manifest, such as QuickSight: where the JSON lines are. */
async function writeManifest(root: string, uriPrefix: string): Promise<void> {
  const manifest = { fileLocations: [{ URIPrefixes: [uriPrefix] }], globalUploadSettings: { format: "JSON" } };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  const path = join(root, "manifest.json");
  const existing = await readFile(path, "utf8").catch(() => "");
  if (existing === text) return;
  const file = await open(`${path}.tmp`, "w", 0o640);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  await syncPath(root);
}

async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
