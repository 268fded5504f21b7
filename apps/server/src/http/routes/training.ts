/** Training jobs: start, watch, stop, resume, cancel. */
import { errors } from "../../errors.js";
import type { Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing, nameOf } from "./existing.js";

export function trainingRoutes({ services: { store }, jobs, backbones }: RouteDeps) {
  return {
    startTraining: ({ params, body, identity }) => jobs.start(params.projectId, body, nameOf(identity)),

    listBackbones: async () => ({ items: await backbones.list() }),

    listJobs: async ({ query }) => ({
      items: await store.read.jobs.list({ projectId: query.project, limit: query.limit }),
    }),

    getJob: async ({ params }) => existing(await store.read.jobs.get(params.jobId), errors.jobNotFound, params.jobId),

    getJobHistory: async ({ params }) =>
      existing(await store.read.jobs.history(params.jobId), errors.jobNotFound, params.jobId),

    stopJob: ({ params, body }) => jobs.stop(params.jobId, body.keep),

    resumeJob: ({ params }) => jobs.resumeStopped(params.jobId),

    cancelJob: ({ params }) => jobs.cancel(params.jobId),
  } satisfies Partial<Handlers>;
}
