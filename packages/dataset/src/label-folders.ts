/** Reads folders of labels into samples: every file is either a picture that can be used or skipped with its reason. */
import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import type { LabelledPictures, Sample } from "./dataset.js";
import { DatasetError } from "./dataset-error.js";
import { decodeImage, defaultMaxPixels } from "./image-file.js";
import { checkPixels, ImageError, readHeader } from "./image-header.js";
import { entries, type Layout, looksLikePicture } from "./layout.js";

type Skipped = LabelledPictures["skipped"][number];

export interface PartContents {
  /** Every label folder found, also those without a usable picture. */
  readonly folders: readonly string[];
  readonly samples: readonly Sample[];
  readonly skipped: readonly Skipped[];
}

/** Names of the good label, in lower case. */
const normalNames = new Set(["good", "ok", "normal", "normals", "pass"]);

/** The one label that means "good"; `null` when none or several do. */
export function findNormalLabel(labels: readonly string[]): string | null {
  const normal = labels.filter((label) => normalNames.has(label.trim().toLowerCase()));
  return normal.length === 1 ? (normal[0] ?? null) : null;
}

/** The good label of a dataset with this layout, decided by the folders of its training part alone. */
export async function normalLabelOf(layout: Layout): Promise<string | null> {
  const labels = new Set<string>();
  for (const part of layout.training) {
    for (const entry of await entries(path.join(layout.root, part))) if (entry.isDirectory()) labels.add(entry.name);
  }
  const [only] = labels;
  return findNormalLabel([...labels]) ?? (layout.format === "mvtec" && labels.size === 1 ? (only ?? null) : null);
}

/** Reads the label folders inside `part` (a folder inside the dataset, "" for the dataset itself). */
export async function readLabelFolders(layout: Layout, part: string): Promise<PartContents> {
  const folders: string[] = [];
  const skipped: Skipped[] = [];
  const candidates: Sample[] = [];
  for (const entry of await entries(path.join(layout.root, part))) {
    const name = path.posix.join(part, entry.name);
    if (entry.isDirectory()) {
      folders.push(entry.name);
      const inside = await readLabel(path.join(layout.root, part, entry.name), name, entry.name);
      candidates.push(...inside.samples);
      skipped.push(...inside.skipped);
    } else if (entry.isSymbolicLink()) {
      skipped.push({ name, reason: "is a link; links are not followed" });
    } else if (looksLikePicture(entry.name)) {
      skipped.push({ name, reason: "lies outside the label folders" });
    }
  }
  const problems = await inParallel(candidates, 8, (sample) => problemOf(sample.file));
  const samples = candidates.filter((_, i) => problems[i] === null);
  candidates.forEach((sample, i) => {
    const reason = problems[i];
    if (typeof reason === "string") skipped.push({ name: sample.name, reason });
  });
  return { folders, samples, skipped: skipped.sort(byName) };
}

/** Puts a part's contents together as the rest of Sightline knows them. */
export function labelledPictures(
  folder: string,
  { samples, skipped }: PartContents,
  normalLabel: string | null,
): LabelledPictures {
  if (samples.length === 0) {
    const reasons = skipped.slice(0, 3).map(({ name, reason }) => `${name}: ${reason}`);
    throw new DatasetError(
      "DATASET_EMPTY",
      `"${folder}" holds no usable picture${skipped.length > 0 ? ` (${skipped.length} files skipped: ${reasons.join("; ")}${skipped.length > 3 ? "; …" : ""})` : ""}. ` +
        "Put JPEG or PNG files into a folder per label.",
    );
  }
  const others = [...new Set(samples.map(({ label }) => label))].filter((label) => label !== normalLabel).sort();
  return {
    task: normalLabel === null ? "classification" : "anomaly",
    labels: normalLabel === null ? others : [normalLabel, ...others],
    normalLabel,
    samples,
    skipped,
  };
}

async function readLabel(
  folder: string,
  prefix: string,
  label: string,
): Promise<{ samples: Sample[]; skipped: Skipped[] }> {
  const samples: Sample[] = [];
  const skipped: Skipped[] = [];
  const inside = await entries(folder);
  if (inside.length === 0) skipped.push({ name: `${prefix}/`, reason: "the folder holds no pictures" });
  for (const entry of inside) {
    const name = path.posix.join(prefix, entry.name);
    if (entry.isFile()) samples.push({ name, file: path.join(folder, entry.name), label });
    else if (entry.isSymbolicLink()) skipped.push({ name, reason: "is a link; links are not followed" });
    else if (entry.isDirectory()) {
      skipped.push({
        name: `${name}/`,
        reason: "is a folder inside a label; move its pictures up into the label's folder",
      });
    } else skipped.push({ name, reason: "is not a regular file" });
  }
  return { samples, skipped };
}

/** Enough for the header of almost every camera's pictures. */
const headerBytes = 65_536;
/** Where the end mark of a whole file is looked for. */
const tailBytes = 1024;

/** Why a file can't be used, or `null`. */
async function problemOf(file: string): Promise<string | null> {
  let handle: FileHandle | undefined;
  try {
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
    return `can't be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
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

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
