/** The labelled pictures of a project. */
import type { Box } from "@sightline/api/predictions";
import type { Part, Sample } from "@sightline/api/samples";
import type { MaskColour } from "@sightline/dataset/ground-truth-manifest";
import { type Selectable, sql } from "kysely";
import { type NewId, type Now, toTime } from "../ids.js";
import type { Queries } from "./database.js";
import { checkCursor, type Page, toPage } from "./paging.js";
import type { SamplesTable } from "./tables.js";

/** Where a picture's bytes are and what they are. */
export interface StoredPicture {
  readonly sha256: string;
  readonly bytes: number;
  readonly format: "jpeg" | "png";
  readonly width: number;
  readonly height: number;
}

/** What a person said of a picture: one label, several at once (maybe none), boxes (maybe none), or nothing yet. */
export type Annotation =
  | { readonly kind: "none" }
  | { readonly kind: "label"; readonly label: string }
  | { readonly kind: "labels"; readonly labels: readonly string[] }
  | { readonly kind: "boxes"; readonly boxes: readonly Box[] };

/** A picture of which nobody has said anything teaches nothing. */
export function isLabelled({ annotation }: { readonly annotation: Annotation }): boolean {
  return annotation.kind !== "none";
}

/** Every label an annotation names, each once. */
export function labelsOf(annotation: Annotation): string[] {
  if (annotation.kind === "none") return [];
  if (annotation.kind === "label") return [annotation.label];
  const named = annotation.kind === "labels" ? annotation.labels : annotation.boxes.map((box) => box.label);
  return [...new Set(named)].sort();
}

/** Where in a picture its anomalies are: a PNG with a colour per type. */
export interface Mask {
  readonly sha256: string;
  readonly types: readonly MaskColour[];
}

/** Where a picture was taken from. */
export interface Source {
  /** Such as `s3://bucket/key`; one picture a project. */
  readonly ref: string;
  /** What the manifest's line said of it. */
  readonly line: string;
}

/** A sample with what a training needs to read it. */
export interface TrainingSample extends Sample {
  readonly annotation: Annotation;
  readonly mask: Mask | null;
}

export function toMask(row: Pick<Selectable<SamplesTable>, "mask_sha256" | "mask_types">): Mask | null {
  if (row.mask_sha256 === null) return null;
  return { sha256: row.mask_sha256, types: JSON.parse(row.mask_types ?? "[]") as MaskColour[] };
}

export function toAnnotation(row: Pick<Selectable<SamplesTable>, "kind" | "label" | "labels" | "boxes">): Annotation {
  if (row.kind === "boxes") return { kind: "boxes", boxes: JSON.parse(row.boxes ?? "[]") as Box[] };
  if (row.kind === "labels") return { kind: "labels", labels: JSON.parse(row.labels) as string[] };
  if (row.kind === "none") return { kind: "none" };
  return { kind: "label", label: row.label ?? "" };
}

function toSample(row: Selectable<SamplesTable>): Sample {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    label: row.label,
    labels: row.kind === "labels" ? (JSON.parse(row.labels) as string[]) : null,
    boxes: row.boxes === null ? null : (JSON.parse(row.boxes) as Box[]),
    part: row.part,
    imageSha256: row.image_sha256,
    width: row.width,
    height: row.height,
    addedAt: toTime(row.added_at),
    source: row.source_ref,
    hasMask: row.mask_sha256 !== null,
    maskTypes: [...(toMask(row)?.types ?? [])],
    origin: row.origin,
  };
}

function columnsOf(annotation: Annotation) {
  return {
    kind: annotation.kind,
    label: annotation.kind === "label" ? annotation.label : null,
    labels: JSON.stringify(labelsOf(annotation)),
    boxes: annotation.kind === "boxes" ? JSON.stringify(annotation.boxes) : null,
    // What a manifest said no longer holds.
    source_line: null,
  };
}

function maskColumns(mask: Mask | null) {
  return { mask_sha256: mask?.sha256 ?? null, mask_types: mask === null ? null : JSON.stringify(mask.types) };
}

export function sampleReads(queries: Queries) {
  return {
    async list(filter: {
      projectId: string;
      label?: string | undefined;
      part?: Part | undefined;
      /** Which come first; default: the newest. */
      order?: "newest" | "oldest" | undefined;
      cursor?: string | undefined;
      limit: number;
    }): Promise<Page<Sample>> {
      let query = queries.selectFrom("samples").selectAll().where("project_id", "=", filter.projectId);
      if (filter.label !== undefined) {
        const { label } = filter;
        query = query.where((e) =>
          e.or([
            e("label", "=", label),
            e.and([
              e("kind", "<>", "label"),
              sql<boolean>`exists (select 1 from json_each(samples.labels) as named where named.value = ${label})`,
            ]),
          ]),
        );
      }
      if (filter.part !== undefined) query = query.where("part", "=", filter.part);
      const isOldestFirst = filter.order === "oldest";
      if (filter.cursor !== undefined) query = query.where("id", isOldestFirst ? ">" : "<", checkCursor(filter.cursor));
      const rows = await query
        .orderBy("id", isOldestFirst ? "asc" : "desc")
        .limit(filter.limit + 1)
        .execute();
      return toPage(rows, filter.limit, toSample);
    },
    async get(id: string): Promise<Sample | undefined> {
      const row = await queries.selectFrom("samples").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toSample(row);
    },
    /** Where the bytes of a sample's picture are. */
    async picture(id: string): Promise<StoredPicture | undefined> {
      const row = await queries.selectFrom("samples").selectAll().where("id", "=", id).executeTakeFirst();
      return (
        row && {
          sha256: row.image_sha256,
          bytes: row.image_bytes,
          format: row.format,
          width: row.width,
          height: row.height,
        }
      );
    },
    async mask(id: string): Promise<Mask | null> {
      const row = await queries
        .selectFrom("samples")
        .select(["mask_sha256", "mask_types"])
        .where("id", "=", id)
        .executeTakeFirst();
      return row === undefined ? null : toMask(row);
    },
    /** The sample of a project that has exactly this picture. */
    async getByPicture(projectId: string, sha256: string): Promise<Sample | undefined> {
      const row = await queries
        .selectFrom("samples")
        .selectAll()
        .where("image_sha256", "=", sha256)
        .where("project_id", "=", projectId)
        .executeTakeFirst();
      return row && toSample(row);
    },
    /** What a person said of one. */
    async annotation(id: string): Promise<Annotation | undefined> {
      const row = await queries.selectFrom("samples").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toAnnotation(row);
    },
    /**
     * How the project's pictures are labelled; `undefined` while none is. All of a project are labelled the same way.
     * @param except a picture that doesn't count: what is said of it is about to change
     */
    async kindOf(projectId: string, except = ""): Promise<Annotation["kind"] | undefined> {
      const row = await queries
        .selectFrom("samples")
        .select("kind")
        .where("project_id", "=", projectId)
        .where("id", "<>", except)
        .where("kind", "<>", "none")
        .limit(1)
        .executeTakeFirst();
      return row?.kind;
    },
    /** All samples of a project, oldest first: what a training job reads. */
    async all(projectId: string): Promise<TrainingSample[]> {
      const rows = await queries
        .selectFrom("samples")
        .selectAll()
        .where("project_id", "=", projectId)
        .orderBy("id")
        .execute();
      return rows.map((row) => ({ ...toSample(row), annotation: toAnnotation(row), mask: toMask(row) }));
    },
  };
}

export function sampleWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...sampleReads(queries),
    async insert(sample: {
      projectId: string;
      name: string;
      annotation: Annotation;
      part: Part;
      picture: StoredPicture;
      source?: Source;
      mask?: Mask | null;
      /** Default: it came with what is said of it. */
      origin?: Sample["origin"];
    }): Promise<string> {
      const id = newId();
      const { annotation } = sample;
      await queries
        .insertInto("samples")
        .values({
          id,
          project_id: sample.projectId,
          name: sample.name,
          ...columnsOf(annotation),
          part: sample.part,
          image_sha256: sample.picture.sha256,
          image_bytes: sample.picture.bytes,
          format: sample.picture.format,
          width: sample.picture.width,
          height: sample.picture.height,
          added_at: now(),
          source_ref: sample.source?.ref ?? null,
          source_line: sample.source?.line ?? null,
          ...maskColumns(sample.mask ?? null),
          origin: sample.origin ?? "added",
        })
        .execute();
      return id;
    },
    async setAnnotation(id: string, annotation: Annotation): Promise<void> {
      await queries.updateTable("samples").set(columnsOf(annotation)).where("id", "=", id).execute();
    },
    async setMask(id: string, mask: Mask | null): Promise<void> {
      await queries.updateTable("samples").set(maskColumns(mask)).where("id", "=", id).execute();
    },
    /** What a manifest says of a picture that is there; it takes the place of all that was said before. */
    async setSaid(id: string, said: { annotation: Annotation; source: Source; mask: Mask | null }): Promise<void> {
      await queries
        .updateTable("samples")
        .set({
          ...columnsOf(said.annotation),
          ...maskColumns(said.mask),
          source_ref: said.source.ref,
          source_line: said.source.line,
        })
        .where("id", "=", id)
        .execute();
    },
    /** Puts samples aside for the test or gives them to the training: for good, unless a person takes the test away (`auto`). */
    async setPart(ids: readonly string[], part: Part): Promise<void> {
      for (let start = 0; start < ids.length; start += 500) {
        await queries
          .updateTable("samples")
          .set({ part })
          .where("id", "in", ids.slice(start, start + 500))
          .execute();
      }
    },
    async remove(id: string): Promise<boolean> {
      const result = await queries.deleteFrom("samples").where("id", "=", id).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}
