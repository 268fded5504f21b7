/** Alarms: their settings, the state they are in, and every change of it. */
import type {
  Alarm,
  AlarmChange,
  AlarmComparison,
  AlarmSettings,
  AlarmState,
  MetricName,
  MissingData,
  Receivers,
  Statistic,
} from "@sightline/api/monitoring";
import { type Selectable, sql } from "kysely";
import { type NewId, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import type { AlarmsTable } from "./tables.js";

/** An alarm as its watch needs it. */
export interface WatchedAlarm {
  readonly alarm: Alarm;
  readonly judgedUntilMs: number | null;
  /** Rises with each change of settings. */
  readonly revision: number;
}

/** What a look found. */
export interface AlarmLook {
  readonly state: AlarmState;
  readonly reason: string;
  readonly judgedUntilMs: number;
  readonly changes: readonly Omit<AlarmChange & { changedAtMs: number }, "changedAt">[];
}

/** More of an alarm's history than anyone reads. */
const keptChanges = 500;
const notYet = "It was not evaluated yet.";
const switchedOff = "It is switched off.";

type AlarmRow = Selectable<AlarmsTable> & { project_name: string; recipient_ids: string; target_ids: string };

function toAlarm(row: AlarmRow): Alarm {
  return {
    id: row.id,
    projectId: row.project_id,
    projectName: row.project_name,
    name: row.name,
    metric: row.metric as MetricName,
    statistic: row.statistic as Statistic,
    cameraId: row.camera_id,
    comparison: row.comparison as AlarmComparison,
    threshold: row.threshold,
    periodSeconds: row.period_seconds,
    evaluationPeriods: row.evaluation_periods,
    datapointsToAlarm: row.datapoints_to_alarm,
    missingData: row.missing_data as MissingData,
    isOn: row.is_on === 1,
    notifyOn: JSON.parse(row.notify_on) as AlarmState[],
    tells:
      row.tells_all === 1
        ? null
        : {
            recipientIds: JSON.parse(row.recipient_ids) as string[],
            targetIds: JSON.parse(row.target_ids) as string[],
          },
    mutedUntil: toTimeOrNull(row.muted_until),
    state: row.state,
    reason: row.reason,
    stateSince: toTime(row.state_since),
    evaluatedAt: toTimeOrNull(row.evaluated_at),
    createdAt: toTime(row.created_at),
  };
}

const toColumns = (settings: AlarmSettings) => ({
  name: settings.name,
  metric: settings.metric,
  statistic: settings.statistic,
  camera_id: settings.cameraId,
  comparison: settings.comparison,
  threshold: settings.threshold,
  period_seconds: settings.periodSeconds,
  evaluation_periods: settings.evaluationPeriods,
  datapoints_to_alarm: settings.datapointsToAlarm,
  missing_data: settings.missingData,
  is_on: settings.isOn ? (1 as const) : (0 as const),
  notify_on: JSON.stringify([...new Set(settings.notifyOn)]),
  tells_all: settings.tells === null ? (1 as const) : (0 as const),
});

/** JSON list of the receivers of one kind that an alarm names. */
const named = (column: "recipient_id" | "target_id") =>
  sql<string>`(select json_group_array(id) from (select ${sql.ref(column)} as id from alarm_receivers
    where alarm_id = alarms.id and ${sql.ref(column)} is not null order by 1))`;

export function alarmReads(queries: Queries) {
  const selected = () =>
    queries
      .selectFrom("alarms")
      .innerJoin("projects", "projects.id", "alarms.project_id")
      .selectAll("alarms")
      .select("projects.name as project_name")
      .select([named("recipient_id").as("recipient_ids"), named("target_id").as("target_ids")]);
  return {
    /** In the order of their making. */
    async list(projectId?: string): Promise<Alarm[]> {
      const query = projectId === undefined ? selected() : selected().where("alarms.project_id", "=", projectId);
      return (await query.orderBy("alarms.id").execute()).map(toAlarm);
    },
    async get(id: string): Promise<Alarm | undefined> {
      const row = await selected().where("alarms.id", "=", id).executeTakeFirst();
      return row && toAlarm(row);
    },
    async getByName(projectId: string, name: string): Promise<Alarm | undefined> {
      const row = await selected()
        .where("alarms.project_id", "=", projectId)
        .where("alarms.name", "=", name)
        .executeTakeFirst();
      return row && toAlarm(row);
    },
    /** Those that are on. */
    async watched(): Promise<WatchedAlarm[]> {
      const rows = await selected().where("is_on", "=", 1).orderBy("alarms.id").execute();
      return rows.map((row) => ({ alarm: toAlarm(row), judgedUntilMs: row.judged_until, revision: row.revision }));
    },
    /** Newest first. */
    async history(id: string): Promise<AlarmChange[]> {
      const rows = await queries
        .selectFrom("alarm_changes")
        .selectAll()
        .where("alarm_id", "=", id)
        .orderBy("number", "desc")
        .limit(keptChanges)
        .execute();
      return rows.map((row) => ({
        changedAt: toTime(row.changed_at),
        from: row.from_state,
        to: row.to_state,
        reason: row.reason,
        isTold: row.is_told === 1,
      }));
    },
    /** Projects that were never given an alarm of this kind. */
    async projectsWithout(kind: string): Promise<string[]> {
      const rows = await queries
        .selectFrom("projects")
        .select("id")
        .where("id", "not in", (e) => e.selectFrom("given_alarms").select("project_id").where("kind", "=", kind))
        .execute();
      return rows.map(({ id }) => id);
    },
  };
}

export function alarmWrites(queries: Queries, now: Now, newId: NewId) {
  /** In the place of those named before. */
  async function name(alarmId: string, tells: Receivers | null): Promise<void> {
    await queries.deleteFrom("alarm_receivers").where("alarm_id", "=", alarmId).execute();
    const rows = [
      ...[...new Set(tells?.recipientIds)].map((recipient_id) => ({ recipient_id, target_id: null })),
      ...[...new Set(tells?.targetIds)].map((target_id) => ({ recipient_id: null, target_id })),
    ].map((row) => ({ alarm_id: alarmId, ...row }));
    if (rows.length > 0) await queries.insertInto("alarm_receivers").values(rows).execute();
  }
  async function insert(projectId: string, settings: AlarmSettings): Promise<string> {
    const id = newId();
    await queries
      .insertInto("alarms")
      .values({
        id,
        project_id: projectId,
        ...toColumns(settings),
        muted_until: null,
        state: "INSUFFICIENT_DATA",
        reason: settings.isOn ? notYet : switchedOff,
        state_since: now(),
        judged_until: null,
        evaluated_at: null,
        created_at: now(),
      })
      .execute();
    await name(id, settings.tells);
    return id;
  }
  return {
    ...alarmReads(queries),
    /** A name in use in the project is a unique constraint error, so look with `getByName` first. */
    insert,
    /** The state stays; what is judged next is judged by the new settings. */
    async change(id: string, settings: AlarmSettings): Promise<void> {
      const off = settings.isOn ? {} : { state: "INSUFFICIENT_DATA" as const, reason: switchedOff, state_since: now() };
      await queries
        .updateTable("alarms")
        .set((e) => ({ ...toColumns(settings), ...off, judged_until: null, revision: e("revision", "+", 1) }))
        .where("id", "=", id)
        .execute();
      await name(id, settings.tells);
    },
    async mute(id: string, untilMs: number | null): Promise<void> {
      await queries.updateTable("alarms").set({ muted_until: untilMs }).where("id", "=", id).execute();
    },
    async remove(id: string): Promise<void> {
      await queries.deleteFrom("alarms").where("id", "=", id).execute();
    },
    /**
     * Records a look.
     * @returns numbers of the changes it brought, in their order; `undefined` when the alarm was changed, switched off or deleted meanwhile.
     */
    async recordLook(id: string, revision: number, look: AlarmLook): Promise<number[] | undefined> {
      const since = look.changes.at(-1)?.changedAtMs;
      const result = await queries
        .updateTable("alarms")
        .set({
          state: look.state,
          reason: look.reason,
          judged_until: look.judgedUntilMs,
          evaluated_at: now(),
          ...(since === undefined ? {} : { state_since: since }),
        })
        .where("id", "=", id)
        .where("revision", "=", revision)
        .where("is_on", "=", 1)
        .executeTakeFirst();
      if (result.numUpdatedRows === 0n) return undefined;
      const numbers: number[] = [];
      for (const change of look.changes) {
        const { number } = await queries
          .insertInto("alarm_changes")
          .values({
            alarm_id: id,
            changed_at: change.changedAtMs,
            from_state: change.from,
            to_state: change.to,
            reason: change.reason,
            is_told: change.isTold ? 1 : 0,
          })
          .returning("number")
          .executeTakeFirstOrThrow();
        numbers.push(number);
      }
      if (numbers.length > 0) {
        await queries
          .deleteFrom("alarm_changes")
          .where("alarm_id", "=", id)
          .where("number", "not in", (e) =>
            e
              .selectFrom("alarm_changes")
              .select("number")
              .where("alarm_id", "=", id)
              .orderBy("number", "desc")
              .limit(keptChanges),
          )
          .execute();
      }
      return numbers;
    },
    /** Gives a project one of the alarms that every project starts with. */
    async give(projectId: string, kind: string, settings: AlarmSettings): Promise<void> {
      await queries.insertInto("given_alarms").values({ project_id: projectId, kind }).execute();
      const isNamed = await alarmReads(queries).getByName(projectId, settings.name);
      if (isNamed === undefined) await insert(projectId, settings);
    },
  };
}
