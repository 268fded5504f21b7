/** The queue of trainings: durable, one at a time, cancellable, continued after a restart. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Job } from "@sightline/api/schemas";
import { readManifest } from "@sightline/models/model-file";
import type { BlobStore } from "../blobs/blob-store.js";
import { errors, isServerError, type ServerError } from "../errors.js";
import type { LiveFeed } from "../live-feed.js";
import type { JobWithParameters } from "../store/jobs.js";
import type { Store } from "../store/store.js";
import { modelRecord } from "./model-record.js";
import { splitForTest } from "./test-split.js";
import type { TrainingOrder } from "./training-messages.js";
import { layOutPictures } from "./training-pictures.js";
import { runTraining } from "./training-run.js";

export interface TrainingJobs {
  /** @throws ServerError PROJECT_NOT_FOUND, TRAINING_RUNNING, TOO_FEW_SAMPLES */
  start(projectId: string, request: TrainingRequest, createdBy: string): Promise<Job>;
  /** @throws ServerError JOB_NOT_FOUND, JOB_ENDED */
  cancel(jobId: string): Promise<Job>;
  /** Before a project is deleted: its training ends and leaves nothing behind. */
  cancelOf(projectId: string): Promise<void>;
  /** Takes up what was queued or running when the service stopped. */
  resume(): Promise<void>;
  /** Stops the running training; it starts again with the service. */
  close(): Promise<void>;
}

export interface TrainingRequest {
  readonly method: TrainingOrder["method"];
  readonly seed: number;
}

export interface TrainingJobsDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly feed: LiveFeed;
  /** A folder of its own for files under way; emptied at `resume`. */
  readonly folder: string;
  readonly threads: number | null;
  readonly backboneFile: string | null;
  readonly now: () => number;
  readonly log: { error(details: object, message: string): void; info(details: object, message: string): void };
  /** Another program in place of the training process, for tests. */
  readonly program?: string;
}

/** A training that takes the whole service down with it (out of memory) must not do so at every start. */
const MAX_ATTEMPTS = 3;
const MAX_HEAP_MEGABYTES = 2048;
const PUBLISH_EVERY_MS = 250;
const STORE_EVERY_MS = 1000;

/** The two ways a running training is stopped from here. */
const CANCELLED = Symbol("cancelled");
const STOPPING = Symbol("service stops");

export function createTrainingJobs(deps: TrainingJobsDeps): TrainingJobs {
  const { store, feed } = deps;
  let current: { readonly job: Job; readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  let isClosed = false;

  const tell = async (jobId: string): Promise<void> => {
    const job = await store.read.jobs.get(jobId);
    if (job !== undefined) feed.publish({ type: "job", job });
  };

  /** Starts the oldest queued job when none runs. */
  async function next(): Promise<void> {
    if (isClosed || current !== undefined) return;
    const job = (await store.read.jobs.unended()).find(({ status }) => status === "queued");
    // Asked again, because another caller may have come first while the records were read.
    if (job === undefined || isClosed || current !== undefined) return;
    const stop = new AbortController();
    const ended = execute(job, stop.signal)
      .catch((error) => deps.log.error({ err: error, jobId: job.id }, "a training job could not be ended properly"))
      .finally(() => {
        current = undefined;
        void next().catch((error) => deps.log.error({ err: error }, "the next training job could not be started"));
      });
    current = { job, stop, ended };
  }

  async function execute(job: JobWithParameters, signal: AbortSignal): Promise<void> {
    const folder = join(deps.folder, job.id);
    try {
      if (!(await store.write((tx) => tx.jobs.start(job.id)))) return;
      await tell(job.id);
      await mkdir(folder, { recursive: true });
      await trainAndRecord(job, folder, signal);
    } catch (error) {
      if (signal.reason === STOPPING) await store.write((tx) => tx.jobs.requeue(job.id, job.attempts));
      else if (signal.reason === CANCELLED) await store.write((tx) => tx.jobs.end(job.id, { status: "cancelled" }));
      else {
        const { code, message } = asServerError(error, job, deps.log);
        await store.write((tx) => tx.jobs.end(job.id, { status: "failed", error: { code, message } }));
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
      await tell(job.id);
    }
  }

  async function trainAndRecord(job: JobWithParameters, folder: string, signal: AbortSignal): Promise<void> {
    const { projectId } = job;
    const { method, seed } = job.parameters as unknown as TrainingRequest;
    const project = await store.read.projects.get(projectId);
    if (project === undefined) throw errors.projectNotFound({ id: projectId });
    // Stored before the training sees a picture: what is put aside now stays aside for every later version.
    await store.write(async (tx) => {
      const split = splitForTest(await tx.samples.all(projectId), seed);
      await tx.samples.setPart(split.train, "train");
      await tx.samples.setPart(split.test, "test");
    });
    const pictures = await layOutPictures(await store.read.samples.all(projectId), {
      blobs: deps.blobs,
      folder,
      projectName: project.name,
      signal,
    });
    const order: TrainingOrder = {
      ...pictures,
      method,
      seed,
      threads: await threadsForTraining(),
      backboneFile: deps.backboneFile,
      datasetName: project.name,
      outputFile: join(folder, "model.onnx"),
    };
    const onProgress = progressTeller(job);
    await runTraining(order, {
      signal,
      onProgress,
      maxHeapMegabytes: MAX_HEAP_MEGABYTES,
      ...(deps.program === undefined ? {} : { program: deps.program }),
    }).done;
    signal.throwIfAborted();
    await recordModel(job, await readFile(order.outputFile));
    feed.publish({ type: "project", projectId, change: "changed" });
  }

  /** Blob first, then the version and the job's end in one unit of work: there is no success without a model. */
  async function recordModel(job: JobWithParameters, bytes: Buffer): Promise<void> {
    const manifest = readManifest(bytes);
    const blob = await deps.blobs.put(bytes);
    try {
      await store.write(async (tx) => {
        const { projectId } = job;
        const file = { projectId, sha256: blob.sha256, sizeBytes: blob.bytes, source: "trained" } as const;
        const modelId = await tx.models.insert(modelRecord(manifest, file));
        const isFirstEnd = await tx.jobs.end(job.id, { status: "succeeded", modelId });
        if (!isFirstEnd) throw new Error(`Job ${job.id} had ended before its model was recorded.`);
      });
    } catch (error) {
      blob.release();
      await deps.blobs.remove(blob.sha256, () => store.read.blobs.isReferenced(blob.sha256));
      throw error;
    } finally {
      blob.release();
    }
  }

  /** All cores while nothing is inspected; else inspection keeps at least one, and all but one while pictures wait. */
  async function threadsForTraining(): Promise<number> {
    const cores = availableParallelism();
    const deployed = await store.read.projects.deployed();
    if (deployed.length === 0) return deps.threads ?? cores;
    const waiting = await store.read.inspections.list({ status: "queued", limit: 1 });
    return waiting.items.length > 0 ? 1 : (deps.threads ?? Math.max(1, cores - 1));
  }

  function progressTeller(job: Job): (progress: number, step: string) => void {
    let publishedAtMs = 0;
    let storedAtMs = 0;
    const startedAt = new Date(deps.now()).toISOString();
    return (fraction, step) => {
      const nowMs = deps.now();
      const progress = Math.min(1, Math.max(0, fraction));
      if (nowMs - publishedAtMs >= PUBLISH_EVERY_MS) {
        publishedAtMs = nowMs;
        feed.publish({ type: "job", job: { ...publicJob(job), status: "running", startedAt, progress, step } });
      }
      if (nowMs - storedAtMs >= STORE_EVERY_MS) {
        storedAtMs = nowMs;
        store
          .write((tx) => tx.jobs.setProgress(job.id, progress, step))
          .catch((error) => deps.log.error({ err: error, jobId: job.id }, "a training's progress could not be stored"));
      }
    };
  }

  async function get(jobId: string): Promise<Job> {
    const job = await store.read.jobs.get(jobId);
    if (job === undefined) throw errors.jobNotFound({ id: jobId });
    return job;
  }

  async function cancel(jobId: string): Promise<Job> {
    const job = await get(jobId);
    if (current?.job.id === jobId) {
      const { stop, ended } = current;
      stop.abort(CANCELLED);
      await ended;
      return get(jobId);
    }
    const isCancelled = await store.write((tx) => tx.jobs.end(jobId, { status: "cancelled" }));
    if (!isCancelled) throw errors.jobEnded({ id: jobId, status: job.status });
    await tell(jobId);
    return get(jobId);
  }

  return {
    async start(projectId, { method, seed }, createdBy) {
      const jobId = await store.write(async (tx) => {
        const project = await tx.projects.get(projectId);
        if (project === undefined) throw errors.projectNotFound({ id: projectId });
        const unended = await tx.jobs.unendedOf(projectId);
        if (unended !== undefined) throw errors.trainingRunning({ jobId: unended.id });
        if (project.samples.train === 0) {
          throw errors.tooFewSamples({
            problem: `Project "${project.name}" has no labelled pictures to train on. Add at least a few of the good class first.`,
          });
        }
        return tx.jobs.insert({ kind: "train", projectId, parameters: { method, seed }, createdBy });
      });
      await tell(jobId);
      void next().catch((error) => deps.log.error({ err: error }, "a training job could not be started"));
      return get(jobId);
    },

    cancel,

    async cancelOf(projectId) {
      const job = await store.read.jobs.unendedOf(projectId);
      if (job !== undefined) await cancel(job.id);
    },

    async resume() {
      await rm(deps.folder, { recursive: true, force: true });
      const interrupted = (await store.read.jobs.unended()).filter(({ status }) => status === "running");
      await store.write(async (tx) => {
        for (const { id, attempts } of interrupted) {
          const { code, message } = errors.jobInterrupted({});
          if (attempts < MAX_ATTEMPTS) await tx.jobs.requeue(id, attempts);
          else await tx.jobs.end(id, { status: "failed", error: { code, message } });
        }
      });
      await next();
    },

    async close() {
      isClosed = true;
      current?.stop.abort(STOPPING);
      await current?.ended;
    },
  };
}

function publicJob({
  id,
  kind,
  projectId,
  status,
  progress,
  step,
  createdAt,
  startedAt,
  endedAt,
  modelId,
  error,
}: Job): Job {
  return { id, kind, projectId, status, progress, step, createdAt, startedAt, endedAt, modelId, error };
}

function asServerError(error: unknown, job: Job, log: TrainingJobsDeps["log"]): ServerError {
  if (isServerError(error)) {
    if (error.status >= 500) log.error({ err: error, jobId: job.id }, "a training failed");
    return error;
  }
  // The dataset's and the models' own errors are made for people.
  if (error instanceof Error && "code" in error && /^(DATASET|MODEL|TOO)_[A-Z_]+$/.test(String(error.code))) {
    return errors.trainingFailed({ problem: error.message }, { cause: error });
  }
  log.error({ err: error, jobId: job.id }, "a training failed unexpectedly");
  return errors.trainingFailed({ problem: "an unexpected error; the server's log has the details." }, { cause: error });
}
