/** Jobs: what was asked for, how far it is, how it ended. */
import type { Job, JobStatus } from "@sightline/api/schemas";
import type { Selectable } from "kysely";
import { type NewId, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import type { JobsTable } from "./tables.js";

/** A job with what only its worker needs. */
export interface JobWithParameters extends Job {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly createdBy: string;
  /** How often it was started before. */
  readonly attempts: number;
}

function toJob(row: Selectable<JobsTable>): Job {
  return {
    id: row.id,
    kind: row.kind,
    projectId: row.project_id,
    status: row.status,
    progress: row.progress,
    step: row.step,
    createdAt: toTime(row.created_at),
    startedAt: toTimeOrNull(row.started_at),
    endedAt: toTimeOrNull(row.ended_at),
    modelId: row.model_id,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? "" },
  };
}

const unended = ["queued", "running"] as const;

export function jobReads(queries: Queries) {
  return {
    async list(filter: { projectId?: string | undefined; limit: number }): Promise<Job[]> {
      let query = queries.selectFrom("jobs").selectAll();
      if (filter.projectId !== undefined) query = query.where("project_id", "=", filter.projectId);
      return (await query.orderBy("id", "desc").limit(filter.limit).execute()).map(toJob);
    },
    async get(id: string): Promise<Job | undefined> {
      const row = await queries.selectFrom("jobs").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toJob(row);
    },
    /** Queued and running jobs, oldest first, with their parameters. */
    async unended(): Promise<JobWithParameters[]> {
      const rows = await queries.selectFrom("jobs").selectAll().where("status", "in", unended).orderBy("id").execute();
      return rows.map((row) => ({
        ...toJob(row),
        parameters: JSON.parse(row.parameters) as Record<string, unknown>,
        createdBy: row.created_by,
        attempts: row.attempts,
      }));
    },
    /** The queued or running job of a project, where there is one. */
    async unendedOf(projectId: string): Promise<Job | undefined> {
      const row = await queries
        .selectFrom("jobs")
        .selectAll()
        .where("project_id", "=", projectId)
        .where("status", "in", unended)
        .executeTakeFirst();
      return row && toJob(row);
    },
  };
}

export function jobWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...jobReads(queries),
    async insert(job: {
      kind: "train";
      projectId: string;
      parameters: Readonly<Record<string, unknown>>;
      createdBy: string;
    }): Promise<string> {
      const id = newId();
      await queries
        .insertInto("jobs")
        .values({
          id,
          kind: job.kind,
          project_id: job.projectId,
          status: "queued",
          progress: 0,
          step: "Waits for its turn",
          created_at: now(),
          created_by: job.createdBy,
          started_at: null,
          ended_at: null,
          model_id: null,
          error_code: null,
          error_message: null,
          parameters: JSON.stringify(job.parameters),
        })
        .execute();
      return id;
    },
    /** @returns false when the job is no longer queued (cancelled meanwhile). */
    async start(id: string): Promise<boolean> {
      const result = await queries
        .updateTable("jobs")
        .set((e) => ({ status: "running", started_at: now(), attempts: e("attempts", "+", 1) }))
        .where("id", "=", id)
        .where("status", "=", "queued")
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async setProgress(id: string, progress: number, step: string): Promise<void> {
      await queries
        .updateTable("jobs")
        .set({ progress, step })
        .where("id", "=", id)
        .where("status", "in", unended)
        .execute();
    },
    /** Ends a job once; @returns false when it had ended before (cancelled while it finished). */
    async end(
      id: string,
      outcome:
        | { status: "succeeded"; modelId: string }
        | { status: "failed"; error: { code: string; message: string } }
        | { status: "cancelled" },
    ): Promise<boolean> {
      const result = await queries
        .updateTable("jobs")
        .set({
          status: outcome.status satisfies JobStatus,
          ended_at: now(),
          ...(outcome.status === "succeeded" ? { progress: 1, step: "Done", model_id: outcome.modelId } : {}),
          ...(outcome.status === "failed"
            ? { error_code: outcome.error.code, error_message: outcome.error.message }
            : {}),
        })
        .where("id", "=", id)
        .where("status", "in", unended)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** Puts a running job back in the queue: it starts from its beginning (the server was stopped while it ran). */
    async requeue(id: string, attempts: number): Promise<void> {
      await queries
        .updateTable("jobs")
        .set({ status: "queued", progress: 0, step: "Waits for its turn", started_at: null, attempts })
        .where("id", "=", id)
        .where("status", "=", "running")
        .execute();
    },
  };
}
