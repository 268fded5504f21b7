/** Small facts the server remembers about itself, such as that the sample line was removed. Not configuration: that is config.ts. */
import type { Queries } from "./database.js";

/** Every key there is. */
export type SettingKey = "sampleLine" | "createdAt" | "lastHealthCheck" | "resultsInJson" | "resultsInParquet";

export function settingReads(queries: Queries) {
  return {
    async get(key: SettingKey): Promise<string | undefined> {
      const row = await queries.selectFrom("settings").select("value").where("key", "=", key).executeTakeFirst();
      return row?.value;
    },
  };
}

export function settingWrites(queries: Queries) {
  return {
    ...settingReads(queries),
    async set(key: SettingKey, value: string): Promise<void> {
      await queries
        .insertInto("settings")
        .values({ key, value })
        .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
        .execute();
    },
    async remove(key: SettingKey): Promise<void> {
      await queries.deleteFrom("settings").where("key", "=", key).execute();
    },
  };
}
