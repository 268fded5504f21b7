/** Blobs as files: written aside, synced, renamed, and the folder synced, so that a name always means whole bytes on disk. */
import { createHash, randomUUID } from "node:crypto";
import { join } from "node:path";
import { errors } from "../errors.js";
import type { BlobStore, HeldBlob } from "./blob-store.js";
import type { FileLayer } from "./file-layer.js";

const isSha256 = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);
const shards = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, "0"));

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** The disk or the owner's quota is full. */
export function isDiskFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOSPC" || code === "EDQUOT" || code === "SQLITE_FULL";
}

/** @param folder made when it is missing; files left behind by an interrupted write are removed. */
export async function openFileBlobs(folder: string, files: FileLayer): Promise<BlobStore> {
  const unfinished = join(folder, "tmp");
  await files.makeFolder(unfinished);
  for (const shard of shards) await files.makeFolder(join(folder, shard));
  for (const name of await files.list(unfinished)) await files.remove(join(unfinished, name));
  await files.syncFolder(folder);

  const folderOf = (sha256: string) => join(folder, sha256.slice(0, 2));
  const fileOf = (sha256: string) => join(folderOf(sha256), sha256);

  /** How many hold each blob. */
  const holds = new Map<string, number>();
  /** Writes and removals under way; equal names take turns. */
  const busy = new Map<string, Promise<unknown>>();
  /** Known to be whole on disk since this process started. */
  const durable = new Set<string>();

  /** Runs one operation per name at a time. */
  async function alone<T>(sha256: string, work: () => Promise<T>): Promise<T> {
    const turn = (busy.get(sha256) ?? Promise.resolve()).then(work, work);
    busy.set(sha256, turn);
    try {
      return await turn;
    } finally {
      if (busy.get(sha256) === turn) busy.delete(sha256);
    }
  }

  function held(sha256: string, bytes: number): HeldBlob {
    let isReleased = false;
    return {
      sha256,
      bytes,
      release() {
        if (isReleased) return;
        isReleased = true;
        letGo(sha256);
      },
    };
  }
  function take(sha256: string): void {
    holds.set(sha256, (holds.get(sha256) ?? 0) + 1);
  }
  function letGo(sha256: string): void {
    const count = (holds.get(sha256) ?? 1) - 1;
    if (count > 0) holds.set(sha256, count);
    else holds.delete(sha256);
  }

  async function write(sha256: string, bytes: Uint8Array): Promise<void> {
    const aside = join(unfinished, `${sha256}-${randomUUID()}`);
    try {
      const file = await files.createFile(aside);
      try {
        await file.write(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await files.rename(aside, fileOf(sha256));
      await files.syncFolder(folderOf(sha256));
    } catch (error) {
      await files.remove(aside).catch(() => {});
      if (isDiskFull(error)) {
        const freeBytes = await files.freeBytes(folder).catch(() => 0);
        throw errors.diskFull({ freeBytes, minFreeBytes: bytes.length }, { cause: error });
      }
      throw error;
    }
  }

  return {
    async put(bytes) {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      take(sha256);
      try {
        await alone(sha256, async () => {
          const size = await files.size(fileOf(sha256));
          if (size === bytes.length && durable.has(sha256)) return;
          // A file from before a crash is whole (it was synced before it got its name), but its name may not be on disk yet.
          if (size === bytes.length) await files.syncFolder(folderOf(sha256));
          else await write(sha256, bytes);
          durable.add(sha256);
        });
      } catch (error) {
        letGo(sha256);
        throw error;
      }
      return held(sha256, bytes.length);
    },

    async hold(sha256) {
      take(sha256);
      const size = await alone(sha256, () => files.size(fileOf(sha256)));
      if (size !== undefined) return held(sha256, size);
      letGo(sha256);
      return undefined;
    },

    async read(sha256) {
      let bytes: Buffer;
      try {
        bytes = await files.readFile(fileOf(sha256));
      } catch (error) {
        if (codeOf(error) === "ENOENT") throw errors.pictureMissing({ sha256 }, { cause: error });
        throw error;
      }
      if (createHash("sha256").update(bytes).digest("hex") !== sha256) throw errors.pictureDamaged({ sha256 });
      return bytes;
    },

    remove: (sha256, isReferenced) =>
      alone(sha256, async () => {
        // A record naming the blob is only ever committed by a holder, so "nobody holds it" is asked before and after.
        if (holds.has(sha256) || (await isReferenced()) || holds.has(sha256)) return false;
        durable.delete(sha256);
        await files.remove(fileOf(sha256));
        return true;
      }),

    async *list() {
      for (const shard of shards) yield* (await files.list(join(folder, shard))).filter(isSha256);
    },

    freeBytes: () => files.freeBytes(folder),
  };
}
