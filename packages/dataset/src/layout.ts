/** Recognises how a dataset folder is laid out, from folder names alone: no picture is opened here. */
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import type { DatasetFormat } from "./dataset.js";
import { DatasetError } from "./dataset-error.js";

export interface Layout {
  readonly format: DatasetFormat;
  /** Absolute, links in the path to it resolved. */
  readonly root: string;
  /** Folders inside the root that hold a folder per label; "" is the root itself. */
  readonly training: readonly string[];
  /** `null`: the dataset has its own split, but no test part. */
  readonly test: string | null;
  /** Folder of the masks, where the layout has them. */
  readonly masks: string | null;
}

const formats: Record<DatasetFormat, string> = {
  classFolders: "a folder per label with its pictures (good/, scratch/)",
  splitFolders: "train/ and test/ (or valid/), each with a folder per label",
  mvtec: "train/good/, test/<defect>/ and ground_truth/<defect>/<name>_mask.png",
};

export const datasetFormats = Object.keys(formats) as readonly DatasetFormat[];

const trainingNames = ["train", "training"];
const testNames = ["test", "testing"];
const validationNames = ["valid", "val", "validation"];

/**
 * Looks at the folders inside `folder`, or takes `format` as said. Throws DatasetError: DATASET_NOT_FOUND,
 * DATASET_FORMAT_UNKNOWN.
 */
export async function recogniseLayout(folder: string, format?: string): Promise<Layout> {
  if (format !== undefined && !Object.hasOwn(formats, format)) {
    throw new DatasetError(
      "DATASET_FORMAT_UNKNOWN",
      `The dataset format must be one of ${datasetFormats.join(", ")}, got "${format}".`,
    );
  }
  const root = await existingFolder(folder);
  const found = await recognise(root, folder);
  if (format === undefined || format === found?.format) {
    if (found) return found;
    throw await notRecognised(root, folder);
  }
  if (format === "classFolders") return classFolders(root);
  // The split without masks is read the same way, so either name fits it.
  if (found && found.format !== "classFolders") return { ...found, format: format as DatasetFormat };
  throw new DatasetError(
    "DATASET_FORMAT_UNKNOWN",
    `"${folder}" must hold ${formats[format as DatasetFormat]} to be read as ${format}, ` +
      `got ${found ? `${found.format} (${formats[found.format]})` : "none of the known layouts"}.`,
  );
}

async function recognise(root: string, folder: string): Promise<Layout | null> {
  const names = await folderNames(root);
  const named = (wanted: readonly string[]): string | undefined =>
    names.find((name) => wanted.includes(name.toLowerCase()));
  const train = named(trainingNames);
  // A label may be called "train" (bus, car, train): a part holds folders, a label holds pictures.
  if (train !== undefined && (await folderNames(path.join(root, train))).length > 0) {
    const test = named(testNames);
    const validation = named(validationNames);
    const masks = named(["ground_truth"]) ?? null;
    return {
      format: masks !== null && test !== undefined ? "mvtec" : "splitFolders",
      root,
      // Beside a test part, validation pictures are there to be learned from.
      training: test !== undefined && validation !== undefined ? [train, validation] : [train],
      test: test ?? validation ?? null,
      masks,
    };
  }
  if (train === undefined && (named(testNames) ?? named(validationNames)) !== undefined) {
    const part = named(testNames) ?? named(validationNames) ?? "";
    if ((await folderNames(path.join(root, part))).length > 0) {
      throw unknownLayout(
        folder,
        `It has ${part}/ but no train/. Name the folder of labels itself: "${path.join(folder, part)}".`,
      );
    }
  }
  let isDeeper = false;
  for (const name of names) {
    const inside = await entries(path.join(root, name));
    if (inside.some((entry) => entry.isFile() && looksLikePicture(entry.name))) return classFolders(root);
    isDeeper ||= inside.some((entry) => entry.isDirectory());
  }
  // Folders without a picture and without folders are labels still empty, or filled with something else.
  return names.length > 0 && !isDeeper ? classFolders(root) : null;
}

function classFolders(root: string): Layout {
  return { format: "classFolders", root, training: [""], test: "", masks: null };
}

async function existingFolder(folder: string): Promise<string> {
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

function unknownLayout(folder: string, more: string): DatasetError {
  const list = datasetFormats.map((name) => `${name}: ${formats[name]}`).join("; ");
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

/** Only for hints and for files outside the labels: what a file is, its bytes tell. */
export function looksLikePicture(name: string): boolean {
  return /\.(jpe?g|png|webp|gif|tiff?|bmp|heic|avif)$/i.test(name);
}

/** What a folder holds, in a stable order, without what operating systems leave behind. */
export async function entries(folder: string): Promise<Dirent[]> {
  const all = await readdir(folder, { withFileTypes: true });
  return all.filter(({ name }) => !isLeftBehind(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function folderNames(folder: string): Promise<string[]> {
  return (await entries(folder)).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

function isLeftBehind(name: string): boolean {
  return name.startsWith(".") || /^(thumbs\.db|desktop\.ini|__macosx)$/i.test(name);
}
