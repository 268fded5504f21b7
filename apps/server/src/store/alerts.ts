/** Alerts of cameras in their spans of time: what a digest counts. An inspection is one alert at most. */
import { toTime } from "../ids.js";
import type { Queries } from "./database.js";

/** Which alerts belong together. */
export interface AlertSpan {
  readonly projectId: string;
  readonly cameraId: string;
  /** When the first of them came. */
  readonly openedAtMs: number;
}

export interface NewAlert extends AlertSpan {
  readonly inspectionId: string;
  /** Its kind in words, the beginning of its mail's subject. */
  readonly title: string;
  readonly reasons: readonly string[];
  /** By itself; the others of its span are held for the digest. */
  readonly isMailed: boolean;
}

/** What a digest shows of one. */
export interface AlertRow {
  readonly inspectionId: string;
  readonly title: string;
  readonly reasons: readonly string[];
  readonly imageId: string;
  readonly assemblyLineId: string;
  readonly label: string | null;
  readonly confidence: number | null;
  readonly receivedAt: string;
}

export function alertReads(queries: Queries) {
  return {
    /** When the newest span of a camera was opened. */
    async openedAtMs(projectId: string, cameraId: string): Promise<number | undefined> {
      const row = await queries
        .selectFrom("alerts")
        .select((e) => e.fn.max("opened_at").as("at"))
        .where("project_id", "=", projectId)
        .where("camera_id", "=", cameraId)
        .executeTakeFirst();
      return row?.at ?? undefined;
    },
    /** The alerts of a span that were not mailed by themselves, in the order of arrival; `total` counts all of them. */
    async held(
      span: AlertSpan,
      limit: number,
    ): Promise<{ total: number; byTitle: { title: string; count: number }[]; first: AlertRow[] }> {
      const held = queries
        .selectFrom("alerts")
        .where("alerts.project_id", "=", span.projectId)
        .where("alerts.camera_id", "=", span.cameraId)
        .where("alerts.opened_at", "=", span.openedAtMs)
        .where("alerts.is_mailed", "=", 0);
      const byTitle = await held
        .select((e) => ["title", e.fn.countAll<number>().as("count")])
        .groupBy("title")
        .orderBy("count", "desc")
        .execute();
      const rows = await held
        .innerJoin("inspections", "inspections.id", "alerts.inspection_id")
        .select([
          "alerts.inspection_id",
          "title",
          "reasons",
          "inspections.image_id",
          "inspections.assembly_line_id",
          "inspections.label",
          "inspections.confidence",
          "inspections.received_at",
        ])
        .orderBy("alerts.inspection_id")
        .limit(limit)
        .execute();
      return {
        total: byTitle.reduce((sum, { count }) => sum + count, 0),
        byTitle,
        first: rows.map((row) => ({
          inspectionId: row.inspection_id,
          title: row.title,
          reasons: JSON.parse(row.reasons) as string[],
          imageId: row.image_id,
          assemblyLineId: row.assembly_line_id,
          label: row.label,
          confidence: row.confidence,
          receivedAt: toTime(row.received_at),
        })),
      };
    },
  };
}

export function alertWrites(queries: Queries) {
  return {
    ...alertReads(queries),
    /** @returns false when this inspection is an alert already. */
    async insert(alert: NewAlert): Promise<boolean> {
      const result = await queries
        .insertInto("alerts")
        .values({
          project_id: alert.projectId,
          camera_id: alert.cameraId,
          opened_at: alert.openedAtMs,
          inspection_id: alert.inspectionId,
          title: alert.title,
          reasons: JSON.stringify(alert.reasons),
          is_mailed: alert.isMailed ? 1 : 0,
        })
        .onConflict((conflict) => conflict.column("inspection_id").doNothing())
        .executeTakeFirst();
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },
  };
}
