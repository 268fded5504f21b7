/** What travels about backbones: the pretrained networks that a training may start from. */
import { z } from "zod";

export const BackboneName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
  .describe("As GET /api/backbones names it");

export const Backbone = z.object({
  name: z.string(),
  title: z.string(),
  licence: z.string().nullable().describe("SPDX identifier; null where nobody said"),
  copyright: z.string().nullable(),
  source: z.string().nullable().describe("Where its weights came from"),
  sha256: z.string(),
  isDefault: z.boolean().describe("A training that names none starts from it"),
});
export type Backbone = z.infer<typeof Backbone>;
