/** Counts over time for the dashboard, from one scan of one covering index. */
import type { Stats } from "@sightline/api/schemas";
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

export function statsReads(queries: Queries) {
  return {
    async compute(query: StatsQuery): Promise<Stats> {
      const bucketSeconds = Math.max(1, Math.ceil((query.toMs - query.fromMs) / 1000 / query.buckets));
      const bucketMs = bucketSeconds * 1000;
      // Bars start at whole multiples of their width, so that they don't jump between two looks.
      const firstMs = Math.floor(query.fromMs / bucketMs) * bucketMs;
      const bucket = sql<number>`cast((received_at - ${firstMs}) / ${bucketMs} as integer)`;
      let selected = queries
        .selectFrom("inspections")
        .select((e) => [
          bucket.as("bucket"),
          "camera_id",
          "assembly_line_id",
          "label",
          "status",
          "is_anomalous",
          e.fn.countAll<number>().as("count"),
          sql<number | null>`sum(inference_ms)`.as("inference_ms"),
        ])
        .where("received_at", ">=", query.fromMs)
        .where("received_at", "<", query.toMs)
        .where("status", "in", ["inspected", "failed"]);
      if (query.projectId !== undefined) selected = selected.where("project_id", "=", query.projectId);
      if (query.cameraId !== undefined) selected = selected.where("camera_id", "=", query.cameraId);
      if (query.assemblyLineId !== undefined) selected = selected.where("assembly_line_id", "=", query.assemblyLineId);
      const groups = await selected.groupBy([sql`1`, sql`2`, sql`3`, sql`4`, sql`5`, sql`6`]).execute();

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
      const labels = tally();
      let inferenceMs = 0;
      for (const group of groups) {
        const bar = buckets[group.bucket];
        if (group.status === "failed") {
          totals.failed += group.count;
          if (bar !== undefined) bar.failed += group.count;
          continue;
        }
        const count = { inspected: group.count, anomalous: group.is_anomalous === 1 ? group.count : 0 };
        totals.inspected += count.inspected;
        totals.anomalous += count.anomalous;
        inferenceMs += group.inference_ms ?? 0;
        if (bar !== undefined) {
          bar.inspected += count.inspected;
          bar.anomalous += count.anomalous;
        }
        cameras.add(group.camera_id, count);
        lines.add(group.assembly_line_id, count);
        labels.add(group.label ?? "", count);
      }
      return {
        from: toTime(query.fromMs),
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
        byLabel: labels.sorted().map(([label, count]) => ({ label, inspected: count.inspected })),
      };
    },
  };
}
