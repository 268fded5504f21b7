/** Tells picture files that can be used from those that can't, with the reason, without decoding them where possible. */
import { type FileHandle, lstat, open } from "node:fs/promises";
import type { Sample } from "./dataset.js";
import type { Skipped } from "./formats/format.js";
import { decodeImage, defaultMaxPixels } from "./image-file.js";
import { checkPixels, ImageError, readHeader } from "./image-header.js";

/** The samples whose files can be used, in their order, and the others with their reasons. */
export async function usablePictures<Listed extends Sample>(
  candidates: readonly Listed[],
): Promise<{ samples: Listed[]; skipped: Skipped[] }> {
  const problems = await inParallel(candidates, 8, (sample) => problemOf(sample.file));
  const skipped: Skipped[] = [];
  const samples = candidates.filter((sample, i) => {
    const reason = problems[i];
    if (typeof reason === "string") skipped.push({ name: sample.name, reason });
    return reason === null;
  });
  return { samples, skipped };
}

export function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Enough for the header of almost every camera's pictures. */
const headerBytes = 65_536;
/** Where the end mark of a whole file is looked for. */
const tailBytes = 1024;

/** Why a file can't be used, or `null`. */
async function problemOf(file: string): Promise<string | null> {
  let handle: FileHandle | undefined;
  try {
    // Before it is opened: opening a pipe would wait for a writer.
    const kind = await lstat(file);
    if (kind.isSymbolicLink()) return "is a link; links are not followed";
    if (!kind.isFile()) return "is not a regular file";
    handle = await open(file);
    const { size } = await handle.stat();
    if (size === 0) return "has 0 bytes";
    const start = await readAt(handle, 0, Math.min(size, headerBytes));
    let header = headerOrNull(start);
    if (!header) header = readHeader(size > headerBytes ? await readAt(handle, 0, size) : start);
    checkPixels(header, defaultMaxPixels);
    const tail = await readAt(handle, Math.max(0, size - tailBytes), Math.min(size, tailBytes));
    const endMark = header.format === "jpeg" ? Buffer.from([0xff, 0xd9]) : Buffer.from("IEND", "latin1");
    // Without its end mark a file may be cut off. Only decoding tells, and only these few files pay for it.
    if (!tail.includes(endMark)) await decodeImage(await readAt(handle, 0, size));
    return null;
  } catch (error) {
    if (error instanceof ImageError) return error.message;
    const code = (error as NodeJS.ErrnoException).code;
    return code === "ENOENT" ? "doesn't exist" : `can't be read (${code ?? String(error)})`;
  } finally {
    await handle?.close();
  }
}

/** The header, or `null` where more of the file is needed to find it. */
function headerOrNull(start: Buffer): ReturnType<typeof readHeader> | null {
  try {
    return readHeader(start);
  } catch (error) {
    if (error instanceof ImageError && error.code === "IMAGE_TRUNCATED") return null;
    throw error;
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

async function inParallel<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
