/** What a model version of the Lookout API is beyond our job and our model: asked for before there is a model, hosted, tagged. */
import type { Selectable } from "kysely";
import type { Now } from "../ids.js";
import type { Queries } from "./database.js";
import type { LookoutModelsTable } from "./tables.js";

export type Hosting = "starting" | "hosted" | "stopping" | "failed";

export interface LookoutModel {
  readonly projectId: string;
  readonly version: number;
  readonly jobId: string | null;
  readonly createdAtMs: number;
  readonly description: string | null;
  readonly output: { readonly bucket: string; readonly prefix: string } | null;
  readonly kmsKeyId: string | null;
  readonly evaluatedAtMs: number | null;
  readonly evaluationProblem: string | null;
  readonly hosting: Hosting | null;
  readonly hostingMessage: string | null;
  readonly minUnits: number | null;
  readonly maxUnits: number | null;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

const toLookoutModel = (row: Selectable<LookoutModelsTable>): LookoutModel => ({
  projectId: row.project_id,
  version: row.version,
  jobId: row.job_id,
  createdAtMs: row.created_at,
  description: row.description,
  output: row.output_bucket === null ? null : { bucket: row.output_bucket, prefix: row.output_prefix ?? "" },
  kmsKeyId: row.kms_key_id,
  evaluatedAtMs: row.evaluated_at,
  evaluationProblem: row.evaluation_problem,
  hosting: row.hosting,
  hostingMessage: row.hosting_message,
  minUnits: row.min_units,
  maxUnits: row.max_units,
});

export function lookoutModelReads(queries: Queries) {
  const all = () => queries.selectFrom("lookout_models").selectAll();
  return {
    async list(projectId: string): Promise<LookoutModel[]> {
      return (await all().where("project_id", "=", projectId).orderBy("version").execute()).map(toLookoutModel);
    },
    async get(projectId: string, version: number): Promise<LookoutModel | undefined> {
      const row = await all().where("project_id", "=", projectId).where("version", "=", version).executeTakeFirst();
      return row && toLookoutModel(row);
    },
    async byJob(jobId: string): Promise<LookoutModel | undefined> {
      const row = await all().where("job_id", "=", jobId).executeTakeFirst();
      return row && toLookoutModel(row);
    },
    /** Versions whose training has ended with a model, and whose evaluation files are not written yet. */
    async unevaluated(): Promise<LookoutModel[]> {
      const rows = await queries
        .selectFrom("lookout_models")
        .innerJoin("jobs", "jobs.id", "lookout_models.job_id")
        .selectAll("lookout_models")
        .where("jobs.status", "=", "succeeded")
        .where("evaluated_at", "is", null)
        .where("evaluation_problem", "is", null)
        .orderBy("lookout_models.created_at")
        .execute();
      return rows.map(toLookoutModel);
    },
    /** Versions that are hosted, or on their way there or back. */
    async hosted(): Promise<LookoutModel[]> {
      return (await all().where("hosting", "in", ["starting", "hosted", "stopping"]).execute()).map(toLookoutModel);
    },
    async tags(projectId: string, version: number): Promise<Tag[]> {
      return queries
        .selectFrom("lookout_tags")
        .select(["key", "value"])
        .where("project_id", "=", projectId)
        .where("version", "=", version)
        .orderBy("key")
        .execute();
    },
  };
}

export function lookoutModelWrites(queries: Queries, now: Now) {
  return {
    ...lookoutModelReads(queries),
    async insert(model: {
      projectId: string;
      version: number;
      jobId: string | null;
      description?: string | undefined;
      output?: { bucket: string; prefix: string } | undefined;
      kmsKeyId?: string | undefined;
    }): Promise<void> {
      await queries
        .insertInto("lookout_models")
        .values({
          project_id: model.projectId,
          version: model.version,
          job_id: model.jobId,
          created_at: now(),
          description: model.description ?? null,
          output_bucket: model.output?.bucket ?? null,
          output_prefix: model.output?.prefix ?? null,
          kms_key_id: model.kmsKeyId ?? null,
          evaluated_at: null,
          evaluation_problem: null,
          hosting: null,
          hosting_message: null,
          min_units: null,
          max_units: null,
        })
        .execute();
    },
    /** @param problem why the files could not be written; the model is usable all the same. */
    async endEvaluation(projectId: string, version: number, problem: string | null): Promise<void> {
      await queries
        .updateTable("lookout_models")
        .set({ evaluated_at: problem === null ? now() : null, evaluation_problem: problem })
        .where("project_id", "=", projectId)
        .where("version", "=", version)
        .execute();
    },
    /** Also for a version that was made elsewhere and is hosted through the Lookout API for the first time. */
    async setHosting(
      projectId: string,
      version: number,
      about: { hosting: Hosting | null; message?: string; minUnits?: number | null; maxUnits?: number | null },
    ): Promise<void> {
      if ((await this.get(projectId, version)) === undefined) await this.insert({ projectId, version, jobId: null });
      await queries
        .updateTable("lookout_models")
        .set({
          hosting: about.hosting,
          hosting_message: about.message ?? null,
          ...(about.minUnits === undefined ? {} : { min_units: about.minUnits }),
          ...(about.maxUnits === undefined ? {} : { max_units: about.maxUnits }),
        })
        .where("project_id", "=", projectId)
        .where("version", "=", version)
        .execute();
    },
    /** For a version without a model; with one it goes with the model. */
    async remove(projectId: string, version: number): Promise<void> {
      for (const table of ["lookout_models", "lookout_tags"] as const) {
        await queries.deleteFrom(table).where("project_id", "=", projectId).where("version", "=", version).execute();
      }
    },
    async putTags(projectId: string, version: number, tags: readonly Tag[]): Promise<void> {
      for (const { key, value } of tags) {
        await queries
          .insertInto("lookout_tags")
          .values({ project_id: projectId, version, key, value })
          .onConflict((conflict) => conflict.columns(["project_id", "version", "key"]).doUpdateSet({ value }))
          .execute();
      }
    },
    async removeTags(projectId: string, version: number, keys: readonly string[]): Promise<void> {
      if (keys.length === 0) return;
      await queries
        .deleteFrom("lookout_tags")
        .where("project_id", "=", projectId)
        .where("version", "=", version)
        .where("key", "in", keys)
        .execute();
    },
  };
}
