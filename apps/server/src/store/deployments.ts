/** Which version inspected when: a row for each time that one was in service. */
import type { Deployment } from "@sightline/api/models";
import type { Selectable } from "kysely";
import { type NewId, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import type { DeploymentsTable } from "./tables.js";

/** Where a rollback leads. */
export interface EarlierDeployment {
  readonly id: string;
  readonly modelId: string;
  readonly modelVersion: number;
  /** The last one in force while it served. */
  readonly threshold: number;
  readonly previousId: string | null;
}

/** More than anybody scrolls through. */
const mostListed = 200;

function toDeployment(row: Selectable<DeploymentsTable>): Deployment {
  return {
    id: row.id,
    projectId: row.project_id,
    modelId: row.model_id,
    modelVersion: row.model_version,
    kind: row.kind,
    startedAt: toTime(row.started_at),
    startedBy: row.started_by,
    endedAt: toTimeOrNull(row.ended_at),
    endedBy: row.ended_by,
    end: row.ending,
  };
}

export function deploymentReads(queries: Queries) {
  const newest = (projectId: string) =>
    queries
      .selectFrom("deployments")
      .selectAll()
      .where("project_id", "=", projectId)
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
  return {
    /** Newest first. */
    async list(projectId: string): Promise<Deployment[]> {
      const rows = await queries
        .selectFrom("deployments")
        .selectAll()
        .where("project_id", "=", projectId)
        .orderBy("id", "desc")
        .limit(mostListed)
        .execute();
      return rows.map(toDeployment);
    },
    /**
     * What served before the newest deployment; where that one stopped without a successor, it is itself the one to go back to.
     * Versions deleted since are passed over.
     */
    async before(projectId: string): Promise<EarlierDeployment | undefined> {
      const last = await newest(projectId);
      if (last === undefined) return undefined;
      let id = last.ended_at === null ? last.previous_id : last.id;
      while (id !== null) {
        const row = await queries.selectFrom("deployments").selectAll().where("id", "=", id).executeTakeFirst();
        if (row === undefined) return undefined;
        const model = await queries.selectFrom("models").select("id").where("id", "=", row.model_id).executeTakeFirst();
        if (model !== undefined) {
          const change = await queries
            .selectFrom("threshold_changes")
            .select("threshold")
            .where("project_id", "=", projectId)
            .where("model_id", "=", row.model_id)
            .where("changed_at", "<=", row.ended_at ?? Number.MAX_SAFE_INTEGER)
            .orderBy("id", "desc")
            .limit(1)
            .executeTakeFirst();
          return {
            id: row.id,
            modelId: row.model_id,
            modelVersion: row.model_version,
            threshold: change?.threshold ?? 0.5,
            previousId: row.previous_id,
          };
        }
        id = row.previous_id;
      }
      return undefined;
    },
  };
}

export function deploymentWrites(queries: Queries, now: Now, newId: NewId) {
  /** @returns the id of the one that ended. */
  const end = async (projectId: string, ending: "replaced" | "rolledBack" | "stopped", by: string) => {
    const row = await queries
      .updateTable("deployments")
      .set({ ended_at: now(), ended_by: by, ending })
      .where("project_id", "=", projectId)
      .where("ended_at", "is", null)
      .returning("id")
      .executeTakeFirst();
    return row?.id ?? null;
  };
  return {
    ...deploymentReads(queries),
    /** A version takes over; the one before ends. @param back the one it was rolled back to. */
    async begin(
      projectId: string,
      model: { readonly id: string; readonly version: number },
      by: string,
      back?: EarlierDeployment,
    ): Promise<void> {
      const ended = await end(projectId, back === undefined ? "replaced" : "rolledBack", by);
      const last = await queries
        .selectFrom("deployments")
        .select((e) => e.fn.max("id").as("id"))
        .where("project_id", "=", projectId)
        .executeTakeFirst();
      await queries
        .insertInto("deployments")
        .values({
          id: newId(),
          project_id: projectId,
          model_id: model.id,
          model_version: model.version,
          kind: back === undefined ? "start" : "rollback",
          // After a second rollback one stands before what served first, not where one came from.
          previous_id: back === undefined ? (ended ?? last?.id ?? null) : back.previousId,
          started_at: now(),
          started_by: by,
          ended_at: null,
          ended_by: null,
          ending: null,
        })
        .execute();
    },
    /** No version serves any more. */
    async stop(projectId: string, by: string): Promise<void> {
      await end(projectId, "stopped", by);
    },
  };
}
