/** Counts over time for the dashboard: from the kept counts per minute and hour, or from the inspections themselves for shorter bars. */
import type { Stats } from "@sightline/api/inspections";
import { sql } from "kysely";
import { toTime } from "../ids.js";
import type { Queries } from "./database.js";
import { filtered } from "./inspections.js";

export interface StatsQuery {
  readonly projectId?: string | undefined;
  readonly cameraId?: string | undefined;
  readonly assemblyLineId?: string | undefined;
  /** Received at or after, epoch milliseconds. */
  readonly fromMs: number;
  /** Received before, epoch milliseconds. */
  readonly toMs: number;
  /** How many bars; each is a whole number of seconds wide. */
  readonly buckets: number;
}

interface Count {
  inspected: number;
  anomalous: number;
}

/** A tally per key that remembers nothing but sums. */
function tally(): { add(key: string, count: Count): void; sorted(): [string, Count][] } {
  const counts = new Map<string, Count>();
  return {
    add(key, count) {
      const sum = counts.get(key) ?? { inspected: 0, anomalous: 0 };
      sum.inspected += count.inspected;
      sum.anomalous += count.anomalous;
      counts.set(key, sum);
    },
    sorted: () => [...counts].sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

/** A bar at least this wide, such that minutes and hours fit into it whole. */
function widthOf(seconds: number): number {
  if (seconds <= 59) return Math.max(1, Math.ceil(seconds));
  const span = seconds <= 3540 ? 60 : 3600;
  return Math.ceil(seconds / span) * span;
}

interface Group {
  readonly bucket: number;
  readonly camera_id: string;
  readonly assembly_line_id: string;
  readonly status: string;
  readonly count: number;
  readonly anomalous: number;
  readonly inference_ms: number | null;
}

export function statsReads(queries: Queries) {
  /** Few rows, however many inspections there were. */
  function counted(query: StatsQuery, firstMs: number, bucketMs: number): Promise<Group[]> {
    let selected = queries
      .selectFrom("inspection_counts")
      .select((e) => [
        sql<number>`cast((starts_at - ${firstMs}) / ${bucketMs} as integer)`.as("bucket"),
        "camera_id",
        "assembly_line_id",
        "status",
        e.fn.sum<number>("count").as("count"),
        e.fn.sum<number>("anomalous").as("anomalous"),
        e.fn.sum<number>("inference_ms").as("inference_ms"),
      ])
      .where("span", "=", bucketMs % 3_600_000 === 0 ? 3600 : 60)
      .where("starts_at", ">=", firstMs)
      .where("starts_at", "<", query.toMs);
    if (query.projectId !== undefined) selected = selected.where("project_id", "=", query.projectId);
    if (query.cameraId !== undefined) selected = selected.where("camera_id", "=", query.cameraId);
    if (query.assemblyLineId !== undefined) selected = selected.where("assembly_line_id", "=", query.assemblyLineId);
    return selected.groupBy([sql`1`, sql`2`, sql`3`, sql`4`]).execute();
  }

  /** Bars narrower than a minute: at most a few hours of inspections, one by one. */
  function inspected(query: StatsQuery, firstMs: number, bucketMs: number): Promise<Group[]> {
    const from = toTime(firstMs);
    const to = toTime(query.toMs);
    const { projectId, cameraId, assemblyLineId } = query;
    return filtered(
      queries
        .selectFrom("inspections")
        .select((e) => [
          sql<number>`cast((received_at - ${firstMs}) / ${bucketMs} as integer)`.as("bucket"),
          "camera_id",
          "assembly_line_id",
          "status",
          e.fn.countAll<number>().as("count"),
          sql<number>`coalesce(sum(is_anomalous), 0)`.as("anomalous"),
          sql<number | null>`sum(inference_ms)`.as("inference_ms"),
        ]),
      { projectId, cameraId, assemblyLineId, from, to },
    )
      .where("status", "in", ["inspected", "failed"])
      .groupBy([sql`1`, sql`2`, sql`3`, sql`4`])
      .execute();
  }

  /** How many pictures had each label. */
  async function countedLabels(query: StatsQuery, firstMs: number, bucketMs: number) {
    let selected = queries
      .selectFrom("inspection_label_counts")
      .select((e) => ["label", e.fn.sum<number>("count").as("inspected")])
      .where("span", "=", bucketMs % 3_600_000 === 0 ? 3600 : 60)
      .where("starts_at", ">=", firstMs)
      .where("starts_at", "<", query.toMs);
    if (query.projectId !== undefined) selected = selected.where("project_id", "=", query.projectId);
    if (query.cameraId !== undefined) selected = selected.where("camera_id", "=", query.cameraId);
    if (query.assemblyLineId !== undefined) selected = selected.where("assembly_line_id", "=", query.assemblyLineId);
    return selected.groupBy("label").orderBy("label").execute();
  }

  async function inspectedLabels({ projectId, cameraId, assemblyLineId, toMs }: StatsQuery, firstMs: number) {
    const ended = filtered(queries.selectFrom("inspections").select("labels"), {
      projectId,
      cameraId,
      assemblyLineId,
      from: toTime(firstMs),
      to: toTime(toMs),
    }).where("status", "=", "inspected");
    const { rows } = await sql<{ label: string; inspected: number }>`
      select found.value as label, count(*) as inspected from (${ended}) as ended,
        json_each(case when ended.labels = '[]' then '["none"]' else ended.labels end) as found
      group by 1 order by 1`.execute(queries);
    return rows;
  }

  return {
    async compute(query: StatsQuery): Promise<Stats> {
      const bucketSeconds = widthOf((query.toMs - query.fromMs) / 1000 / query.buckets);
      const bucketMs = bucketSeconds * 1000;
      // Bars start at whole multiples of their width, so that they don't jump between two looks.
      const firstMs = Math.floor(query.fromMs / bucketMs) * bucketMs;
      const isFine = bucketSeconds < 60;
      const groups = await (isFine ? inspected : counted)(query, firstMs, bucketMs);
      const labels = await (isFine ? inspectedLabels : countedLabels)(query, firstMs, bucketMs);

      const unfinished = await filtered(
        queries.selectFrom("inspections").select((e) => ["status", e.fn.countAll<number>().as("count")]),
        { projectId: query.projectId, cameraId: query.cameraId, assemblyLineId: query.assemblyLineId },
      )
        .where("status", "in", ["queued", "waiting"])
        .where("status", "<>", "inspected")
        .groupBy("status")
        .execute();
      const unfinishedOf = (status: string) => unfinished.find((row) => row.status === status)?.count ?? 0;

      const bucketCount = Math.ceil((query.toMs - firstMs) / bucketMs);
      const buckets = Array.from({ length: bucketCount }, (_, index) => ({
        startsAt: toTime(firstMs + index * bucketMs),
        inspected: 0,
        anomalous: 0,
        failed: 0,
      }));
      const totals = { inspected: 0, anomalous: 0, failed: 0 };
      const cameras = tally();
      const lines = tally();
      let inferenceMs = 0;
      for (const group of groups) {
        const bar = buckets[group.bucket];
        if (group.status === "failed") {
          totals.failed += group.count;
          if (bar !== undefined) bar.failed += group.count;
          continue;
        }
        const count = { inspected: group.count, anomalous: group.anomalous };
        totals.inspected += count.inspected;
        totals.anomalous += count.anomalous;
        inferenceMs += group.inference_ms ?? 0;
        if (bar !== undefined) {
          bar.inspected += count.inspected;
          bar.anomalous += count.anomalous;
        }
        cameras.add(group.camera_id, count);
        lines.add(group.assembly_line_id, count);
      }
      return {
        // The first bar may start a little earlier than asked for; totals are the sums of the bars.
        from: toTime(firstMs),
        to: toTime(query.toMs),
        bucketSeconds,
        totals: {
          ...totals,
          queued: unfinishedOf("queued"),
          waiting: unfinishedOf("waiting"),
          inferenceMsMean: totals.inspected === 0 ? null : inferenceMs / totals.inspected,
        },
        buckets,
        byCamera: cameras.sorted().map(([cameraId, count]) => ({ cameraId, ...count })),
        byLine: lines.sorted().map(([assemblyLineId, count]) => ({ assemblyLineId, ...count })),
        byLabel: labels,
      };
    },
  };
}
