/** What travels about inspections: pictures of cameras with their verdicts, and counts of them. */
import { z } from "zod";
import { Anomalies, Detection } from "./predictions.js";
import { ApiError, Id, PlantId, Time, Unit } from "./words.js";

export const InspectionStatus = z
  .enum(["queued", "waiting", "inspected", "failed"])
  .describe("queued: next in line; waiting: accepted, no model is running");
export type InspectionStatus = z.infer<typeof InspectionStatus>;

export const Inspection = z.object({
  id: Id,
  projectId: Id,
  cameraId: PlantId,
  assemblyLineId: PlantId,
  imageId: PlantId,
  status: InspectionStatus,
  capturedAt: Time.nullable().describe("When the device says the picture was taken"),
  receivedAt: Time,
  inspectedAt: Time.nullable(),
  label: z
    .string()
    .nullable()
    .describe('The verdict in one line: normal, anomaly, a class, "blue, red", "2 RBC, 1 WBC"'),
  labels: z.array(z.string()).describe("Every label that holds"),
  detections: z.array(Detection),
  isAnomalous: z.boolean().nullable(),
  score: Unit.nullable(),
  confidence: Unit.nullable(),
  modelId: Id.nullable(),
  modelVersion: z.int().nullable(),
  threshold: Unit.nullable().describe("The one that made this verdict"),
  inferenceMs: z.number().nullable(),
  hasHeatMap: z.boolean(),
  anomalies: Anomalies,
  hasLabelMap: z.boolean(),
  attempts: z.int(),
  failure: ApiError.nullable(),
  imageSha256: z.string(),
  imageBytes: z.int(),
  imageWidth: z.int().describe("Pixels, after the EXIF turn: what the boxes are in"),
  imageHeight: z.int(),
});
export type Inspection = z.infer<typeof Inspection>;

/** One bar of the dashboard's chart. */
export const StatsBucket = z.object({ startsAt: Time, inspected: z.int(), anomalous: z.int(), failed: z.int() });

export const Stats = z.object({
  from: Time,
  to: Time,
  bucketSeconds: z.int(),
  totals: z.object({
    inspected: z.int(),
    anomalous: z.int(),
    failed: z.int(),
    queued: z.int(),
    waiting: z.int(),
    inferenceMsMean: z.number().nullable(),
  }),
  buckets: z.array(StatsBucket),
  byCamera: z.array(z.object({ cameraId: PlantId, inspected: z.int(), anomalous: z.int() })),
  byLine: z.array(z.object({ assemblyLineId: PlantId, inspected: z.int(), anomalous: z.int() })),
  byLabel: z.array(z.object({ label: z.string(), inspected: z.int() })),
});
export type Stats = z.infer<typeof Stats>;
