/** What travels about counting the results over time, place, verdict and defect. */
import { z } from "zod";
import { Time, Unit } from "./words.js";

/** What the results can be counted by. */
export const AnalyticsDimension = z.enum([
  "hour",
  "day",
  "hourOfDay",
  "shift",
  "project",
  "camera",
  "line",
  "model",
  "verdict",
  "defect",
  "confidence",
]);
export type AnalyticsDimension = z.infer<typeof AnalyticsDimension>;

/** Counts over some results. */
export const AnalyticsCounts = z.object({
  inspected: z.int(),
  judged: z.int().describe("Those that the model called normal or anomalous; others have several classes"),
  anomalous: z.int(),
  firstJudged: z.int().describe("Without pictures of an image id that the same camera had sent up to a day before"),
  firstNormal: z.int().describe("Of those, the normal ones: their share is the first-pass yield"),
  confidenceMean: Unit.nullable(),
  inferenceMsMean: z.number().nullable(),
  confirmed: z.int().describe("Judged ones of which a person said what they are"),
  confirmedAnomalous: z.int(),
  escapes: z.int().describe("Confirmed anomalies that were judged normal"),
  falseRejects: z.int().describe("Confirmed normal ones that were judged anomalous"),
});
export type AnalyticsCounts = z.infer<typeof AnalyticsCounts>;

export const AnalyticsGroup = AnalyticsCounts.extend({
  key: z
    .partialRecord(AnalyticsDimension, z.union([z.string(), z.number()]).nullable())
    .describe(
      "hour: its start in UTC; day: the local date, with shift the day the shift began; hourOfDay: 0 to 23, local; confidence: lower end of a twentieth",
    ),
});
export type AnalyticsGroup = z.infer<typeof AnalyticsGroup>;

export const Analytics = z.object({
  from: Time,
  to: Time,
  timeZone: z.string().describe("Of hours, days and shifts"),
  groupBy: z.array(AnalyticsDimension),
  groups: z.array(AnalyticsGroup).describe("In the order of their keys; with nothing to group by, one group of all"),
  isTruncated: z.boolean().describe("There were more groups than are told"),
});
export type Analytics = z.infer<typeof Analytics>;

export const AnalyticsFiles = z.object({
  files: z.int(),
  rows: z.int(),
  bytes: z.int(),
  firstAt: Time.nullable().describe("Receive time of the oldest row"),
  lastAt: Time.nullable(),
  pending: z.int().describe("Results that are not in these files yet"),
});

/** A question that people ask of results, as SQL to begin from. */
export const SqlExample = z.object({ title: z.string(), sql: z.string() });
export type SqlExample = z.infer<typeof SqlExample>;

/** Where the results are kept as files, and how far they are written. */
export const AnalyticsState = z.object({
  folder: z.string(),
  json: AnalyticsFiles,
  parquet: AnalyticsFiles,
  lastFlushAt: Time.nullable(),
  problem: z.string().nullable(),
  keepDays: z.number(),
  timeZone: z.string(),
  shifts: z.array(z.object({ name: z.string(), startsAt: z.string().describe("HH:MM, local") })),
  sqlExamples: z.array(SqlExample),
});
export type AnalyticsState = z.infer<typeof AnalyticsState>;

export const SqlTable = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.array(z.unknown())),
  isTruncated: z.boolean().describe("There were more rows"),
  elapsedMs: z.number(),
});
export type SqlTable = z.infer<typeof SqlTable>;
