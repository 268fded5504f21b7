/** What drift is told by: scores and figures of a camera's latest pictures, figures of training pictures, and the latest findings. */

import type { ModelDetail } from "@sightline/api/models";
import type { CameraDrift } from "@sightline/api/monitoring";
import { sql } from "kysely";
import type { Queries } from "./database.js";

/** A picture whose figures are not known yet. */
export interface PictureToMeasure {
  readonly id: string;
  readonly sha256: string;
}

export interface ReferencePicture extends PictureToMeasure {
  readonly figures: number[] | null;
  /** False for what a person labelled as anything but `normal` in an anomaly project. */
  readonly isNormal: boolean;
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

/** float32, little endian on every machine this runs on, base64: the driver takes no bytes. */
const toText = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");
function toEmbedding(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  // A copy: a small buffer lies anywhere in a pool, and numbers must lie on a multiple of four.
  return new Float32Array(new Uint8Array(bytes).buffer);
}

const parsed = (figures: string | null) => (figures === null ? null : (JSON.parse(figures) as number[]));

/** Of findings that are older than these fields. */
const notYet = { featureDrift: null, farShare: null };

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
    /**
     * Labelled training pictures of a project, the same ones each time, in no order of theirs: the end of an id is random.
     * @param model what they are to stand for: a model trained here knows none that came after it.
     */
    async references(
      projectId: string,
      model: Pick<ModelDetail, "task" | "source" | "createdAt">,
      limit: number,
    ): Promise<ReferencePicture[]> {
      const untilMs = model.source === "trained" ? Date.parse(model.createdAt) : Number.MAX_SAFE_INTEGER;
      const rows = await queries
        .selectFrom("samples")
        .leftJoin("sample_figures", "sample_figures.sample_id", "samples.id")
        .select(["id", "image_sha256", "figures", "label"])
        .where("project_id", "=", projectId)
        .where("part", "<>", "test")
        .where("kind", "<>", "none")
        .where("added_at", "<=", untilMs)
        .orderBy(sql`substr(id, 17)`)
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        sha256: row.image_sha256,
        figures: parsed(row.figures),
        isNormal: model.task !== "anomaly" || row.label === "normal",
      }));
    },
    /** What a network made of training pictures, by the sample's id. */
    async embeddings(sampleIds: readonly string[], backbone: string): Promise<Map<string, Float32Array>> {
      if (sampleIds.length === 0) return new Map();
      const rows = await queries
        .selectFrom("sample_embeddings")
        .select(["sample_id", "embedding"])
        .where("sample_id", "in", sampleIds)
        .where("backbone", "=", backbone)
        .execute();
      return new Map(rows.map((row) => [row.sample_id, toEmbedding(row.embedding)]));
    },
    /** Distances from training pictures, by the inspection's id. */
    async distances(inspectionIds: readonly string[], measuredBy: string): Promise<Map<string, number>> {
      if (inspectionIds.length === 0) return new Map();
      const rows = await queries
        .selectFrom("inspection_distances")
        .select(["inspection_id", "distance"])
        .where("inspection_id", "in", inspectionIds)
        .where("measured_by", "=", measuredBy)
        .execute();
      return new Map(rows.map((row) => [row.inspection_id, row.distance]));
    },
    async list(projectId?: string): Promise<CameraDrift[]> {
      let query = queries.selectFrom("camera_drifts").select("found");
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      return (await query.orderBy("camera_id").execute()).map(({ found }) => ({
        ...notYet,
        ...(JSON.parse(found) as CameraDrift),
      }));
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
    async putEmbedding(sampleId: string, backbone: string, embedding: Float32Array): Promise<void> {
      await sql`insert into sample_embeddings select id, ${backbone}, ${toText(embedding)} from samples
        where id = ${sampleId}
        on conflict do update set backbone = excluded.backbone, embedding = excluded.embedding`.execute(queries);
    },
    async putDistance(inspectionId: string, measuredBy: string, distance: number): Promise<void> {
      await sql`insert into inspection_distances select id, ${measuredBy}, ${distance} from inspections
        where id = ${inspectionId}
        on conflict do update set measured_by = excluded.measured_by, distance = excluded.distance`.execute(queries);
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
