/** What travels about model versions: what they measure, and when they inspected. */
import { z } from "zod";
import { Task } from "./methods.js";
import { DefectType } from "./predictions.js";
import { Id, Time, Unit } from "./words.js";

/** One picture's held-out or test score: what the threshold slider counts. */
export const ScoredSample = z.object({
  score: Unit.describe("Anomaly score on the model's own scale: 0.5 is the model's initial threshold"),
  isAnomaly: z.boolean().describe("What a person said"),
});
export type ScoredSample = z.infer<typeof ScoredSample>;

export const RocPoint = z.object({ falsePositiveRate: Unit, truePositiveRate: Unit, threshold: z.number() });
export type RocPoint = z.infer<typeof RocPoint>;

export const DefectMetrics = DefectType.extend({
  source: z.enum(["test", "heldOut"]).describe("heldOut: training masks held out in turn"),
  images: z.int().describe("Pictures whose masks show it"),
  precision: Unit.nullable().describe("Of pixels, like recall and f1"),
  recall: Unit.nullable(),
  f1: Unit.nullable(),
  iou: Unit.nullable().describe("Intersection over union of all pixels together"),
  meanIou: Unit.nullable().describe("Mean over the pictures that show it"),
});

export const Metrics = z.object({
  source: z
    .enum(["test", "heldOut"])
    .describe("test: pictures kept apart; heldOut: each picture scored by a model that never saw it"),
  images: z.int(),
  accuracy: Unit.nullable().describe("multilabel: share of right yes/no answers; null for detection"),
  precision: Unit.nullable(),
  recall: Unit.nullable(),
  f1: Unit.nullable(),
  auroc: Unit.nullable(),
  ece: Unit.nullable().describe("Expected calibration error"),
  confusion: z
    .object({ labels: z.array(z.string()), counts: z.array(z.array(z.int())) })
    .describe("counts[truth][answer]; empty for multilabel and detection"),
  mAP50: Unit.nullable().describe("Detection: mean average precision at an overlap of 0.5"),
  mAP50_95: Unit.nullable().describe("Detection: mean over overlaps of 0.5 to 0.95"),
  perLabel: z
    .array(
      z.object({
        label: z.string(),
        truths: z.int().describe("How many there were to find"),
        precision: Unit.nullable(),
        recall: Unit.nullable(),
        ap50: Unit.nullable(),
        ap50_95: Unit.nullable(),
      }),
    )
    .describe("One row a label: multilabel and detection; else empty"),
  defects: z.array(DefectMetrics).optional().describe("Models that learnt from masks: a row for each kind of defect"),
});
export type Metrics = z.infer<typeof Metrics>;

export const Candidate = z.object({
  method: z.string(),
  foldScores: z.array(z.number()).describe("One per fold, higher is better; the same measure for all candidates"),
  meanScore: z.number(),
  chosen: z.boolean(),
});
export type Candidate = z.infer<typeof Candidate>;

export const Model = z.object({
  id: Id,
  projectId: Id,
  version: z.int().min(1),
  method: z.string(),
  task: Task,
  labels: z.array(z.string()),
  createdAt: Time,
  sizeBytes: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  source: z.enum(["trained", "uploaded"]),
  trainImages: z.int(),
  metrics: Metrics.nullable(),
  candidates: z.array(Candidate),
  isRunning: z.boolean(),
});
export type Model = z.infer<typeof Model>;

export const ModelDetail = Model.extend({
  scores: z.array(ScoredSample).describe("Empty for several classes"),
  roc: z.array(RocPoint),
});
export type ModelDetail = z.infer<typeof ModelDetail>;

/** A time during which one version inspected its project. */
export const Deployment = z.object({
  id: Id,
  projectId: Id,
  modelId: Id.describe("The version may be deleted since"),
  modelVersion: z.int(),
  kind: z.enum(["start", "rollback"]),
  startedAt: Time,
  startedBy: z.string(),
  endedAt: Time.nullable().describe("null: it still runs"),
  endedBy: z.string().nullable(),
  end: z.enum(["replaced", "rolledBack", "stopped"]).nullable(),
});
export type Deployment = z.infer<typeof Deployment>;
