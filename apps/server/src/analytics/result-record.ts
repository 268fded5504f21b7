/** One result as the files tell it: the JSON line with exactly the fields of the defect detection service, and the wider Parquet row. */
import { toTime } from "../ids.js";
import type { Result } from "../store/results.js";

/**
 * Defect types of a result: none where it is normal; the kinds that cover part of the picture where the model knows them, else its
 * labels; where a model tells classes rather than defects, its classes.
 */
export function defectsOf({
  isAnomalous,
  labels,
  anomalies,
}: Pick<Result, "isAnomalous" | "labels" | "anomalies">): readonly string[] {
  if (isAnomalous === false) return [];
  const kinds = (anomalies ?? []).filter(({ label, areaFraction }) => label !== "background" && areaFraction > 0);
  return kinds.length > 0 ? kinds.map(({ label }) => label) : labels;
}

/** How the address of an inspection's picture ends; it tells whose line a JSON line is. */
export const imagePathOf = (inspectionId: string): string => `/api/inspections/${inspectionId}/image`;

/** One line with its line feed. Times are those of receipt, in UTC. */
export function jsonLine(result: Result, publicUrl: string): string {
  const time = new Date(result.receivedAtMs);
  const record = {
    CameraId: result.cameraId,
    DateTime: time.toISOString(),
    AssemblyLineId: result.assemblyLineId,
    ImageUrl: `${publicUrl}${imagePathOf(result.inspectionId)}`,
    ImageId: result.imageId,
    IsAnomalous: result.isAnomalous,
    Confidence: result.confidence,
    Year: time.getUTCFullYear(),
    Month: time.getUTCMonth() + 1,
    Day: time.getUTCDate(),
    Hour: time.getUTCHours(),
    Minute: time.getUTCMinutes(),
  };
  return `${JSON.stringify(record)}\n`;
}

/** The Parquet row as a line of JSON, for DuckDB to read; its columns are `rowColumns`. */
export function rowLine(result: Result, publicUrl: string): string {
  const row: Record<keyof typeof rowColumns, unknown> = {
    CameraId: result.cameraId,
    DateTime: result.receivedAtMs,
    AssemblyLineId: result.assemblyLineId,
    ImageUrl: `${publicUrl}${imagePathOf(result.inspectionId)}`,
    ImageId: result.imageId,
    IsAnomalous: result.isAnomalous,
    Confidence: result.confidence,
    InspectionId: result.inspectionId,
    ProjectId: result.projectId,
    Project: result.projectName,
    CapturedAt: result.capturedAtMs,
    InspectedAt: result.inspectedAtMs,
    Label: result.label,
    Labels: result.labels,
    Defects: defectsOf(result),
    Score: result.score,
    Threshold: result.threshold,
    ModelVersion: result.modelVersion,
    InferenceMs: result.inferenceMs,
    IsRepeat: result.isRepeat,
    ImageSha256: result.imageSha256,
  };
  return `${JSON.stringify(row)}\n`;
}

/** Columns of the Parquet rows with DuckDB's types; "time" comes in as epoch milliseconds and becomes a time with zone. */
export const rowColumns = {
  CameraId: "varchar",
  DateTime: "time",
  AssemblyLineId: "varchar",
  ImageUrl: "varchar",
  ImageId: "varchar",
  IsAnomalous: "boolean",
  Confidence: "double",
  InspectionId: "varchar",
  ProjectId: "varchar",
  Project: "varchar",
  CapturedAt: "time",
  InspectedAt: "time",
  Label: "varchar",
  Labels: "varchar[]",
  Defects: "varchar[]",
  Score: "double",
  Threshold: "double",
  ModelVersion: "integer",
  InferenceMs: "double",
  IsRepeat: "boolean",
  ImageSha256: "varchar",
} as const;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Where a result's rows stand: JSON lines by the hour of receipt, as the original lays them out, Parquet by the day. */
export const placement = {
  json: {
    startOf: (timeMs: number) => Math.floor(timeMs / HOUR_MS) * HOUR_MS,
    folderOf: (project: string, startMs: number) =>
      `defect-detection-results/${project}/${toTime(startMs).slice(0, 13).replaceAll(/[-T]/g, "/")}`,
    ending: "json",
  },
  parquet: {
    startOf: (timeMs: number) => Math.floor(timeMs / DAY_MS) * DAY_MS,
    folderOf: (project: string, startMs: number) =>
      `parquet/${project}/${toTime(startMs).slice(0, 7).replace("-", "/")}`,
    ending: "parquet",
  },
} as const;
