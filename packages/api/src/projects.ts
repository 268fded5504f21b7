/** What travels about projects: their settings, what they hold, their thresholds. */
import { z } from "zod";
import { Id, PlantId, ProjectName, Time, Unit } from "./words.js";

export const DigestSeconds = z
  .int()
  .min(0)
  .max(86_400)
  .describe("After an alert of a camera, its further ones within this time come as one digest; 0: each by itself");

/** What a mistake costs, so that the threshold and the analytics can be told in money. */
export const MistakeCosts = z.strictObject({
  escape: z.number().min(0).max(1e9).describe("Of one anomaly judged normal"),
  falseReject: z.number().min(0).max(1e9).describe("Of one normal part judged anomalous"),
  currency: z.string().max(8).describe("As it stands beside an amount, such as €"),
});
export type MistakeCosts = z.infer<typeof MistakeCosts>;

export const Project = z.object({
  id: Id,
  name: ProjectName,
  createdAt: Time,
  isSample: z.boolean().describe("Belongs to the sample line"),
  runningModelId: Id.nullable(),
  threshold: Unit.describe("In force, on the running model's scale; 0.5 is the model's own"),
  recipients: z
    .array(z.email())
    .max(50)
    .describe("Addresses that were asked or have confirmed; …/recipients tells which"),
  alertConfidence: Unit.describe("A verdict below this confidence is a low-confidence alert (strict <)"),
  digestSeconds: DigestSeconds,
  mistakeCosts: MistakeCosts.nullable().describe("`null` until somebody has said them"),
  samples: z.object({ train: z.int(), test: z.int(), byLabel: z.record(z.string(), z.int()) }),
  cameras: z.int(),
  inspections: z.int(),
});
export type Project = z.infer<typeof Project>;

/** What deleting a project deletes. */
export const ProjectContents = z.object({
  samples: z.int(),
  models: z.int(),
  runningModelVersion: z.int().nullable(),
  jobs: z.int(),
  runningJobs: z.int(),
  cameras: z.array(PlantId),
  inspections: z.int(),
  unfinishedInspections: z.int().describe("Accepted and not yet inspected"),
  inspectionBytes: z.int(),
  sampleBytes: z.int(),
  modelBytes: z.int(),
  recipients: z.int(),
  targets: z.int(),
  rules: z.int(),
  undeliveredActions: z.int(),
  tokens: z.array(z.string()).describe("Device tokens that can send for its cameras only: they are revoked"),
});
export type ProjectContents = z.infer<typeof ProjectContents>;

export const ThresholdChange = z.object({
  changedAt: Time,
  changedBy: z.string(),
  modelId: Id.nullable(),
  threshold: Unit,
});
export type ThresholdChange = z.infer<typeof ThresholdChange>;
