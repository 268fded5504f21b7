/** The few file operations that durable storage is made of, as an argument: tests record their order or let the disk be full. */
import { constants } from "node:fs";
import { access, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";

export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Returns when the bytes are on disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileLayer {
  /** Makes a folder and those above it; one that exists is fine. */
  makeFolder(path: string): Promise<void>;
  /** Fails when the file exists. */
  createFile(path: string): Promise<NewFile>;
  rename(from: string, to: string): Promise<void>;
  /** Returns when the names in the folder are on disk. */
  syncFolder(path: string): Promise<void>;
  /** @throws with code ENOENT when there is none. */
  readFile(path: string): Promise<Buffer>;
  /** Size in bytes, or `undefined` when there is no such file. */
  size(path: string): Promise<number | undefined>;
  /** Names in a folder; none when there is no such folder. */
  list(path: string): Promise<string[]>;
  /** A file that is gone already is fine. */
  remove(path: string): Promise<void>;
  /** Bytes that may still be written on the disk that holds the folder. */
  freeBytes(path: string): Promise<number>;
  /** @throws when the folder can't be written. */
  checkWritable(path: string): Promise<void>;
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");

export const nodeFiles: FileLayer = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
  },
  async createFile(path) {
    const file = await open(path, "wx", 0o640);
    return {
      write: (bytes) => file.writeFile(bytes),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
  rename: (from, to) => rename(from, to),
  async syncFolder(path) {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  readFile: (path) => readFile(path),
  async size(path) {
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  async list(path) {
    try {
      return await readdir(path);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  },
  remove: (path) => rm(path, { force: true }),
  async freeBytes(path) {
    const disk = await statfs(path);
    return disk.bavail * disk.bsize;
  },
  checkWritable: (path) => access(path, constants.W_OK | constants.X_OK),
};
