/** The access keys with which people's programs sign requests to the Lookout API; secrets are sealed by the caller before they come here. */
import type { AccessKey } from "@sightline/api/people";
import { type NewId, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";

/** A key with what checking a signature needs. */
export interface SigningAccessKey extends AccessKey {
  readonly sealedSecret: string;
  readonly userId: string;
}

export function accessKeyReads(queries: Queries) {
  const joined = () =>
    queries
      .selectFrom("access_keys")
      .innerJoin("users", "users.id", "access_keys.user_id")
      .selectAll("access_keys")
      .select(["users.name as user_name", "users.role"]);
  type Row = Awaited<ReturnType<ReturnType<typeof joined>["executeTakeFirstOrThrow"]>>;
  const toAccessKey = (row: Row): AccessKey => ({
    id: row.id,
    accessKeyId: row.access_key_id,
    userName: row.user_name,
    role: row.role,
    createdAt: toTime(row.created_at),
    revokedAt: toTimeOrNull(row.revoked_at),
    lastUsedAt: toTimeOrNull(row.last_used_at),
  });
  return {
    async list(): Promise<AccessKey[]> {
      return (await joined().orderBy("access_keys.id", "desc").execute()).map(toAccessKey);
    },
    async get(id: string): Promise<AccessKey | undefined> {
      const row = await joined().where("access_keys.id", "=", id).executeTakeFirst();
      return row && toAccessKey(row);
    },
    /** Also a revoked one: the caller says so. */
    async forSigning(accessKeyId: string): Promise<SigningAccessKey | undefined> {
      const row = await joined().where("access_keys.access_key_id", "=", accessKeyId).executeTakeFirst();
      return row && { ...toAccessKey(row), sealedSecret: row.sealed_secret, userId: row.user_id };
    },
  };
}

export function accessKeyWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...accessKeyReads(queries),
    async insert(key: { accessKeyId: string; userId: string; sealedSecret: string }): Promise<string> {
      const id = newId();
      await queries
        .insertInto("access_keys")
        .values({
          id,
          access_key_id: key.accessKeyId,
          user_id: key.userId,
          sealed_secret: key.sealedSecret,
          created_at: now(),
          revoked_at: null,
          last_used_at: null,
        })
        .execute();
      return id;
    },
    /** @returns false when there is no such key; revoking twice keeps the first time. */
    async revoke(id: string): Promise<boolean> {
      const result = await queries
        .updateTable("access_keys")
        .set((e) => ({ revoked_at: e.fn.coalesce("revoked_at", e.val(now())) }))
        .where("id", "=", id)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async markUsed(id: string): Promise<void> {
      await queries.updateTable("access_keys").set({ last_used_at: now() }).where("id", "=", id).execute();
    },
  };
}
