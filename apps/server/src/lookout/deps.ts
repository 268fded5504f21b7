/** What the operations of the Lookout API work on: the server's own records and services, and this API's own workers. */
import type { TrainingJobs } from "../jobs/training-jobs.js";
import type { ObjectStore } from "../objects/object-store.js";
import type { Services } from "../services.js";
import type { Alongside } from "../store/store.js";
import type { DatasetWorker } from "./dataset-worker.js";
import type { EvaluationWorker } from "./evaluation-worker.js";
import type { HostingWorker } from "./hosting-worker.js";
import type { PackagingWorker } from "./packaging-worker.js";
import type { InFlight } from "./throttle.js";

/** @param alongside records more in the unit of work that ends the project. */
export type DeleteProject = <T>(projectId: string, alongside: Alongside<T>) => Promise<T>;

export interface LookoutDeps {
  readonly services: Services;
  readonly objects: ObjectStore;
  readonly jobs: Pick<TrainingJobs, "startPromised">;
  /** Ends its training, then deletes a project with everything in it. */
  readonly deleteProject: DeleteProject;
  readonly datasets: DatasetWorker;
  readonly evaluations: EvaluationWorker;
  readonly hosting: HostingWorker;
  readonly packaging: PackagingWorker;
  readonly inFlight: InFlight;
}
