/** Reads folders of labels into samples: every file is either a picture that can be used or skipped with its reason. */
import path from "node:path";
import type { Sample } from "./dataset.js";
import { entries, folderNames, looksLikePicture } from "./folder-listing.js";
import type { PartContents, Skipped } from "./formats/format.js";
import { byName, usablePictures } from "./picture-files.js";

/** Reads the label folders inside `part` (a folder inside the dataset `root`, "" for the dataset itself). */
export async function readLabelFolders(root: string, part: string): Promise<PartContents> {
  const labels: string[] = [];
  const skipped: Skipped[] = [];
  const candidates: Sample[] = [];
  for (const entry of await entries(path.join(root, part))) {
    const name = path.posix.join(part, entry.name);
    if (entry.isDirectory()) {
      labels.push(entry.name);
      const inside = await readLabel(path.join(root, part, entry.name), name, entry.name);
      candidates.push(...inside.samples);
      skipped.push(...inside.skipped);
    } else if (entry.isSymbolicLink()) {
      skipped.push({ name, reason: "is a link; links are not followed" });
    } else if (looksLikePicture(entry.name)) {
      skipped.push({ name, reason: "lies outside the label folders" });
    }
  }
  const usable = await usablePictures(candidates);
  return { labels, samples: usable.samples, skipped: [...skipped, ...usable.skipped].sort(byName) };
}

/** The label folders of several parts as one. */
export async function readAllLabelFolders(root: string, parts: readonly string[]): Promise<PartContents> {
  const read: PartContents[] = [];
  for (const part of parts) read.push(await readLabelFolders(root, part));
  return {
    labels: [...new Set(read.flatMap(({ labels }) => labels))],
    samples: read.flatMap(({ samples }) => samples),
    skipped: read.flatMap(({ skipped }) => skipped),
  };
}

/** The names of the label folders of several parts; nothing in them is looked at. */
export async function labelNames(root: string, parts: readonly string[]): Promise<string[]> {
  const names = new Set<string>();
  for (const part of parts) for (const name of await folderNames(path.join(root, part))) names.add(name);
  return [...names];
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
