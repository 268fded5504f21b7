/** Credentials from the records, and those of the service's own parts, which exist only while it runs. */
import type { Role, Token } from "@sightline/api/people";
import { type Now, toTime } from "../../ids.js";
import type { Store } from "../../store/store.js";
import type { CredentialStore } from "./identity.js";
import { newTokenSecret } from "./secrets.js";

export interface Credentials extends CredentialStore {
  /** A token for a part of this service that comes in through the same doors as everyone; never stored or listed, gone with the process. */
  issueInternalToken(token: { readonly name: string; readonly role: Role; readonly cameraIds: readonly string[] }): {
    readonly secret: string;
    withdraw(): void;
  };
}

const DAY_MS = 86_400_000;

export function createCredentials(store: Store, { now, sessionDays }: { now: Now; sessionDays: number }): Credentials {
  const internal = new Map<string, Token>();
  const sessionMs = Math.ceil(sessionDays * DAY_MS);
  return {
    async tokenBySecretHash(secretHash) {
      return internal.get(secretHash) ?? store.read.access.tokenBySecretHash(secretHash);
    },
    async sessionBySecretHash(secretHash) {
      const session = await store.read.access.sessionBySecretHash(secretHash);
      return session && { user: session.user, usedAtMs: session.expiresAtMs - sessionMs };
    },
    markTokenUsed: (tokenId) => store.write((tx) => tx.access.markTokenUsed(tokenId)),
    extendSession: (secretHash) => store.write((tx) => tx.access.extendSession(secretHash, now() + sessionMs)),

    issueInternalToken({ name, role, cameraIds }) {
      const secret = newTokenSecret();
      const createdAt = toTime(now());
      internal.set(secret.hash, {
        // Not a record's id: nothing can be stored against it.
        id: `internal-${internal.size}`,
        name,
        role,
        cameraIds: [...cameraIds],
        createdAt,
        expiresAt: null,
        revokedAt: null,
        // Never written back: nobody tidies these up.
        lastUsedAt: "9999-12-31T23:59:59.999Z",
      });
      return { secret: secret.text, withdraw: () => void internal.delete(secret.hash) };
    },
  };
}
