/** Projects with what is in force for them: the running model, the threshold and its history. */
import type { MistakeCosts, Project, ProjectContents, ThresholdChange } from "@sightline/api/projects";
import { type RawBuilder, type Selectable, sql } from "kysely";
import { type NewId, type Now, toTime } from "../ids.js";
import type { Queries } from "./database.js";
import type { ProjectsTable } from "./tables.js";

/** What a picture needs to know of its project. */
export interface Deployment {
  readonly modelId: string | null;
  readonly threshold: number;
  /** Verdicts less sure than this are mailed. */
  readonly alertConfidence: number;
}

/** What a verdict needs to know of its project. */
export interface Alerting {
  readonly name: string;
  readonly alertConfidence: number;
  readonly digestSeconds: number;
}

type ProjectRow = Selectable<ProjectsTable>;

async function toProjects(queries: Queries, rows: readonly ProjectRow[]): Promise<Project[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const samples = await queries
    .selectFrom("samples")
    .select((e) => ["project_id", "part", e.fn.countAll<number>().as("count")])
    .where("project_id", "in", ids)
    .groupBy(["project_id", "part"])
    .execute();
  // A list names each label once, so that a picture counts once under each of its labels.
  const labels = await sql<{ project_id: string; label: string; count: number }>`
    select samples.project_id, named.value as label, count(*) as count from samples, json_each(samples.labels) as named
    where samples.project_id in (${sql.join(ids)}) group by 1, 2 order by 1, 2`.execute(queries);
  const cameras = await queries
    .selectFrom("cameras")
    .select((e) => ["project_id", e.fn.countAll<number>().as("count")])
    .where("project_id", "in", ids)
    .groupBy("project_id")
    .execute();
  const recipients = await queries
    .selectFrom("recipients")
    .select(["project_id", "address"])
    .where("project_id", "in", ids)
    .where("status", "<>", "left")
    .orderBy("address")
    .execute();
  return rows.map((row) => {
    const byLabel: Record<string, number> = {};
    let test = 0;
    let train = 0;
    for (const group of samples) {
      if (group.project_id !== row.id) continue;
      if (group.part === "test") test += group.count;
      // Pictures not yet put aside for the test count as training pictures.
      else train += group.count;
    }
    for (const { project_id, label, count } of labels.rows) if (project_id === row.id) byLabel[label] = count;
    return {
      id: row.id,
      name: row.name,
      createdAt: toTime(row.created_at),
      isSample: row.is_sample === 1,
      runningModelId: row.running_model_id,
      threshold: row.threshold,
      recipients: recipients.filter(({ project_id }) => project_id === row.id).map(({ address }) => address),
      alertConfidence: row.alert_confidence,
      digestSeconds: row.digest_seconds,
      mistakeCosts: row.mistake_costs === null ? null : (JSON.parse(row.mistake_costs) as MistakeCosts),
      samples: { train, test, byLabel },
      cameras: cameras.find((group) => group.project_id === row.id)?.count ?? 0,
      inspections: row.inspections,
    };
  });
}

export function projectReads(queries: Queries) {
  return {
    async list(): Promise<Project[]> {
      return toProjects(queries, await queries.selectFrom("projects").selectAll().orderBy("id").execute());
    },
    async get(id: string): Promise<Project | undefined> {
      const rows = await queries.selectFrom("projects").selectAll().where("id", "=", id).execute();
      return (await toProjects(queries, rows))[0];
    },
    async getByName(name: string): Promise<Project | undefined> {
      const rows = await queries.selectFrom("projects").selectAll().where("name", "=", name).execute();
      return (await toProjects(queries, rows))[0];
    },
    /** The sample line's project, where there is one. */
    async getSample(): Promise<Project | undefined> {
      const rows = await queries.selectFrom("projects").selectAll().where("is_sample", "=", 1).limit(1).execute();
      return (await toProjects(queries, rows))[0];
    },
    async count(): Promise<number> {
      const row = await queries
        .selectFrom("projects")
        .select((e) => e.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return row.count;
    },
    async alerting(id: string): Promise<Alerting | undefined> {
      const row = await queries
        .selectFrom("projects")
        .select(["name", "alert_confidence", "digest_seconds"])
        .where("id", "=", id)
        .executeTakeFirst();
      return row && { name: row.name, alertConfidence: row.alert_confidence, digestSeconds: row.digest_seconds };
    },
    /** What deleting the project deletes. */
    async contents(id: string): Promise<ProjectContents> {
      const one = async <T extends object>(query: RawBuilder<T>): Promise<T> => {
        const { rows } = await query.execute(queries);
        return rows[0] as T;
      };
      const row = await one(sql<Omit<ProjectContents, "cameras" | "tokens">>`
        select
          (select count(*) from samples where project_id = ${id}) as samples,
          (select coalesce(sum(image_bytes), 0) from samples where project_id = ${id}) as sampleBytes,
          (select count(*) from models where project_id = ${id}) as models,
          (select coalesce(sum(size_bytes), 0) from models where project_id = ${id}) as modelBytes,
          (select version from models where id = projects.running_model_id) as runningModelVersion,
          (select count(*) from jobs where project_id = ${id}) as jobs,
          (select count(*) from jobs where project_id = ${id} and status in ('queued', 'running')) as runningJobs,
          projects.inspections as inspections,
          projects.stored_bytes as inspectionBytes,
          (select count(*) from inspections where project_id = ${id} and status in ('queued', 'waiting')
            and status <> 'inspected') as unfinishedInspections,
          (select count(*) from recipients where project_id = ${id}) as recipients,
          (select count(*) from targets where project_id = ${id}) as targets,
          (select count(*) from rules where project_id = ${id}) as rules,
          (select count(*) from actions where project_id = ${id} and status <> 'delivered') as undeliveredActions
        from projects where id = ${id}`);
      const cameras = await sql<{ id: string }>`select id from cameras where project_id = ${id} order by id`.execute(
        queries,
      );
      const tokens = await sql<{ name: string }>`
        select name from tokens where revoked_at is null and role = 'device' and camera_ids <> '[]' and not exists (
          select 1 from json_each(camera_ids) as bound
          where bound.value not in (select id from cameras where project_id = ${id})
        ) order by name`.execute(queries);
      return { ...row, cameras: cameras.rows.map((one) => one.id), tokens: tokens.rows.map((one) => one.name) };
    },
    async deployment(id: string): Promise<Deployment | undefined> {
      const row = await queries
        .selectFrom("projects")
        .select(["running_model_id", "threshold", "alert_confidence"])
        .where("id", "=", id)
        .executeTakeFirst();
      return row && { modelId: row.running_model_id, threshold: row.threshold, alertConfidence: row.alert_confidence };
    },
    /** Projects with a running model. */
    async deployed(): Promise<{ projectId: string; modelId: string; threshold: number }[]> {
      const rows = await queries
        .selectFrom("projects")
        .select(["id", "running_model_id", "threshold"])
        .where("running_model_id", "is not", null)
        .execute();
      return rows.flatMap((row) =>
        row.running_model_id === null
          ? []
          : [{ projectId: row.id, modelId: row.running_model_id, threshold: row.threshold }],
      );
    },
    /** Bytes of the pictures of inspections, per project; a picture that two inspections share counts twice. */
    async storedBytes(): Promise<{ projectId: string; isSample: boolean; bytes: number }[]> {
      const rows = await queries.selectFrom("projects").select(["id", "is_sample", "stored_bytes"]).execute();
      return rows.map((row) => ({ projectId: row.id, isSample: row.is_sample === 1, bytes: row.stored_bytes }));
    },
    async thresholdHistory(id: string): Promise<ThresholdChange[]> {
      const rows = await queries
        .selectFrom("threshold_changes")
        .selectAll()
        .where("project_id", "=", id)
        .orderBy("id", "desc")
        .limit(500)
        .execute();
      return rows.map((row) => ({
        changedAt: toTime(row.changed_at),
        changedBy: row.changed_by,
        modelId: row.model_id,
        threshold: row.threshold,
      }));
    },
  };
}

export function projectWrites(queries: Queries, now: Now, newId: NewId) {
  const recordThreshold = (id: string, modelId: string | null, threshold: number, changedBy: string) =>
    queries
      .insertInto("threshold_changes")
      .values({ id: newId(), project_id: id, changed_at: now(), changed_by: changedBy, model_id: modelId, threshold })
      .execute();
  return {
    ...projectReads(queries),
    /** @returns the new project's id; a name in use is a unique constraint error, so look with `getByName` first. */
    async insert(project: { name: string; isSample?: boolean }): Promise<string> {
      const id = newId();
      await queries
        .insertInto("projects")
        .values({
          id,
          name: project.name,
          created_at: now(),
          is_sample: project.isSample === true ? 1 : 0,
          running_model_id: null,
          threshold: 0.5,
          alert_confidence: 0.2,
        })
        .execute();
      return id;
    },
    async change(
      id: string,
      changes: { alertConfidence?: number; digestSeconds?: number; mistakeCosts?: MistakeCosts | null },
    ): Promise<void> {
      if (changes.mistakeCosts !== undefined) {
        const mistake_costs = changes.mistakeCosts === null ? null : JSON.stringify(changes.mistakeCosts);
        await queries.updateTable("projects").set({ mistake_costs }).where("id", "=", id).execute();
      }
      if (changes.digestSeconds !== undefined) {
        const digest_seconds = changes.digestSeconds;
        await queries.updateTable("projects").set({ digest_seconds }).where("id", "=", id).execute();
      }
      if (changes.alertConfidence !== undefined) {
        const alert_confidence = changes.alertConfidence;
        await queries.updateTable("projects").set({ alert_confidence }).where("id", "=", id).execute();
      }
    },
    /** The threshold in force from now on; kept in the history. */
    async setThreshold(id: string, threshold: number, changedBy: string): Promise<void> {
      await queries.updateTable("projects").set({ threshold }).where("id", "=", id).execute();
      const deployment = await projectReads(queries).deployment(id);
      await recordThreshold(id, deployment?.modelId ?? null, threshold, changedBy);
    },
    /** The model that inspects from now on (`null`: none); a model starts with its own threshold, 0.5 on its scale. */
    async deploy(id: string, modelId: string | null, changedBy: string): Promise<void> {
      await queries.updateTable("projects").set({ running_model_id: modelId }).where("id", "=", id).execute();
      if (modelId === null) return;
      await queries.updateTable("projects").set({ threshold: 0.5 }).where("id", "=", id).execute();
      await recordThreshold(id, modelId, 0.5, changedBy);
    },
    /** Removes the project with its samples, models, cameras, jobs, inspections and actions; the blobs are swept afterwards. */
    async remove(id: string): Promise<boolean> {
      const result = await queries.deleteFrom("projects").where("id", "=", id).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}
