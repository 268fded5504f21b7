/** Turns Ground Truth lines into samples: pictures and masks are read from their buckets and checked, then all are recorded in one unit of work. */
import { posix } from "node:path";
import { type ManifestEntry, readGroundTruthManifest } from "@sightline/dataset/ground-truth-manifest";
import type { HeldBlob } from "../blobs/blob-store.js";
import { errors, isServerError } from "../errors.js";
import { checkPicture } from "../intake/check-picture.js";
import { checkMask } from "../intake/sample-mask.js";
import { type ObjectStore, objectUrl, parseObjectUrl } from "../objects/object-store.js";
import type { Services } from "../services.js";
import { type DatasetEntry, ownSourcePrefix } from "../store/dataset-entries.js";
import type { DatasetType, DatasetWork } from "../store/lookout-datasets.js";
import type { Annotation, Mask, Source, StoredPicture } from "../store/samples.js";
import type { StoreWrites } from "../store/store.js";
import { scopeOf } from "./found.js";

export interface ManifestImport {
  run(order: {
    projectId: string;
    type: DatasetType;
    work: Exclude<DatasetWork, { kind: "delete" }>;
    /** One line that can't be used undoes all; else such lines are left out and told. */
    isStrict: boolean;
    signal: AbortSignal;
  }): Promise<{ isDone: boolean; message: string }>;
}

const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;
const MAX_TOLD = 5;

/** A line whose picture and mask are on disk, ready to be recorded. */
interface ReadyLine {
  readonly entry: ManifestEntry;
  readonly source: Source;
  readonly picture: StoredPicture | null;
  /** `undefined`: the mask stays as it is. */
  readonly mask: Mask | null | undefined;
}

interface Told {
  readonly line: number;
  readonly reason: string;
}

/** A line that can't be used; the message ends a sentence that begins with the line. */
class LineError extends Error {}

export function createManifestImport({
  services,
  objects,
}: {
  services: Pick<Services, "store" | "blobs" | "config" | "decoding">;
  objects: ObjectStore;
}): ManifestImport {
  const { store, blobs, config, decoding } = services;

  async function textOf(
    work: Exclude<DatasetWork, { kind: "delete" }>,
  ): Promise<{ text: string; base: string | null }> {
    if (work.kind === "lines") return { text: work.text, base: null };
    const bytes = await objects.read({ bucket: work.bucket, key: work.key }, MAX_MANIFEST_BYTES);
    // Relative paths begin where the manifest lies.
    return {
      text: bytes.toString("utf8"),
      base: objectUrl({ bucket: work.bucket, key: posix.dirname(`/${work.key}`).slice(1) }),
    };
  }

  async function readPicture(ref: string): Promise<{ held: HeldBlob; picture: StoredPicture }> {
    const bytes = await readObject(ref, config.intake.maxBytes);
    const checked = await checkPicture(bytes, declaredType(bytes), config.intake, decoding);
    const { minSide, maxSide } = config.lookout;
    const [short, long] = [Math.min(checked.width, checked.height), Math.max(checked.width, checked.height)];
    if (short < minSide || long > maxSide)
      throw new LineError(
        `has ${checked.width} x ${checked.height} pixels, where ${minSide} to ${maxSide} are allowed`,
      );
    const held = await blobs.put(bytes);
    return { held, picture: { ...checked, sha256: held.sha256 } };
  }

  async function readObject(ref: string, maxBytes: number): Promise<Buffer> {
    const name = parseObjectUrl(ref);
    if (name === undefined) throw new LineError(`must be s3://bucket/key, got "${ref}"`);
    return objects.read(name, maxBytes);
  }

  async function readLine(
    entry: ManifestEntry,
    row: string,
    base: string | null,
    known: DatasetEntry | undefined,
    held: HeldBlob[],
  ): Promise<ReadyLine> {
    const ref = absolute(entry.sourceRef, base);
    if (known === undefined && ref.startsWith(ownSourcePrefix)) throw new LineError("names no picture of this project");
    let picture: StoredPicture | null = null;
    // A picture that is there is known: its line changes what is said of it.
    if (known === undefined) {
      const read = await readPicture(ref);
      held.push(read.held);
      picture = read.picture;
    }
    const line = JSON.parse(row) as Record<string, unknown>;
    line["source-ref"] = ref;
    let mask: Mask | null | undefined = null;
    if (entry.mask !== null) {
      const maskRef = absolute(entry.mask.ref, base);
      line[entry.mask.attribute] = maskRef;
      mask = undefined;
      if (!maskRef.startsWith(ownSourcePrefix)) {
        const bytes = await readObject(maskRef, config.intake.maxBytes);
        const of = picture ?? (known && (await store.read.samples.picture(known.id)));
        if (of === undefined) throw new LineError("is no longer in the project");
        await checkMask(bytes, { of, limits: config.intake, decoding });
        const blob = await blobs.put(bytes);
        held.push(blob);
        mask = { sha256: blob.sha256, types: entry.mask.colours };
      }
    }
    return { entry, source: { ref, line: JSON.stringify(line) }, picture, mask };
  }

  async function record(tx: StoreWrites, line: ReadyLine, at: { projectId: string; type: DatasetType }): Promise<void> {
    const { projectId, type } = at;
    const scope = await scopeOf(tx, projectId, type);
    const known = await tx.datasetEntries.bySource(projectId, line.source.ref);
    const same = line.picture && (await tx.samples.getByPicture(projectId, line.picture.sha256));
    const annotation = annotationOf(line.entry, known?.label ?? null, scope.normalLabel);
    const there = known?.id ?? (same && same.source === null ? same.id : undefined);
    if (there !== undefined) {
      const part = known?.part ?? same?.part;
      if (scope.hasTest && (part === "test") !== (type === "test"))
        throw new LineError("is in the project's other dataset");
      const before = (await tx.datasetEntries.bySource(projectId, `${ownSourcePrefix}${there}`))?.mask ?? null;
      const mask = line.mask === undefined ? before : line.mask;
      await tx.samples.setSaid(there, { annotation, source: line.source, mask });
      return;
    }
    if (same)
      throw new LineError(`is the same picture as "${same.source ?? same.name}", which the project has already`);
    if (line.picture === null) throw new LineError("is no longer in the project");
    await tx.samples.insert({
      projectId,
      name: posix.basename(line.source.ref),
      annotation,
      part: type === "test" ? "test" : scope.hasTest ? "train" : "auto",
      picture: line.picture,
      source: line.source,
      mask: line.mask ?? null,
    });
  }

  async function checkQuota(tx: StoreWrites, projectId: string, type: DatasetType): Promise<void> {
    const { total } = await tx.datasetEntries.stats(await scopeOf(tx, projectId, type));
    const max = type === "train" ? config.lookout.maxTrainEntries : config.lookout.maxTestEntries;
    if (total > max) throw new LineError(`The ${type} dataset would have ${total} entries, where ${max} are allowed`);
  }

  return {
    async run({ projectId, type, work, isStrict, signal }) {
      const { text, base } = await textOf(work);
      const rows = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
      const { entries, skipped, notes } = readGroundTruthManifest(text);
      const left: Told[] = skipped.filter(({ reason }) => !isStrict || !reason.startsWith("is named again"));
      const ready: ReadyLine[] = [];
      const held: HeldBlob[] = [];
      try {
        for (const entry of entries) {
          signal.throwIfAborted();
          if (isStrict && left.length > 0) break;
          try {
            const known = await store.read.datasetEntries.bySource(projectId, absolute(entry.sourceRef, base));
            ready.push(await readLine(entry, rows[entry.line - 1] ?? "", base, known, held));
          } catch (error) {
            left.push({ line: entry.line, reason: reasonOf(error) });
          }
        }
        if (isStrict && left.length > 0) return { isDone: false, message: `Nothing was changed: ${told(left)}.` };
        if (ready.length === 0) {
          const why = left.length === 0 ? "The manifest names no picture." : `No line could be used: ${told(left)}.`;
          return { isDone: false, message: why };
        }
        const freeBytes = await blobs.freeBytes();
        const minFreeBytes = config.minFreeDiskBytes;
        if (freeBytes < minFreeBytes) throw errors.diskFull({ freeBytes, minFreeBytes });
        let count = 0;
        await store.write(async (tx) => {
          for (const line of ready) {
            try {
              await record(tx, line, { projectId, type });
              count++;
            } catch (error) {
              if (!(error instanceof LineError) || isStrict) throw error;
              left.push({ line: line.entry.line, reason: error.message });
            }
          }
          await checkQuota(tx, projectId, type);
        });
        const what = work.kind === "lines" ? "updated" : "created";
        const skippedText =
          left.length === 0 ? "" : ` ${left.length} of ${count + left.length} lines were left out: ${told(left)}.`;
        const noted = notes.length === 0 ? "" : ` ${notes.length} notes: ${told(notes)}.`;
        return { isDone: true, message: `The dataset was successfully ${what}.${skippedText}${noted}`.slice(0, 2000) };
      } catch (error) {
        if (error instanceof LineError) return { isDone: false, message: `Nothing was changed: ${error.message}.` };
        throw error;
      } finally {
        for (const blob of held) {
          blob.release();
          // What no record names goes: the dataset was not made, or the line was left out.
          await blobs.remove(blob.sha256, () => store.read.blobs.isReferenced(blob.sha256)).catch(() => false);
        }
      }
    },
  };

  function absolute(ref: string, base: string | null): string {
    if (base === null || /^[a-z][a-z0-9+.-]*:\/\//i.test(ref)) return ref;
    const name = parseObjectUrl(`${base}/${ref}`.replace(/([^:])\/{2,}/g, "$1/"));
    return name === undefined ? ref : objectUrl({ bucket: name.bucket, key: posix.normalize(name.key) });
  }
}

function annotationOf(entry: ManifestEntry, label: string | null, normalLabel: string): Annotation {
  if (entry.isAnomalous === null) return { kind: "none" };
  if (!entry.isAnomalous) return { kind: "label", label: normalLabel };
  // A person may have said more than "anomaly": which defect it is stays.
  return { kind: "label", label: label !== null && label !== normalLabel ? label : "anomaly" };
}

/** The bytes tell the type; an object has no name that could be trusted more. */
function declaredType(bytes: Uint8Array): string {
  return bytes[0] === 0x89 ? "image/png" : "image/jpeg";
}

function reasonOf(error: unknown): string {
  if (error instanceof LineError || isServerError(error)) return error.message.replace(/ Nothing was stored\.$/, "");
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.message;
  throw error;
}

function told(lines: readonly Told[]): string {
  const some = lines.slice(0, MAX_TOLD).map(({ line, reason }) => `line ${line} ${reason.replace(/\.$/, "")}`);
  return some.join("; ") + (lines.length > MAX_TOLD ? `; and ${lines.length - MAX_TOLD} more` : "");
}
