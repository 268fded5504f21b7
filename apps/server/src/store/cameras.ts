/** Cameras: each belongs to one project. */
import type { Camera } from "@sightline/api/cameras";
import type { Selectable } from "kysely";
import { type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import type { CamerasTable } from "./tables.js";

function toCamera(row: Selectable<CamerasTable>): Camera {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    assemblyLineId: row.assembly_line_id,
    createdAt: toTime(row.created_at),
    lastImageAt: toTimeOrNull(row.last_image_at),
    inspections: row.inspections,
  };
}

export function cameraReads(queries: Queries) {
  return {
    async list(projectId?: string): Promise<Camera[]> {
      let query = queries.selectFrom("cameras").selectAll();
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      return (await query.orderBy("id").execute()).map(toCamera);
    },
    async get(id: string): Promise<Camera | undefined> {
      const row = await queries.selectFrom("cameras").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toCamera(row);
    },
  };
}

export function cameraWrites(queries: Queries, now: Now) {
  return {
    ...cameraReads(queries),
    async insert(camera: { id: string; projectId: string; name: string; assemblyLineId: string }): Promise<void> {
      // A camera that was removed and comes back finds its inspections again.
      const earlier = await queries
        .selectFrom("inspections")
        .select((e) => [e.fn.countAll<number>().as("count"), e.fn.max("received_at").as("last")])
        .where("camera_id", "=", camera.id)
        .executeTakeFirstOrThrow();
      await queries
        .insertInto("cameras")
        .values({
          id: camera.id,
          project_id: camera.projectId,
          name: camera.name,
          assembly_line_id: camera.assemblyLineId,
          created_at: now(),
          last_image_at: earlier.last ?? null,
          inspections: earlier.count,
        })
        .execute();
    },
    async remove(id: string): Promise<boolean> {
      const result = await queries.deleteFrom("cameras").where("id", "=", id).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}
