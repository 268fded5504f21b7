/** Recognises how a dataset folder is laid out, by trying the formats in turn: no picture is opened here. */
import path from "node:path";
import type { DatasetFormat } from "./dataset.js";
import { DatasetError } from "./dataset-error.js";
import { entries, existingFolder, looksLikePicture } from "./folder-listing.js";
import type { Layout } from "./formats/format.js";
import { datasetFormats, formats } from "./formats/formats.js";

/**
 * Looks at what is inside `folder`, or takes `format` as said. Throws DatasetError: DATASET_NOT_FOUND,
 * DATASET_FORMAT_UNKNOWN, DATASET_EMPTY, DATASET_LABELS_INVALID.
 */
export async function recogniseLayout(folder: string, format?: string): Promise<Layout> {
  if (format !== undefined && !Object.hasOwn(formats, format)) {
    throw new DatasetError(
      "DATASET_FORMAT_UNKNOWN",
      `The dataset format must be one of ${datasetFormats.join(", ")}, got "${format}".`,
    );
  }
  const root = await existingFolder(folder);
  if (format === undefined) {
    const found = await recognise(root, folder);
    if (found) return found;
    throw await notRecognised(root, folder);
  }
  const asked = formats[format as DatasetFormat];
  const layout = await asked.recognise(root, { folder, isNamed: true });
  if (layout) return layout;
  const found = await recognise(root, folder);
  throw new DatasetError(
    "DATASET_FORMAT_UNKNOWN",
    `"${folder}" must hold ${asked.description} to be read as ${format}, ` +
      `got ${found ? `${found.format} (${formats[found.format].description})` : "none of the known layouts"}.`,
  );
}

async function recognise(root: string, folder: string): Promise<Layout | null> {
  for (const name of datasetFormats) {
    const found = await formats[name].recognise(root, { folder, isNamed: false });
    if (found) return found;
  }
  return null;
}

function unknownLayout(folder: string, more: string): DatasetError {
  const list = datasetFormats.map((name) => `${name}: ${formats[name].description}`).join("; ");
  return new DatasetError(
    "DATASET_FORMAT_UNKNOWN",
    `"${folder}" has none of the known layouts (${list}). ${more}`.trim(),
  );
}

/** Says what the folder looks like instead. */
async function notRecognised(root: string, folder: string): Promise<DatasetError> {
  const inside = await entries(root);
  const pictures = inside.filter((entry) => entry.isFile() && looksLikePicture(entry.name)).length;
  if (pictures > 0) {
    return unknownLayout(
      folder,
      `It holds loose pictures (${pictures}): put them into a folder per label, good/ and bad/.`,
    );
  }
  const folders = inside.filter((entry) => entry.isDirectory());
  if (folders.length === 0) {
    return new DatasetError(
      "DATASET_EMPTY",
      `"${folder}" holds no pictures. Put JPEG or PNG files into a folder per label, good/ and bad/.`,
    );
  }
  for (const { name } of folders) {
    const inner = path.join(root, name);
    if ((await recognise(inner, inner).catch(() => null)) !== null) {
      return unknownLayout(folder, `A folder inside it is one: name "${path.join(folder, name)}" instead.`);
    }
  }
  return unknownLayout(folder, "");
}
