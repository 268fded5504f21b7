/** A fingerprint of labelled pictures, so that a model can say exactly what it was trained on. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Sample } from "./dataset.js";

/**
 * SHA-256 (hex) over each sample's label (or labels, or boxes), mask and bytes. Where the folder lies, what files are called and their order don't
 * count: the same pictures with the same labels give the same hash.
 */
export async function hashPictures(
  samples: readonly Pick<Sample, "file" | "label" | "labels" | "boxes" | "maskFile" | "maskColours">[],
): Promise<string> {
  const lines: string[] = [];
  for (const { file, label, labels, boxes, maskFile, maskColours } of samples) {
    const mask = maskFile === undefined ? "" : ` ${await digest(maskFile)} ${JSON.stringify(maskColours ?? [])}`;
    lines.push(`${await digest(file)} ${JSON.stringify(boxes ?? labels ?? label)}${mask}\n`);
  }
  const all = createHash("sha256");
  for (const line of lines.sort()) all.update(line);
  return all.digest("hex");
}

async function digest(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
}
