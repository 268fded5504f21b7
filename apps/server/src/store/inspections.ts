/** Inspections: accepted pictures and their verdicts. Each change of status is guarded by the status before, so that it happens once. */
import type { Inspection, InspectionStatus } from "@sightline/api/inspections";
import type { AnomalyArea, Detection } from "@sightline/api/predictions";
import type { Selectable, SelectQueryBuilder } from "kysely";
import { firstIdAt, fromTime, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import { checkCursor, type Page, toPage } from "./paging.js";
import type { StoredPicture } from "./samples.js";
import type { InspectionsTable, Tables } from "./tables.js";

export interface InspectionFilter {
  readonly projectId?: string | undefined;
  readonly cameraId?: string | undefined;
  readonly assemblyLineId?: string | undefined;
  /** A label that was found: normal, anomaly, a class; or the verdict's whole line. */
  readonly verdict?: string | undefined;
  readonly status?: InspectionStatus | undefined;
  /** Received at or after this time. */
  readonly from?: string | undefined;
  /** Received before this time. */
  readonly to?: string | undefined;
}

export interface NewInspection {
  readonly id: string;
  readonly uploadId: string;
  readonly uploadExpiresAtMs: number;
  readonly projectId: string;
  readonly cameraId: string;
  readonly assemblyLineId: string;
  readonly imageId: string;
  readonly capturedAtMs: number | null;
  readonly receivedAtMs: number;
  readonly status: "queued" | "waiting";
  readonly picture: StoredPicture;
}

/** What an inspection found, and with what. */
export interface Verdict {
  /** In one line. */
  readonly label: string;
  readonly labels: readonly string[];
  readonly detections: readonly Detection[];
  readonly isAnomalous: boolean | null;
  readonly score: number | null;
  readonly confidence: number;
  readonly modelId: string;
  readonly modelVersion: number;
  readonly threshold: number;
  readonly inferenceMs: number;
  readonly attempts: number;
  readonly heatMapSha256: string | null;
  /** `null`: the model learnt from no masks. */
  readonly anomalies: readonly Readonly<AnomalyArea>[] | null;
  readonly labelMapSha256: string | null;
}

/** Where the pictures of an inspection are. */
export interface InspectionPictures {
  readonly image: StoredPicture;
  readonly heatMapSha256: string | null;
  readonly labelMapSha256: string | null;
}

/** What became of a signed address that was used. */
export interface UsedUpload {
  readonly inspectionId: string;
  readonly imageSha256: string;
}

/** What a deletion leaves behind: blobs that may be referenced no more. */
export interface RemovedInspection {
  readonly id: string;
  readonly projectId: string;
  readonly blobs: readonly string[];
}

function toInspection(row: Selectable<InspectionsTable>): Inspection {
  return {
    id: row.id,
    projectId: row.project_id,
    cameraId: row.camera_id,
    assemblyLineId: row.assembly_line_id,
    imageId: row.image_id,
    status: row.status,
    capturedAt: toTimeOrNull(row.captured_at),
    receivedAt: toTime(row.received_at),
    inspectedAt: toTimeOrNull(row.inspected_at),
    label: row.label,
    labels: row.labels === null ? [] : (JSON.parse(row.labels) as string[]),
    detections: row.detections === null ? [] : (JSON.parse(row.detections) as Detection[]),
    isAnomalous: row.is_anomalous === null ? null : row.is_anomalous === 1,
    score: row.score,
    confidence: row.confidence,
    modelId: row.model_id,
    modelVersion: row.model_version,
    threshold: row.threshold,
    inferenceMs: row.inference_ms,
    hasHeatMap: row.heat_map_sha256 !== null,
    anomalies: row.anomalies === null ? null : (JSON.parse(row.anomalies) as AnomalyArea[]),
    hasLabelMap: row.label_map_sha256 !== null,
    attempts: row.attempts,
    failure: row.failure_code === null ? null : { code: row.failure_code, message: row.failure_message ?? "" },
    imageSha256: row.image_sha256,
    imageBytes: row.image_bytes,
    imageWidth: row.image_width,
    imageHeight: row.image_height,
  };
}

type InspectionQuery<Output> = SelectQueryBuilder<Tables, "inspections", Output>;

/** Ids sort by arrival, so that a time range is a range of ids and every index ends with the id. */
export function filtered<Output>(query: InspectionQuery<Output>, filter: InspectionFilter): InspectionQuery<Output> {
  let narrowed = query;
  if (filter.projectId !== undefined) narrowed = narrowed.where("project_id", "=", filter.projectId);
  if (filter.cameraId !== undefined) narrowed = narrowed.where("camera_id", "=", filter.cameraId);
  if (filter.assemblyLineId !== undefined) narrowed = narrowed.where("assembly_line_id", "=", filter.assemblyLineId);
  if (filter.verdict !== undefined) narrowed = narrowed.where("label", "=", filter.verdict);
  if (filter.status !== undefined) narrowed = narrowed.where("status", "=", filter.status);
  // The partial indexes of the unusual statuses are only usable when the query says so in so many words.
  if (filter.status !== undefined && filter.status !== "inspected")
    narrowed = narrowed.where("status", "<>", "inspected");
  if (filter.from !== undefined) narrowed = narrowed.where("id", ">=", firstIdAt(fromTime(filter.from)));
  if (filter.to !== undefined) narrowed = narrowed.where("id", "<", firstIdAt(fromTime(filter.to)));
  return narrowed;
}

export function inspectionReads(queries: Queries) {
  /** The first of those that have this label among several; as many as a page and one more. */
  function withLabel(label: string, filter: InspectionFilter & { cursor?: string | undefined; limit: number }) {
    const joined = queries
      .selectFrom("inspection_labels")
      .innerJoin("inspections", "inspections.id", "inspection_labels.inspection_id")
      .selectAll("inspections")
      .where("inspection_labels.label", "=", label)
      // A picture whose line is the label itself is found by the line already.
      .where("inspections.label", "<>", label)
      .orderBy("inspection_labels.inspection_id", "desc")
      .limit(filter.limit + 1);
    // The joined table's two columns have names of their own, so that the same conditions fit.
    const narrowed = filtered(joined as unknown as InspectionQuery<Selectable<InspectionsTable>>, {
      ...filter,
      verdict: undefined,
    });
    const page = filter.cursor === undefined ? narrowed : narrowed.where("id", "<", checkCursor(filter.cursor));
    return page.execute();
  }

  return {
    /** Newest first. */
    async list(filter: InspectionFilter & { cursor?: string | undefined; limit: number }): Promise<Page<Inspection>> {
      let query = filtered(queries.selectFrom("inspections").selectAll(), filter);
      if (filter.cursor !== undefined) query = query.where("id", "<", checkCursor(filter.cursor));
      const rows = await query
        .orderBy("id", "desc")
        .limit(filter.limit + 1)
        .execute();
      if (filter.verdict !== undefined) rows.push(...(await withLabel(filter.verdict, filter)));
      rows.sort((a, b) => (a.id < b.id ? 1 : -1));
      return toPage(rows.slice(0, filter.limit + 1), filter.limit, toInspection);
    },
    async get(id: string): Promise<Inspection | undefined> {
      const row = await queries.selectFrom("inspections").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toInspection(row);
    },
    async pictures(id: string): Promise<InspectionPictures | undefined> {
      const row = await queries.selectFrom("inspections").selectAll().where("id", "=", id).executeTakeFirst();
      return (
        row && {
          image: {
            sha256: row.image_sha256,
            bytes: row.image_bytes,
            format: row.image_format,
            width: row.image_width,
            height: row.image_height,
          },
          heatMapSha256: row.heat_map_sha256,
          labelMapSha256: row.label_map_sha256,
        }
      );
    },
    /** What a signed address was used for, if it was. */
    async upload(uploadId: string): Promise<UsedUpload | undefined> {
      const row = await queries
        .selectFrom("uploads")
        .select(["inspection_id", "image_sha256"])
        .where("id", "=", uploadId)
        .executeTakeFirst();
      return row && { inspectionId: row.inspection_id, imageSha256: row.image_sha256 };
    },
    /** The oldest queued inspections of a project after an id. */
    async queued(projectId: string, afterId: string, limit: number): Promise<Inspection[]> {
      const rows = await queries
        .selectFrom("inspections")
        .selectAll()
        .where("project_id", "=", projectId)
        .where("status", "=", "queued")
        .where("status", "<>", "inspected")
        .where("id", ">", afterId)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(toInspection);
    },
    /** How many are accepted and not yet inspected. */
    async countUnfinished(): Promise<{ queued: number; waiting: number }> {
      const rows = await queries
        .selectFrom("inspections")
        .select((e) => ["status", e.fn.countAll<number>().as("count")])
        .where("status", "in", ["queued", "waiting"])
        .where("status", "<>", "inspected")
        .groupBy("status")
        .execute();
      const of = (status: string) => rows.find((row) => row.status === status)?.count ?? 0;
      return { queued: of("queued"), waiting: of("waiting") };
    },
    /** Ids of the oldest inspections that are not in the queue: what retention may delete. */
    async oldest(filter: {
      projectId?: string;
      before?: number;
      limit: number;
    }): Promise<{ id: string; bytes: number }[]> {
      let query = queries
        .selectFrom("inspections")
        .select(["id", "image_bytes as bytes"])
        .where("status", "<>", "queued");
      if (filter.projectId !== undefined) query = query.where("project_id", "=", filter.projectId);
      if (filter.before !== undefined) query = query.where("id", "<", firstIdAt(filter.before));
      return query.orderBy("id").limit(filter.limit).execute();
    },
    /** Ids of a project's inspections, whatever their status. */
    async idsOf(projectId: string, limit: number): Promise<string[]> {
      const rows = await queries
        .selectFrom("inspections")
        .select("id")
        .where("project_id", "=", projectId)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map((row) => row.id);
    },
  };
}

export function inspectionWrites(queries: Queries, now: Now) {
  return {
    ...inspectionReads(queries),
    /** Accepts a picture and marks its signed address as used. */
    async insert(inspection: NewInspection): Promise<void> {
      await queries
        .insertInto("uploads")
        .values({
          id: inspection.uploadId,
          inspection_id: inspection.id,
          image_sha256: inspection.picture.sha256,
          expires_at: inspection.uploadExpiresAtMs,
        })
        .execute();
      await queries
        .insertInto("inspections")
        .values({
          id: inspection.id,
          project_id: inspection.projectId,
          camera_id: inspection.cameraId,
          assembly_line_id: inspection.assemblyLineId,
          image_id: inspection.imageId,
          status: inspection.status,
          captured_at: inspection.capturedAtMs,
          received_at: inspection.receivedAtMs,
          image_sha256: inspection.picture.sha256,
          image_bytes: inspection.picture.bytes,
          image_format: inspection.picture.format,
          image_width: inspection.picture.width,
          image_height: inspection.picture.height,
        })
        .execute();
    },
    /** Records a verdict. @returns false when the inspection is no longer queued: recorded already, or deleted. */
    async record(id: string, verdict: Verdict): Promise<boolean> {
      const result = await queries
        .updateTable("inspections")
        .set({
          status: "inspected",
          inspected_at: now(),
          label: verdict.label,
          labels: JSON.stringify(verdict.labels),
          detections: verdict.detections.length === 0 ? null : JSON.stringify(verdict.detections),
          is_anomalous: verdict.isAnomalous === null ? null : verdict.isAnomalous ? 1 : 0,
          score: verdict.score,
          confidence: verdict.confidence,
          model_id: verdict.modelId,
          model_version: verdict.modelVersion,
          threshold: verdict.threshold,
          inference_ms: verdict.inferenceMs,
          attempts: verdict.attempts,
          heat_map_sha256: verdict.heatMapSha256,
          anomalies: verdict.anomalies === null ? null : JSON.stringify(verdict.anomalies),
          label_map_sha256: verdict.labelMapSha256,
          failure_code: null,
          failure_message: null,
        })
        .where("id", "=", id)
        .where("status", "=", "queued")
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** Ends an inspection without a verdict. @returns false when it is no longer queued. */
    async fail(id: string, failure: { code: string; message: string }, attempts: number): Promise<boolean> {
      const result = await queries
        .updateTable("inspections")
        .set({
          status: "failed",
          inspected_at: now(),
          failure_code: failure.code,
          failure_message: failure.message,
          attempts,
        })
        .where("id", "=", id)
        .where("status", "=", "queued")
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** Gives a failed inspection another chance. @returns false when it is not failed. */
    async requeue(id: string, status: "queued" | "waiting"): Promise<boolean> {
      const result = await queries
        .updateTable("inspections")
        .set({ status, inspected_at: null, failure_code: null, failure_message: null, attempts: 0 })
        .where("id", "=", id)
        .where("status", "=", "failed")
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** A model starts: what waited for one is queued. @returns how many. */
    async queueWaiting(projectId: string): Promise<number> {
      const result = await queries
        .updateTable("inspections")
        .set({ status: "queued" })
        .where("project_id", "=", projectId)
        .where("status", "=", "waiting")
        .where("status", "<>", "inspected")
        .executeTakeFirst();
      return Number(result.numUpdatedRows);
    },
    /** No model runs any more: what was queued waits for one. @returns how many. */
    async holdQueued(projectId: string): Promise<number> {
      const result = await queries
        .updateTable("inspections")
        .set({ status: "waiting" })
        .where("project_id", "=", projectId)
        .where("status", "=", "queued")
        .where("status", "<>", "inspected")
        .executeTakeFirst();
      return Number(result.numUpdatedRows);
    },
    /** Deletes inspections; their signed addresses stay used. */
    async remove(ids: readonly string[]): Promise<RemovedInspection[]> {
      const rows = await queries
        .deleteFrom("inspections")
        .where("id", "in", ids)
        .returning(["id", "project_id", "image_sha256", "heat_map_sha256", "label_map_sha256"])
        .execute();
      return rows.map((row) => ({
        id: row.id,
        projectId: row.project_id,
        blobs: [row.image_sha256, row.heat_map_sha256, row.label_map_sha256].filter((sha256) => sha256 !== null),
      }));
    },
    /** Forgets used addresses that have expired: they are refused before they are looked up. */
    async removeExpiredUploads(): Promise<void> {
      // An hour more, so that a clock set back a little opens no address twice.
      await queries
        .deleteFrom("uploads")
        .where("expires_at", "<", now() - 3_600_000)
        .execute();
    },
  };
}
