/** A list of pictures with their labels, `index.json`, and of their parts, `split.json`: pictures may lie anywhere below. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Sample } from "../dataset.js";
import { DatasetError } from "../dataset-error.js";
import { findEntry, listedFile } from "../folder-listing.js";
import { findNormalLabel } from "../labelled-pictures.js";
import { byName, usablePictures } from "../picture-files.js";
import { emptyPart, type Format, type Layout, type Part, type PartContents, type Skipped } from "./format.js";

export const indexJson: Format = {
  description: 'index.json ({"path": "label"}, or ["label", …] for several), and split.json with train, val and test',
  async recognise(root, { folder }) {
    const indexName = await findEntry(root, "index.json", "file");
    if (indexName === null) return null;
    const index = readIndex(await readObject(root, indexName, folder), path.join(folder, indexName));
    if (index === null) return null;
    const splitName = await findEntry(root, "split.json", "file");
    const split =
      splitName === null
        ? null
        : readSplit(await readObject(root, splitName, folder), path.join(folder, splitName), new Set(index.keys()));
    return layout(root, index, split);
  },
};

/** One label, or the list of those that hold. */
type Index = ReadonlyMap<string, string | readonly string[]>;

interface Split {
  readonly part: ReadonlyMap<string, Part>;
  readonly skipped: readonly Skipped[];
}

const partNames: Readonly<Record<string, Part>> = {
  train: "training",
  training: "training",
  val: "validation",
  valid: "validation",
  validation: "validation",
  test: "test",
  testing: "test",
};

function layout(root: string, index: Index, split: Split | null): Layout {
  const isMultilabel = [...index.values()].some((label) => typeof label !== "string");
  const listed = new Set(split?.part.values());
  // Like everywhere: without a test list, the validation list is what models are measured on.
  const sources: Record<Part, Part | null> = {
    training: "training",
    validation: listed.has("test") && listed.has("validation") ? "validation" : null,
    test: listed.has("test") ? "test" : listed.has("validation") ? "validation" : null,
  };
  const members = (part: Part): string[] => {
    const source = sources[part];
    return [...index.keys()].filter((name) => source !== null && split?.part.get(name) === source).sort();
  };
  const trainingPaths = split === null ? [...index.keys()] : members("training");
  const allLabels = [...new Set([...index.values()].flat())].sort();
  return {
    format: "index",
    root,
    task: isMultilabel ? "multilabel" : "byLabels",
    trainingName: split === null ? "index.json" : "a list of training pictures in split.json",
    testName: split === null ? "" : sources.test === null ? null : `split.json: ${sources.test}`,
    normalLabel: async () => findNormalLabel([...new Set(trainingPaths.flatMap((name) => index.get(name) ?? []))]),
    async read(part) {
      const paths = split === null ? (part === "validation" ? [] : [...index.keys()].sort()) : members(part);
      if (paths.length === 0 && part === "validation") return emptyPart;
      const unlisted = part === "training" && split !== null ? unlistedPictures(index, split) : [];
      return readPaths(root, index, paths, allLabels, [
        ...(part === "training" ? (split?.skipped ?? []) : []),
        ...unlisted,
      ]);
    },
  };
}

async function readPaths(
  root: string,
  index: Index,
  paths: readonly string[],
  labels: readonly string[],
  known: readonly Skipped[],
): Promise<PartContents> {
  const skipped: Skipped[] = [...known];
  const candidates: Sample[] = [];
  for (const listed of paths) {
    const found = listedFile(root, listed);
    if (found === null) {
      skipped.push({ name: listed, reason: "lies outside the dataset's folder" });
      continue;
    }
    const label = index.get(listed) ?? "";
    candidates.push(
      typeof label === "string"
        ? { ...found, label }
        : { ...found, label: "", labels: labels.filter((name) => label.includes(name)) },
    );
  }
  const usable = await usablePictures(candidates);
  return { labels, samples: usable.samples, skipped: [...skipped, ...usable.skipped].sort(byName) };
}

function unlistedPictures(index: Index, split: Split): Skipped[] {
  return [...index.keys()]
    .filter((name) => !split.part.has(name))
    .map((name) => ({ name, reason: "has a label in index.json but no part in split.json" }));
}

/** The index, or `null` for a JSON file that is something else: `index.json` is a common name. */
function readIndex(value: Readonly<Record<string, unknown>>, file: string): Index | null {
  const rows = Object.entries(value);
  const isLabel = (label: unknown): boolean =>
    typeof label === "string" || (Array.isArray(label) && label.every((name) => typeof name === "string"));
  if (rows.length === 0 || !rows.some(([, label]) => isLabel(label))) return null;
  const index = new Map<string, string | readonly string[]>();
  const first = rows[0]?.[1];
  for (const [name, label] of rows) {
    if (!isLabel(label) || typeof label !== typeof first) {
      const expected = typeof first === "string" ? "a label" : "a list of labels";
      throw invalid(file, `"${name}" must have ${expected} like the first picture, got ${JSON.stringify(label)}`);
    }
    const empty = [label].flat().some((text) => (text as string).trim() === "");
    if (empty) throw invalid(file, `"${name}" has an empty label`);
    index.set(name, label as string | readonly string[]);
  }
  return index;
}

function readSplit(value: Readonly<Record<string, unknown>>, file: string, known: ReadonlySet<string>): Split {
  const part = new Map<string, Part>();
  const skipped: Skipped[] = [];
  const put = (name: string, partName: string): void => {
    const found = partNames[partName.toLowerCase()];
    if (found === undefined) throw invalid(file, `"${name}" is in "${partName}"; parts are train, val and test`);
    const before = part.get(name);
    if (before !== undefined && before !== found) {
      throw invalid(file, `"${name}" is in two parts, so that a model would be tested on what it learned from`);
    }
    if (known.has(name)) part.set(name, found);
    else skipped.push({ name, reason: "has a part in split.json but no label in index.json" });
  };
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry === "string") put(key, entry);
    else if (Array.isArray(entry) && entry.every((name) => typeof name === "string")) {
      for (const name of entry) put(name, key);
    } else throw invalid(file, `"${key}" must be a part (train, val, test) or a list of paths, got ${typeof entry}`);
  }
  return { part, skipped };
}

async function readObject(root: string, name: string, folder: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path.join(root, name), "utf8");
  const file = path.join(folder, name);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw invalid(file, `it isn't JSON (${(cause as Error).message})`, cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(file, "it must hold an object with a label for each path");
  }
  return value as Record<string, unknown>;
}

function invalid(file: string, what: string, cause?: unknown): DatasetError {
  return new DatasetError("DATASET_LABELS_INVALID", `"${file}" can't be used: ${what}. Correct it and try again.`, {
    cause,
  });
}
