/** What the records of every kind of measurement have in common: how far one is, how it ends, and the way to the next one. */
import type { Insertable, Kysely, Selectable } from "kysely";
import { type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import type { MeasurementColumns } from "./tables.js";

/** How one ends but well. */
export type MeasurementFailure =
  | { readonly status: "failed"; readonly error: { readonly code: string; readonly message: string } }
  | { readonly status: "cancelled" };

/** The tables that have these columns. */
export type MeasurementTable = "comparisons" | "evaluations";

export const unended = ["queued", "running"] as const;

/** What every measurement tells, whatever it measures. */
export function measurementOf(row: Selectable<MeasurementColumns>) {
  return {
    id: row.id,
    projectId: row.project_id,
    status: row.status,
    progress: row.progress,
    step: row.step,
    createdAt: toTime(row.created_at),
    createdBy: row.created_by,
    endedAt: toTimeOrNull(row.ended_at),
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? "" },
  };
}

/** A new one, at the end of the queue. */
export function queuedMeasurement(
  id: string,
  { projectId, createdBy }: { readonly projectId: string; readonly createdBy: string },
  now: Now,
): Insertable<MeasurementColumns> {
  return {
    id,
    project_id: projectId,
    status: "queued",
    progress: 0,
    step: "Waits for its turn",
    created_at: now(),
    created_by: createdBy,
    ended_at: null,
    error_code: null,
    error_message: null,
  };
}

/** A table seen by the columns that all have, under one name for the compiler. */
function columnsOf(queries: Queries, table: MeasurementTable) {
  return { db: queries as unknown as Kysely<{ measurements: MeasurementColumns }>, table: table as "measurements" };
}

export function measurementReads<Row, Item>(queries: Queries, name: MeasurementTable, toItem: (row: Row) => Item) {
  const { db, table } = columnsOf(queries, name);
  // All columns of the table come, also those that this file does not know.
  const itemOf = (row: unknown): Item => toItem(row as Row);
  return {
    async get(id: string): Promise<Item | undefined> {
      const row = await db.selectFrom(table).selectAll().where("id", "=", id).executeTakeFirst();
      return row && itemOf(row);
    },
    /** Oldest first. */
    async unended(): Promise<Item[]> {
      const rows = await db.selectFrom(table).selectAll().where("status", "in", unended).orderBy("id").execute();
      return rows.map(itemOf);
    },
  };
}

export function measurementWrites(queries: Queries, name: MeasurementTable, now: Now) {
  const { db, table } = columnsOf(queries, name);
  return {
    async setProgress(id: string, progress: number, step: string): Promise<void> {
      await db
        .updateTable(table)
        .set({ status: "running", progress, step })
        .where("id", "=", id)
        .where("status", "in", unended)
        .execute();
    },
    /** Ends it once; @returns false when it had ended before (cancelled while it finished), or what it measured is gone. */
    async end(id: string, outcome: MeasurementFailure | { readonly status: "succeeded" }): Promise<boolean> {
      const result = await db
        .updateTable(table)
        .set({
          status: outcome.status,
          ended_at: now(),
          ...(outcome.status === "succeeded" ? { progress: 1, step: "Done" } : {}),
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
