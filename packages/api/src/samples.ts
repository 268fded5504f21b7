/** What travels about the labelled pictures of a project, and what a person says of a picture. */
import { z } from "zod";
import { Box } from "./predictions.js";
import { Id, Label, Time } from "./words.js";

export const Part = z
  .enum(["train", "test", "auto"])
  .describe("auto: the first training puts every fifth of a label aside for the test");
export type Part = z.infer<typeof Part>;

/** A kind of defect and the colour it is painted in. */
export const MaskColour = z.strictObject({ label: Label, colour: z.string().regex(/^#[0-9a-f]{6}$/) });

export const Sample = z.object({
  id: Id,
  projectId: Id,
  name: z.string(),
  label: Label.nullable().describe(
    "null where the picture has boxes or several labels instead, or is not labelled yet",
  ),
  labels: z.array(Label).nullable().describe("multilabel: those that hold, maybe none; else null"),
  boxes: z.array(Box).nullable().describe("detection: every object, maybe none; else null"),
  part: Part,
  imageSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("Of the file as it came: the same picture is in a project once"),
  width: z.int(),
  height: z.int(),
  addedAt: Time,
  source: z.string().nullable().describe("Where it was taken from, such as s3://bucket/key"),
  hasMask: z.boolean().describe("Whether it is known where in the picture its anomalies are"),
  maskTypes: z.array(MaskColour).describe("Kinds of defects that its mask knows; empty without a mask"),
  origin: z
    .enum(["added", "review", "trial"])
    .describe(
      "added: came with its label; review, trial: a person said what it shows when asked about a model's answer",
    ),
});
export type MaskColour = z.infer<typeof MaskColour>;
export type Sample = z.infer<typeof Sample>;

/** Exactly one of the three; in words of the picture's project. */
export const Annotation = z.strictObject({
  label: Label.optional().describe("One label; else labels or boxes"),
  labels: z.array(Label).max(200).optional().describe("multilabel: those that hold, maybe none"),
  boxes: z
    .array(Box.extend({ label: Label }).strict())
    .max(5000)
    .optional()
    .describe("detection: every object, maybe none"),
});
export type Annotation = z.infer<typeof Annotation>;
