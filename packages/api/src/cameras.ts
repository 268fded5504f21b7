/** What travels about cameras. */
import { z } from "zod";
import { Id, PlantId, Time } from "./words.js";

export const Camera = z.object({
  id: PlantId,
  projectId: Id,
  name: z.string().max(120),
  assemblyLineId: PlantId,
  createdAt: Time,
  lastImageAt: Time.nullable(),
  inspections: z.int(),
});
export type Camera = z.infer<typeof Camera>;
