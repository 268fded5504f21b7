/** Trials: a model version run on pictures that are new to it, for a person to judge its answers. */
import type { Trial } from "@sightline/api/reviews";
import { type Selectable, sql } from "kysely";
import { type NewId, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import type { TrialsTable } from "./tables.js";

export interface NewTrial {
  readonly projectId: string;
  readonly modelId: string;
  readonly modelVersion: number;
  readonly source: Trial["source"];
  readonly threshold: number;
  readonly maxPictures: number;
  readonly createdBy: string;
}

const noCounts: Trial["counts"] = {
  queued: 0,
  open: 0,
  agreed: 0,
  failed: 0,
  dismissed: 0,
  correct: 0,
  wrong: 0,
  differing: 0,
};

async function toTrials(queries: Queries, rows: readonly Selectable<TrialsTable>[]): Promise<Trial[]> {
  if (rows.length === 0) return [];
  const groups = await queries
    .selectFrom("reviews")
    .select((e) => [
      "trial_id",
      "status",
      "word",
      e.fn.countAll<number>().as("count"),
      sql<number>`sum(is_differing)`.as("differing"),
    ])
    .where(
      "trial_id",
      "in",
      rows.map(({ id }) => id),
    )
    .groupBy(["trial_id", "status", "word"])
    .execute();
  return rows.map((row) => {
    const counts = { ...noCounts };
    for (const group of groups) {
      if (group.trial_id !== row.id) continue;
      counts.differing += group.differing;
      if (group.status === "said") counts[group.word ?? "correct"] += group.count;
      else counts[group.status] += group.count;
    }
    return {
      id: row.id,
      projectId: row.project_id,
      modelId: row.model_id,
      modelVersion: row.model_version,
      source: row.source,
      threshold: row.threshold,
      isOpen: row.ended_at === null,
      maxPictures: row.max_pictures,
      skipped: row.skipped,
      createdAt: toTime(row.created_at),
      createdBy: row.created_by,
      endedAt: toTimeOrNull(row.ended_at),
      counts,
    };
  });
}

export function trialReads(queries: Queries) {
  return {
    /** Newest first. */
    async list(filter: { projectId?: string | undefined; limit: number }): Promise<Trial[]> {
      let query = queries.selectFrom("trials").selectAll();
      if (filter.projectId !== undefined) query = query.where("project_id", "=", filter.projectId);
      return toTrials(queries, await query.orderBy("id", "desc").limit(filter.limit).execute());
    },
    async get(id: string): Promise<Trial | undefined> {
      return (
        await toTrials(queries, await queries.selectFrom("trials").selectAll().where("id", "=", id).execute())
      )[0];
    },
    /** What its runner needs to know. */
    async order(id: string): Promise<{ modelId: string; modelVersion: number; threshold: number } | undefined> {
      return queries
        .selectFrom("trials")
        .select(["model_id as modelId", "model_version as modelVersion", "threshold"])
        .where("id", "=", id)
        .executeTakeFirst();
    },
    /** The trial that judges a project's pictures beside the running version, where there is one. */
    async shadowOf(
      projectId: string,
    ): Promise<{ id: string; modelId: string; modelVersion: number; maxPictures: number } | undefined> {
      return queries
        .selectFrom("trials")
        .select(["id", "model_id as modelId", "model_version as modelVersion", "max_pictures as maxPictures"])
        .where("project_id", "=", projectId)
        .where("source", "=", "shadow")
        .where("ended_at", "is", null)
        .executeTakeFirst();
    },
  };
}

export function trialWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...trialReads(queries),
    async insert(trial: NewTrial): Promise<string> {
      const id = newId();
      await queries
        .insertInto("trials")
        .values({
          id,
          project_id: trial.projectId,
          model_id: trial.modelId,
          model_version: trial.modelVersion,
          source: trial.source,
          threshold: trial.threshold,
          max_pictures: trial.maxPictures,
          created_at: now(),
          created_by: trial.createdBy,
          ended_at: null,
        })
        .execute();
      return id;
    },
    async addSkipped(id: string): Promise<void> {
      await queries
        .updateTable("trials")
        .set((e) => ({ skipped: e("skipped", "+", 1) }))
        .where("id", "=", id)
        .execute();
    },
    /** @returns false when it had ended before. */
    async end(id: string): Promise<boolean> {
      const result = await queries
        .updateTable("trials")
        .set({ ended_at: now() })
        .where("id", "=", id)
        .where("ended_at", "is", null)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async remove(id: string): Promise<void> {
      await queries.deleteFrom("trials").where("id", "=", id).execute();
    },
  };
}
