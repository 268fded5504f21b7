/** What the WebSocket at /api/live sends. */
import { z } from "zod";
import { Inspection } from "./inspections.js";
import { Job } from "./jobs.js";
import { SampleLine } from "./service.js";
import { Id, Time } from "./words.js";

/** What the WebSocket at /api/live sends, one JSON object a message. */
export const LiveEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), at: Time }),
  z.object({ type: z.literal("inspection"), inspection: Inspection }),
  z.object({ type: z.literal("job"), job: Job }),
  z.object({ type: z.literal("project"), projectId: Id, change: z.enum(["created", "changed", "deleted"]) }),
  z.object({ type: z.literal("inspectionDeleted"), inspectionId: Id }),
  z.object({ type: z.literal("sampleLine"), sampleLine: SampleLine }),
  z.object({ type: z.literal("alarm"), projectId: Id, alarmId: Id }).describe("Its state, settings or being changed"),
  z
    .object({ type: z.literal("reviews"), projectId: Id, trialId: Id.nullable() })
    .describe("Something changed among the reviews of a project, or of one of its trials"),
  z.object({ type: z.literal("comparison"), projectId: Id, comparisonId: Id }),
  z.object({ type: z.literal("evaluation"), projectId: Id, modelId: Id, evaluationId: Id }),
]);
export type LiveEvent = z.infer<typeof LiveEvent>;
