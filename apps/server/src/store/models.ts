/** Model versions: written once, never changed. */
import type { Task } from "@sightline/api/methods";
import type { Candidate, Metrics, Model, ModelDetail, RocPoint, ScoredSample } from "@sightline/api/models";
import type { Selectable } from "kysely";
import { type NewId, type Now, toTime } from "../ids.js";
import type { Queries } from "./database.js";
import type { ModelsTable } from "./tables.js";

export interface NewModel {
  readonly projectId: string;
  readonly method: string;
  readonly task: Task;
  readonly labels: readonly string[];
  readonly sizeBytes: number;
  /** The file's blob. */
  readonly sha256: string;
  readonly source: "trained" | "uploaded";
  readonly trainImages: number;
  readonly metrics: Metrics | null;
  readonly candidates: readonly Candidate[];
  readonly scores: readonly ScoredSample[];
  readonly roc: readonly RocPoint[];
}

type ModelRow = Selectable<Omit<ModelsTable, "scores" | "roc">> & { running_model_id: string | null };

/** Versions recorded before there were detectors don't say these figures. */
function toMetrics(metrics: Partial<Metrics>): Metrics {
  return { mAP50: null, mAP50_95: null, perLabel: [], ...metrics } as Metrics;
}

function toModel(row: ModelRow): Model {
  return {
    id: row.id,
    projectId: row.project_id,
    version: row.version,
    method: row.method,
    task: row.task,
    labels: JSON.parse(row.labels) as string[],
    createdAt: toTime(row.created_at),
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    source: row.source,
    trainImages: row.train_images,
    metrics: row.metrics === null ? null : toMetrics(JSON.parse(row.metrics) as Partial<Metrics>),
    candidates: JSON.parse(row.candidates) as Candidate[],
    isRunning: row.running_model_id === row.id,
  };
}

const listed = [
  "models.id",
  "models.project_id",
  "models.version",
  "models.method",
  "models.task",
  "models.labels",
  "models.created_at",
  "models.size_bytes",
  "models.sha256",
  "models.source",
  "models.train_images",
  "models.metrics",
  "models.candidates",
  "projects.running_model_id",
] as const;

export function modelReads(queries: Queries) {
  const joined = () => queries.selectFrom("models").innerJoin("projects", "projects.id", "models.project_id");
  return {
    async list(projectId?: string): Promise<Model[]> {
      let query = joined().select(listed);
      if (projectId !== undefined) query = query.where("models.project_id", "=", projectId);
      return (await query.orderBy("models.id", "desc").execute()).map(toModel);
    },
    async get(id: string): Promise<Model | undefined> {
      const row = await joined().select(listed).where("models.id", "=", id).executeTakeFirst();
      return row && toModel(row);
    },
    async getByVersion(projectId: string, version: number): Promise<Model | undefined> {
      const row = await joined()
        .select(listed)
        .where("models.project_id", "=", projectId)
        .where("models.version", "=", version)
        .executeTakeFirst();
      return row && toModel(row);
    },
    async getDetail(id: string): Promise<ModelDetail | undefined> {
      const row = await joined()
        .select([...listed, "models.scores", "models.roc"])
        .where("models.id", "=", id)
        .executeTakeFirst();
      return (
        row && {
          ...toModel(row),
          scores: JSON.parse(row.scores) as ScoredSample[],
          roc: JSON.parse(row.roc) as RocPoint[],
        }
      );
    },
  };
}

export function modelWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...modelReads(queries),
    /** Gives out the next version number of the project, which is never used again. */
    async reserveVersion(projectId: string): Promise<number> {
      const { next_model_version: next } = await queries
        .updateTable("projects")
        .set((e) => ({ next_model_version: e("next_model_version", "+", 1) }))
        .where("id", "=", projectId)
        .returning("next_model_version")
        .executeTakeFirstOrThrow();
      return next - 1;
    },
    /** @param reserved the version number it was promised; default: the next. */
    async insert(model: NewModel, reserved?: number): Promise<string> {
      const version = reserved ?? (await this.reserveVersion(model.projectId));
      const id = newId();
      await queries
        .insertInto("models")
        .values({
          id,
          project_id: model.projectId,
          version,
          method: model.method,
          task: model.task,
          labels: JSON.stringify(model.labels),
          created_at: now(),
          size_bytes: model.sizeBytes,
          sha256: model.sha256,
          source: model.source,
          train_images: model.trainImages,
          metrics: model.metrics === null ? null : JSON.stringify(model.metrics),
          candidates: JSON.stringify(model.candidates),
          scores: JSON.stringify(model.scores),
          roc: JSON.stringify(model.roc),
        })
        .execute();
      return id;
    },
    /** Removes a version with what the Lookout API says of it. */
    async remove(id: string): Promise<boolean> {
      const named = await queries
        .selectFrom("models")
        .select(["project_id", "version"])
        .where("id", "=", id)
        .executeTakeFirst();
      if (named === undefined) return false;
      for (const table of ["lookout_models", "lookout_tags"] as const) {
        await queries
          .deleteFrom(table)
          .where("project_id", "=", named.project_id)
          .where("version", "=", named.version)
          .execute();
      }
      const result = await queries.deleteFrom("models").where("id", "=", id).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}
