/** What travels about evaluating a version: figures with intervals, curves, slices, costs and the worst mistakes. */
import { z } from "zod";
import { Task } from "./methods.js";
import { DefectMetrics, RocPoint } from "./models.js";
import { ApiError, Id, Time, Unit } from "./words.js";

const Count = z.int().min(0);
/** A figure; `null` where the pictures can't tell. */
const Share = z.number().nullable();

export const Figure = z.object({
  name: z.string().describe("For programs: recall, mAP50, iou:cracked …"),
  title: z.string().describe("For people"),
  value: Share,
  low: Share.describe(
    "95 % interval: where the figure would lie with other pictures of the same kind; null: can't be told",
  ),
  high: Share,
  better: z.enum(["higher", "lower"]),
});
export type Figure = z.infer<typeof Figure>;

export const LabelCurves = z.object({
  label: z.string(),
  truths: Count.describe("Pictures (detection: boxes) that are so"),
  auroc: Share,
  averagePrecision: Share,
  roc: z.array(RocPoint).describe("Empty for detection"),
  precisionRecall: z.array(z.object({ recall: Unit, precision: Unit, threshold: z.number() })),
});
export type LabelCurves = z.infer<typeof LabelCurves>;

export const Reliability = z.object({
  ece: z.number().describe("Expected calibration error"),
  bins: z
    .array(
      z.object({
        from: Unit.describe("How sure the answers were: above from, up to to"),
        to: Unit,
        count: Count,
        meanProbability: Unit,
        rightShare: Unit,
        low: Unit.describe("95 % interval of the right share (Wilson)"),
        high: Unit,
      }),
    )
    .describe("Those that hold an answer"),
});
export type Reliability = z.infer<typeof Reliability>;

export const SliceRow = z.object({
  value: z.string(),
  images: Count,
  mistakes: Count,
  mistakeRate: Unit,
  low: Unit.describe("95 % interval of the mistake rate (Wilson)"),
  high: Unit,
  figures: z
    .record(z.string(), z.number().nullable())
    .describe("The report's figures on these pictures alone, by name"),
  chance: Unit.describe("How likely so different a rate would be by chance (Fisher's exact test, Holm's correction)"),
  standsOut: z.boolean().describe("More mistakes than chance explains"),
});
export type SliceRow = z.infer<typeof SliceRow>;

export const Slices = z.object({ by: z.string().describe("camera, line, time, kind …"), rows: z.array(SliceRow) });
export type Slices = z.infer<typeof Slices>;

export const ThresholdPoint = z.object({ threshold: z.number(), escapes: Count, falseRejects: Count });
export type ThresholdPoint = z.infer<typeof ThresholdPoint>;

export const ThresholdChoice = z.object({
  defects: Count,
  good: Count,
  inForce: ThresholdPoint,
  points: z
    .array(ThresholdPoint)
    .describe("From low to high; what a point does all thresholds do that are higher than the point before it"),
  cheapest: ThresholdPoint.extend({
    cost: z.object({
      escape: z.number(),
      falseReject: z.number(),
      defectRate: Unit.nullable().describe("Share of defects among the parts of the line"),
    }),
    costPer1000: z.number().describe("Expected cost of 1,000 parts, on the pictures it was chosen by"),
    costPer1000Now: z.number().describe("The same at the threshold in force"),
    costPer1000Expected: z
      .number()
      .nullable()
      .describe("On pictures that took no part in the choice: mean over resamples"),
    low: z.number().describe("95 % interval of the choice"),
    high: z.number(),
  })
    .nullable()
    .describe("null: the project's costs are not known, or there are no defects"),
});
export type ThresholdChoice = z.infer<typeof ThresholdChoice>;

export const Mistake = z.object({
  name: z.string(),
  id: Id.optional().describe("Of the sample or of the inspection"),
  kind: z.enum(["escape", "falseReject", "mistaken", "missed", "invented"]),
  truth: z.string(),
  answer: z.string(),
  score: Unit.nullable().describe("On the model's own scale"),
  confidence: Unit,
  weight: z.number().describe("How sure the wrong answer was; the list is ordered by it"),
  slices: z.record(z.string(), z.string()),
});
export type Mistake = z.infer<typeof Mistake>;

export const EvaluationReport = z.object({
  reportVersion: z.literal(1),
  createdAt: Time,
  sightlineVersion: z.string(),
  model: z.object({
    name: z.string(),
    method: z.string(),
    task: Task,
    labels: z.array(z.string()),
    trainImages: Count,
    createdAt: z.string(),
  }),
  pictures: z.object({
    name: z.string(),
    images: Count,
    byTruth: z.record(z.string(), Count),
    skipped: z.array(z.object({ name: z.string(), reason: z.string() })),
  }),
  figures: z.array(Figure).describe("The first is the one to look at first"),
  intervals: z.object({
    level: Unit,
    resamples: Count,
    seed: z.int(),
    strata: z.array(z.object({ name: z.string(), images: Count })),
  }),
  confusion: z
    .object({ labels: z.array(z.string()), counts: z.array(z.array(Count)) })
    .nullable()
    .describe("counts[truth][answer]; null for multilabel and detection"),
  curves: z.array(LabelCurves),
  perLabel: z.array(
    z.object({ label: z.string(), truths: Count, precision: Share, recall: Share, f1: Share, averagePrecision: Share }),
  ),
  reliability: Reliability.nullable(),
  threshold: ThresholdChoice.nullable().describe("Anomaly task only"),
  slices: z.array(Slices),
  mistakeCount: Count,
  mistakes: z.array(Mistake).describe("The worst 100, the surest first"),
  defects: z.array(DefectMetrics).nullable(),
  repeats: z
    .object({
      folds: Count,
      seeds: z.array(z.int()),
      runs: z.array(
        z.object({
          seed: z.int(),
          fold: Count,
          method: z.string(),
          trainImages: Count,
          testImages: Count,
          figures: z.record(z.string(), z.number().nullable()),
        }),
      ),
      figures: z.array(
        z.object({ name: z.string(), title: z.string(), mean: z.number(), deviation: z.number(), runs: Count }),
      ),
    })
    .nullable()
    .describe("Where it was asked for"),
  msPerImage: z.object({ p50: z.number(), p95: z.number() }).nullable(),
});
export type EvaluationReport = z.infer<typeof EvaluationReport>;

export const EvaluatedPictures = z
  .enum(["test", "inspections"])
  .describe(
    "test: the project's pictures kept for the test. inspections: what this version answered on the line, where people have since said what the picture shows",
  );
export type EvaluatedPictures = z.infer<typeof EvaluatedPictures>;

export const RepeatsAsked = z
  .strictObject({ folds: z.int().min(2).max(20).default(5), seeds: z.int().min(1).max(20).default(1) })
  .describe(
    "Train the version's method again on the training pictures, without each fold in turn, with so many other folds and starts: folds times seeds trainings, which may take long",
  );
export type RepeatsAsked = z.infer<typeof RepeatsAsked>;

export const Evaluation = z.object({
  id: Id,
  projectId: Id,
  modelId: Id,
  modelVersion: z.int(),
  pictures: EvaluatedPictures,
  defectRate: Unit.nullable().describe("Share of defects among the parts of the line; null: as among the pictures"),
  repeats: RepeatsAsked.nullable().describe("null: nothing is trained again"),
  status: z.enum(["queued", "running", "succeeded", "failed", "cancelled"]),
  progress: Unit,
  step: z.string(),
  createdAt: Time,
  createdBy: z.string(),
  endedAt: Time.nullable(),
  error: ApiError.nullable(),
});
export type Evaluation = z.infer<typeof Evaluation>;

export const EvaluationDetail = Evaluation.extend({ report: EvaluationReport.nullable() });
export type EvaluationDetail = z.infer<typeof EvaluationDetail>;
