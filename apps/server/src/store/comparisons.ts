/** Comparisons: two versions measured on the same pictures, and on which they differ. */
import type { Comparison, ComparisonResult } from "@sightline/api/comparisons";
import type { Selectable } from "kysely";
import type { NewId, Now } from "../ids.js";
import type { Queries } from "./database.js";
import {
  type MeasurementFailure,
  measurementOf,
  measurementReads,
  measurementWrites,
  queuedMeasurement,
} from "./measurements.js";
import type { ComparisonsTable } from "./tables.js";

export interface NewComparison {
  readonly projectId: string;
  readonly base: Comparison["base"];
  readonly candidate: Comparison["candidate"];
  readonly createdBy: string;
}

export type ComparisonEnd = MeasurementFailure | { readonly status: "succeeded"; readonly result: ComparisonResult };

function toComparison(row: Selectable<ComparisonsTable>): Comparison {
  return {
    ...measurementOf(row),
    base: { modelId: row.base_model_id, version: row.base_version },
    candidate: { modelId: row.candidate_model_id, version: row.candidate_version },
    result: row.result === null ? null : (JSON.parse(row.result) as ComparisonResult),
  };
}

export function comparisonReads(queries: Queries) {
  return {
    ...measurementReads(queries, "comparisons", toComparison),
    /** Newest first. */
    async list(filter: {
      projectId?: string | undefined;
      base?: string | undefined;
      candidate?: string | undefined;
      limit: number;
    }): Promise<Comparison[]> {
      let query = queries.selectFrom("comparisons").selectAll();
      if (filter.projectId !== undefined) query = query.where("project_id", "=", filter.projectId);
      if (filter.base !== undefined) query = query.where("base_model_id", "=", filter.base);
      if (filter.candidate !== undefined) query = query.where("candidate_model_id", "=", filter.candidate);
      return (await query.orderBy("id", "desc").limit(filter.limit).execute()).map(toComparison);
    },
  };
}

export function comparisonWrites(queries: Queries, now: Now, newId: NewId) {
  const { setProgress, end } = measurementWrites(queries, "comparisons", now);
  return {
    ...comparisonReads(queries),
    setProgress,
    async insert(comparison: NewComparison): Promise<string> {
      const { base, candidate } = comparison;
      const id = newId();
      await queries
        .insertInto("comparisons")
        .values({
          ...queuedMeasurement(id, comparison, now),
          base_model_id: base.modelId,
          base_version: base.version,
          candidate_model_id: candidate.modelId,
          candidate_version: candidate.version,
          result: null,
        })
        .execute();
      return id;
    },
    /** Ends it once; @returns false when it had ended before (cancelled while it finished). */
    async end(id: string, outcome: ComparisonEnd): Promise<boolean> {
      const isFirst = await end(id, outcome);
      if (isFirst && outcome.status === "succeeded") {
        const result = JSON.stringify(outcome.result);
        await queries.updateTable("comparisons").set({ result }).where("id", "=", id).execute();
      }
      return isFirst;
    },
  };
}
