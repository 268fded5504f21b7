/** What travels about explanations: why a model answered as it did. */
import { z } from "zod";
import { Task } from "./methods.js";
import { Box, Detection } from "./predictions.js";
import { ApiError, Id, Time, Unit } from "./words.js";

export const ExplainMethod = z
  .enum(["shap", "occlusion", "activation"])
  .describe(
    "shap: each region's Shapley value, which add up to the answer; occlusion: what the answer loses where a window covers the picture; activation: where the last feature map speaks for the label, the quickest",
  );
export type ExplainMethod = z.infer<typeof ExplainMethod>;

/** What may be asked, whatever the picture. */
export const explainQuery = {
  method: ExplainMethod.default("shap"),
  label: z
    .string()
    .max(200)
    .optional()
    .describe("The label to explain; default: the answer, of an anomaly model `anomaly`"),
  detection: z.coerce.number().int().min(0).max(9999).optional().describe("Which object of a detector, best first"),
  regions: z.coerce.number().int().min(4).max(400).default(64).describe("About so many parts of the picture"),
  evaluations: z.coerce.number().int().min(50).max(5000).default(500).describe("How often shap may ask the network"),
};

export const ExplainedRegion = z.object({
  region: z.int(),
  value: z.number().describe("What it adds to the answer; below 0: it speaks against it"),
  error: z.number().nullable().describe("Standard error of the value"),
  share: Unit.describe("Of the picture"),
  box: Box.omit({ label: true }),
  outline: z.string().describe("Its edge as an SVG path, in units of the map"),
});
export type ExplainedRegion = z.infer<typeof ExplainedRegion>;

export const ExplanationResult = z.object({
  method: ExplainMethod,
  task: Task,
  label: z.string(),
  detection: Detection.extend({ index: z.int() }).nullable(),
  prediction: Unit.describe("The label's probability, the anomaly's score, or the object's score"),
  base: Unit.nullable().describe("The same with nothing shown"),
  unit: z.enum(["log-odds", "probability", "activation"]).describe("What values are told in"),
  evidence: z.number().nullable().describe("The prediction in that unit"),
  baseEvidence: z.number().nullable(),
  additivityError: z.number().nullable().describe("|sum of the values − (evidence − baseEvidence)|"),
  evaluations: z.int(),
  elapsedMs: z.number(),
  width: z.int(),
  height: z.int(),
  area: Box.omit({ label: true }).describe("What the map shows: the picture, or of a tiled model a tile"),
  mapWidth: z.int(),
  mapHeight: z.int(),
  regions: z.array(ExplainedRegion).describe("Strongest first"),
  overlayPng: z
    .string()
    .describe("Transparent PNG over the area, base64: orange speaks for the answer, blue against it"),
});
export type ExplanationResult = z.infer<typeof ExplanationResult>;

export const Explanation = z.object({
  id: Id,
  modelId: Id,
  modelVersion: z.int(),
  labels: z.array(z.string()).describe("What the model knows"),
  status: z.enum(["queued", "running", "succeeded", "failed", "cancelled"]),
  progress: Unit,
  createdAt: Time,
  result: ExplanationResult.nullable(),
  failure: ApiError.nullable(),
});
export type Explanation = z.infer<typeof Explanation>;
