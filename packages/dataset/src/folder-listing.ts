/** What lies in a dataset's folders, in a stable order, without what operating systems leave behind. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { DatasetError } from "./dataset-error.js";

/** What a folder holds, in a stable order, without what operating systems leave behind. */
export async function entries(folder: string): Promise<Dirent[]> {
  const all = await readdir(folder, { withFileTypes: true });
  return all.filter(({ name }) => !isLeftBehind(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function folderNames(folder: string): Promise<string[]> {
  return (await entries(folder)).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** The file or folder with this name in any case, as it is written on disk. */
export async function findEntry(folder: string, wanted: string, kind: "file" | "folder"): Promise<string | null> {
  const found = (await entries(folder)).find(
    (entry) => entry.name.toLowerCase() === wanted && (kind === "file" ? entry.isFile() : entry.isDirectory()),
  );
  return found?.name ?? null;
}

/** Only for hints and for files outside the labels: what a file is, its bytes tell. */
export function looksLikePicture(name: string): boolean {
  return /\.(jpe?g|png|webp|gif|tiff?|bmp|heic|avif)$/i.test(name);
}

/** The folder's absolute path, links resolved. Throws DatasetError `DATASET_NOT_FOUND`. */
export async function existingFolder(folder: string): Promise<string> {
  try {
    const root = await realpath(folder);
    if ((await stat(root)).isDirectory()) return root;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "EACCES") {
      throw new DatasetError(
        "DATASET_NOT_FOUND",
        `The dataset folder "${folder}" may not be read. Check its permissions.`,
        { cause },
      );
    }
    throw new DatasetError("DATASET_NOT_FOUND", `The dataset folder "${folder}" doesn't exist.`, { cause });
  }
  throw new DatasetError("DATASET_NOT_FOUND", `The dataset must be a folder, got the file "${folder}".`);
}

/**
 * Where a path written in a dataset's own lists points, or `null` when it leaves the dataset's folder (absolute, or
 * upwards). Backslashes stand for slashes: lists are often written on Windows.
 */
export function listedFile(root: string, listed: string): { readonly name: string; readonly file: string } | null {
  const name = path.posix.normalize(listed.trim().replaceAll("\\", "/"));
  if (name === "." || name.startsWith("../") || name === ".." || path.posix.isAbsolute(name) || /^[a-z]:/i.test(name)) {
    return null;
  }
  return { name, file: path.join(root, ...name.split("/")) };
}

function isLeftBehind(name: string): boolean {
  return name.startsWith(".") || /^(thumbs\.db|desktop\.ini|__macosx)$/i.test(name);
}
