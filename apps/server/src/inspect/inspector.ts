/** The durable workflow: detect → record (with its actions). What is queued in the database is inspected, whatever was killed before. */
import type { Inspection } from "@sightline/api/inspections";
import type { BlobStore, HeldBlob } from "../blobs/blob-store.js";
import { errors, isServerError } from "../errors.js";
import type { Now } from "../ids.js";
import type { LiveFeed } from "../live-feed.js";
import type { Log } from "../log.js";
import { reviewsAfter } from "../review/after-verdict.js";
import type { Store, StoreWrites } from "../store/store.js";
import { recordOutcomes } from "./outcomes.js";
import { isPictureError, type Prediction, type Predictors } from "./predictors.js";
import { TimeoutError, within } from "./within.js";

export interface InspectorSettings {
  /** Pictures of one project in its model at the same time; recording a verdict takes no place. */
  readonly inFlight: number;
  readonly stepTimeoutMs: number;
  /** Before the second attempt of a step; doubles at each further one. */
  readonly retryPauseMs: number;
}

export interface InspectorDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly predictors: Predictors;
  readonly live: LiveFeed;
  readonly settings: InspectorSettings;
  readonly now: Now;
  readonly log: Log;
  /** Told when a recorded verdict caused actions. */
  readonly onActions: () => void;
  /** Told when a trial beside the line has a picture to judge. */
  readonly onTrial: () => void;
}

export interface Inspector {
  /** A project has queued pictures, or a model; harmless when it has not. */
  wake(projectId: string): void;
  /** Takes up what every project has queued. */
  wakeAll(): Promise<void>;
  /** Pictures being inspected right now. */
  readonly inFlight: number;
  /** Finishes what is being inspected and takes up nothing more. */
  close(): Promise<void>;
}

const attemptsOf = { detect: 5, record: 2 } as const;
type Step = keyof typeof attemptsOf;

/** Pictures taken from the queue of one project: those in the model and those pausing between two attempts. */
const mostTaken = 128;

interface Line {
  readonly projectId: string;
  readonly taken: Set<string>;
  running: number;
  /** Asked to look at the queue again since it was last read. */
  isWoken: boolean;
  isLooking: boolean;
  ready: Inspection[];
}

class StepFailure extends Error {
  constructor(
    readonly step: Step,
    readonly attempts: number,
    override readonly cause: unknown,
  ) {
    super(`Step "${step}" failed.`);
  }
}

/** The reason that people see. */
function failureOf(failure: StepFailure, timeoutMs: number): { code: string; message: string } {
  const { step, attempts, cause } = failure;
  if (isPictureError(cause)) return { code: cause.code, message: cause.message };
  if (cause instanceof TimeoutError) return errors.inspectionTimedOut({ step, attempts, timeoutMs });
  if (isServerError(cause)) return cause;
  const problem = cause instanceof Error ? cause.message : String(cause);
  return errors.inspectionStepFailed({ step, attempts, problem });
}

/** Trying again changes nothing: the bytes themselves are the problem. */
function isFinal(error: unknown): boolean {
  return isPictureError(error) || (isServerError(error) && ["PICTURE_MISSING", "PICTURE_DAMAGED"].includes(error.code));
}

export function createInspector(deps: InspectorDeps): Inspector {
  const { store, blobs, predictors, live, settings, now, log } = deps;
  const lines = new Map<string, Line>();
  const underWay = new Set<Promise<void>>();
  const stopping = new AbortController();

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      stopping.signal.addEventListener(
        "abort",
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
    });

  /** Tries a step as often as it may. The model is held only by pictures that are in it, not by those that pause or are recorded. */
  async function tried<T>(line: Line, step: Step, count: { attempts: number }, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      if (step === "detect") count.attempts = attempt;
      try {
        const result = await work();
        if (step === "detect") free(line);
        return result;
      } catch (error) {
        if (step === "detect") free(line);
        if (isFinal(error) || attempt >= attemptsOf[step]) throw new StepFailure(step, attempt, error);
        log.warn({ err: error, step, attempt }, "A step of an inspection failed and is tried again");
        await pause(settings.retryPauseMs * 2 ** (attempt - 1));
        if (step === "detect") line.running++;
        if (stopping.signal.aborted) throw new Stopped();
      }
    }
  }

  function free(line: Line): void {
    line.running--;
    look(line);
  }

  async function detect(inspection: Inspection): Promise<Detected | undefined> {
    const deployment = await store.read.projects.deployment(inspection.projectId);
    // The model was stopped meanwhile: the picture waits for the next one.
    if (deployment?.modelId == null) return undefined;
    const { modelId, threshold, alertConfidence } = deployment;
    const model = await store.read.models.get(modelId);
    if (model === undefined) throw errors.modelNotFound({ id: modelId });
    const bytes = await within(settings.stepTimeoutMs, blobs.read(inspection.imageSha256));
    const options = {
      heatMap: "anomalous",
      // An unsure verdict is mailed, and looked at, whatever it is.
      heatMapBelowConfidence: alertConfidence,
      labelMapPng: "anomalous",
      threshold,
      timeoutMs: settings.stepTimeoutMs,
    } as const;
    const prediction = await predictors.predict(modelId, bytes, options);
    return { prediction, bytes, modelId, modelVersion: model.version, threshold };
  }

  async function record(inspection: Inspection, detected: Detected, attempts: number): Promise<void> {
    const { prediction } = detected;
    const held: HeldBlob[] = [];
    try {
      const heatMap = prediction.heatMapPng === undefined ? null : await keep(prediction.heatMapPng);
      const labelMap = prediction.labelMapPng === undefined ? null : await keep(prediction.labelMapPng);
      const write = async (tx: StoreWrites) => {
        const isRecorded = await tx.inspections.record(inspection.id, {
          label: prediction.label,
          labels: prediction.labels,
          detections: prediction.detections,
          isAnomalous: prediction.isAnomalous,
          score: prediction.score,
          confidence: prediction.confidence,
          modelId: detected.modelId,
          modelVersion: detected.modelVersion,
          threshold: detected.threshold,
          inferenceMs: prediction.inferenceMs,
          attempts,
          heatMapSha256: heatMap?.sha256 ?? null,
          anomalies: prediction.anomalies ?? null,
          labelMapSha256: labelMap?.sha256 ?? null,
        });
        // Recorded before, held back or deleted meanwhile: then it is not ours to announce.
        if (!isRecorded) return undefined;
        const recorded = await tx.inspections.get(inspection.id);
        if (recorded === undefined) return undefined;
        const actions = await recordOutcomes(tx, recorded, now());
        return { recorded, actions, reviews: await reviewsAfter(tx, recorded) };
      };
      const result = await store.write(write, { canWait: true });
      if (result === undefined) return await discard(held);
      live.publish({ type: "inspection", inspection: result.recorded });
      if (result.actions > 0) deps.onActions();
      if (result.reviews.isTried) deps.onTrial();
      if (result.reviews.isAsked) live.publish({ type: "reviews", projectId: inspection.projectId, trialId: null });
    } finally {
      for (const blob of held) blob.release();
    }

    async function keep(bytes: Uint8Array): Promise<HeldBlob> {
      const blob = await blobs.put(bytes);
      held.push(blob);
      return blob;
    }
  }

  async function discard(held: readonly HeldBlob[]): Promise<void> {
    for (const { sha256, release } of held) {
      release();
      await blobs.remove(sha256, () => store.read.blobs.isReferenced(sha256));
    }
  }

  async function fail(inspection: Inspection, failure: StepFailure): Promise<void> {
    const reason = failureOf(failure, settings.stepTimeoutMs);
    log.error({ err: failure.cause, inspectionId: inspection.id, code: reason.code }, "An inspection failed");
    const { code, message } = reason;
    const failed = await store.write(async (tx) => {
      const isRecorded = await tx.inspections.fail(inspection.id, { code, message }, failure.attempts);
      const recorded = isRecorded ? await tx.inspections.get(inspection.id) : undefined;
      return recorded && { recorded, actions: await recordOutcomes(tx, recorded, now()) };
    });
    if (failed === undefined) return;
    live.publish({ type: "inspection", inspection: failed.recorded });
    if (failed.actions > 0) deps.onActions();
  }

  async function inspect(line: Line, inspection: Inspection): Promise<void> {
    const count = { attempts: 1 };
    try {
      const detected = await tried(line, "detect", count, () => detect(inspection));
      if (detected === undefined) return;
      await tried(line, "record", count, () => record(inspection, detected, count.attempts));
    } catch (error) {
      if (error instanceof Stopped) return;
      if (error instanceof StepFailure) await fail(inspection, error);
      else throw error;
    }
  }

  function take(line: Line, inspection: Inspection): void {
    line.taken.add(inspection.id);
    line.running++;
    const done = inspect(line, inspection)
      .catch(async (error: unknown) => {
        // The database itself refused (disk full): it stays queued, and the whole line waits a little.
        log.error({ err: error, inspectionId: inspection.id }, "An inspection could not be recorded; it stays queued");
        line.isWoken = true;
        await pause(settings.retryPauseMs);
      })
      .finally(() => {
        line.taken.delete(inspection.id);
        underWay.delete(done);
        look(line);
      });
    underWay.add(done);
  }

  /** Starts as many inspections as there are places. */
  function look(line: Line): void {
    if (stopping.signal.aborted) return;
    while (line.running < settings.inFlight && line.taken.size < mostTaken) {
      const next = line.ready.shift();
      if (next === undefined) break;
      take(line, next);
    }
    if (line.running < settings.inFlight && line.ready.length === 0 && !line.isLooking && line.isWoken)
      void refill(line);
  }

  /** Reads the oldest queued pictures that are not taken yet. Ids alone don't tell what is new: commits may overtake each other. */
  async function refill(line: Line): Promise<void> {
    line.isLooking = true;
    line.isWoken = false;
    try {
      const queued = await store.read.inspections.queued(line.projectId, "", line.taken.size + 32);
      line.ready = queued.filter((inspection) => !line.taken.has(inspection.id));
      // A full page means there is more behind it.
      if (line.ready.length > 0) line.isWoken = true;
    } catch (error) {
      log.error({ err: error, projectId: line.projectId }, "The queue could not be read; it is read again");
      line.isWoken = true;
      await pause(settings.retryPauseMs);
    } finally {
      line.isLooking = false;
    }
    if (line.ready.length > 0 || line.isWoken) look(line);
  }

  function wake(projectId: string): void {
    let line = lines.get(projectId);
    if (line === undefined) {
      line = { projectId, taken: new Set(), running: 0, isWoken: false, isLooking: false, ready: [] };
      lines.set(projectId, line);
    }
    line.isWoken = true;
    look(line);
  }

  return {
    wake,
    async wakeAll() {
      for (const { projectId } of await store.read.projects.deployed()) wake(projectId);
    },
    get inFlight() {
      return underWay.size;
    },
    async close() {
      stopping.abort();
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

interface Detected {
  readonly prediction: Prediction;
  readonly bytes: Uint8Array;
  readonly modelId: string;
  readonly modelVersion: number;
  readonly threshold: number;
}

/** The server stops: what is not recorded stays queued and is taken up at the next start. */
class Stopped extends Error {}
