/** What travels about trainings: how far they are and their curves. */
import { z } from "zod";
import { MethodChoice } from "./methods.js";
import { ApiError, Id, Time, Unit } from "./words.js";

/** One epoch of a training, as the curves show it. */
export const TrainingPoint = z.object({
  epoch: z.int(),
  loss: z.number(),
  metric: z.number().nullable().describe("On pictures held out; null where it was not measured after this epoch"),
  learningRate: z.number(),
  picturesPerSecond: z.number(),
  waitedShare: Unit.describe("Share of the time that the step waited for pictures"),
  elapsedSeconds: z.number(),
});
export type TrainingPoint = z.infer<typeof TrainingPoint>;

export const TrainingHistory = z.object({
  metricName: z.string().nullable().describe("accuracy, mAP50 …; null for methods without epochs"),
  epochs: z.int().nullable().describe("How many there will be at most"),
  points: z.array(TrainingPoint),
});
export type TrainingHistory = z.infer<typeof TrainingHistory>;

/** Anomaly models: how pictures are cut for defects that are small in large pictures. */
export const TileChoice = z
  .union([z.enum(["auto", "none"]), z.int().min(64).max(8192)])
  .describe("A tile's side in pixels; auto: tiles where masks tell that defects are too small without; none");
export type TileChoice = z.infer<typeof TileChoice>;

export const JobStatus = z
  .enum(["queued", "running", "stopped", "succeeded", "failed", "cancelled"])
  .describe(
    "stopped: by a person, with a checkpoint; it can be resumed, or made a model. Its error, if any, says what to put right first",
  );
export type JobStatus = z.infer<typeof JobStatus>;

export const Job = z.object({
  id: Id,
  kind: z.enum(["train"]),
  projectId: Id,
  status: JobStatus,
  progress: Unit,
  step: z.string().describe("What it does now, for people"),
  method: MethodChoice,
  secondsLeft: z.number().nullable().describe("null where nobody can tell yet"),
  latest: TrainingPoint.nullable().describe("The newest point of the curves"),
  canStop: z.boolean().describe("It has a checkpoint from which it can go on, or a best state that can become a model"),
  createdAt: Time,
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
  modelId: Id.nullable(),
  error: ApiError.nullable(),
});
export type Job = z.infer<typeof Job>;
