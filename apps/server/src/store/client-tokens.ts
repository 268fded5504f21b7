/** Answers kept under the token that a client gave with its request, so that the same request again gets the same answer. */
import type { Now } from "../ids.js";
import type { Queries } from "./database.js";

export interface TokenKey {
  readonly accessKeyId: string;
  readonly operation: string;
  readonly token: string;
}

export interface KeptAnswer {
  readonly fingerprint: string;
  readonly status: number;
  /** JSON. */
  readonly reply: string;
  readonly createdAtMs: number;
}

export function clientTokenReads(queries: Queries) {
  return {
    async get(key: TokenKey): Promise<KeptAnswer | undefined> {
      const row = await queries
        .selectFrom("client_tokens")
        .selectAll()
        .where("access_key_id", "=", key.accessKeyId)
        .where("operation", "=", key.operation)
        .where("token", "=", key.token)
        .executeTakeFirst();
      return row && { fingerprint: row.fingerprint, status: row.status, reply: row.reply, createdAtMs: row.created_at };
    },
  };
}

export function clientTokenWrites(queries: Queries, now: Now) {
  return {
    ...clientTokenReads(queries),
    async put(key: TokenKey, answer: Omit<KeptAnswer, "createdAtMs">): Promise<void> {
      const kept = { ...answer, created_at: now() };
      await queries
        .insertInto("client_tokens")
        .values({ access_key_id: key.accessKeyId, operation: key.operation, token: key.token, ...kept })
        .onConflict((conflict) => conflict.columns(["access_key_id", "operation", "token"]).doUpdateSet(kept))
        .execute();
    },
    async removeBefore(timeMs: number): Promise<void> {
      await queries.deleteFrom("client_tokens").where("created_at", "<", timeMs).execute();
    },
  };
}
