/** Jobs that pack a model version for a device: what was asked for, how far it is, what was made. */
import type { Selectable } from "kysely";
import type { NewId, Now } from "../ids.js";
import type { Queries } from "./database.js";
import { checkCursor, type Page, toPage } from "./paging.js";
import type { PackagingJobsTable } from "./tables.js";

export type PackagingStatus = "CREATED" | "RUNNING" | "SUCCEEDED" | "FAILED";

export interface PackagingJob {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly version: number;
  readonly description: string | null;
  /** As it was asked for. */
  readonly configuration: unknown;
  readonly status: PackagingStatus;
  readonly message: string;
  readonly output: unknown;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

const toJob = (row: Selectable<PackagingJobsTable>): PackagingJob => ({
  id: row.id,
  projectId: row.project_id,
  name: row.name,
  version: row.version,
  description: row.description,
  configuration: JSON.parse(row.configuration) as unknown,
  status: row.status,
  message: row.message,
  output: row.output === null ? null : (JSON.parse(row.output) as unknown),
  createdAtMs: row.created_at,
  updatedAtMs: row.updated_at,
});

export function packagingJobReads(queries: Queries) {
  const all = () => queries.selectFrom("packaging_jobs").selectAll();
  return {
    /** Newest first. @throws ServerError CURSOR_INVALID */
    async list(filter: { projectId: string; cursor?: string | undefined; limit: number }): Promise<Page<PackagingJob>> {
      let query = all().where("project_id", "=", filter.projectId);
      if (filter.cursor !== undefined) query = query.where("id", "<", checkCursor(filter.cursor));
      const rows = await query
        .orderBy("id", "desc")
        .limit(filter.limit + 1)
        .execute();
      return toPage(rows, filter.limit, toJob);
    },
    async getByName(projectId: string, name: string): Promise<PackagingJob | undefined> {
      const row = await all().where("project_id", "=", projectId).where("name", "=", name).executeTakeFirst();
      return row && toJob(row);
    },
    /** Jobs that have not ended, oldest first. */
    async unended(): Promise<PackagingJob[]> {
      return (await all().where("status", "in", ["CREATED", "RUNNING"]).orderBy("id").execute()).map(toJob);
    },
  };
}

export function packagingJobWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...packagingJobReads(queries),
    async insert(
      job: Pick<PackagingJob, "projectId" | "name" | "version" | "description" | "configuration">,
    ): Promise<void> {
      await queries
        .insertInto("packaging_jobs")
        .values({
          id: newId(),
          project_id: job.projectId,
          name: job.name,
          version: job.version,
          description: job.description,
          configuration: JSON.stringify(job.configuration),
          status: "CREATED",
          message: "The job waits for its turn.",
          output: null,
          created_at: now(),
          updated_at: now(),
        })
        .execute();
    },
    async setStatus(id: string, status: PackagingStatus, message: string, output: unknown = null): Promise<void> {
      await queries
        .updateTable("packaging_jobs")
        .set({ status, message, output: output === null ? null : JSON.stringify(output), updated_at: now() })
        .where("id", "=", id)
        .execute();
    },
  };
}
