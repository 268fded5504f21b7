/** Jobs: what was asked for, how far it is, its curves, how it ended. */
import type { Job, JobStatus, TileChoice, TrainingHistory, TrainingPoint } from "@sightline/api/jobs";
import type { MethodChoice } from "@sightline/api/methods";
import type { Selectable } from "kysely";
import { type NewId, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import type { JobsTable } from "./tables.js";

/** What a training was asked to do. */
export interface JobParameters {
  readonly method: MethodChoice;
  readonly seed: number;
  readonly budgetSeconds?: number | undefined;
  readonly tile?: TileChoice | undefined;
  readonly backbone?: string | undefined;
  /** The version number that its model was promised. */
  readonly version?: number | undefined;
}

/** … and what one that goes on has to know. */
export interface KeptParameters extends JobParameters {
  /** The newest picture that it learns from: those added later are for later trainings. */
  readonly lastSampleId?: string | undefined;
  /** A person wants the model of the best state so far. */
  readonly finish?: boolean | undefined;
}

/** A job with what only its worker needs. */
export interface JobWithParameters extends Job {
  readonly parameters: KeptParameters;
  readonly createdBy: string;
  /** How often it was started before. */
  readonly attempts: number;
}

function toJob(row: Selectable<JobsTable>): Job {
  const isRunning = row.status === "running";
  return {
    id: row.id,
    kind: row.kind,
    projectId: row.project_id,
    status: row.status,
    progress: row.progress,
    step: row.step,
    method: (JSON.parse(row.parameters) as Partial<JobParameters>).method ?? "auto",
    secondsLeft: isRunning ? row.seconds_left : null,
    latest: row.latest === null ? null : (JSON.parse(row.latest) as TrainingPoint),
    canStop: isRunning && row.latest !== null,
    createdAt: toTime(row.created_at),
    startedAt: toTimeOrNull(row.started_at),
    endedAt: toTimeOrNull(row.ended_at),
    modelId: row.model_id,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_message ?? "" },
  };
}

const unended = ["queued", "running"] as const;
/** Trainings of a project whose curves stay though they left no model that is still there. */
const keptCurves = 20;

export function jobReads(queries: Queries) {
  const withParameters = (row: Selectable<JobsTable>): JobWithParameters => ({
    ...toJob(row),
    parameters: JSON.parse(row.parameters) as KeptParameters,
    createdBy: row.created_by,
    attempts: row.attempts,
  });
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
    /** The curves of a training; `undefined` when there is no such job. */
    async history(id: string): Promise<TrainingHistory | undefined> {
      const row = await queries
        .selectFrom("jobs")
        .select(["metric_name", "epochs"])
        .where("id", "=", id)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const points = await queries
        .selectFrom("training_points")
        .select("point")
        .where("job_id", "=", id)
        .orderBy("epoch")
        .execute();
      return {
        metricName: row.metric_name,
        epochs: row.epochs,
        points: points.map(({ point }) => JSON.parse(point) as TrainingPoint),
      };
    },
    /** What the training that made a version was asked to do; `undefined` of one that came from outside. */
    async parametersOf(modelId: string): Promise<JobParameters | undefined> {
      const row = await queries
        .selectFrom("jobs")
        .select("parameters")
        .where("model_id", "=", modelId)
        .executeTakeFirst();
      return row && (JSON.parse(row.parameters) as JobParameters);
    },
    /** Queued and running jobs, oldest first, with their parameters. */
    async unended(): Promise<JobWithParameters[]> {
      const rows = await queries.selectFrom("jobs").selectAll().where("status", "in", unended).orderBy("id").execute();
      return rows.map(withParameters);
    },
    /** Ids of jobs that may go on from a checkpoint: not ended, or stopped by a person. */
    async resumable(): Promise<string[]> {
      const rows = await queries
        .selectFrom("jobs")
        .select("id")
        .where("status", "in", [...unended, "stopped"])
        .execute();
      return rows.map(({ id }) => id);
    },
    async stoppedOf(projectId: string): Promise<Job[]> {
      const rows = await queries
        .selectFrom("jobs")
        .selectAll()
        .where("project_id", "=", projectId)
        .where("status", "=", "stopped")
        .execute();
      return rows.map(toJob);
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
      parameters: JobParameters;
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
          seconds_left: null,
          metric_name: null,
          epochs: null,
          latest: null,
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
    async setProgress(id: string, progress: number, step: string, secondsLeft: number | null = null): Promise<void> {
      await queries
        .updateTable("jobs")
        .set({ progress, step, seconds_left: secondsLeft })
        .where("id", "=", id)
        .where("status", "in", unended)
        .execute();
    },
    /** Adds a point to the curves; an epoch that was trained again (after a resume from before its end) replaces the first. */
    async addPoint(id: string, point: TrainingPoint, about: Omit<TrainingHistory, "points">): Promise<void> {
      const text = JSON.stringify(point);
      const { numUpdatedRows } = await queries
        .updateTable("jobs")
        .set({ latest: text, metric_name: about.metricName, epochs: about.epochs })
        .where("id", "=", id)
        .where("status", "in", unended)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return;
      await queries
        .insertInto("training_points")
        .values({ job_id: id, epoch: point.epoch, point: text })
        .onConflict((conflict) => conflict.columns(["job_id", "epoch"]).doUpdateSet({ point: text }))
        .execute();
    },
    /** Without a checkpoint a training starts from its beginning: its curves too. */
    async clearPoints(id: string): Promise<void> {
      await queries.deleteFrom("training_points").where("job_id", "=", id).execute();
      await queries.updateTable("jobs").set({ latest: null, progress: 0 }).where("id", "=", id).execute();
    },
    /** Forgets the curves of a project's older trainings that left no model which is still there. */
    async removeOldPoints(projectId: string): Promise<void> {
      const newest = queries
        .selectFrom("jobs")
        .select("id")
        .where("project_id", "=", projectId)
        .orderBy("id", "desc")
        .limit(keptCurves);
      const models = queries.selectFrom("models").select("id").where("project_id", "=", projectId);
      const forgotten = queries
        .selectFrom("jobs")
        .select("id")
        .where("project_id", "=", projectId)
        .where("id", "not in", newest)
        .where((e) => e.or([e("model_id", "is", null), e("model_id", "not in", models)]));
      await queries.deleteFrom("training_points").where("job_id", "in", forgotten).execute();
    },
    /** Ends a job once; @returns false when it had ended before (cancelled while it finished). */
    async end(
      id: string,
      outcome:
        | { status: "succeeded"; modelId: string }
        | { status: "failed"; error: { code: string; message: string } }
        | { status: "cancelled" }
        // With an error where a person has to do something before it can go on.
        | { status: "stopped"; error?: { code: string; message: string } },
    ): Promise<boolean> {
      const result = await queries
        .updateTable("jobs")
        .set({
          status: outcome.status satisfies JobStatus,
          ended_at: now(),
          ...(outcome.status === "succeeded" ? { progress: 1, step: "Done", model_id: outcome.modelId } : {}),
          ...(outcome.status === "stopped" ? { step: "Stopped; it can go on from its checkpoint" } : {}),
          ...((outcome.status === "failed" || outcome.status === "stopped") && outcome.error
            ? { error_code: outcome.error.code, error_message: outcome.error.message }
            : {}),
        })
        .where("id", "=", id)
        // What was stopped can still be given up.
        .where("status", "in", outcome.status === "cancelled" ? [...unended, "stopped"] : unended)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /**
     * Puts a stopped job back in the queue: to go on, or to `finish` with the model of its best state.
     * @returns false when it is not stopped.
     */
    async resume(id: string, { finish }: { finish: boolean }): Promise<boolean> {
      const result = await queries
        .updateTable("jobs")
        .set({ status: "queued", step: "Waits for its turn", started_at: null, ended_at: null, attempts: 0 })
        .set({ error_code: null, error_message: null })
        .where("id", "=", id)
        .where("status", "=", "stopped")
        .executeTakeFirst();
      if (result.numUpdatedRows === 0n) return false;
      await this.keep(id, { finish });
      return true;
    },
    /** Adds to what the job has to know when it goes on. */
    async keep(id: string, more: Pick<KeptParameters, "lastSampleId" | "finish">): Promise<void> {
      const row = await queries.selectFrom("jobs").select("parameters").where("id", "=", id).executeTakeFirst();
      if (row === undefined) return;
      const parameters = JSON.stringify({ ...(JSON.parse(row.parameters) as KeptParameters), ...more });
      await queries.updateTable("jobs").set({ parameters }).where("id", "=", id).execute();
    },
    /** Puts a running job back in the queue (the server was stopped or its process killed while it ran). */
    async requeue(id: string, attempts: number): Promise<void> {
      await queries
        .updateTable("jobs")
        .set({ status: "queued", step: "Waits for its turn", started_at: null, attempts })
        .where("id", "=", id)
        .where("status", "=", "running")
        .execute();
    },
  };
}
