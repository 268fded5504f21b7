/** What a dataset of the Lookout API is beyond its pictures: when it was made, how its last change went, what is being worked on. */
import type { Selectable } from "kysely";
import type { Now } from "../ids.js";
import type { Queries } from "./database.js";
import type { LookoutDatasetsTable } from "./tables.js";

export type DatasetType = "train" | "test";
export type DatasetStatus =
  | "CREATE_IN_PROGRESS"
  | "CREATE_COMPLETE"
  | "CREATE_FAILED"
  | "UPDATE_IN_PROGRESS"
  | "UPDATE_COMPLETE"
  | "UPDATE_FAILED_ROLLBACK_COMPLETE"
  | "DELETE_IN_PROGRESS"
  | "DELETE_FAILED";

/** A change being worked on: pictures named by a manifest in a bucket, or by the lines that were sent. */
export type DatasetWork =
  | { readonly kind: "manifest"; readonly bucket: string; readonly key: string }
  | { readonly kind: "lines"; readonly text: string }
  | { readonly kind: "delete" };

export interface LookoutDataset {
  readonly projectId: string;
  readonly type: DatasetType;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly status: DatasetStatus;
  readonly message: string;
}

export interface PendingDataset extends LookoutDataset {
  readonly work: DatasetWork;
}

const toDataset = (row: Selectable<LookoutDatasetsTable>): LookoutDataset => ({
  projectId: row.project_id,
  type: row.type,
  createdAtMs: row.created_at,
  updatedAtMs: row.updated_at,
  status: row.status as DatasetStatus,
  message: row.message,
});

export function lookoutDatasetReads(queries: Queries) {
  return {
    async list(projectId: string): Promise<LookoutDataset[]> {
      const rows = await queries
        .selectFrom("lookout_datasets")
        .selectAll()
        .where("project_id", "=", projectId)
        .orderBy("type", "desc")
        .execute();
      return rows.map(toDataset);
    },
    async get(projectId: string, type: DatasetType): Promise<LookoutDataset | undefined> {
      const row = await queries
        .selectFrom("lookout_datasets")
        .selectAll()
        .where("project_id", "=", projectId)
        .where("type", "=", type)
        .executeTakeFirst();
      return row && toDataset(row);
    },
    /** Changes that are not done: what a start of the service takes up. */
    async pending(): Promise<PendingDataset[]> {
      const rows = await queries.selectFrom("lookout_datasets").selectAll().where("pending", "is not", null).execute();
      return rows.map((row) => ({ ...toDataset(row), work: JSON.parse(row.pending ?? "") as DatasetWork }));
    },
  };
}

export function lookoutDatasetWrites(queries: Queries, now: Now) {
  return {
    ...lookoutDatasetReads(queries),
    async insert(
      projectId: string,
      type: DatasetType,
      about: { status: DatasetStatus; message: string; work?: DatasetWork | undefined; createdAtMs?: number },
    ): Promise<LookoutDataset> {
      const row = await queries
        .insertInto("lookout_datasets")
        .values({
          project_id: projectId,
          type,
          created_at: about.createdAtMs ?? now(),
          updated_at: now(),
          status: about.status,
          message: about.message,
          pending: about.work === undefined ? null : JSON.stringify(about.work),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toDataset(row);
    },
    /** Says how a change went or that one has begun. */
    async change(
      projectId: string,
      type: DatasetType,
      about: { status: DatasetStatus; message: string; work?: DatasetWork | undefined },
    ): Promise<void> {
      await queries
        .updateTable("lookout_datasets")
        .set({
          status: about.status,
          message: about.message,
          pending: about.work === undefined ? null : JSON.stringify(about.work),
          updated_at: now(),
        })
        .where("project_id", "=", projectId)
        .where("type", "=", type)
        .execute();
    },
    async remove(projectId: string, type: DatasetType): Promise<void> {
      await queries
        .deleteFrom("lookout_datasets")
        .where("project_id", "=", projectId)
        .where("type", "=", type)
        .execute();
    },
  };
}
