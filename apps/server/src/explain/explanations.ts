/** Explanations under way and just made: one is computed at a time, a few wait, all are forgotten after a while. */
import type { Explanation, ExplanationResult } from "@sightline/api/explanations";
import type { BlobStore } from "../blobs/blob-store.js";
import { errors } from "../errors.js";
import { type NewId, type Now, toTime } from "../ids.js";
import { isPictureError } from "../inspect/predictors.js";
import type { Log } from "../log.js";
import type { Store } from "../store/store.js";

/** What is asked of a picture. */
export interface ExplainAsk {
  readonly method: ExplanationResult["method"];
  readonly label?: string | undefined;
  readonly detection?: number | undefined;
  readonly regions: number;
  readonly evaluations: number;
}

/** The part of `packages/models`' explainer that is used here; it owns a worker thread. */
export interface Explainer {
  readonly manifest: { readonly task: string; readonly labels: readonly string[] };
  explain(
    bytes: Uint8Array,
    options: { [Key in keyof ExplainAsk]?: NonNullable<ExplainAsk[Key]> } & { threshold?: number },
    call: { signal: AbortSignal; onProgress: (share: number) => void },
  ): Promise<MadeExplanation>;
  close(): Promise<void>;
}

export interface MadeExplanation extends Omit<ExplanationResult, "overlayPng" | "regions" | "detection" | "area"> {
  readonly overlayPng: Uint8Array;
  readonly regions: readonly Readonly<
    Omit<ExplanationResult["regions"][number], "box"> & { readonly box: Readonly<ExplanationResult["area"]> }
  >[];
  readonly detection: Readonly<NonNullable<ExplanationResult["detection"]>> | null;
  readonly area: Readonly<ExplanationResult["area"]>;
}

export type OpenExplainer = (file: Uint8Array, options: { threads: number; niceness: number }) => Promise<Explainer>;

export interface Explanations {
  /**
   * Begins one, or puts it in line.
   *
   * @param threshold in force, on the model's own scale
   * @throws ServerError MODEL_NOT_FOUND, EXPLANATIONS_BUSY
   */
  start(modelId: string, bytes: Uint8Array, asked: ExplainAsk, threshold: number): Promise<Explanation>;
  /** @throws ServerError EXPLANATION_NOT_FOUND */
  get(id: string): Explanation;
  /** One that has ended stays as it is. @throws ServerError EXPLANATION_NOT_FOUND */
  cancel(id: string): Explanation;
  close(): Promise<void>;
}

export interface ExplanationsDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly openExplainer: OpenExplainer;
  readonly threads: number;
  readonly now: Now;
  readonly newId: NewId;
  readonly log: Log;
}

/** Whoever waits behind more than so many gives up before it is their turn. */
const mostWaiting = 8;
/** An ended one may be asked for so long. */
const keptMs = 600_000;
/** And so many are kept at most: each holds a picture's map. */
const mostKept = 40;
/** A model stays open so long for the next explanation. */
const idleMs = 60_000;
/** Behind the inspections (10), before the trainings (19). */
const explainerNiceness = 15;

interface Entry {
  told: Explanation;
  readonly bytes: Uint8Array;
  readonly asked: ExplainAsk;
  readonly threshold: number;
  readonly stop: AbortController;
  endedMs: number | null;
}

export function createExplanations(deps: ExplanationsDeps): Explanations {
  const { store, blobs, now, log } = deps;
  const entries = new Map<string, Entry>();
  const waiting: Entry[] = [];
  let working: Promise<void> | null = null;
  let opened: { modelId: string; explainer: Explainer } | null = null;
  let idleTimer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const change = (entry: Entry, changes: Partial<Explanation>): void => {
    entry.told = { ...entry.told, ...changes };
  };
  const end = (entry: Entry, changes: Partial<Explanation>): void => {
    change(entry, changes);
    entry.endedMs = now();
  };

  async function letGo(): Promise<void> {
    const before = opened;
    opened = null;
    clearTimeout(idleTimer);
    await before?.explainer.close();
  }

  async function explainerOf(modelId: string): Promise<Explainer> {
    clearTimeout(idleTimer);
    if (opened?.modelId === modelId) return opened.explainer;
    await letGo();
    const model = await store.read.models.get(modelId);
    if (model === undefined) throw errors.modelNotFound({ id: modelId });
    try {
      const file = await blobs.read(model.sha256);
      const explainer = await deps.openExplainer(file, { threads: deps.threads, niceness: explainerNiceness });
      opened = { modelId, explainer };
      return explainer;
    } catch (error) {
      throw errors.modelFailedToOpen({ version: model.version, problem: problemOf(error) }, { cause: error });
    }
  }

  async function make(entry: Entry): Promise<void> {
    const { stop, bytes, asked, threshold } = entry;
    change(entry, { status: "running" });
    try {
      const explainer = await explainerOf(entry.told.modelId);
      const { label, detection, ...rest } = asked;
      const made = await explainer.explain(
        bytes,
        {
          ...rest,
          ...(label !== undefined && { label }),
          ...(detection !== undefined && { detection }),
          ...(explainer.manifest.task === "anomaly" && { threshold }),
        },
        { signal: stop.signal, onProgress: (progress) => change(entry, { progress }) },
      );
      end(entry, { status: "succeeded", progress: 1, result: resultOf(made) });
    } catch (error) {
      if (stop.signal.aborted) return end(entry, { status: "cancelled" });
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (!tellable.test(code) && !isPictureError(error)) {
        log.warn({ err: error, modelId: entry.told.modelId }, "An explanation failed");
        await letGo().catch(() => {});
      }
      end(entry, {
        status: "failed",
        failure: { code: code === "" ? "EXPLANATION_FAILED" : code, message: problemOf(error) },
      });
    }
  }

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      if (next.told.status === "queued") await make(next);
    working = null;
    idleTimer = setTimeout(() => void letGo().catch(() => {}), idleMs);
    idleTimer.unref();
  }

  /** What nobody asks for any more. */
  function forget(): void {
    const ended = [...entries.values()].filter(({ endedMs }) => endedMs !== null);
    for (const [i, { told, endedMs }] of ended.toReversed().entries())
      if (i >= mostKept || now() - (endedMs as number) > keptMs) entries.delete(told.id);
  }

  function found(id: string): Entry {
    forget();
    const entry = entries.get(id);
    if (entry === undefined) throw errors.explanationNotFound({ id });
    return entry;
  }

  return {
    async start(modelId, bytes, asked, threshold) {
      if (isClosed) throw new Error("The server is closing; nothing can be explained any more.");
      forget();
      const model = await store.read.models.get(modelId);
      if (model === undefined) throw errors.modelNotFound({ id: modelId });
      const inLine = waiting.filter(({ told }) => told.status === "queued").length;
      if (inLine >= mostWaiting) throw errors.explanationsBusy({ waiting: inLine });
      const told: Explanation = {
        id: deps.newId(),
        modelId,
        modelVersion: model.version,
        labels: [...model.labels],
        status: "queued",
        progress: 0,
        createdAt: toTime(now()),
        result: null,
        failure: null,
      };
      const entry: Entry = { told, bytes, asked, threshold, stop: new AbortController(), endedMs: null };
      entries.set(told.id, entry);
      waiting.push(entry);
      working ??= work();
      return entry.told;
    },
    get: (id) => found(id).told,
    cancel(id) {
      const entry = found(id);
      entry.stop.abort();
      if (entry.told.status === "queued") end(entry, { status: "cancelled" });
      return entry.told;
    },
    async close() {
      isClosed = true;
      for (const { stop } of entries.values()) stop.abort();
      waiting.length = 0;
      await working;
      await letGo();
    },
  };
}

/** Told as they are: they say what to choose instead. */
const tellable = /^EXPLANATION_/;

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** As it travels. */
function resultOf(made: MadeExplanation): ExplanationResult {
  const { overlayPng, regions, detection, area } = made;
  return {
    method: made.method,
    task: made.task,
    label: made.label,
    detection: detection === null ? null : { ...detection },
    prediction: made.prediction,
    base: made.base,
    unit: made.unit,
    evidence: made.evidence,
    baseEvidence: made.baseEvidence,
    additivityError: made.additivityError,
    evaluations: made.evaluations,
    elapsedMs: made.elapsedMs,
    width: made.width,
    height: made.height,
    area: { ...area },
    mapWidth: made.mapWidth,
    mapHeight: made.mapHeight,
    regions: regions.map((region) => ({ ...region, box: { ...region.box } })),
    overlayPng: Buffer.from(overlayPng).toString("base64"),
  };
}
