/** Evaluations of versions with their reports, and the inspections that a person has since told the truth of. */
import type { EvaluatedPictures, Evaluation, EvaluationReport } from "@sightline/api/evaluations";
import type { Detection } from "@sightline/api/predictions";
import type { Selectable } from "kysely";
import { type NewId, type Now, toTime } from "../ids.js";
import type { Queries } from "./database.js";
import {
  type MeasurementFailure,
  measurementOf,
  measurementReads,
  measurementWrites,
  queuedMeasurement,
  unended,
} from "./measurements.js";
import { type Annotation, toAnnotation } from "./samples.js";
import type { EvaluationsTable } from "./tables.js";

export interface NewEvaluation {
  readonly projectId: string;
  readonly modelId: string;
  readonly modelVersion: number;
  readonly pictures: EvaluatedPictures;
  readonly defectRate: number | null;
  readonly repeats: Evaluation["repeats"];
  readonly createdBy: string;
}

export type EvaluationEnd =
  | MeasurementFailure
  | { readonly status: "succeeded"; readonly report: DeepReadonly<EvaluationReport>; readonly page: string };

/** An inspection whose picture a person has told the truth of, after the version was made. */
export interface JudgedInspection {
  readonly id: string;
  readonly imageId: string;
  readonly cameraId: string;
  readonly assemblyLineId: string;
  readonly takenAt: string;
  readonly label: string;
  readonly labels: readonly string[];
  readonly detections: readonly Detection[];
  /** 0.5 at the threshold then in force. */
  readonly score: number | null;
  readonly threshold: number | null;
  readonly confidence: number;
  readonly imageSha256: string;
  readonly heatMapSha256: string | null;
  readonly annotation: Annotation;
}

/** Where a picture was first inspected. */
export interface PicturePlace {
  readonly cameraId: string;
  readonly assemblyLineId: string;
  readonly takenAt: string;
}

/** What was computed is only read. */
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** Of one version on one kind of pictures; older ones go, with their pages. */
const mostKept = 10;

function toEvaluation(row: Selectable<EvaluationsTable>): Evaluation {
  const { folds, seeds } = row;
  return {
    ...measurementOf(row),
    modelId: row.model_id,
    modelVersion: row.model_version,
    pictures: row.pictures,
    defectRate: row.defect_rate,
    repeats: folds === null || seeds === null ? null : { folds, seeds },
  };
}

export function evaluationReads(queries: Queries) {
  return {
    ...measurementReads(queries, "evaluations", toEvaluation),
    /** Newest first. */
    async list(filter: {
      projectId?: string | undefined;
      modelId?: string | undefined;
      pictures?: EvaluatedPictures | undefined;
      limit: number;
    }): Promise<Evaluation[]> {
      let query = queries.selectFrom("evaluations").selectAll();
      if (filter.projectId !== undefined) query = query.where("project_id", "=", filter.projectId);
      if (filter.modelId !== undefined) query = query.where("model_id", "=", filter.modelId);
      if (filter.pictures !== undefined) query = query.where("pictures", "=", filter.pictures);
      return (await query.orderBy("id", "desc").limit(filter.limit).execute()).map(toEvaluation);
    },
    async report(id: string): Promise<EvaluationReport | null> {
      const row = await queries
        .selectFrom("evaluation_reports")
        .select("report")
        .where("evaluation_id", "=", id)
        .executeTakeFirst();
      return row === undefined ? null : (JSON.parse(row.report) as EvaluationReport);
    },
    /** As HTML. */
    async page(id: string): Promise<string | undefined> {
      const row = await queries
        .selectFrom("evaluation_reports")
        .select("page")
        .where("evaluation_id", "=", id)
        .executeTakeFirst();
      return row?.page;
    },
    /**
     * What a version answered on the line, where a person has said what the picture shows since the version was made, or
     * where the picture is kept for the test: those it cannot have learnt from. Newest first, each picture once.
     */
    async judged(modelId: string, limit: number): Promise<JudgedInspection[]> {
      const rows = await queries
        .selectFrom("inspections")
        .innerJoin("models", "models.id", "inspections.model_id")
        .innerJoin("samples", (join) =>
          join
            .onRef("samples.image_sha256", "=", "inspections.image_sha256")
            .onRef("samples.project_id", "=", "inspections.project_id"),
        )
        .selectAll("samples")
        .select([
          "inspections.id as inspection_id",
          "inspections.image_id",
          "inspections.camera_id",
          "inspections.assembly_line_id",
          "inspections.captured_at",
          "inspections.received_at",
          "inspections.label as answer",
          "inspections.labels as answers",
          "inspections.detections",
          "inspections.score",
          "inspections.threshold",
          "inspections.confidence",
          "inspections.heat_map_sha256",
        ])
        .where("inspections.model_id", "=", modelId)
        .where("inspections.status", "=", "inspected")
        .where("samples.kind", "<>", "none")
        .where((e) => e.or([e("samples.added_at", ">", e.ref("models.created_at")), e("samples.part", "=", "test")]))
        .orderBy("inspections.id", "desc")
        .limit(limit)
        .execute();
      const seen = new Set<string>();
      return rows.flatMap((row): JudgedInspection[] => {
        if (seen.has(row.image_sha256)) return [];
        seen.add(row.image_sha256);
        return [
          {
            id: row.inspection_id,
            imageId: row.image_id,
            cameraId: row.camera_id,
            assemblyLineId: row.assembly_line_id,
            takenAt: toTime(row.captured_at ?? row.received_at),
            label: row.answer ?? "",
            labels: JSON.parse(row.answers ?? "[]") as string[],
            detections: JSON.parse(row.detections ?? "[]") as Detection[],
            score: row.score,
            threshold: row.threshold,
            confidence: row.confidence ?? 0,
            imageSha256: row.image_sha256,
            heatMapSha256: row.heat_map_sha256,
            annotation: toAnnotation(row),
          },
        ];
      });
    },
    /** Where a project's labelled pictures come from, by their hash; pictures that no camera sent are not among them. */
    async places(projectId: string): Promise<Map<string, PicturePlace>> {
      const rows = await queries
        .selectFrom("samples")
        .innerJoin("inspections", (join) =>
          join
            .onRef("inspections.image_sha256", "=", "samples.image_sha256")
            .onRef("inspections.project_id", "=", "samples.project_id"),
        )
        .select([
          "samples.image_sha256",
          "inspections.camera_id",
          "inspections.assembly_line_id",
          "inspections.captured_at",
          "inspections.received_at",
        ])
        .where("samples.project_id", "=", projectId)
        .orderBy("inspections.id", "desc")
        .execute();
      // The oldest comes last and stays.
      return new Map(
        rows.map((row) => [
          row.image_sha256,
          {
            cameraId: row.camera_id,
            assemblyLineId: row.assembly_line_id,
            takenAt: toTime(row.captured_at ?? row.received_at),
          },
        ]),
      );
    },
  };
}

export function evaluationWrites(queries: Queries, now: Now, newId: NewId) {
  const { setProgress, end } = measurementWrites(queries, "evaluations", now);
  return {
    ...evaluationReads(queries),
    setProgress,
    async insert(evaluation: NewEvaluation): Promise<string> {
      const id = newId();
      await queries
        .insertInto("evaluations")
        .values({
          ...queuedMeasurement(id, evaluation, now),
          model_id: evaluation.modelId,
          model_version: evaluation.modelVersion,
          pictures: evaluation.pictures,
          defect_rate: evaluation.defectRate,
          folds: evaluation.repeats?.folds ?? null,
          seeds: evaluation.repeats?.seeds ?? null,
        })
        .execute();
      return id;
    },
    /** Ends it once; @returns false when it had ended before, or its version is gone. */
    async end(id: string, outcome: EvaluationEnd): Promise<boolean> {
      const isFirst = await end(id, outcome);
      if (isFirst && outcome.status === "succeeded") {
        const report = JSON.stringify(outcome.report);
        await queries
          .insertInto("evaluation_reports")
          .values({ evaluation_id: id, report, page: outcome.page })
          .execute();
        await removeOlder(id);
      }
      return isFirst;
    },
  };

  async function removeOlder(id: string): Promise<void> {
    const row = await queries.selectFrom("evaluations").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
    const older = await queries
      .selectFrom("evaluations")
      .select("id")
      .where("model_id", "=", row.model_id)
      .where("pictures", "=", row.pictures)
      .where("status", "not in", unended)
      .orderBy("id", "desc")
      .offset(mostKept)
      .limit(1000)
      .execute();
    if (older.length === 0) return;
    const ids = older.map((one) => one.id);
    await queries.deleteFrom("evaluations").where("id", "in", ids).execute();
  }
}
