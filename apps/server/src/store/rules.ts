/** Rules of projects: a condition on an inspection, and what comes of it. */

import type { Rule } from "@sightline/api/alerts";
import { sayRule } from "@sightline/api/rule-kinds";
import type { Selectable } from "kysely";
import { type NewId, type Now, toTime } from "../ids.js";
import type { Queries } from "./database.js";
import type { RulesTable } from "./tables.js";

function toRule(row: Selectable<RulesTable>): Rule {
  return {
    id: row.id,
    projectId: row.project_id,
    kind: row.kind,
    limit: row.bound,
    label: row.label,
    outcome: row.outcome,
    targetId: row.target_id,
    isEnabled: row.is_enabled === 1,
    createdAt: toTime(row.created_at),
    text: sayRule(row.kind, { limit: row.bound, label: row.label }),
  };
}

export function ruleReads(queries: Queries) {
  return {
    /** In the order they were added. */
    async list(projectId: string): Promise<Rule[]> {
      const rows = await queries
        .selectFrom("rules")
        .selectAll()
        .where("project_id", "=", projectId)
        .orderBy("id")
        .execute();
      return rows.map(toRule);
    },
    async get(id: string): Promise<Rule | undefined> {
      const row = await queries.selectFrom("rules").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toRule(row);
    },
  };
}

export function ruleWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...ruleReads(queries),
    async insert(rule: Pick<Rule, "projectId" | "kind" | "limit" | "label" | "outcome" | "targetId">): Promise<string> {
      const id = newId();
      await queries
        .insertInto("rules")
        .values({
          id,
          project_id: rule.projectId,
          kind: rule.kind,
          bound: rule.limit,
          label: rule.label,
          outcome: rule.outcome,
          target_id: rule.targetId,
          is_enabled: 1,
          created_at: now(),
        })
        .execute();
      return id;
    },
    async change(id: string, rule: Pick<Rule, "limit" | "label" | "isEnabled">): Promise<void> {
      await queries
        .updateTable("rules")
        .set({ bound: rule.limit, label: rule.label, is_enabled: rule.isEnabled ? 1 : 0 })
        .where("id", "=", id)
        .execute();
    },
    async remove(id: string): Promise<void> {
      await queries.deleteFrom("rules").where("id", "=", id).execute();
    },
  };
}
