/** Takes a model file that was trained elsewhere: streamed to disk with a limit, checked, tried once, then kept as a version of the project. */
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Model } from "@sightline/api/models";
import { type Manifest, readManifest } from "@sightline/models/model-file";
import type { BlobStore } from "../blobs/blob-store.js";
import { isDiskFull } from "../blobs/file-blobs.js";
import { errors, isServerError } from "../errors.js";
import type { NewId } from "../ids.js";
import type { OpenPredictor } from "../inspect/predictors.js";
import { createLimiter } from "../limiter.js";
import type { Store } from "../store/store.js";
import { modelRecord } from "./model-record.js";

export interface ModelUpload {
  /** @throws ServerError PROJECT_NOT_FOUND, BODY_TOO_LARGE, MODEL_FILE_INVALID, DISK_FULL; nothing is kept then. */
  accept(projectId: string, body: Readable): Promise<Model>;
}

export interface ModelUploadDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly openPredictor: OpenPredictor;
  /** For files under way. */
  readonly folder: string;
  readonly minFreeDiskBytes: number;
  readonly newId: NewId;
}

const MAX_MODEL_BYTES = 200_000_000;

export function createModelUpload(deps: ModelUploadDeps): ModelUpload {
  const { store, blobs } = deps;
  // Each file is held in memory while it is checked.
  const checking = createLimiter(1);

  async function keep(projectId: string, bytes: Buffer, manifest: Manifest): Promise<Model> {
    const blob = await blobs.put(bytes);
    try {
      return await store.write(async (tx) => {
        if ((await tx.projects.deployment(projectId)) === undefined) throw errors.projectNotFound({ id: projectId });
        const file = { projectId, sha256: blob.sha256, sizeBytes: blob.bytes, source: "uploaded" } as const;
        const id = await tx.models.insert(modelRecord(manifest, file));
        const model = await tx.models.get(id);
        if (model === undefined) throw errors.modelNotFound({ id });
        return model;
      });
    } catch (error) {
      blob.release();
      await blobs.remove(blob.sha256, () => store.read.blobs.isReferenced(blob.sha256));
      throw error;
    } finally {
      blob.release();
    }
  }

  return {
    async accept(projectId, body) {
      if ((await store.read.projects.deployment(projectId)) === undefined)
        throw errors.projectNotFound({ id: projectId });
      const freeBytes = await blobs.freeBytes();
      const minFreeBytes = deps.minFreeDiskBytes;
      // Twice: the file under way and its place among the blobs.
      if (freeBytes - 2 * MAX_MODEL_BYTES < minFreeBytes) throw errors.diskFull({ freeBytes, minFreeBytes });
      await mkdir(deps.folder, { recursive: true });
      const file = join(deps.folder, `upload-${deps.newId()}.onnx`);
      try {
        await pipeline(body, limited(MAX_MODEL_BYTES), createWriteStream(file, { flags: "wx", mode: 0o640 }));
        return await checking.run(async () => {
          const bytes = await readFile(file);
          const manifest = await check(bytes, deps.openPredictor);
          return keep(projectId, bytes, manifest);
        });
      } catch (error) {
        if (isDiskFull(error)) throw errors.diskFull({ freeBytes: 0, minFreeBytes }, { cause: error });
        throw error;
      } finally {
        await rm(file, { force: true });
      }
    },
  };
}

/** The file's form is checked before ONNX Runtime sees it; then it must open and answer once. */
async function check(bytes: Buffer, openPredictor: OpenPredictor): Promise<Manifest> {
  try {
    const manifest = readManifest(bytes);
    const predictor = await openPredictor(bytes, { threads: 1 });
    await predictor.close();
    return manifest;
  } catch (error) {
    if (isServerError(error)) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    const reason = error instanceof Error && "code" in error ? { reason: error.code } : {};
    throw errors.modelFileInvalid({ problem }, { cause: error, details: reason });
  }
}

function limited(maxBytes: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > maxBytes) done(errors.bodyTooLarge({ maxBytes }));
      else done(null, chunk);
    },
  });
}
