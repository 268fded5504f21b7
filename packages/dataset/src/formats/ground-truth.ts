/** Folders of a SageMaker Ground Truth manifest, as Lookout for Vision took them: pictures, their verdict, masks of named defects. */
import { lstat, readFile } from "node:fs/promises";
import path from "node:path";
import type { Sample } from "../dataset.js";
import { DatasetError } from "../dataset-error.js";
import { entries, folderNames, listedFile } from "../folder-listing.js";
import { type ManifestEntry, type ReadManifest, readGroundTruthManifest } from "../ground-truth-manifest.js";
import { byName, usablePictures } from "../picture-files.js";
import { emptyPart, type Format, type Layout, type Part, type PartContents, type Skipped } from "./format.js";

export const groundTruth: Format = {
  description:
    "a Ground Truth manifest (*.manifest, a JSON line a picture), test.manifest or a folder of test pictures beside it",
  async recognise(root, { folder }) {
    const sources = await findSources(root, folder);
    return sources === null ? null : layout(root, sources);
  },
};

/** A list of pictures with what they show. */
interface Source {
  /** For messages, and before a line's number. */
  readonly name: string;
  readonly read: () => Promise<ReadManifest>;
}

type Sources = Readonly<Record<Part, Source | null>>;

const labels = ["normal", "anomaly"] as const;

const partNames: Readonly<Record<Part, readonly string[]>> = {
  training: ["train", "training"],
  validation: ["val", "valid", "validation"],
  test: ["test", "testing"],
};

function layout(root: string, sources: Sources): Layout {
  return {
    format: "groundTruth",
    root,
    task: "byLabels",
    trainingName: sources.training?.name ?? "",
    testName: sources.test?.name ?? null,
    normalLabel: async () => labels[0],
    async read(part) {
      const source = sources[part];
      return source === null ? emptyPart : readPart(root, source);
    },
  };
}

/** Manifests in the root, dealt to the parts by their names; `null`: there is none. */
async function findSources(root: string, folder: string): Promise<Sources | null> {
  const names = (await entries(root))
    .filter((entry) => entry.isFile() && /\.(manifest|jsonl)$/i.test(entry.name))
    .map(({ name }) => name);
  const manifests: string[] = [];
  for (const name of names) {
    if (name.toLowerCase().endsWith(".manifest") || (await startsLikeManifest(path.join(root, name))))
      manifests.push(name);
  }
  if (manifests.length === 0) return null;
  const source = (name: string): Source => ({
    name,
    read: async () => readGroundTruthManifest(await readFile(path.join(root, name), "utf8")),
  });
  const found: Record<Part, Source | null> = { training: null, validation: null, test: null };
  for (const name of manifests) {
    const part = partOf(name) ?? (manifests.length === 1 ? "training" : null);
    if (part === null || found[part] !== null)
      throw new DatasetError(
        "DATASET_LABELS_INVALID",
        `"${path.join(folder, name)}" must say in its name which part it lists (train.manifest, test.manifest). ` +
          `${part === null ? "" : `"${found[part]?.name}" is the ${part} part already. `}Rename it and try again.`,
      );
    found[part] = source(name);
  }
  if (found.training === null)
    throw new DatasetError(
      "DATASET_LABELS_INVALID",
      `"${folder}" needs a train.manifest beside ${manifests.join(" and ")} to learn from.`,
    );
  // Like everywhere: without a test list, the validation list is what models are measured on.
  const test = found.test ?? found.validation ?? (await testFolder(root));
  return { training: found.training, validation: found.test ? found.validation : null, test };
}

/** The part that a name like `train.manifest` or `test-images` speaks of. */
function partOf(name: string): Part | null {
  const words = name.toLowerCase().split(/[^a-z]+/);
  const parts = (Object.keys(partNames) as Part[]).filter((part) =>
    partNames[part].some((word) => words.includes(word)),
  );
  return parts.length === 1 ? (parts[0] ?? null) : null;
}

/** JSON lines are written for many purposes: only those whose first line names a picture are ours. */
async function startsLikeManifest(file: string): Promise<boolean> {
  const first = (await readFile(file, "utf8")).replace(/^\uFEFF/, "").split(/\r?\n/, 1)[0] ?? "";
  return first.includes('"source-ref"');
}

/** A folder of test pictures that say in their names what they show, as in Lookout for Vision's own examples: `test-normal-3.jpg`. */
async function testFolder(root: string): Promise<Source | null> {
  const name = (await folderNames(root)).find((folder) => partOf(folder) === "test");
  if (name === undefined) return null;
  const read = async (): Promise<ReadManifest> => {
    const found: ManifestEntry[] = [];
    const skipped: ReadManifest["skipped"][number][] = [];
    for (const [at, entry] of (await entries(path.join(root, name))).entries()) {
      const sourceRef = path.posix.join(name, entry.name);
      const words = entry.name.toLowerCase().split(/[^a-z]+/);
      const named = labels.filter((label) => words.includes(label));
      if (named.length === 1)
        found.push({
          ...{
            sourceRef,
            line: at + 1,
            isAnomalous: named[0] === "anomaly",
            className: named[0] ?? null,
            attribute: null,
          },
          ...{ confidence: null, isHumanAnnotated: null, jobName: null, createdAtMs: null, mask: null },
        });
      else skipped.push({ line: at + 1, sourceRef, reason: 'must say "normal" or "anomaly" in its name' });
    }
    return { entries: found, skipped, notes: [] };
  };
  return { name: `${name}/`, read };
}

async function readPart(root: string, source: Source): Promise<PartContents> {
  const read = await source.read();
  const where = (line: number): string => (source.name.endsWith("/") ? "" : ` (${source.name}, line ${line})`);
  const skipped: Skipped[] = read.skipped.map(({ line, sourceRef, reason }) => ({
    name: sourceRef ?? `${source.name}, line ${line}`,
    reason: sourceRef === null ? reason : `${reason}${where(line)}`,
  }));
  const notes: Skipped[] = read.notes.map(({ line, sourceRef, reason }) => ({
    name: sourceRef ?? "",
    reason: `${reason}${where(line)}`,
  }));
  const candidates: Sample[] = [];
  for (const entry of read.entries) {
    const found = await localFile(root, entry.sourceRef);
    if (found === null)
      skipped.push({ name: entry.sourceRef, reason: `isn't in the dataset's folder${where(entry.line)}` });
    else if (entry.isAnomalous === null)
      skipped.push({ name: found.name, reason: `has no label yet${where(entry.line)}` });
    else
      candidates.push(
        await withMask(root, entry, { ...found, label: entry.isAnomalous ? labels[1] : labels[0] }, notes),
      );
  }
  const usable = await usablePictures(candidates);
  return {
    labels,
    samples: usable.samples,
    skipped: [...skipped, ...usable.skipped].sort(byName),
    ...(notes.length > 0 && { maskNotes: notes }),
  };
}

async function withMask(root: string, { mask }: ManifestEntry, sample: Sample, notes: Skipped[]): Promise<Sample> {
  if (mask === null) return sample;
  const found = await localFile(root, mask.ref);
  if (found !== null) return { ...sample, maskFile: found.file, maskColours: mask.colours };
  notes.push({
    name: sample.name,
    reason: `its mask "${mask.ref}" isn't in the dataset's folder; the picture takes part without`,
  });
  return sample;
}

/**
 * Where a path of a manifest lies on disk. Of `s3://bucket/key` and of absolute paths the longest end that exists counts:
 * whoever copied a bucket kept its folders, but not its name.
 */
async function localFile(root: string, ref: string): Promise<{ readonly name: string; readonly file: string } | null> {
  const steps = ref
    .trim()
    .replace(/^s3:\/\/[^/]+\//i, "")
    .replaceAll("\\", "/")
    .split("/")
    .filter((step) => step !== "");
  for (let from = 0; from < steps.length; from++) {
    const found = listedFile(root, steps.slice(from).join("/"));
    if (found === null) continue;
    const kind = await lstat(found.file).catch(() => null);
    if (kind !== null && !kind.isDirectory()) return found;
  }
  return null;
}
