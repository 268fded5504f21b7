/** What the operations of the Lookout API work on: the server's own records and services, and this API's own workers. */
import type { TrainingJobs } from "../jobs/training-jobs.js";
import type { ObjectStore } from "../objects/object-store.js";
import type { Services } from "../services.js";
import type { DatasetWorker } from "./dataset-worker.js";
import type { EvaluationWorker } from "./evaluation-worker.js";
import type { HostingWorker } from "./hosting-worker.js";
import type { PackagingWorker } from "./packaging-worker.js";
import type { InFlight } from "./throttle.js";

export interface LookoutDeps {
  readonly services: Services;
  readonly objects: ObjectStore;
  readonly jobs: Pick<TrainingJobs, "start">;
  /** Ends its training, then deletes a project with everything in it. */
  readonly deleteProject: (projectId: string) => Promise<void>;
  readonly datasets: DatasetWorker;
  readonly evaluations: EvaluationWorker;
  readonly hosting: HostingWorker;
  readonly packaging: PackagingWorker;
  readonly inFlight: InFlight;
}
