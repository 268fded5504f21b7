/** Puts the Lookout for Vision API together: its workers, its checks and its operations over the server's own services. */
import { join } from "node:path";
import { nodeFiles } from "../blobs/file-layer.js";
import type { TrainingJobs } from "../jobs/training-jobs.js";
import { openFolderObjects } from "../objects/folder-objects.js";
import { openS3Objects } from "../objects/s3-objects.js";
import type { Services } from "../services.js";
import { createCallers } from "./caller.js";
import { createClientTokens } from "./client-tokens.js";
import { createDatasetWorker } from "./dataset-worker.js";
import type { DeleteProject } from "./deps.js";
import { createEvaluationWorker } from "./evaluation-worker.js";
import { createHostingWorker } from "./hosting-worker.js";
import { createLookout, type Lookout } from "./lookout.js";
import { createManifestImport } from "./manifest-import.js";
import { createPackagingWorker } from "./packaging-worker.js";
import { createInFlight, createThrottle } from "./throttle.js";

export interface OpenLookout {
  readonly lookout: Lookout;
  /** Takes up what was under way when the service stopped. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

export async function openLookout(parts: {
  services: Services;
  jobs: Pick<TrainingJobs, "startPromised">;
  deleteProject: DeleteProject;
}): Promise<OpenLookout> {
  const { services, jobs, deleteProject } = parts;
  const { config, store, accessKeys, now, log } = services;
  const { endpoint } = config.objectStore;
  const objects =
    endpoint === null
      ? await openFolderObjects(join(config.dataFolder, "buckets"), nodeFiles)
      : openS3Objects({ ...config.objectStore, endpoint });
  const datasets = createDatasetWorker({ services, manifests: createManifestImport({ services, objects }), log });
  const evaluations = createEvaluationWorker({ services, objects, log });
  const hosting = createHostingWorker({ services, log });
  const packaging = createPackagingWorker({ services, objects, log });
  const lookout = createLookout({
    deps: {
      services,
      objects,
      jobs,
      deleteProject,
      datasets,
      evaluations,
      hosting,
      packaging,
      inFlight: createInFlight(),
    },
    callers: createCallers({ store, accessKeys, clockSkewSeconds: config.lookout.clockSkewSeconds, now }),
    throttle: createThrottle({ perSecond: config.lookout.requestsPerSecond, now }),
    clientTokens: createClientTokens({ store, now }),
    log,
  });
  return {
    lookout,
    async resume() {
      await datasets.resume();
      await hosting.resume();
      await evaluations.resume();
      packaging.wake();
    },
    async close() {
      await datasets.close();
      await packaging.close();
      await evaluations.close();
      await hosting.close();
      objects.close();
    },
  };
}
