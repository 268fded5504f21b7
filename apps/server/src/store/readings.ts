/** Readings of the watched metrics: per minute for two days, per hour for long, as count, sum, minimum and maximum. */
import type { Counters, MetricName } from "@sightline/api/monitoring";
import type { Queries } from "./database.js";

export interface ReadingFilter {
  readonly projectId?: string | undefined;
  readonly cameraId?: string | undefined;
  /** Epoch milliseconds; from at or after, to before. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ReadingQuery extends ReadingFilter {
  readonly projectId: string;
  readonly metric: MetricName;
  /** Whole minutes. */
  readonly periodSeconds: number;
}

/** Count, sum, minimum and maximum of the readings of one period. */
export interface StoredReadings {
  readonly samples: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
}

export interface CameraCounters extends Counters {
  readonly projectId: string;
  readonly cameraId: string;
}

export interface Reading {
  readonly projectId: string;
  readonly cameraId: string;
  readonly metric: MetricName;
  readonly atMs: number;
  readonly value: number;
}

const keptMs = { 60: 2 * 86_400_000, 3600: 400 * 86_400_000 } as const;
const hourMs = 3_600_000;

export function readingReads(queries: Queries) {
  return {
    /** By the start of each period that has readings. */
    async sets(query: ReadingQuery): Promise<Map<number, StoredReadings>> {
      const periodMs = query.periodSeconds * 1000;
      let selected = queries
        .selectFrom("readings")
        .select((e) => [
          "starts_at",
          e.fn.sum<number>("samples").as("samples"),
          e.fn.sum<number>("sum").as("sum"),
          e.fn.min("minimum").as("minimum"),
          e.fn.max("maximum").as("maximum"),
        ])
        .where("span", "=", query.periodSeconds % 3600 === 0 ? 3600 : 60)
        .where("project_id", "=", query.projectId)
        .where("metric", "=", query.metric)
        .where("starts_at", ">=", query.fromMs)
        .where("starts_at", "<", query.toMs);
      if (query.cameraId !== undefined) selected = selected.where("camera_id", "=", query.cameraId);
      const sets = new Map<number, StoredReadings>();
      for (const { starts_at, ...part } of await selected.groupBy("starts_at").execute()) {
        const startsAt = Math.floor(starts_at / periodMs) * periodMs;
        const whole = sets.get(startsAt);
        sets.set(startsAt, whole === undefined ? part : joined(whole, part));
      }
      return sets;
    },
    /** What each camera did in a time; minutes up to two days back, whole hours beyond. */
    async counters(filter: ReadingFilter): Promise<CameraCounters[]> {
      const span = filter.toMs - filter.fromMs > keptMs[60] - hourMs ? 3600 : 60;
      let selected = queries
        .selectFrom("readings")
        .select((e) => [
          "project_id",
          "camera_id",
          "metric",
          e.fn.sum<number>("samples").as("samples"),
          e.fn.sum<number>("sum").as("sum"),
        ])
        .where("span", "=", span)
        .where("starts_at", ">=", Math.floor(filter.fromMs / (span * 1000)) * span * 1000)
        .where("starts_at", "<", filter.toMs);
      if (filter.projectId !== undefined) selected = selected.where("project_id", "=", filter.projectId);
      if (filter.cameraId !== undefined) selected = selected.where("camera_id", "=", filter.cameraId);
      const rows = await selected.groupBy(["project_id", "camera_id", "metric"]).orderBy("camera_id").execute();
      const cameras = new Map<string, typeof rows>();
      for (const row of rows) {
        const key = `${row.project_id} ${row.camera_id}`;
        cameras.set(key, [...(cameras.get(key) ?? []), row]);
      }
      return [...cameras.values()].map((own) => {
        const of = (metric: MetricName) => own.find((row) => row.metric === metric) ?? { samples: 0, sum: 0 };
        const mean = ({ samples, sum }: { samples: number; sum: number }) => (samples === 0 ? null : sum / samples);
        return {
          projectId: own[0]?.project_id ?? "",
          cameraId: own[0]?.camera_id ?? "",
          processed: of("processed").sum,
          succeeded: of("processed").sum - of("failed").sum,
          failed: of("failed").sum,
          anomalies: of("anomalies").sum,
          invalid: of("invalid").sum,
          anomalyShare: mean(of("anomalies")),
          inferenceMsMean: mean(of("inferenceTime")),
          inspectionMsMean: mean(of("inspectionTime")),
        };
      });
    },
  };
}

export function readingWrites(queries: Queries) {
  return {
    ...readingReads(queries),
    /** Of what no inspection stands for; those of inspections are added by a trigger. */
    async add(reading: Reading): Promise<void> {
      const { projectId, cameraId, metric, atMs, value } = reading;
      for (const span of [60, 3600] as const) {
        await queries
          .insertInto("readings")
          .values({
            span,
            project_id: projectId,
            metric,
            starts_at: atMs - (atMs % (span * 1000)),
            camera_id: cameraId,
            samples: 1,
            sum: value,
            minimum: value,
            maximum: value,
          })
          .onConflict((conflict) =>
            conflict.columns(["span", "project_id", "metric", "starts_at", "camera_id"]).doUpdateSet((e) => ({
              samples: e("readings.samples", "+", 1),
              sum: e("readings.sum", "+", value),
              minimum: e.fn<number>("min", ["readings.minimum", e.val(value)]),
              maximum: e.fn<number>("max", ["readings.maximum", e.val(value)]),
            })),
          )
          .execute();
      }
    },
    /** Forgets minutes after two days and hours after 400. */
    async removeOld(nowMs: number): Promise<void> {
      for (const span of [60, 3600] as const) {
        await queries
          .deleteFrom("readings")
          .where("span", "=", span)
          .where("starts_at", "<", nowMs - keptMs[span])
          .execute();
      }
    },
  };
}

function joined(a: StoredReadings, b: StoredReadings): StoredReadings {
  return {
    samples: a.samples + b.samples,
    sum: a.sum + b.sum,
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
  };
}
