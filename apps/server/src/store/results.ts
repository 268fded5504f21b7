/** Results on their way into the result files, the catalogue of those files, and how far each kind of file has come. */
import type { AnomalyArea } from "@sightline/api/predictions";
import { type Selectable, sql } from "kysely";
import type { NewId } from "../ids.js";
import type { Queries } from "./database.js";
import type { ResultFilesTable, ResultsTable } from "./tables.js";

export const resultFileKinds = ["json", "parquet"] as const;
export type ResultFileKind = (typeof resultFileKinds)[number];

/** A recorded verdict, as the result files tell it. */
export interface Result {
  /** Rises in the order of recording. */
  readonly sequence: number;
  readonly inspectionId: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly cameraId: string;
  readonly assemblyLineId: string;
  readonly imageId: string;
  readonly capturedAtMs: number | null;
  readonly receivedAtMs: number;
  readonly inspectedAtMs: number;
  readonly label: string;
  readonly labels: readonly string[];
  /** Kinds of defects with their areas; `null`: the model learnt from no masks. */
  readonly anomalies: readonly AnomalyArea[] | null;
  readonly isAnomalous: boolean | null;
  readonly score: number | null;
  readonly confidence: number | null;
  readonly modelVersion: number | null;
  readonly threshold: number | null;
  readonly inferenceMs: number | null;
  readonly imageSha256: string;
  /** The same camera sent a picture of the same image id up to a day before. */
  readonly isRepeat: boolean;
}

/** A file that counts; one on disk without such a record does not. */
export interface ResultFile {
  readonly id: string;
  readonly kind: ResultFileKind;
  readonly projectId: string;
  /** Below the analytics folder. */
  readonly path: string;
  /** Start of the hour (JSON) or day (Parquet) of its rows, epoch milliseconds, UTC. */
  readonly startsAtMs: number;
  readonly level: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly rows: number;
  /** As many bytes count. */
  readonly bytes: number;
}

export type NewResultFile = Omit<ResultFile, "id">;

/** A result that a person deleted and that may still stand in files. */
export interface ResultDeletion {
  readonly inspectionId: string;
  readonly projectId: string;
  readonly receivedAtMs: number;
}

/** What people said of a picture of a project. */
export interface Truth {
  readonly projectId: string;
  readonly imageSha256: string;
  readonly labels: readonly string[];
}

export interface ResultFileFilter {
  readonly kind: ResultFileKind;
  readonly projectId?: string | undefined;
  /** Only files that may hold rows received in this range. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

const cursorKey = { json: "resultsInJson", parquet: "resultsInParquet" } as const;

function toResult(row: Selectable<ResultsTable> & { project_name: string }): Result {
  return {
    sequence: row.sequence,
    inspectionId: row.inspection_id,
    projectId: row.project_id,
    projectName: row.project_name,
    cameraId: row.camera_id,
    assemblyLineId: row.assembly_line_id,
    imageId: row.image_id,
    capturedAtMs: row.captured_at,
    receivedAtMs: row.received_at,
    inspectedAtMs: row.inspected_at,
    label: row.label,
    labels: JSON.parse(row.labels) as string[],
    anomalies: row.anomalies === null ? null : (JSON.parse(row.anomalies) as AnomalyArea[]),
    isAnomalous: row.is_anomalous === null ? null : row.is_anomalous === 1,
    score: row.score,
    confidence: row.confidence,
    modelVersion: row.model_version,
    threshold: row.threshold,
    inferenceMs: row.inference_ms,
    imageSha256: row.image_sha256,
    isRepeat: row.is_repeat === 1,
  };
}

function toFile(row: Selectable<ResultFilesTable>): ResultFile {
  return {
    id: row.id,
    kind: row.kind,
    projectId: row.project_id,
    path: row.path,
    startsAtMs: row.starts_at,
    level: row.level,
    firstAtMs: row.first_at,
    lastAtMs: row.last_at,
    rows: row.row_count,
    bytes: row.bytes,
  };
}

export function resultReads(queries: Queries) {
  async function cursor(kind: ResultFileKind): Promise<number> {
    const row = await queries
      .selectFrom("settings")
      .select("value")
      .where("key", "=", cursorKey[kind])
      .executeTakeFirst();
    return row === undefined ? 0 : Number(row.value);
  }

  return {
    cursor,
    /** The oldest results that are not in the files of this kind. */
    async pending(kind: ResultFileKind, limit: number): Promise<Result[]> {
      const rows = await queries
        .selectFrom("results")
        .innerJoin("projects", "projects.id", "results.project_id")
        .selectAll("results")
        .select("projects.name as project_name")
        .where("results.sequence", ">", await cursor(kind))
        .orderBy("results.sequence")
        .limit(limit)
        .execute();
      return rows.map(toResult);
    },
    async countPending(kind: ResultFileKind): Promise<number> {
      const { count } = await queries
        .selectFrom("results")
        .select((e) => e.fn.countAll<number>().as("count"))
        .where("sequence", ">", await cursor(kind))
        .executeTakeFirstOrThrow();
      return count;
    },
    /** In the order of their times. */
    async files(filter: ResultFileFilter): Promise<ResultFile[]> {
      let query = queries.selectFrom("result_files").selectAll().where("kind", "=", filter.kind);
      if (filter.projectId !== undefined) query = query.where("project_id", "=", filter.projectId);
      if (filter.fromMs !== undefined) query = query.where("last_at", ">=", filter.fromMs);
      if (filter.toMs !== undefined) query = query.where("first_at", "<", filter.toMs);
      return (await query.orderBy("starts_at").orderBy("id").execute()).map(toFile);
    },
    /** The files of one hour or day of a project, oldest first. */
    async filesOf(kind: ResultFileKind, projectId: string, startsAtMs: number): Promise<ResultFile[]> {
      const rows = await queries
        .selectFrom("result_files")
        .selectAll()
        .where("project_id", "=", projectId)
        .where("kind", "=", kind)
        .where("starts_at", "=", startsAtMs)
        .orderBy("id")
        .execute();
      return rows.map(toFile);
    },
    /** How many files and rows there are, and of what time. */
    async fileTotals(kind: ResultFileKind) {
      return queries
        .selectFrom("result_files")
        .select((e) => [
          e.fn.countAll<number>().as("files"),
          sql<number>`coalesce(sum(row_count), 0)`.as("rows"),
          sql<number>`coalesce(sum(bytes), 0)`.as("bytes"),
          e.fn.min("first_at").as("firstAtMs"),
          e.fn.max("last_at").as("lastAtMs"),
        ])
        .where("kind", "=", kind)
        .executeTakeFirstOrThrow();
    },
    /** Days of a project that have several Parquet files of one level: what may be merged. */
    async crowded(smallest: number): Promise<{ projectId: string; startsAtMs: number; level: number }[]> {
      const rows = await queries
        .selectFrom("result_files")
        .select(["project_id", "starts_at", "level"])
        .where("kind", "=", "parquet")
        .groupBy(["project_id", "starts_at", "level"])
        .having((e) => e.fn.countAll<number>(), ">=", smallest)
        .execute();
      return rows.map((row) => ({ projectId: row.project_id, startsAtMs: row.starts_at, level: row.level }));
    },
    /** Days before this one that still have more than one Parquet file. */
    async unmergedBefore(timeMs: number): Promise<{ projectId: string; startsAtMs: number }[]> {
      const rows = await queries
        .selectFrom("result_files")
        .select(["project_id", "starts_at"])
        .where("kind", "=", "parquet")
        .where("starts_at", "<", timeMs)
        .groupBy(["project_id", "starts_at"])
        .having((e) => e.fn.countAll<number>(), ">", 1)
        .execute();
      return rows.map((row) => ({ projectId: row.project_id, startsAtMs: row.starts_at }));
    },
    async deletions(limit: number): Promise<ResultDeletion[]> {
      const rows = await queries.selectFrom("result_deletions").selectAll().limit(limit).execute();
      return rows.map((row) => ({
        inspectionId: row.inspection_id,
        projectId: row.project_id,
        receivedAtMs: row.received_at,
      }));
    },
    /** What people said of pictures: the labelled pictures of all projects. */
    async truths(): Promise<Truth[]> {
      const rows = await queries
        .selectFrom("samples")
        .select(["project_id", "image_sha256", "labels"])
        .where("kind", "in", ["label", "labels"])
        .execute();
      return rows.map((row) => ({
        projectId: row.project_id,
        imageSha256: row.image_sha256,
        labels: JSON.parse(row.labels) as string[],
      }));
    },
  };
}

export function resultWrites(queries: Queries, newId: NewId) {
  const reads = resultReads(queries);

  async function insertFile(file: NewResultFile): Promise<void> {
    await queries
      .insertInto("result_files")
      .values({
        id: newId(),
        kind: file.kind,
        project_id: file.projectId,
        path: file.path,
        starts_at: file.startsAtMs,
        level: file.level,
        first_at: file.firstAtMs,
        last_at: file.lastAtMs,
        row_count: file.rows,
        bytes: file.bytes,
      })
      .execute();
  }

  return {
    ...reads,
    /** Some results stand in files of this kind now: the files and the cursor change together. */
    async advance(
      kind: ResultFileKind,
      lastSequence: number,
      written: readonly (NewResultFile | ResultFile)[],
    ): Promise<void> {
      for (const file of written) {
        // Its project was deleted meanwhile: the file belongs to nobody and is swept away.
        const project = await queries
          .selectFrom("projects")
          .select("id")
          .where("id", "=", file.projectId)
          .executeTakeFirst();
        if (project === undefined) continue;
        if ("id" in file) {
          await queries
            .updateTable("result_files")
            .set({ first_at: file.firstAtMs, last_at: file.lastAtMs, row_count: file.rows, bytes: file.bytes })
            .where("id", "=", file.id)
            .execute();
        } else await insertFile(file);
      }
      const value = String(lastSequence);
      await queries
        .insertInto("settings")
        .values({ key: cursorKey[kind], value })
        .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
        .execute();
      const cursors = await Promise.all(resultFileKinds.map((each) => reads.cursor(each)));
      await queries
        .deleteFrom("results")
        .where("sequence", "<=", Math.min(...cursors))
        .execute();
    },
    /**
     * Other files take the place of these ones.
     * @returns false when one of them is no longer there: then nothing changes.
     */
    async replaceFiles(replaced: readonly ResultFile[], by: readonly NewResultFile[]): Promise<boolean> {
      const ids = replaced.map(({ id }) => id);
      const { count } = await queries
        .selectFrom("result_files")
        .select((e) => e.fn.countAll<number>().as("count"))
        .where("id", "in", ids)
        .executeTakeFirstOrThrow();
      if (count !== ids.length) return false;
      await queries.deleteFrom("result_files").where("id", "in", ids).execute();
      for (const file of by) await insertFile(file);
      return true;
    },
    /** To be called before the inspections are deleted: their results leave the files, too. @returns how many had one. */
    async forget(inspectionIds: readonly string[]): Promise<void> {
      await queries.deleteFrom("results").where("inspection_id", "in", inspectionIds).execute();
      await queries
        .insertInto("result_deletions")
        .columns(["inspection_id", "project_id", "received_at"])
        .expression((e) =>
          e
            .selectFrom("inspections")
            .select(["id", "project_id", "received_at"])
            .where("id", "in", inspectionIds)
            .where("status", "=", "inspected"),
        )
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    /** Those results stand in no file any more. */
    async endDeletions(inspectionIds: readonly string[]): Promise<void> {
      await queries.deleteFrom("result_deletions").where("inspection_id", "in", inspectionIds).execute();
    },
  };
}
