/**
 * Checkpoints: everything that a training needs to go on exactly where it was.
 *
 * Layout: "SLCKPT1\n", the length of the header (uint32, little endian), the header (JSON), the vectors that it lists
 * (float32, little endian), and the SHA-256 of all that.
 */

import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { NnError } from "../errors.js";

/** Keeps one checkpoint. A save that fails must leave the one before it whole. */
export interface CheckpointStore {
  /** `null` when there is none. */
  load(): Promise<Uint8Array | null>;
  /** Keeps the parts, one behind the other. */
  save(parts: readonly Uint8Array[]): Promise<void>;
}

export interface Checkpoint<Header> {
  readonly header: Header;
  readonly vectors: ReadonlyMap<string, Float32Array>;
}

const magic = "SLCKPT1\n";
const digestBytes = 32;

/**
 * A checkpoint in a file. It is written beside it under another name, flushed to the disk, then renamed: whatever happens
 * in between, the file is the old one or the new one, whole.
 *
 * `save` throws NnError `CHECKPOINT_WRITE_FAILED`, for example when the disk is full.
 */
export function checkpointFile(path: string): CheckpointStore {
  const file = resolve(path);
  const unfinished = `${file}.unfinished`;
  return {
    load: async () => {
      try {
        return await readFile(file);
      } catch (cause) {
        if (["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")) return null;
        throw new NnError("CHECKPOINT_INVALID", `The checkpoint ${file} can't be read: ${reason(cause)}.`, { cause });
      }
    },
    save: async (parts) => {
      try {
        await mkdir(dirname(file), { recursive: true });
        const handle = await open(unfinished, "w");
        try {
          for (const part of parts) await writeAll(handle, part);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(unfinished, file);
        await syncFolder(dirname(file));
      } catch (cause) {
        await rm(unfinished, { force: true }).catch(() => {});
        throw new NnError(
          "CHECKPOINT_WRITE_FAILED",
          `The checkpoint ${file} can't be written: ${reason(cause)}. The one before it, if there was one, is still ` +
            "whole. Make room, or name another folder.",
          { cause },
        );
      }
    },
  };
}

/** The parts of a checkpoint's file. */
export function encodeCheckpoint<Header>({ header, vectors }: Checkpoint<Header>): Uint8Array[] {
  const lengths = [...vectors].map(([name, { length }]) => ({ name, length }));
  const text = Buffer.from(JSON.stringify({ header, vectors: lengths }));
  const start = Buffer.alloc(magic.length + 4);
  start.write(magic, "latin1");
  start.writeUInt32LE(text.length, magic.length);
  const parts: Uint8Array[] = [start, text, ...[...vectors.values()].map(bytesOf)];
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return [...parts, digest.digest()];
}

/** @throws NnError `CHECKPOINT_INVALID` when the bytes are cut, changed, or no checkpoint. */
export function decodeCheckpoint<Header>(bytes: Uint8Array): Checkpoint<Header> {
  const invalid = (why: string): never => {
    throw new NnError("CHECKPOINT_INVALID", `The checkpoint ${why}. Delete it to train from the start.`);
  };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerStart = magic.length + 4;
  if (buffer.length < headerStart + digestBytes || buffer.toString("latin1", 0, magic.length) !== magic) {
    invalid("isn't one of this program, or is cut short");
  }
  const content = buffer.subarray(0, buffer.length - digestBytes);
  if (!createHash("sha256").update(content).digest().equals(buffer.subarray(content.length))) {
    invalid("is damaged: its checksum doesn't fit");
  }
  const vectorsStart = headerStart + content.readUInt32LE(magic.length);
  const { header, vectors: lengths } = JSON.parse(content.toString("utf8", headerStart, vectorsStart)) as {
    header: Header;
    vectors: { name: string; length: number }[];
  };
  const vectors = new Map<string, Float32Array>();
  let offset = vectorsStart;
  for (const { name, length } of lengths) {
    // A copy: the vectors start at any byte, a Float32Array can't.
    vectors.set(name, new Float32Array(Uint8Array.from(content.subarray(offset, offset + 4 * length)).buffer));
    offset += 4 * length;
  }
  return { header, vectors };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function writeAll(handle: Awaited<ReturnType<typeof open>>, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, offset);
    offset += bytesWritten;
  }
}

/** The rename itself outlives a power cut only once the folder is flushed; where folders can't be opened, the system does it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  if (!handle) return;
  await handle.sync().catch(() => {});
  await handle.close();
}

const known: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full (ENOSPC)",
  EDQUOT: "the user's share of the disk is used up (EDQUOT)",
  EFBIG: "it is larger than files may be here (EFBIG, see `ulimit -f`)",
  EROFS: "the disk is read-only (EROFS)",
  EACCES: "this user may not write there (EACCES)",
};

function reason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return known[code ?? ""] ?? code ?? message;
}
