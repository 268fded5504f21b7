/** Trials: a version judges pictures beside or before the line, durably and only while the line leaves it room. */
import type { Inspection } from "@sightline/api/inspections";
import type { Review, Trial, TrialSource } from "@sightline/api/reviews";
import type { BlobStore } from "../blobs/blob-store.js";
import type { Config } from "../config.js";
import { errors, isServerError } from "../errors.js";
import type { Inspector } from "../inspect/inspector.js";
import { isPictureError, type Predictors } from "../inspect/predictors.js";
import { checkPicture } from "../intake/check-picture.js";
import type { Limiter } from "../limiter.js";
import type { LiveFeed } from "../live-feed.js";
import type { Log } from "../log.js";
import type { ReleaseBlobs } from "../removal.js";
import type { Store, StoreWrites } from "../store/store.js";
import { answerOfInspection, answerOfPrediction, isSameAnswer } from "./answers.js";

export interface NewTrialRequest {
  readonly modelId: string;
  readonly source: TrialSource;
  readonly maxPictures: number;
  /** Which inspections are judged again. */
  readonly inspections?:
    | {
        readonly count: number;
        readonly camera?: string | undefined;
        readonly verdict?: string | undefined;
        readonly from?: string | undefined;
        readonly to?: string | undefined;
      }
    | undefined;
}

export interface TrialPicture {
  readonly trialId: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly name?: string | undefined;
}

export interface Trials {
  /** @throws ServerError MODEL_NOT_FOUND, NO_RUNNING_MODEL, SHADOW_NEEDS_ANOTHER, SHADOW_RUNNING. */
  start(request: NewTrialRequest, by: string): Promise<Trial>;
  /** @throws ServerError TRIAL_NOT_FOUND, TRIAL_ENDED, TRIAL_FULL, DISK_FULL and the refusals of `checkPicture`. */
  addPicture(added: TrialPicture): Promise<Review>;
  /** @throws ServerError TRIAL_NOT_FOUND, TRIAL_ENDED. */
  end(trialId: string): Promise<Trial>;
  /** @throws ServerError TRIAL_NOT_FOUND. */
  remove(trialId: string): Promise<void>;
  /** There are pictures to judge; harmless when there are none. */
  wake(): void;
  /** Ends the picture that is being judged; the others stay for the next start. */
  close(): Promise<void>;
}

export interface TrialsDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly predictors: Predictors;
  readonly inspector: Pick<Inspector, "inFlight">;
  readonly live: LiveFeed;
  readonly decoding: Limiter;
  readonly config: Config;
  readonly releaseBlobs: ReleaseBlobs;
  readonly log: Log;
}

/** The line goes first; after so long a wait a trial's picture is judged all the same, so that it ends some day. */
const longestWaitMs = 1_000;
const lookAgainMs = 20;
/** A model may have to be opened first. */
const answerTimeoutMs = 30_000;
/** A shadow further behind than this leaves pictures out instead of filling the disk. */
const mostBehind = 100;
const OWN_THRESHOLD = 0.5;

export function createTrials(deps: TrialsDeps): Trials {
  const { store, blobs, predictors, inspector, live, config, log } = deps;
  const stopping = new AbortController();
  let isWoken = false;
  let running: Promise<void> | undefined;

  const tell = (projectId: string, trialId: string): void => live.publish({ type: "reviews", projectId, trialId });
  async function existing(id: string): Promise<Trial> {
    const trial = await store.read.trials.get(id);
    if (trial === undefined) throw errors.trialNotFound({ id });
    return trial;
  }

  // ------------------------------------------------------------ judging

  function wake(): void {
    isWoken = true;
    if (running !== undefined || stopping.signal.aborted) return;
    running = judgeAll()
      .catch((error: unknown) => log.error({ err: error }, "The pictures of trials could not be judged"))
      .finally(() => {
        running = undefined;
        if (isWoken) wake();
      });
  }

  async function judgeAll(): Promise<void> {
    while (isWoken && !stopping.signal.aborted) {
      isWoken = false;
      for (;;) {
        const review = await store.read.reviews.nextQueued();
        if (review === undefined || stopping.signal.aborted) break;
        await giveWay();
        await judge(review);
      }
    }
  }

  async function giveWay(): Promise<void> {
    for (let waitedMs = 0; inspector.inFlight > 0 && waitedMs < longestWaitMs; waitedMs += lookAgainMs) {
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
      if (stopping.signal.aborted) return;
    }
  }

  async function judge(review: Review): Promise<void> {
    const { id, projectId, trialId } = review;
    try {
      await answer(review);
    } catch (error) {
      // The service stops: the picture stays for the next start.
      if (stopping.signal.aborted) return;
      const problem = error instanceof Error ? error.message : String(error);
      const reason =
        isServerError(error) || isPictureError(error)
          ? error
          : errors.inspectionStepFailed({ step: "detect", attempts: 1, problem });
      const { code, message } = reason;
      log.warn({ err: error, reviewId: id }, "A picture of a trial could not be judged");
      await store.write((tx) => tx.reviews.fail(id, { code, message }));
    }
    if (trialId !== null) tell(projectId, trialId);
  }

  async function answer(review: Review): Promise<void> {
    const order = review.trialId === null ? undefined : await store.read.trials.order(review.trialId);
    if (order === undefined) throw errors.trialNotFound({ id: review.trialId ?? review.id });
    const bytes = await blobs.read(review.imageSha256);
    const { modelId, threshold } = order;
    const options = { heatMap: "anomalous" as const, threshold, timeoutMs: answerTimeoutMs };
    const prediction = await predictors.predict(modelId, bytes, options);
    const said = answerOfPrediction(prediction, order);
    const isDiffering = review.served !== null && !isSameAnswer(said, review.served);
    const { heatMapPng } = prediction;
    const heatMap = prediction.isAnomalous === true && heatMapPng !== undefined ? await blobs.put(heatMapPng) : null;
    let isKept = false;
    try {
      const isAgreed = review.served !== null && !isDiffering;
      const more = { heatMapSha256: heatMap?.sha256 ?? null, isDiffering, isAgreed };
      isKept = await store.write((tx) => tx.reviews.setAnswer(review.id, said, more));
    } finally {
      heatMap?.release();
      if (!isKept && heatMap !== null) await deps.releaseBlobs([heatMap.sha256]);
    }
  }

  // ------------------------------------------------------------ the trials themselves

  async function insert({ modelId, source, maxPictures, inspections }: NewTrialRequest, by: string): Promise<string> {
    return store.write(async (tx) => {
      const model = await tx.models.get(modelId);
      if (model === undefined) throw errors.modelNotFound({ id: modelId });
      const { projectId, version } = model;
      const deployment = await tx.projects.deployment(projectId);
      if (source === "shadow") await refuseShadow(tx, model, deployment?.modelId ?? null);
      const trialId = await tx.trials.insert({
        projectId,
        modelId,
        modelVersion: version,
        source,
        // The running version answers as it does on the line.
        threshold: deployment?.modelId === modelId ? deployment.threshold : OWN_THRESHOLD,
        maxPictures,
        createdBy: by,
      });
      if (source !== "inspections") return trialId;
      const { count = 50, camera, ...rest } = inspections ?? {};
      const chosen = { projectId, cameraId: camera, status: "inspected", ...rest } as const;
      // Pages of a hundred: the list knows no longer ones.
      let cursor: string | undefined;
      for (let left = Math.min(count, maxPictures); left > 0; ) {
        const page = await tx.inspections.list({ ...chosen, cursor, limit: Math.min(left, 100) });
        for (const inspection of page.items) await addInspection(tx, trialId, inspection);
        left -= page.items.length;
        if (page.nextCursor === null) break;
        cursor = page.nextCursor;
      }
      await tx.trials.end(trialId);
      return trialId;
    });
  }

  return {
    wake,

    async start(request, by) {
      const trial = await existing(await insert(request, by));
      tell(trial.projectId, trial.id);
      wake();
      return trial;
    },

    async addPicture({ trialId, bytes, contentType, name }) {
      const { projectId } = await existing(trialId);
      const checked = await checkPicture(bytes, contentType, config.intake, deps.decoding);
      const freeBytes = await blobs.freeBytes();
      const { minFreeDiskBytes: minFreeBytes } = config;
      if (freeBytes - bytes.length < minFreeBytes) throw errors.diskFull({ freeBytes, minFreeBytes });
      const blob = await blobs.put(bytes);
      let review: Review | undefined;
      try {
        review = await store.write(async (tx) => {
          const trial = await tx.trials.get(trialId);
          if (trial === undefined) throw errors.trialNotFound({ id: trialId });
          const same = await tx.reviews.ofTrialPicture(trialId, blob.sha256);
          if (same !== undefined) return same;
          if (!trial.isOpen || trial.source !== "pictures") throw errors.trialEnded({ id: trialId });
          const { maxPictures } = trial;
          if ((await tx.reviews.count({ trialId })) >= maxPictures)
            throw errors.trialFull({ id: trialId, maxPictures });
          const id = await tx.reviews.insert({
            projectId,
            trialId,
            inspectionId: null,
            reason: "trial",
            name: name ?? `${blob.sha256.slice(0, 12)}.${checked.format === "jpeg" ? "jpg" : "png"}`,
            picture: { ...checked, sha256: blob.sha256 },
          });
          return id === undefined ? undefined : tx.reviews.get(id);
        });
      } finally {
        blob.release();
        if (review === undefined) await deps.releaseBlobs([blob.sha256]);
      }
      if (review === undefined) throw errors.trialNotFound({ id: trialId });
      tell(projectId, trialId);
      wake();
      return review;
    },

    async end(trialId) {
      const blobNames = await store.write(async (tx) => {
        if ((await tx.trials.order(trialId)) === undefined) throw errors.trialNotFound({ id: trialId });
        if (!(await tx.trials.end(trialId))) throw errors.trialEnded({ id: trialId });
        return tx.reviews.removeQueued(trialId);
      });
      await deps.releaseBlobs(blobNames);
      const trial = await existing(trialId);
      tell(trial.projectId, trialId);
      return trial;
    },

    async remove(trialId) {
      const { projectId } = await existing(trialId);
      const blobNames = await store.write(async (tx) => {
        const names = await tx.reviews.removeOfTrial(trialId);
        await tx.trials.remove(trialId);
        return names;
      });
      await deps.releaseBlobs(blobNames);
      tell(projectId, trialId);
    },

    async close() {
      stopping.abort();
      await running;
    },
  };
}

async function refuseShadow(
  tx: StoreWrites,
  model: { projectId: string; id: string; version: number },
  runs: string | null,
) {
  if (runs === null) {
    const projectName = (await tx.projects.get(model.projectId))?.name ?? model.projectId;
    throw errors.noRunningModel({ projectName });
  }
  if (runs === model.id) throw errors.shadowNeedsAnother({ version: model.version });
  const other = await tx.trials.shadowOf(model.projectId);
  if (other !== undefined) throw errors.shadowRunning({ trialId: other.id, version: other.modelVersion });
}

async function addInspection(tx: StoreWrites, trialId: string, inspection: Inspection): Promise<void> {
  const pictures = await tx.inspections.pictures(inspection.id);
  if (pictures === undefined) return;
  await tx.reviews.insert({
    projectId: inspection.projectId,
    trialId,
    inspectionId: inspection.id,
    reason: "trial",
    name: inspection.imageId,
    picture: pictures.image,
    served: answerOfInspection(inspection),
  });
}

/** Gives a recorded inspection to the trial that runs beside the line, if there is one. @returns whether it has something to judge. */
export async function shadowInspection(tx: StoreWrites, inspection: Inspection): Promise<boolean> {
  const shadow = await tx.trials.shadowOf(inspection.projectId);
  if (shadow === undefined) return false;
  // It was promoted meanwhile: it would agree with itself.
  if (shadow.modelId === inspection.modelId) {
    await tx.trials.end(shadow.id);
    return false;
  }
  if ((await tx.reviews.count({ trialId: shadow.id, status: "queued" })) >= mostBehind) {
    await tx.trials.addSkipped(shadow.id);
    return false;
  }
  await addInspection(tx, shadow.id, inspection);
  if ((await tx.reviews.count({ trialId: shadow.id })) >= shadow.maxPictures) await tx.trials.end(shadow.id);
  return true;
}
