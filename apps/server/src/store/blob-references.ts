/** Which blobs the records still need: a blob may be deleted only when nothing here names it. */
import type { Queries } from "./database.js";

export function blobReferenceReads(queries: Queries) {
  const isNamed = async (table: "samples" | "inspections" | "models" | "reviews", column: string, sha256: string) => {
    const row = await queries
      .selectFrom(table as "inspections")
      .select("id")
      .where(column as "image_sha256", "=", sha256)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  };
  return {
    async isReferenced(sha256: string): Promise<boolean> {
      return (
        (await isNamed("inspections", "image_sha256", sha256)) ||
        (await isNamed("inspections", "heat_map_sha256", sha256)) ||
        (await isNamed("inspections", "label_map_sha256", sha256)) ||
        (await isNamed("samples", "image_sha256", sha256)) ||
        (await isNamed("samples", "mask_sha256", sha256)) ||
        (await isNamed("reviews", "image_sha256", sha256)) ||
        (await isNamed("reviews", "heat_map_sha256", sha256)) ||
        (await isNamed("models", "sha256", sha256))
      );
    },
    /** The blobs of a project that are not pictures of inspections: what deleting the project leaves behind. */
    async ofProject(projectId: string): Promise<string[]> {
      const samples = await queries
        .selectFrom("samples")
        .select(["image_sha256 as sha256", "mask_sha256"])
        .where("project_id", "=", projectId)
        .execute();
      const models = await queries.selectFrom("models").select("sha256").where("project_id", "=", projectId).execute();
      const masks = samples.flatMap(({ mask_sha256 }) => mask_sha256 ?? []);
      const reviews = await queries
        .selectFrom("reviews")
        .select(["image_sha256", "heat_map_sha256"])
        .where("project_id", "=", projectId)
        .execute();
      const reviewed = reviews.flatMap((row) => [row.image_sha256, row.heat_map_sha256 ?? []].flat());
      return [...[...samples, ...models].map((row) => row.sha256), ...masks, ...reviewed];
    },
  };
}
