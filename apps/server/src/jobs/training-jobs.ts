/** The queue of trainings: durable, one at a time; stopped, resumed and cancelled by people, continued after a restart. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Job } from "@sightline/api/jobs";
import { readManifest } from "@sightline/models/model-file";
import type { BlobStore } from "../blobs/blob-store.js";
import { errors, isServerError, type ServerError } from "../errors.js";
import type { LiveFeed } from "../live-feed.js";
import type { JobParameters, JobWithParameters } from "../store/jobs.js";
import { isLabelled, labelsOf } from "../store/samples.js";
import type { Store, StoreWrites } from "../store/store.js";
import type { Backbones } from "./backbones.js";
import { openCheckpoints } from "./checkpoints.js";
import { wasKilled } from "./child-job.js";
import { createJobTeller, type JobTeller } from "./job-teller.js";
import { modelRecord } from "./model-record.js";
import { splitForTest } from "./test-split.js";
import type { Keep, TrainingOrder } from "./training-messages.js";
import { layOutPictures } from "./training-pictures.js";
import { runTraining, type TrainingRun } from "./training-run.js";

export interface TrainingJobs {
  /** @throws ServerError PROJECT_NOT_FOUND, TRAINING_RUNNING, TOO_FEW_SAMPLES */
  start(projectId: string, request: JobParameters, createdBy: string): Promise<Job>;
  /**
   * Starts one whose model has its version number from the beginning.
   * @param promised records more in the same unit of work.
   * @throws ServerError as `start`
   */
  startPromised<T>(projectId: string, request: JobParameters, createdBy: string, promised: Promised<T>): Promise<T>;
  /**
   * Ends a running training and keeps its checkpoint (then it has stopped when this resolves) or the model of its best state
   * (then it is still being tested). A stopped one becomes the model of its best state without learning further.
   * @throws ServerError JOB_NOT_FOUND, JOB_CANNOT_STOP, CHECKPOINT_MISSING, TRAINING_RUNNING
   */
  stop(jobId: string, keep: Keep): Promise<Job>;
  /** Goes on with a stopped one. @throws ServerError JOB_NOT_FOUND, JOB_NOT_STOPPED, CHECKPOINT_MISSING, TRAINING_RUNNING */
  resumeStopped(jobId: string): Promise<Job>;
  /** Gives up a training that waits, runs or is stopped. @throws ServerError JOB_NOT_FOUND, JOB_ENDED */
  cancel(jobId: string): Promise<Job>;
  /** Before a project is deleted: its trainings end and leave nothing behind. */
  cancelOf(projectId: string): Promise<void>;
  /** Takes up what was queued or running when the service stopped. */
  resume(): Promise<void>;
  /** Stops the running training; it goes on with the next service, from its checkpoint where it has one. */
  close(): Promise<void>;
}

export type Promised<T> = (tx: StoreWrites, job: { jobId: string; version: number }) => Promise<T>;

export interface TrainingJobsDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly feed: LiveFeed;
  /** A folder of its own for files under way; emptied at `resume`. */
  readonly folder: string;
  /** A folder of its own that stays: what stopped and interrupted trainings go on from. */
  readonly checkpointFolder: string;
  readonly threads: number | null;
  readonly backbones: Pick<Backbones, "fileOf">;
  readonly now: () => number;
  readonly log: { error(details: object, message: string): void; info(details: object, message: string): void };
  /** Another program in place of the training process, for tests. */
  readonly program?: string;
}

/** A training that takes the whole service down with it (out of memory) must not do so at every start. */
const MAX_ATTEMPTS = 3;
const MAX_HEAP_MEGABYTES = 2048;
/** A process that was told to stop and does not is killed; the checkpoint of its last epoch stays. */
const STOP_TIMEOUT_MS = 60_000;

/** The ways a running training is stopped from here. */
const CANCELLED = Symbol("cancelled");
const STOPPING = Symbol("service stops");
const TOO_SLOW = Symbol("did not stop when asked");

interface Current {
  readonly job: Job;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  /** Once its process was started. */
  run?: TrainingRun;
  teller?: JobTeller;
}

export function createTrainingJobs(deps: TrainingJobsDeps): TrainingJobs {
  const { store, feed } = deps;
  const checkpoints = openCheckpoints(deps.checkpointFolder);
  let current: Current | undefined;
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
    let hasEnded = (): void => {};
    const ended = new Promise<void>((resolve) => {
      hasEnded = resolve;
    });
    const mine: Current = { job, stop, ended };
    current = mine;
    void execute(job, mine)
      .catch((error) => deps.log.error({ err: error, jobId: job.id }, "a training job could not be ended properly"))
      .finally(() => {
        current = undefined;
        hasEnded();
        void next().catch((error) => deps.log.error({ err: error }, "the next training job could not be started"));
      });
  }

  async function execute(job: JobWithParameters, mine: Current): Promise<void> {
    const folder = join(deps.folder, job.id);
    const { signal } = mine.stop;
    try {
      if (!(await store.write((tx) => tx.jobs.start(job.id)))) return;
      if (!(await checkpoints.has(job.id))) await store.write((tx) => tx.jobs.clearPoints(job.id));
      await tell(job.id);
      await mkdir(folder, { recursive: true });
      await trainAndRecord(job, folder, mine);
    } catch (error) {
      await mine.teller?.settled();
      await recordEnd(job, error, signal);
    } finally {
      await rm(folder, { recursive: true, force: true });
      const resumable = await store.read.jobs.resumable();
      if (!resumable.includes(job.id)) await checkpoints.remove(job.id);
      await tell(job.id);
    }
  }

  /** What a training that made no model ends as. */
  async function recordEnd(job: JobWithParameters, error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.reason === STOPPING) return store.write((tx) => tx.jobs.requeue(job.id, job.attempts));
    if (signal.reason === TOO_SLOW && (await checkpoints.has(job.id))) {
      await store.write((tx) => tx.jobs.end(job.id, { status: "stopped" }));
      return;
    }
    if (signal.reason === CANCELLED) {
      await store.write((tx) => tx.jobs.end(job.id, { status: "cancelled" }));
      return;
    }
    const attempts = job.attempts + 1;
    if (wasKilled(error) && attempts < MAX_ATTEMPTS && (await checkpoints.has(job.id))) {
      deps.log.error({ err: error, jobId: job.id, attempts }, "a training was killed and goes on from its checkpoint");
      return store.write((tx) => tx.jobs.requeue(job.id, attempts));
    }
    const { code, message } = asServerError(error, job, deps.log);
    // What was learnt is whole; a person can put the pictures right, or make a model of it another time.
    const isKept = (code === "CHECKPOINT_INVALID" || job.parameters.finish) && (await checkpoints.has(job.id));
    const status = isKept ? "stopped" : "failed";
    await store.write((tx) => tx.jobs.end(job.id, { status, error: { code, message } }));
  }

  async function trainAndRecord(job: JobWithParameters, folder: string, mine: Current): Promise<void> {
    const { projectId } = job;
    const { signal } = mine.stop;
    const { method, seed, budgetSeconds, tile, backbone, finish = false } = job.parameters;
    const project = await store.read.projects.get(projectId);
    if (project === undefined) throw errors.projectNotFound({ id: projectId });
    const isResumed = await checkpoints.has(job.id);
    // Stored before the training sees a picture: what is put aside now stays aside for every later version.
    const { lastSampleId } = await store.write(async (tx) => {
      const samples = await tx.samples.all(projectId);
      const split = splitForTest(
        samples.filter(isLabelled).map(({ id, part, annotation }) => ({ id, part, labels: labelsOf(annotation) })),
        seed,
      );
      await tx.samples.setPart(split.train, "train");
      await tx.samples.setPart(split.test, "test");
      const last = isResumed ? job.parameters.lastSampleId : samples.at(-1)?.id;
      await tx.jobs.keep(job.id, { lastSampleId: last });
      return { lastSampleId: last };
    });
    // What it has learnt belongs to the pictures it began with: those added since are for the next training.
    const all = (await store.read.samples.all(projectId)).filter(isLabelled);
    const begunWith = lastSampleId === undefined ? all : all.filter(({ id }) => id <= lastSampleId);
    const pictures = await layOutPictures(begunWith, {
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
      budgetSeconds: budgetSeconds ?? null,
      backboneFile: await deps.backbones.fileOf(backbone),
      // A training begun by a version that knew no tiles goes on without them.
      tile: tile ?? "none",
      datasetName: project.name,
      outputFile: join(folder, "model.onnx"),
      checkpointFile: await checkpoints.prepare(job.id),
      finish: finish && isResumed,
    };
    const running = await store.read.jobs.get(job.id);
    mine.teller = createJobTeller({
      job: running ?? job,
      store,
      feed,
      now: deps.now,
      onStoreError: (error) =>
        deps.log.error({ err: error, jobId: job.id }, "a training's progress could not be stored"),
    });
    mine.run = runTraining(order, {
      signal,
      onProgress: mine.teller.onProgress,
      onEpoch: mine.teller.onEpoch,
      maxHeapMegabytes: MAX_HEAP_MEGABYTES,
      ...(deps.program === undefined ? {} : { program: deps.program }),
    });
    const end = await mine.run.done;
    signal.throwIfAborted();
    await mine.teller.settled();
    if (end.kind === "stopped") {
      if (!(await checkpoints.has(job.id))) {
        throw errors.trainingFailed({ problem: "it stopped without leaving a checkpoint. Start it again." });
      }
      await store.write((tx) => tx.jobs.end(job.id, { status: "stopped" }));
      return;
    }
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
        const modelId = await tx.models.insert(modelRecord(manifest, file), job.parameters.version);
        const isFirstEnd = await tx.jobs.end(job.id, { status: "succeeded", modelId });
        if (!isFirstEnd) throw new Error(`Job ${job.id} had ended before its model was recorded.`);
        await tx.jobs.removeOldPoints(projectId);
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
    await checkpoints.remove(jobId);
    await tell(jobId);
    return get(jobId);
  }

  async function requeueStopped({ id, projectId, status }: Job, finish: boolean): Promise<Job> {
    if (status === "stopped" && !(await checkpoints.has(id))) throw errors.checkpointMissing({ id });
    await store.write(async (tx) => {
      const unended = await tx.jobs.unendedOf(projectId);
      if (unended !== undefined && unended.id !== id) throw errors.trainingRunning({ jobId: unended.id });
      if (!(await tx.jobs.resume(id, { finish }))) throw errors.jobNotStopped({ id, status });
    });
    await wake(id);
    return get(id);
  }

  /** @throws ServerError PROJECT_NOT_FOUND, TRAINING_RUNNING, TOO_FEW_SAMPLES */
  async function checkStart(tx: StoreWrites, projectId: string): Promise<void> {
    const project = await tx.projects.get(projectId);
    if (project === undefined) throw errors.projectNotFound({ id: projectId });
    const unended = await tx.jobs.unendedOf(projectId);
    if (unended !== undefined) throw errors.trainingRunning({ jobId: unended.id });
    if (project.samples.train === 0) {
      throw errors.tooFewSamples({
        problem: `Project "${project.name}" has no labelled pictures to train on. Add at least a few first.`,
      });
    }
  }

  async function wake(jobId: string): Promise<void> {
    await tell(jobId);
    void next().catch((error) => deps.log.error({ err: error }, "a training job could not be started"));
  }

  return {
    async start(projectId, parameters, createdBy) {
      // Told at once, not when its turn comes.
      if (parameters.backbone !== undefined) await deps.backbones.fileOf(parameters.backbone);
      const jobId = await store.write(async (tx) => {
        await checkStart(tx, projectId);
        return tx.jobs.insert({ kind: "train", projectId, createdBy, parameters });
      });
      await wake(jobId);
      return get(jobId);
    },

    async startPromised(projectId, request, createdBy, promised) {
      const { jobId, result } = await store.write(async (tx) => {
        await checkStart(tx, projectId);
        const version = await tx.models.reserveVersion(projectId);
        const parameters = { ...request, version };
        const id = await tx.jobs.insert({ kind: "train", projectId, createdBy, parameters });
        return { jobId: id, result: await promised(tx, { jobId: id, version }) };
      });
      await wake(jobId);
      return result;
    },

    async stop(jobId, keep) {
      const job = await get(jobId);
      if (job.status === "stopped" && keep === "model" && job.latest !== null) return requeueStopped(job, true);
      const running = current;
      if (running?.job.id !== jobId || running.run === undefined || running.teller?.job.canStop !== true)
        throw errors.jobCannotStop({ id: jobId, status: job.status });
      running.run.stop(keep);
      if (keep === "model") return { ...running.teller.job, step: "Makes a model of the best state so far" };
      const timer = setTimeout(() => running.stop.abort(TOO_SLOW), STOP_TIMEOUT_MS);
      await running.ended.finally(() => clearTimeout(timer));
      return get(jobId);
    },

    resumeStopped: async (jobId) => requeueStopped(await get(jobId), false),

    cancel,

    async cancelOf(projectId) {
      const job = await store.read.jobs.unendedOf(projectId);
      if (job !== undefined) await cancel(job.id);
      for (const { id } of await store.read.jobs.stoppedOf(projectId)) await cancel(id);
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
      await checkpoints.sweep(await store.read.jobs.resumable());
      await next();
    },

    async close() {
      isClosed = true;
      current?.stop.abort(STOPPING);
      await current?.ended;
    },
  };
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
