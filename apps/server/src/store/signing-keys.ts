/** The keys that sign upload addresses; their secrets are sealed by the caller before they come here. */
import type { Selectable } from "kysely";
import type { NewId, Now } from "../ids.js";
import type { Queries } from "./database.js";
import type { SigningKeysTable } from "./tables.js";

export interface SigningKey {
  readonly id: string;
  readonly sealedSecret: string;
  readonly retiredAtMs: number | null;
}

const toKey = (row: Selectable<SigningKeysTable>): SigningKey => ({
  id: row.id,
  sealedSecret: row.sealed_secret,
  retiredAtMs: row.retired_at,
});

export function signingKeyReads(queries: Queries) {
  return {
    /** Newest first; retired ones stay listed while addresses they signed can be used. */
    async list(): Promise<SigningKey[]> {
      return (await queries.selectFrom("signing_keys").selectAll().orderBy("id", "desc").execute()).map(toKey);
    },
  };
}

export function signingKeyWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...signingKeyReads(queries),
    /** Puts a new key in force; those before it sign no more. */
    async insert(sealedSecret: string): Promise<SigningKey> {
      await queries.updateTable("signing_keys").set({ retired_at: now() }).where("retired_at", "is", null).execute();
      const id = newId();
      await queries
        .insertInto("signing_keys")
        .values({ id, sealed_secret: sealedSecret, created_at: now(), retired_at: null })
        .execute();
      return { id, sealedSecret, retiredAtMs: null };
    },
    /** Forgets keys retired at or before this time. */
    async removeRetiredBefore(timeMs: number): Promise<void> {
      await queries.deleteFrom("signing_keys").where("retired_at", "<=", timeMs).execute();
    },
  };
}
