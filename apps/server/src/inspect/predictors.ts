/** Open models: running ones stay open, tried ones are closed after a while; one that breaks is opened anew at its next use. */
import type { AnomalyArea, Detection, Prediction as WirePrediction } from "@sightline/api/predictions";
import type { BlobStore } from "../blobs/blob-store.js";
import { errors } from "../errors.js";
import type { Log } from "../log.js";
import type { Store } from "../store/store.js";
import { TimeoutError, within } from "./within.js";

/** What a model says of a picture; `packages/models` makes it. */
export interface Prediction
  extends Omit<WirePrediction, "heatMapPng" | "labelMapPng" | "anomalies" | "probabilities" | "labels" | "detections"> {
  readonly labels: readonly string[];
  readonly detections: readonly Readonly<Detection>[];
  readonly probabilities: Readonly<Record<string, number>>;
  /** Transparent PNG, where asked for and the method gives one. */
  readonly heatMapPng?: Uint8Array | undefined;
  /** Kinds of defects and their areas; `null` or left out for models that learnt from no masks. */
  readonly anomalies?: readonly Readonly<AnomalyArea>[] | null;
  /** PNG of the picture's size, a colour a kind of defect; where asked for and `anomalies` is there. */
  readonly labelMapPng?: Uint8Array | undefined;
}

/** The part of `packages/models`' predictor that is used here; it owns a worker thread. */
export interface Predictor {
  predict(bytes: Uint8Array, options: Omit<PredictOptions, "timeoutMs">): Promise<Prediction>;
  close(): Promise<void>;
}

export type OpenPredictor = (file: Uint8Array, options: { threads: number; niceness?: number }) => Promise<Predictor>;

export interface PredictOptions {
  /** `"anomalous"`: only where the verdict is an anomaly. */
  readonly heatMap?: boolean | "anomalous";
  /** With `heatMap: "anomalous"`: also where the verdict is less sure than this. */
  readonly heatMapBelowConfidence?: number;
  /** `"anomalous"`: only where a kind of defect shows. */
  readonly labelMapPng?: boolean | "anomalous";
  /** The threshold in force, 0–1. */
  readonly threshold?: number;
  readonly timeoutMs: number;
}

export interface Predictors {
  /**
   * Runs a model on a picture, opening the model first where that is needed.
   * @throws ServerError MODEL_NOT_FOUND, MODEL_FAILED_TO_OPEN; TimeoutError; what the predictor throws (ImageError for a bad picture).
   */
  predict(modelId: string, bytes: Uint8Array, options: PredictOptions): Promise<Prediction>;
  /** Opens a model and keeps it open. @throws ServerError MODEL_NOT_FOUND, MODEL_FAILED_TO_OPEN. */
  pin(modelId: string): Promise<void>;
  /** Lets a model go; it is closed when the pictures in it are done. */
  unpin(modelId: string): void;
  close(): Promise<void>;
}

interface Entry {
  readonly modelId: string;
  readonly opened: Promise<Predictor>;
  inUse: number;
  isDropped: boolean;
  idleTimer: NodeJS.Timeout | undefined;
}

export interface PredictorsDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly openPredictor: OpenPredictor;
  readonly threads: number;
  readonly openTimeoutMs: number;
  /** A model that is only tried is closed after this long without a picture. */
  readonly idleMs: number;
  readonly log: Log;
}

/**
 * Networks step back for the thread that takes pictures and answers people: with 2 cores and 40 pictures a second, 95 % of
 * uploads are answered within 45 ms instead of 170 ms, for 2 % fewer inspections a second.
 */
const modelNiceness = 10;

/** Errors about the picture, not about the model: the same bytes fail again, and the worker is fine. */
const pictureErrors = new Set(["IMAGE_EMPTY", "NOT_AN_IMAGE", "IMAGE_TOO_LARGE", "IMAGE_TRUNCATED"]);

export function isPictureError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && pictureErrors.has(error.code);
}

export function createPredictors(deps: PredictorsDeps): Predictors {
  const { store, blobs, log } = deps;
  const entries = new Map<string, Entry>();
  const pinned = new Set<string>();
  const closing = new Set<Promise<void>>();
  let isClosed = false;

  async function open(modelId: string): Promise<Predictor> {
    const model = await store.read.models.get(modelId);
    if (model === undefined) throw errors.modelNotFound({ id: modelId });
    try {
      const file = await blobs.read(model.sha256);
      const opening = deps.openPredictor(file, { threads: deps.threads, niceness: modelNiceness });
      return await within(deps.openTimeoutMs, opening, (late) => void late.close().catch(() => {}));
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      throw errors.modelFailedToOpen({ version: model.version, problem }, { cause: error });
    }
  }

  function closeWhenUnused(entry: Entry): void {
    clearTimeout(entry.idleTimer);
    if (entry.inUse > 0) return;
    const closed = entry.opened
      .then((predictor) => predictor.close())
      .catch((error: unknown) => log.warn({ err: error, modelId: entry.modelId }, "A model did not close cleanly"))
      .finally(() => closing.delete(closed));
    closing.add(closed);
  }

  /** No new picture goes into this one; those in it may finish. */
  function drop(entry: Entry): void {
    if (entry.isDropped) return;
    entry.isDropped = true;
    if (entries.get(entry.modelId) === entry) entries.delete(entry.modelId);
    closeWhenUnused(entry);
  }

  function entryOf(modelId: string): Entry {
    if (isClosed) throw new Error("The server is closing; no model can be used any more.");
    const existing = entries.get(modelId);
    if (existing !== undefined) return existing;
    const entry: Entry = { modelId, opened: open(modelId), inUse: 0, isDropped: false, idleTimer: undefined };
    entries.set(modelId, entry);
    // One that can't be opened is tried again at its next use.
    entry.opened.catch(() => drop(entry));
    return entry;
  }

  function use(entry: Entry): void {
    clearTimeout(entry.idleTimer);
    entry.inUse++;
  }
  function unuse(entry: Entry): void {
    entry.inUse--;
    if (entry.inUse > 0) return;
    if (entry.isDropped) closeWhenUnused(entry);
    if (entry.isDropped || pinned.has(entry.modelId)) return;
    entry.idleTimer = setTimeout(() => drop(entry), deps.idleMs);
    entry.idleTimer.unref();
  }

  return {
    async predict(modelId, bytes, options) {
      const entry = entryOf(modelId);
      use(entry);
      try {
        const predictor = await entry.opened;
        const { timeoutMs, ...asked } = options;
        return await within(timeoutMs, predictor.predict(bytes, asked));
      } catch (error) {
        if (!isPictureError(error) && !entry.isDropped) {
          log.warn(
            { err: error, modelId, isTimeout: error instanceof TimeoutError },
            "A model broke and is opened anew",
          );
          drop(entry);
        }
        throw error;
      } finally {
        unuse(entry);
      }
    },

    async pin(modelId) {
      const wasPinned = pinned.has(modelId);
      pinned.add(modelId);
      const entry = entryOf(modelId);
      clearTimeout(entry.idleTimer);
      try {
        await entry.opened;
      } catch (error) {
        if (!wasPinned) pinned.delete(modelId);
        throw error;
      }
    },

    unpin(modelId) {
      if (!pinned.delete(modelId)) return;
      const entry = entries.get(modelId);
      if (entry !== undefined) drop(entry);
    },

    async close() {
      isClosed = true;
      for (const entry of [...entries.values()]) drop(entry);
      // Pictures still in a model are waited for by whoever put them there.
      await Promise.all(closing);
    },
  };
}
