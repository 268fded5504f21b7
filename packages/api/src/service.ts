/** What travels about the service itself: its version, disk and sample line. */
import { z } from "zod";
import { Id, Time } from "./words.js";

export const SampleLine = z.object({
  state: z.enum(["absent", "settingUp", "running", "failed"]),
  projectId: Id.nullable(),
  jobId: Id.nullable(),
  message: z.string(),
});
export type SampleLine = z.infer<typeof SampleLine>;

export const System = z.object({
  version: z.string(),
  startedAt: Time,
  publicUrl: z.string(),
  sampleLine: SampleLine,
  mailConfigured: z.boolean(),
  freeDiskBytes: z.int(),
  minFreeDiskBytes: z.int(),
  projects: z.int(),
});
export type System = z.infer<typeof System>;
