/** The files of a folder and of all folders in it. */
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Sorted by path; what is hidden, or lies in a hidden folder, is left out. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        !relative(folder, file)
          .split(sep)
          .some((part) => part.startsWith(".")),
    )
    .sort();
}
