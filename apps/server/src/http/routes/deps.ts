/** What the handlers need: the server's services, and what belongs to the HTTP side. */
import type { Backbones } from "../../jobs/backbones.js";
import type { Comparisons } from "../../jobs/comparisons.js";
import type { Evaluations } from "../../jobs/evaluations.js";
import type { ModelUpload } from "../../jobs/model-upload.js";
import type { TrainingJobs } from "../../jobs/training-jobs.js";
import type { Health } from "../../monitor/health.js";
import type { Metrics } from "../../monitor/metrics.js";
import type { SampleLineControl } from "../../sample-line/sample-line.js";
import type { Services } from "../../services.js";

export interface RouteDeps {
  readonly services: Services;
  readonly jobs: Pick<TrainingJobs, "start" | "stop" | "resumeStopped" | "cancel">;
  readonly backbones: Pick<Backbones, "list">;
  readonly comparisons: Pick<Comparisons, "start" | "cancel">;
  readonly evaluations: Pick<Evaluations, "start" | "cancel">;
  /** Ends its training, then deletes a project with everything in it. */
  readonly deleteProject: (projectId: string) => Promise<void>;
  readonly modelUpload: ModelUpload;
  readonly sampleLine: Pick<SampleLineControl, "state" | "remove">;
  readonly metrics: Pick<Metrics, "text" | "contentType">;
  readonly checkHealth: () => Promise<Health>;
  readonly about: { readonly version: string; readonly startedAt: string };
}
