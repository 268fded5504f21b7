/** The outbox: actions are stored with the record that causes them and delivered afterwards, at least once. */
import type { Action } from "@sightline/api/alerts";
import type { Selectable } from "kysely";
import { type NewId, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import { checkCursor, type Page, toPage } from "./paging.js";
import type { ActionsTable } from "./tables.js";

export interface NewAction {
  readonly kind: Action["kind"];
  readonly projectId: string;
  readonly inspectionId: string | null;
  /** Where it goes: a target, or a recipient of mails; neither for mails to others. */
  readonly targetId?: string | undefined;
  readonly recipientId?: string | undefined;
  /** Not before this time; default: now. */
  readonly notBeforeMs?: number | undefined;
  /** The same cause gives the same key: a second one is not stored. */
  readonly idempotencyKey: string;
  readonly summary: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** An action with what only its delivery needs. */
export interface DueAction extends Action {
  readonly idempotencyKey: string;
  readonly lane: string;
  readonly recipientId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Which actions: all that are named must fit. */
export interface ActionFilter {
  readonly status?: Action["status"] | undefined;
  readonly kind?: Action["kind"] | undefined;
  readonly project?: string | undefined;
  readonly target?: string | undefined;
}

function toDueAction(row: Selectable<ActionsTable>): DueAction {
  return {
    ...toAction(row),
    idempotencyKey: row.idempotency_key,
    lane: row.lane,
    recipientId: row.recipient_id,
    payload: JSON.parse(row.payload) as Record<string, unknown>,
  };
}

function toAction(row: Selectable<ActionsTable>): Action {
  return {
    id: row.id,
    kind: row.kind,
    inspectionId: row.inspection_id,
    projectId: row.project_id,
    targetId: row.target_id,
    status: row.status,
    attempts: row.attempts,
    nextAttemptAt: toTimeOrNull(row.next_attempt_at),
    createdAt: toTime(row.created_at),
    deliveredAt: toTimeOrNull(row.delivered_at),
    summary: row.summary,
    lastError: row.last_error,
  };
}

export function actionReads(queries: Queries) {
  return {
    /** Newest first. */
    async list(filter: ActionFilter & { cursor?: string | undefined; limit: number }): Promise<Page<Action>> {
      let query = queries.selectFrom("actions").selectAll();
      if (filter.status !== undefined) query = query.where("status", "=", filter.status);
      if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
      if (filter.project !== undefined) query = query.where("project_id", "=", filter.project);
      if (filter.target !== undefined) query = query.where("target_id", "=", filter.target);
      if (filter.cursor !== undefined) query = query.where("id", "<", checkCursor(filter.cursor));
      const rows = await query
        .orderBy("id", "desc")
        .limit(filter.limit + 1)
        .execute();
      return toPage(rows, filter.limit, toAction);
    },
    async get(id: string): Promise<Action | undefined> {
      const row = await queries.selectFrom("actions").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toAction(row);
    },
    async ofInspection(inspectionId: string): Promise<Action[]> {
      const rows = await queries
        .selectFrom("actions")
        .selectAll()
        .where("inspection_id", "=", inspectionId)
        .orderBy("id")
        .execute();
      return rows.map(toAction);
    },
    /** Where pending actions go whose time has come. A target that is switched off takes none. */
    async dueLanes(nowMs: number): Promise<string[]> {
      const rows = await queries
        .selectFrom("actions")
        .select("lane")
        .distinct()
        .where("status", "=", "pending")
        .where("next_attempt_at", "<=", nowMs)
        .where((e) =>
          e.not(
            e.exists(
              e
                .selectFrom("targets")
                .select("targets.id")
                .whereRef("targets.id", "=", "actions.lane")
                .where("targets.is_enabled", "=", 0),
            ),
          ),
        )
        .execute();
      return rows.map((row) => row.lane);
    },
    /** Pending actions of a lane whose time has come, the longest due first. */
    async due(lane: string, nowMs: number, limit: number): Promise<DueAction[]> {
      const rows = await queries
        .selectFrom("actions")
        .selectAll()
        .where("lane", "=", lane)
        .where("status", "=", "pending")
        .where("next_attempt_at", "<=", nowMs)
        .orderBy("next_attempt_at")
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(toDueAction);
    },
    /** When the next action that is not due yet will be. */
    async nextDueMs(nowMs: number): Promise<number | undefined> {
      const row = await queries
        .selectFrom("actions")
        .select((e) => e.fn.min("next_attempt_at").as("at"))
        .where("status", "=", "pending")
        .where("next_attempt_at", ">", nowMs)
        .executeTakeFirst();
      return row?.at ?? undefined;
    },
    async countByStatus(): Promise<Record<Action["status"], number>> {
      const rows = await queries
        .selectFrom("actions")
        .select((e) => ["status", e.fn.countAll<number>().as("count")])
        .groupBy("status")
        .execute();
      const of = (status: string) => rows.find((row) => row.status === status)?.count ?? 0;
      return { pending: of("pending"), delivered: of("delivered"), parked: of("parked") };
    },
  };
}

export function actionWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...actionReads(queries),
    /** @returns false when an action with this key exists already. */
    async insert(action: NewAction): Promise<boolean> {
      const result = await queries
        .insertInto("actions")
        .values({
          id: newId(),
          kind: action.kind,
          lane: action.targetId ?? action.kind,
          inspection_id: action.inspectionId,
          project_id: action.projectId,
          target_id: action.targetId ?? null,
          recipient_id: action.recipientId ?? null,
          idempotency_key: action.idempotencyKey,
          status: "pending",
          next_attempt_at: action.notBeforeMs ?? now(),
          created_at: now(),
          delivered_at: null,
          summary: action.summary,
          payload: JSON.stringify(action.payload),
          last_error: null,
        })
        .onConflict((conflict) => conflict.column("idempotency_key").doNothing())
        .executeTakeFirst();
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },
    async markDelivered(id: string): Promise<void> {
      await queries
        .updateTable("actions")
        .set((e) => ({
          status: "delivered",
          delivered_at: now(),
          next_attempt_at: null,
          last_error: null,
          attempts: e("attempts", "+", 1),
        }))
        .where("id", "=", id)
        .execute();
    },
    /** Tried without success: again at `nextAttemptAtMs`, or parked (`null`) until a person looks. */
    async markFailed(id: string, problem: string, nextAttemptAtMs: number | null): Promise<void> {
      await queries
        .updateTable("actions")
        .set((e) => ({
          status: nextAttemptAtMs === null ? "parked" : "pending",
          next_attempt_at: nextAttemptAtMs,
          last_error: problem,
          attempts: e("attempts", "+", 1),
        }))
        .where("id", "=", id)
        .where("status", "=", "pending")
        .execute();
    },
    /** Sends all parked actions that fit again. @returns how many. */
    async unparkAll(filter: Pick<ActionFilter, "project" | "target">): Promise<number> {
      let query = queries
        .updateTable("actions")
        .set({ status: "pending", next_attempt_at: now(), attempts: 0 })
        .where("status", "=", "parked");
      if (filter.project !== undefined) query = query.where("project_id", "=", filter.project);
      if (filter.target !== undefined) query = query.where("target_id", "=", filter.target);
      return Number((await query.executeTakeFirst()).numUpdatedRows);
    },
    /** Gives a parked action up. @returns false when it is not parked. */
    async removeParked(id: string): Promise<boolean> {
      const result = await queries
        .deleteFrom("actions")
        .where("id", "=", id)
        .where("status", "=", "parked")
        .executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
    /** Forgets what was delivered before this time. */
    async removeDeliveredBefore(timeMs: number): Promise<void> {
      await queries
        .deleteFrom("actions")
        .where("status", "=", "delivered")
        .where("delivered_at", "<", timeMs)
        .execute();
    },
    /** Sends a parked action again, with all its attempts. @returns false when it is not parked. */
    async unpark(id: string): Promise<boolean> {
      const result = await queries
        .updateTable("actions")
        .set({ status: "pending", next_attempt_at: now(), attempts: 0 })
        .where("id", "=", id)
        .where("status", "=", "parked")
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
  };
}
