/** Other programs that are told of inspections; their secrets are sealed by the caller before they come here. */
import type { Target, TargetSettings } from "@sightline/api/alerts";
import type { Selectable } from "kysely";
import { type NewId, type Now, toTime } from "../ids.js";
import type { Queries } from "./database.js";
import type { TargetsTable } from "./tables.js";

/** What only a delivery needs. */
export interface StoredTarget {
  readonly id: string;
  readonly kind: Target["kind"];
  readonly settings: TargetSettings;
  readonly sealedSecret: string | null;
  readonly isEnabled: boolean;
  /** Rises with each change: what was opened for an earlier state is out of date. */
  readonly changedAtMs: number;
}

async function toTargets(queries: Queries, rows: readonly Selectable<TargetsTable>[]): Promise<Target[]> {
  if (rows.length === 0) return [];
  const counts = await queries
    .selectFrom("actions")
    .select((e) => ["target_id", "status", e.fn.countAll<number>().as("count")])
    .where(
      "target_id",
      "in",
      rows.map((row) => row.id),
    )
    .groupBy(["target_id", "status"])
    .execute();
  return rows.map((row) => {
    const of = (status: string) => counts.find((one) => one.target_id === row.id && one.status === status)?.count ?? 0;
    return {
      id: row.id,
      projectId: row.project_id,
      kind: row.kind,
      name: row.name,
      settings: JSON.parse(row.settings) as TargetSettings,
      hasSecret: row.sealed_secret !== null,
      isEnabled: row.is_enabled === 1,
      createdAt: toTime(row.created_at),
      actions: { pending: of("pending"), delivered: of("delivered"), parked: of("parked") },
    };
  });
}

export function targetReads(queries: Queries) {
  return {
    async list(projectId: string): Promise<Target[]> {
      const rows = await queries
        .selectFrom("targets")
        .selectAll()
        .where("project_id", "=", projectId)
        .orderBy("id")
        .execute();
      return toTargets(queries, rows);
    },
    async get(id: string): Promise<Target | undefined> {
      const rows = await queries.selectFrom("targets").selectAll().where("id", "=", id).execute();
      return (await toTargets(queries, rows))[0];
    },
    async stored(id: string): Promise<StoredTarget | undefined> {
      const row = await queries.selectFrom("targets").selectAll().where("id", "=", id).executeTakeFirst();
      return (
        row && {
          id: row.id,
          kind: row.kind,
          settings: JSON.parse(row.settings) as TargetSettings,
          sealedSecret: row.sealed_secret,
          isEnabled: row.is_enabled === 1,
          changedAtMs: row.changed_at,
        }
      );
    },
  };
}

export interface TargetChanges {
  readonly name?: string | undefined;
  readonly settings?: TargetSettings | undefined;
  readonly sealedSecret?: string | null | undefined;
  readonly isEnabled?: boolean | undefined;
}

export function targetWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...targetReads(queries),
    async insert(target: {
      projectId: string;
      kind: Target["kind"];
      name: string;
      settings: TargetSettings;
      sealedSecret: string | null;
    }): Promise<string> {
      const id = newId();
      await queries
        .insertInto("targets")
        .values({
          id,
          project_id: target.projectId,
          kind: target.kind,
          name: target.name,
          settings: JSON.stringify(target.settings),
          sealed_secret: target.sealedSecret,
          is_enabled: 1,
          created_at: now(),
          changed_at: now(),
        })
        .execute();
      return id;
    },
    async change(id: string, { name, settings, sealedSecret, isEnabled }: TargetChanges): Promise<void> {
      await queries
        .updateTable("targets")
        .set((e) => ({
          ...(name === undefined ? {} : { name }),
          ...(settings === undefined ? {} : { settings: JSON.stringify(settings) }),
          ...(sealedSecret === undefined ? {} : { sealed_secret: sealedSecret }),
          ...(isEnabled === undefined ? {} : { is_enabled: isEnabled ? (1 as const) : (0 as const) }),
          changed_at: e("changed_at", "+", 1),
        }))
        .where("id", "=", id)
        .execute();
    },
    /** Removes it with its rules; messages that were not delivered go too, the others keep their record. */
    async remove(id: string): Promise<void> {
      await queries.deleteFrom("actions").where("target_id", "=", id).where("status", "<>", "delivered").execute();
      await queries.deleteFrom("targets").where("id", "=", id).execute();
    },
  };
}
