/** Comparisons: two versions measured on the same pictures, and on which they differ. */
import type { Comparison, ComparisonResult } from "@sightline/api/comparisons";
import type { Selectable } from "kysely";
import { type NewId, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import type { ComparisonsTable } from "./tables.js";

export interface NewComparison {
  readonly projectId: string;
  readonly base: Comparison["base"];
  readonly candidate: Comparison["candidate"];
  readonly createdBy: string;
}

export type ComparisonEnd =
  | { readonly status: "succeeded"; readonly result: ComparisonResult }
  | { readonly status: "failed"; readonly error: { readonly code: string; readonly message: string } }
  | { readonly status: "cancelled" };

const unended = ["queued", "running"] as const;

function toComparison(row: Selectable<ComparisonsTable>): Comparison {
  return {
    id: row.id,
    projectId: row.project_id,
    base: { modelId: row.base_model_id, version: row.base_version },
    candidate: { modelId: row.candidate_model_id, version: row.candidate_version },
    status: row.status,
    progress: row.progress,
    step: row.step,
    createdAt: toTime(row.created_at),
    createdBy: row.created_by,
    endedAt: toTimeOrNull(row.ended_at),
    result: row.result === null ? null : (JSON.parse(row.result) as ComparisonResult),
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? "" },
  };
}

export function comparisonReads(queries: Queries) {
  return {
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
    async get(id: string): Promise<Comparison | undefined> {
      const row = await queries.selectFrom("comparisons").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toComparison(row);
    },
    /** Oldest first. */
    async unended(): Promise<Comparison[]> {
      const rows = await queries
        .selectFrom("comparisons")
        .selectAll()
        .where("status", "in", unended)
        .orderBy("id")
        .execute();
      return rows.map(toComparison);
    },
  };
}

export function comparisonWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...comparisonReads(queries),
    async insert({ projectId, base, candidate, createdBy }: NewComparison): Promise<string> {
      const id = newId();
      await queries
        .insertInto("comparisons")
        .values({
          id,
          project_id: projectId,
          base_model_id: base.modelId,
          base_version: base.version,
          candidate_model_id: candidate.modelId,
          candidate_version: candidate.version,
          status: "queued",
          progress: 0,
          step: "Waits for its turn",
          created_at: now(),
          created_by: createdBy,
          ended_at: null,
          result: null,
          error_code: null,
          error_message: null,
        })
        .execute();
      return id;
    },
    async setProgress(id: string, progress: number, step: string): Promise<void> {
      await queries
        .updateTable("comparisons")
        .set({ status: "running", progress, step })
        .where("id", "=", id)
        .where("status", "in", unended)
        .execute();
    },
    /** Ends it once; @returns false when it had ended before (cancelled while it finished). */
    async end(id: string, outcome: ComparisonEnd): Promise<boolean> {
      const result = await queries
        .updateTable("comparisons")
        .set({
          status: outcome.status,
          ended_at: now(),
          ...(outcome.status === "succeeded"
            ? { progress: 1, step: "Done", result: JSON.stringify(outcome.result) }
            : {}),
          ...(outcome.status === "failed"
            ? { error_code: outcome.error.code, error_message: outcome.error.message }
            : {}),
        })
        .where("id", "=", id)
        .where("status", "in", unended)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
  };
}
