/** What a model answers of one picture: verdict, boxes, areas of defects. */
import { z } from "zod";
import { Task } from "./methods.js";
import { Unit } from "./words.js";

export const Box = z
  .object({ label: z.string(), x1: z.number(), y1: z.number(), x2: z.number(), y2: z.number() })
  .describe("Corners in pixels of the picture as it came, after its EXIF turn; x2 and y2 lie outside the box");
export type Box = z.infer<typeof Box>;

export const Detection = Box.extend({ score: Unit });
export type Detection = z.infer<typeof Detection>;

export const DefectType = z.object({
  label: z.string().describe("As the masks name it"),
  colour: z.string().regex(/^#[0-9a-f]{6}$/),
});

export const AnomalyArea = DefectType.extend({
  areaFraction: Unit.describe("Share of the picture; those of one picture add up to 1"),
});
export type AnomalyArea = z.infer<typeof AnomalyArea>;

export const Anomalies = z
  .array(AnomalyArea)
  .nullable()
  .describe(
    "Kinds of defects and their areas, told apart from the verdict: the background first, then those found; null for models that learnt from no masks",
  );

export const Prediction = z.object({
  task: Task,
  label: z.string().describe('The answer in one line: a label, "blue, red", "2 RBC, 1 WBC" or "none"'),
  isAnomalous: z.boolean().nullable().describe("null for several classes"),
  score: Unit.nullable().describe("Anomaly score, 0.5 = at the threshold; null for several classes"),
  confidence: Unit.describe("Anomaly: 2·|score − 0.5|; several classes: calibrated probability of the answer"),
  probabilities: z.record(z.string(), Unit),
  labels: z
    .array(z.string())
    .describe("Every label that holds: one, for multilabel any number, for detection the kinds found"),
  detections: z.array(Detection).describe("Best first; empty but for detection"),
  width: z.int(),
  height: z.int(),
  inferenceMs: z.number(),
  heatMapPng: z.string().nullable().describe("Transparent PNG of the anomaly map, base64"),
  anomalies: Anomalies,
  labelMapPng: z
    .string()
    .nullable()
    .describe("PNG of the picture's size with a colour a kind of defect, transparent elsewhere, base64"),
});
export type Prediction = z.infer<typeof Prediction>;
