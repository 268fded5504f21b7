/** Analytics: counts over results, exports, the state of the result files, and the SQL box. */
import type { AnalyticsDimension } from "@sightline/api/analytics";
import type { AnalyticsQuery } from "../../analytics/analytics.js";
import { errors } from "../../errors.js";
import { fromTime } from "../../ids.js";
import { type Call, FileAnswer, type Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";

const DEFAULT_SPAN_MS = 30 * 86_400_000;

export function analyticsRoutes({ services }: RouteDeps) {
  const { analytics, now } = services;

  function queryOf(query: Call<"exportCsv">["query"]): AnalyticsQuery {
    const toMs = query.to === undefined ? now() : fromTime(query.to);
    const fromMs = query.from === undefined ? toMs - DEFAULT_SPAN_MS : fromTime(query.from);
    if (fromMs >= toMs) {
      const problem = `expected a time before "to", got ${query.from}`;
      throw errors.parameterInvalid({ name: "from", where: "query", problem });
    }
    return {
      projectId: query.project,
      cameraId: query.camera,
      assemblyLineId: query.line,
      verdict: query.verdict,
      defect: query.defect,
      modelVersion: query.model,
      fromMs,
      toMs,
    };
  }

  async function exported(query: Call<"exportCsv">["query"], format: "csv" | "parquet"): Promise<FileAnswer> {
    const type = { csv: "text/csv; charset=utf-8", parquet: "application/vnd.apache.parquet" }[format];
    const { content, bytes } = await analytics.export(queryOf(query), format);
    return new FileAnswer(content, type, {
      "content-length": String(bytes),
      "content-disposition": `attachment; filename="results.${format}"`,
      "cache-control": "no-store",
    });
  }

  return {
    getAnalytics: ({ query: { groupBy = "", limit, ...filter } }) => {
      const names = groupBy.split(",").filter((name) => name !== "") as AnalyticsDimension[];
      if (new Set(names).size < names.length) {
        const problem = `expected each name once, got "${groupBy}"`;
        throw errors.parameterInvalid({ name: "groupBy", where: "query", problem });
      }
      return analytics.count(queryOf(filter), names, limit);
    },

    getAnalyticsState: () => analytics.state(),

    exportCsv: ({ query }) => exported(query, "csv"),

    exportParquet: ({ query }) => exported(query, "parquet"),

    runSql: ({ body }) => analytics.sql(body.sql),
  } satisfies Partial<Handlers>;
}
