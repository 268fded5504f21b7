/** Puts the HTTP service together: credentials, training jobs, sample line, metrics, live events and all routes, over the parts that start.ts made. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { toTime } from "../ids.js";
import type { OpenPredictor } from "../inspect/predictors.js";
import { createBackbones } from "../jobs/backbones.js";
import { type Comparisons, createComparisons } from "../jobs/comparisons.js";
import { createEvaluations, type Evaluations } from "../jobs/evaluations.js";
import type { MeasuringDeps } from "../jobs/measuring-queue.js";
import { createModelUpload } from "../jobs/model-upload.js";
import { createTrainingJobs, type TrainingJobs } from "../jobs/training-jobs.js";
import type { DeleteProject } from "../lookout/deps.js";
import { openLookout } from "../lookout/open-lookout.js";
import { createHealthCheck } from "../monitor/health.js";
import { createMetrics } from "../monitor/metrics.js";
import { createSampleLine, type SampleLineControl, type SampleLineDeps } from "../sample-line/sample-line.js";
import type { Services } from "../services.js";
import { nothingMore } from "../store/store.js";
import { createApp } from "./app.js";
import { addressRules } from "./auth/address-rules.js";
import { type Credentials, createCredentials } from "./auth/credentials.js";
import { openLocalAdminDoor } from "./auth/local-admin-token.js";
import { createLiveDoor } from "./live.js";
import { allRoutes } from "./routes/all-routes.js";

export interface HttpParts {
  readonly services: Services;
  readonly openPredictor: OpenPredictor;
  readonly log: FastifyBaseLogger;
  readonly version: string;
  /** Other values in tests. */
  readonly webFolder?: string;
  readonly trainProgram?: string;
  readonly compareProgram?: string;
  readonly evaluateProgram?: string;
  readonly sampleLine?: Pick<SampleLineDeps, "openSource" | "everyMs" | "pictures">;
}

export interface HttpService {
  /** Listens when its owner says so. */
  readonly app: FastifyInstance;
  readonly jobs: TrainingJobs;
  readonly comparisons: Comparisons;
  readonly evaluations: Evaluations;
  readonly sampleLine: SampleLineControl;
  readonly credentials: Credentials;
  /** Takes up unended trainings and the sample line; the service must be listening. */
  resume(url: string): Promise<void>;
  /** Answers what is under way, then stops; trainings start again with the next service. */
  close(): Promise<void>;
}

const WEB_FOLDER = fileURLToPath(new URL("../../../web/dist", import.meta.url));
/** About ten seconds of a busy service's events. */
const MAX_BUFFERED_LIVE_BYTES = 1_000_000;
const LIVE_HEARTBEAT_MS = 20_000;
const MAX_LIVE_LISTENERS = 500;

export async function openHttp(parts: HttpParts): Promise<HttpService> {
  const { services, log } = parts;
  const { config, store, blobs, live, removal, inspector, now, newId } = services;
  const workFolder = join(config.dataFolder, "work");
  const credentials = createCredentials(store, { now, sessionDays: config.people.sessionDays });
  const liveDoor = createLiveDoor({
    feed: live,
    now,
    maxBufferedBytes: MAX_BUFFERED_LIVE_BYTES,
    heartbeatMs: LIVE_HEARTBEAT_MS,
    maxListeners: MAX_LIVE_LISTENERS,
  });
  const metrics = createMetrics({
    store,
    feed: live,
    refusals: services.refusals,
    liveListeners: () => liveDoor.listeners,
  });
  const backbones = createBackbones(config);
  const jobs = createTrainingJobs({
    store,
    blobs,
    feed: live,
    folder: join(workFolder, "training"),
    checkpointFolder: join(config.dataFolder, "checkpoints"),
    threads: config.threads,
    backbones,
    now,
    log,
    ...(parts.trainProgram === undefined ? {} : { program: parts.trainProgram }),
  });
  const measuring = (name: string, program: string | undefined): MeasuringDeps => ({
    ...{ store, blobs, feed: live, threads: config.threads, log: services.log },
    folder: join(workFolder, name),
    ...(program === undefined ? {} : { program }),
  });
  const comparisons = createComparisons(measuring("comparisons", parts.compareProgram));
  const evaluations = createEvaluations({ ...measuring("evaluations", parts.evaluateProgram), backbones });
  const deleteProjectAnd: DeleteProject = async (projectId, alongside) => {
    await jobs.cancelOf(projectId);
    await comparisons.cancelOf(projectId);
    await evaluations.cancelOf(projectId);
    return removal.projectAnd(projectId, alongside);
  };
  const deleteProject = (projectId: string) => deleteProjectAnd(projectId, nothingMore);
  const api = await openLookout({ services, jobs, deleteProject: deleteProjectAnd });
  const sampleLine = createSampleLine({
    store,
    feed: live,
    credentials,
    deleteProject,
    isUnwanted: config.empty,
    now,
    log,
    ...parts.sampleLine,
  });
  const handlers = allRoutes({
    services,
    jobs,
    backbones,
    comparisons,
    evaluations,
    deleteProject,
    modelUpload: createModelUpload({
      store,
      blobs,
      openPredictor: parts.openPredictor,
      folder: join(workFolder, "models"),
      minFreeDiskBytes: config.minFreeDiskBytes,
      newId,
    }),
    sampleLine,
    metrics,
    checkHealth: createHealthCheck({
      store,
      freeDiskBytes: () => blobs.freeBytes(),
      minFreeDiskBytes: config.minFreeDiskBytes,
      inFlight: () => inspector.inFlight,
      now,
    }),
    about: { version: parts.version, startedAt: toTime(now()) },
  });
  const app = await createApp({
    handlers,
    live: liveDoor,
    lookout: api.lookout,
    credentials,
    addresses: addressRules(config),
    countUpload: metrics.countUpload,
    webFolder: parts.webFolder ?? WEB_FOLDER,
    maxImageBytes: config.intake.maxBytes,
    log,
    now,
  });

  const localAdmin = openLocalAdminDoor(config.dataFolder, credentials);

  return {
    app,
    jobs,
    comparisons,
    evaluations,
    sampleLine,
    credentials,
    async resume(url) {
      await jobs.resume();
      await comparisons.resume();
      await evaluations.resume();
      await api.resume();
      await sampleLine.start(url);
    },
    async close() {
      localAdmin.close();
      await sampleLine.close();
      await app.close();
      await jobs.close();
      await comparisons.close();
      await evaluations.close();
      await api.close();
      metrics.close();
    },
  };
}
