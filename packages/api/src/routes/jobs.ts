/** Routes: trainings. */
import { z } from "zod";
import { Backbone, BackboneName } from "../backbones.js";
import { Job, TileChoice, TrainingHistory } from "../jobs.js";
import { MethodChoice } from "../methods.js";
import { Id, Limit } from "../words.js";
import { list, operator, projectId, route, viewer } from "./route.js";

export const jobRoutes = {
  startTraining: route("POST", "/api/projects/:projectId/train", {
    summary: "Train a model version from the project's pictures",
    access: operator,
    params: projectId,
    body: z.strictObject({
      method: MethodChoice.default("auto"),
      seed: z
        .int()
        .min(0)
        .max(2 ** 31 - 1)
        .default(0),
      budgetSeconds: z
        .int()
        .min(10)
        .max(86_400)
        .optional()
        .describe("Training ends within this time, with the best so far"),
      tile: TileChoice.default("auto"),
      backbone: BackboneName.optional().describe("Another pretrained network to start from than the usual one"),
    }),
    status: 202,
    reply: Job,
  }),
  listBackbones: route("GET", "/api/backbones", {
    summary: "The pretrained networks that a training can start from, the usual one first",
    access: viewer,
    reply: list(Backbone),
  }),
  listJobs: route("GET", "/api/jobs", {
    summary: "Jobs, newest first",
    access: viewer,
    query: z.strictObject({ project: Id.optional(), limit: Limit }),
    reply: list(Job),
  }),
  getJob: route("GET", "/api/jobs/:jobId", {
    summary: "One job",
    access: viewer,
    params: z.strictObject({ jobId: Id }),
    reply: Job,
  }),
  cancelJob: route("POST", "/api/jobs/:jobId/cancel", {
    summary: "Cancel a job",
    access: operator,
    params: z.strictObject({ jobId: Id }),
    reply: Job,
  }),
  getJobHistory: route("GET", "/api/jobs/:jobId/history", {
    summary: "The curves of a training: loss, metric and speed by epoch",
    access: viewer,
    params: z.strictObject({ jobId: Id }),
    reply: TrainingHistory,
  }),
  stopJob: route("POST", "/api/jobs/:jobId/stop", {
    summary:
      "Stop a training: keep a checkpoint to go on from, or make a model of the best state so far (of a stopped one, too)",
    access: operator,
    params: z.strictObject({ jobId: Id }),
    body: z.strictObject({ keep: z.enum(["checkpoint", "model"]) }),
    reply: Job,
  }),
  resumeJob: route("POST", "/api/jobs/:jobId/resume", {
    summary: "Go on with a stopped training",
    access: operator,
    params: z.strictObject({ jobId: Id }),
    status: 202,
    reply: Job,
  }),
};
