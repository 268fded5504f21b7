/** What drift is told by: scores and figures of a camera's latest pictures, figures of training pictures, and the latest findings. */
import type { CameraDrift } from "@sightline/api/monitoring";
import { sql } from "kysely";
import type { Queries } from "./database.js";

/** A picture whose figures are not known yet. */
export interface PictureToMeasure {
  readonly id: string;
  readonly sha256: string;
}

export interface SeenPicture {
  readonly id: string;
  readonly imageSha256: string;
  /** `null` for several classes. */
  readonly score: number | null;
  /** At which the score is 0.5. */
  readonly threshold: number | null;
  readonly figures: number[] | null;
}

const parsed = (figures: string | null) => (figures === null ? null : (JSON.parse(figures) as number[]));

export function driftReads(queries: Queries) {
  return {
    /** The latest pictures of a camera that this model judged, newest first. */
    async latest(cameraId: string, modelId: string, limit: number): Promise<SeenPicture[]> {
      const rows = await queries
        .selectFrom("inspections")
        .leftJoin("inspection_figures", "inspection_figures.inspection_id", "inspections.id")
        .select(["id", "image_sha256", "score", "threshold", "figures"])
        .where("camera_id", "=", cameraId)
        .where("model_id", "=", modelId)
        .where("status", "=", "inspected")
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        imageSha256: row.image_sha256,
        score: row.score,
        threshold: row.threshold,
        figures: parsed(row.figures),
      }));
    },
    /** Training pictures of a project, the same ones each time, in no order of theirs: the end of an id is random. */
    async references(projectId: string, limit: number): Promise<(PictureToMeasure & { figures: number[] | null })[]> {
      const rows = await queries
        .selectFrom("samples")
        .leftJoin("sample_figures", "sample_figures.sample_id", "samples.id")
        .select(["id", "image_sha256", "figures"])
        .where("project_id", "=", projectId)
        .where("part", "<>", "test")
        .orderBy(sql`substr(id, 17)`)
        .limit(limit)
        .execute();
      return rows.map((row) => ({ id: row.id, sha256: row.image_sha256, figures: parsed(row.figures) }));
    },
    async list(projectId?: string): Promise<CameraDrift[]> {
      let query = queries.selectFrom("camera_drifts").select("found");
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      return (await query.orderBy("camera_id").execute()).map(({ found }) => JSON.parse(found) as CameraDrift);
    },
  };
}

export function driftWrites(queries: Queries) {
  return {
    ...driftReads(queries),
    async putInspectionFigures(inspectionId: string, figures: readonly number[]): Promise<void> {
      // Deleted meanwhile: then there is nothing to keep.
      await sql`insert or ignore into inspection_figures select id, ${JSON.stringify(figures)} from inspections
        where id = ${inspectionId}`.execute(queries);
    },
    async putSampleFigures(sampleId: string, figures: readonly number[]): Promise<void> {
      await sql`insert or ignore into sample_figures select id, ${JSON.stringify(figures)} from samples
        where id = ${sampleId}`.execute(queries);
    },
    async put(drift: CameraDrift): Promise<void> {
      const { cameraId, projectId } = drift;
      const found = JSON.stringify(drift);
      await queries
        .insertInto("camera_drifts")
        .values({ camera_id: cameraId, project_id: projectId, found })
        .onConflict((conflict) => conflict.column("camera_id").doUpdateSet({ project_id: projectId, found }))
        .execute();
    },
  };
}
