/** What travels about a person's word on a model's answers, and about trials that ask for it. */
import { z } from "zod";
import { Detection } from "./predictions.js";
import { Annotation } from "./samples.js";
import { ApiError, Id, Time, Unit } from "./words.js";

/** What a model said of a picture, as far as a person judges it. */
export const ModelAnswer = z.object({
  label: z.string(),
  labels: z.array(z.string()),
  detections: z.array(Detection),
  isAnomalous: z.boolean().nullable(),
  score: Unit.nullable(),
  confidence: Unit,
  modelId: Id.nullable(),
  modelVersion: z.int().nullable(),
  threshold: Unit.nullable(),
});
export type ModelAnswer = z.infer<typeof ModelAnswer>;

export const ReviewReason = z
  .enum(["lowConfidence", "rule", "trial", "person"])
  .describe(
    "Why a person is asked: the model was unsure, a rule said so, the picture is of a trial, a person wants it",
  );
export type ReviewReason = z.infer<typeof ReviewReason>;

export const ReviewStatus = z
  .enum(["queued", "open", "agreed", "said", "dismissed", "failed"])
  .describe(
    "queued: a trial's model has yet to answer; open: waits for a person; agreed: a trial's answer is the one the line gave; said: a person gave a word; dismissed: set aside; failed: the model could not answer",
  );
export type ReviewStatus = z.infer<typeof ReviewStatus>;

export const Review = z.object({
  id: Id,
  projectId: Id,
  trialId: Id.nullable(),
  inspectionId: Id.nullable().describe("Where the picture came from a camera; the inspection itself may be deleted"),
  reason: ReviewReason,
  note: z.string().describe("In words: the rule that asks, or who"),
  status: ReviewStatus,
  name: z.string().describe("The picture's name for people"),
  imageSha256: z.string(),
  width: z.int(),
  height: z.int(),
  hasHeatMap: z.boolean(),
  answer: ModelAnswer.nullable().describe("What a person is asked about; null until the model has answered"),
  served: ModelAnswer.nullable().describe("Trials on inspections: what the line said of the same picture"),
  failure: ApiError.nullable(),
  word: z.enum(["correct", "wrong"]).nullable().describe("What a person said of the answer"),
  annotation: Annotation.nullable().describe("What the picture really shows, as a person said"),
  saidAt: Time.nullable(),
  saidBy: z.string().nullable(),
  sampleId: Id.nullable().describe("The labelled picture that it became"),
  createdAt: Time,
});
export type Review = z.infer<typeof Review>;

export const TrialSource = z
  .enum(["pictures", "inspections", "shadow"])
  .describe(
    "pictures: sent by a person; inspections: recent ones, judged again; shadow: the next ones, judged beside the running version",
  );
export type TrialSource = z.infer<typeof TrialSource>;

export const Trial = z.object({
  id: Id,
  projectId: Id,
  modelId: Id,
  modelVersion: z.int(),
  source: TrialSource,
  threshold: Unit.describe("The one its answers are made with"),
  isOpen: z.boolean().describe("More pictures may come"),
  maxPictures: z.int().describe("It ends by itself when it has so many"),
  skipped: z.int().describe("shadow: pictures that were not judged because the machine was busy with the line"),
  createdAt: Time,
  createdBy: z.string(),
  endedAt: Time.nullable(),
  counts: z.object({
    queued: z.int(),
    open: z.int(),
    agreed: z.int(),
    failed: z.int(),
    dismissed: z.int(),
    correct: z.int().describe("A person said so"),
    wrong: z.int(),
    differing: z.int().describe("Answers that differ from the line's"),
  }),
});
export type Trial = z.infer<typeof Trial>;
