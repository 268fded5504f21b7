/** A project's labelled and unlabelled pictures as the Lookout API sees them: a train dataset, and a test dataset where one was made. */
import { type ExpressionBuilder, type Selectable, sql } from "kysely";
import type { Queries } from "./database.js";
import { checkCursor, type Page, toPage } from "./paging.js";
import { type Mask, toMask } from "./samples.js";
import type { SamplesTable, Tables } from "./tables.js";

export interface DatasetEntry {
  readonly id: string;
  readonly name: string;
  /** `null`: not labelled, or not with one label. */
  readonly label: string | null;
  readonly part: "train" | "test" | "auto";
  readonly imageSha256: string;
  readonly format: "jpeg" | "png";
  readonly addedAtMs: number;
  readonly sourceRef: string | null;
  readonly sourceLine: string | null;
  readonly mask: Mask | null;
}

/** Which pictures make a dataset: without a test dataset all of them are the train dataset, however a training splits them. */
export interface DatasetScope {
  readonly projectId: string;
  readonly type: "train" | "test";
  readonly hasTest: boolean;
  /** The label that means "good"; every other one is an anomaly. */
  readonly normalLabel: string;
}

export interface EntryFilter {
  readonly labeled?: boolean | undefined;
  readonly anomalyClass?: "normal" | "anomaly" | undefined;
  readonly createdBeforeMs?: number | undefined;
  readonly createdAfterMs?: number | undefined;
  readonly sourceRefContains?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface ImageStats {
  readonly total: number;
  readonly labeled: number;
  readonly normal: number;
  readonly anomaly: number;
}

/** How pictures that were not taken from a bucket are named, so that a manifest's line can speak of them. */
export const ownSourcePrefix = "sightline://samples/";

function toEntry(row: Selectable<SamplesTable>): DatasetEntry {
  return {
    id: row.id,
    name: row.name,
    label: row.label,
    part: row.part,
    imageSha256: row.image_sha256,
    format: row.format,
    addedAtMs: row.added_at,
    sourceRef: row.source_ref,
    sourceLine: row.source_line,
    mask: toMask(row),
  };
}

function inScope({ projectId, type, hasTest }: Omit<DatasetScope, "normalLabel">) {
  return (e: ExpressionBuilder<Tables, "samples">) =>
    e.and([
      e("project_id", "=", projectId),
      ...(type === "test" ? [e("part", "=", hasTest ? "test" : ("" as "test"))] : []),
      ...(type === "train" && hasTest ? [e("part", "<>", "test")] : []),
    ]);
}

export function datasetEntryReads(queries: Queries) {
  return {
    /** Oldest first. @throws ServerError CURSOR_INVALID */
    async list(scope: DatasetScope, filter: EntryFilter): Promise<Page<DatasetEntry>> {
      let query = queries.selectFrom("samples").selectAll().where(inScope(scope));
      if (filter.labeled !== undefined) query = query.where("label", filter.labeled ? "is not" : "is", null);
      if (filter.anomalyClass === "normal") query = query.where("label", "=", scope.normalLabel);
      if (filter.anomalyClass === "anomaly") query = query.where("label", "<>", scope.normalLabel);
      if (filter.createdBeforeMs !== undefined) query = query.where("added_at", "<", filter.createdBeforeMs);
      if (filter.createdAfterMs !== undefined) query = query.where("added_at", ">", filter.createdAfterMs);
      if (filter.sourceRefContains !== undefined) {
        const { sourceRefContains } = filter;
        query = query.where(
          sql<boolean>`instr(coalesce(source_ref, ${ownSourcePrefix} || id), ${sourceRefContains}) > 0`,
        );
      }
      if (filter.cursor !== undefined) query = query.where("id", ">", checkCursor(filter.cursor));
      const rows = await query
        .orderBy("id")
        .limit(filter.limit + 1)
        .execute();
      return toPage(rows, filter.limit, toEntry);
    },
    /** The picture that a manifest's line speaks of. */
    async bySource(projectId: string, sourceRef: string): Promise<DatasetEntry | undefined> {
      const isOwn = sourceRef.startsWith(ownSourcePrefix);
      const row = await queries
        .selectFrom("samples")
        .selectAll()
        .where("project_id", "=", projectId)
        .where((e) => (isOwn ? e("id", "=", sourceRef.slice(ownSourcePrefix.length)) : e("source_ref", "=", sourceRef)))
        .executeTakeFirst();
      return row && toEntry(row);
    },
    async stats(scope: DatasetScope): Promise<ImageStats> {
      const row = await queries
        .selectFrom("samples")
        .select((e) => [
          e.fn.countAll<number>().as("total"),
          e.fn.count<number>("label").as("labeled"),
          e.fn
            .coalesce(e.fn.sum<number>(e.case().when("label", "=", scope.normalLabel).then(1).else(0).end()), e.lit(0))
            .as("normal"),
        ])
        .where(inScope(scope))
        .executeTakeFirstOrThrow();
      return { total: row.total, labeled: row.labeled, normal: row.normal, anomaly: row.labeled - row.normal };
    },
    /** Every label in the project that one picture has as its only one. */
    async labels(projectId: string): Promise<string[]> {
      const rows = await queries
        .selectFrom("samples")
        .select("label")
        .distinct()
        .where("project_id", "=", projectId)
        .where("label", "is not", null)
        .execute();
      return rows.flatMap(({ label }) => label ?? []);
    },
    /** Ids and first and last time of the pictures of a dataset. */
    async idsOf(scope: Omit<DatasetScope, "normalLabel">): Promise<string[]> {
      const rows = await queries.selectFrom("samples").select("id").where(inScope(scope)).orderBy("id").execute();
      return rows.map(({ id }) => id);
    },
    async span(projectId: string): Promise<{ firstMs: number; lastMs: number } | undefined> {
      const row = await queries
        .selectFrom("samples")
        .select((e) => [e.fn.min("added_at").as("first"), e.fn.max("added_at").as("last")])
        .where("project_id", "=", projectId)
        .executeTakeFirst();
      return row?.first == null ? undefined : { firstMs: row.first, lastMs: row.last };
    },
  };
}
