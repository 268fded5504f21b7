/** Who may come in: tokens, people, their sign-in codes and sessions. Secrets are stored only as hashes. */
import type { Role, Token, UserRole } from "@sightline/api/people";
import type { Selectable } from "kysely";
import { type NewId, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import type { TokensTable } from "./tables.js";

export interface User {
  readonly id: string;
  readonly name: string;
  readonly role: UserRole;
}

export interface Session {
  readonly user: User;
  readonly expiresAtMs: number;
}

function toToken(row: Selectable<TokensTable>): Token {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    cameraIds: JSON.parse(row.camera_ids) as string[],
    createdAt: toTime(row.created_at),
    expiresAt: toTimeOrNull(row.expires_at),
    revokedAt: toTimeOrNull(row.revoked_at),
    lastUsedAt: toTimeOrNull(row.last_used_at),
  };
}

export function accessReads(queries: Queries, now: Now) {
  return {
    async listTokens(): Promise<Token[]> {
      return (await queries.selectFrom("tokens").selectAll().orderBy("id", "desc").execute()).map(toToken);
    },
    async getToken(id: string): Promise<Token | undefined> {
      const row = await queries.selectFrom("tokens").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toToken(row);
    },
    /** Also tokens that were revoked or have expired: the caller says which. */
    async tokenBySecretHash(secretHash: string): Promise<Token | undefined> {
      const row = await queries
        .selectFrom("tokens")
        .selectAll()
        .where("secret_hash", "=", secretHash)
        .executeTakeFirst();
      return row && toToken(row);
    },
    async listUsers(): Promise<User[]> {
      return queries.selectFrom("users").select(["id", "name", "role"]).orderBy("id").execute();
    },
    /** A session that has not expired. */
    async sessionBySecretHash(secretHash: string): Promise<Session | undefined> {
      const row = await queries
        .selectFrom("sessions")
        .innerJoin("users", "users.id", "sessions.user_id")
        .select(["users.id", "users.name", "users.role", "sessions.expires_at"])
        .where("sessions.secret_hash", "=", secretHash)
        .where("sessions.expires_at", ">", now())
        .executeTakeFirst();
      return row && { user: { id: row.id, name: row.name, role: row.role }, expiresAtMs: row.expires_at };
    },
  };
}

export function accessWrites(queries: Queries, now: Now, newId: NewId) {
  return {
    ...accessReads(queries, now),
    async insertToken(token: {
      name: string;
      role: Role;
      secretHash: string;
      cameraIds: readonly string[];
      expiresAtMs: number | null;
    }): Promise<string> {
      const id = newId();
      await queries
        .insertInto("tokens")
        .values({
          id,
          name: token.name,
          role: token.role,
          secret_hash: token.secretHash,
          camera_ids: JSON.stringify(token.cameraIds),
          created_at: now(),
          expires_at: token.expiresAtMs,
          revoked_at: null,
          last_used_at: null,
        })
        .execute();
      return id;
    },
    /** @returns false when there is no such token; revoking twice keeps the first time. */
    async revokeToken(id: string): Promise<boolean> {
      const result = await queries
        .updateTable("tokens")
        .set((e) => ({ revoked_at: e.fn.coalesce("revoked_at", e.val(now())) }))
        .where("id", "=", id)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async removeToken(id: string): Promise<void> {
      await queries.deleteFrom("tokens").where("id", "=", id).execute();
    },
    /** Device tokens may send for these cameras no more; one that is left with none is revoked. */
    async unbindCameras(cameraIds: readonly string[]): Promise<void> {
      const gone = new Set(cameraIds);
      const tokens = await queries.selectFrom("tokens").selectAll().where("camera_ids", "<>", "[]").execute();
      for (const { id, camera_ids } of tokens) {
        const bound = JSON.parse(camera_ids) as string[];
        const kept = bound.filter((cameraId) => !gone.has(cameraId));
        if (kept.length === bound.length) continue;
        await queries
          .updateTable("tokens")
          .set((e) => ({
            camera_ids: JSON.stringify(kept),
            ...(kept.length === 0 ? { revoked_at: e.fn.coalesce("revoked_at", e.val(now())) } : {}),
          }))
          .where("id", "=", id)
          .execute();
      }
    },
    async markTokenUsed(id: string): Promise<void> {
      await queries.updateTable("tokens").set({ last_used_at: now() }).where("id", "=", id).execute();
    },
    /** Makes the person, or gives the existing one this role. */
    async putUser(name: string, role: UserRole): Promise<User> {
      return queries
        .insertInto("users")
        .values({ id: newId(), name, role, created_at: now() })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ role }))
        .returning(["id", "name", "role"])
        .executeTakeFirstOrThrow();
    },
    async insertSignInCode(code: { codeHash: string; userId: string; expiresAtMs: number }): Promise<void> {
      await queries
        .insertInto("sign_in_codes")
        .values({ code_hash: code.codeHash, user_id: code.userId, created_at: now(), expires_at: code.expiresAtMs })
        .execute();
    },
    /** Uses a code up. @returns whom it signs in, or `undefined` when it is unknown, used or expired. */
    async takeSignInCode(codeHash: string): Promise<User | undefined> {
      const code = await queries
        .deleteFrom("sign_in_codes")
        .where("code_hash", "=", codeHash)
        .returning(["user_id", "expires_at"])
        .executeTakeFirst();
      if (code === undefined || code.expires_at <= now()) return undefined;
      return queries
        .selectFrom("users")
        .select(["id", "name", "role"])
        .where("id", "=", code.user_id)
        .executeTakeFirst();
    },
    async insertSession(session: { secretHash: string; userId: string; expiresAtMs: number }): Promise<void> {
      await queries
        .insertInto("sessions")
        .values({
          secret_hash: session.secretHash,
          user_id: session.userId,
          created_at: now(),
          expires_at: session.expiresAtMs,
        })
        .execute();
    },
    async extendSession(secretHash: string, expiresAtMs: number): Promise<void> {
      await queries
        .updateTable("sessions")
        .set({ expires_at: expiresAtMs })
        .where("secret_hash", "=", secretHash)
        .execute();
    },
    async removeSession(secretHash: string): Promise<void> {
      await queries.deleteFrom("sessions").where("secret_hash", "=", secretHash).execute();
    },
    /** Forgets codes and sessions that can't be used any more. */
    async removeExpired(): Promise<void> {
      await queries.deleteFrom("sign_in_codes").where("expires_at", "<=", now()).execute();
      await queries.deleteFrom("sessions").where("expires_at", "<=", now()).execute();
    },
  };
}
