/** Size of a folder on disk, as `du` counts it: whole blocks. */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

export function folderMegabytes(folder) {
  return bytesIn(folder) / 2 ** 20;
}

function bytesIn(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    bytes += lstatSync(path).blocks * 512;
    if (entry.isDirectory()) bytes += bytesIn(path);
  }
  return bytes;
}
