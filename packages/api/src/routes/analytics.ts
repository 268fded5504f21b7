/** Routes: counting the results, and taking them elsewhere. */
import { z } from "zod";
import { Analytics, AnalyticsDimension, AnalyticsState, SqlTable } from "../analytics.js";
import { Id, PlantId, Time } from "../words.js";
import { admin, route, viewer } from "./route.js";

const dimensions = AnalyticsDimension.options.join("|");
/** Which results an analysis is about. */
const resultFilter = {
  project: Id.optional(),
  camera: PlantId.optional(),
  line: PlantId.optional(),
  verdict: z.string().max(200).optional().describe("The verdict's whole line"),
  defect: z.string().max(64).optional().describe("A type of defect that was found"),
  model: z.coerce.number().int().min(1).optional().describe("Version; best with a project"),
  from: Time.optional().describe("Received at or after; default: 30 days before `to`"),
  to: Time.optional().describe("Received before; default: now"),
};

export const analyticsRoutes = {
  getAnalytics: route("GET", "/api/analytics", {
    summary: "Results counted by time, place, verdict or defect; with yields, escapes and false rejects",
    access: viewer,
    query: z.strictObject({
      ...resultFilter,
      groupBy: z
        .string()
        .regex(
          new RegExp(`^(${dimensions})(,(${dimensions})){0,4}$`),
          `up to five of ${AnalyticsDimension.options.join(", ")}, with commas between them`,
        )
        .optional()
        .describe(`Up to five of ${AnalyticsDimension.options.join(", ")}; default: none`),
      limit: z.coerce.number().int().min(1).max(10_000).default(2000).describe("Most groups"),
    }),
    reply: Analytics,
    alsoRefuses: [422, 503],
  }),
  getAnalyticsState: route("GET", "/api/analytics/state", {
    summary: "The files that the results are kept in, and how far they are written",
    access: viewer,
    reply: AnalyticsState,
  }),
  exportCsv: route("GET", "/api/analytics/results.csv", {
    summary: "The results themselves, a row each, as CSV",
    access: viewer,
    query: z.strictObject(resultFilter),
    produces: "text/csv",
    alsoRefuses: [422, 503, 507],
  }),
  exportParquet: route("GET", "/api/analytics/results.parquet", {
    summary: "The results themselves, a row each, as Parquet",
    access: viewer,
    query: z.strictObject(resultFilter),
    produces: "application/vnd.apache.parquet",
    alsoRefuses: [422, 503, 507],
  }),
  runSql: route("POST", "/api/analytics/sql", {
    summary: "One SELECT statement over the results (tables results and truths), read only",
    access: admin,
    body: z.strictObject({ sql: z.string().min(1).max(20_000) }),
    reply: SqlTable,
    alsoRefuses: [503],
  }),
};
