/** Who is calling: a bearer token (programs, cameras) or a session cookie (people in a browser). */
import type { Role, Token } from "@sightline/api/people";
import type { FastifyRequest } from "fastify";
import { hashSecret } from "./secrets.js";

export interface Identity {
  readonly kind: "user" | "token";
  /** Of the token or the person. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Cameras a device may send for; empty for others, whose role decides. */
  readonly cameraIds: readonly string[];
}

/**
 * What is remembered about credentials. Secrets are found by their hash: how long that takes may tell something about a stored hash, never
 * about the 256-bit secret behind it.
 */
export interface CredentialStore {
  /** Also tokens that were revoked or have expired. */
  tokenBySecretHash(secretHash: string): Promise<Token | undefined>;
  /** Only a session that is still valid. */
  sessionBySecretHash(secretHash: string): Promise<StoredSession | undefined>;
  markTokenUsed(tokenId: string): Promise<void>;
  extendSession(secretHash: string): Promise<void>;
}
export interface StoredSession {
  readonly user: { readonly id: string; readonly name: string; readonly role: Role };
  /** When it was begun or last extended. */
  readonly usedAtMs: number;
}

/** Why a credential is refused: revoked is final (403), with the others another credential helps (401). */
export type Refusal =
  | { readonly why: "missing" | "noSession" | "unknown" }
  | { readonly why: "expired"; readonly name: string; readonly expiredAt: string }
  | { readonly why: "revoked"; readonly name: string };

export type Authentication =
  | { readonly identity: Identity; readonly isCookie: boolean }
  | { readonly refusal: Refusal; readonly isCookie: boolean };

interface AuthenticateDeps {
  readonly credentials: CredentialStore;
  readonly now: () => number;
}

export const SESSION_COOKIE = "sightline_session";

/** "Last used" is for people who tidy up tokens; a minute's precision spares a write on every picture. */
const TOKEN_USE_PRECISION_MS = 60_000;
const SESSION_USE_PRECISION_MS = 3_600_000;

/** Reads the request's credential and looks it up. A bearer token wins over a cookie: who sends one means it. */
export async function authenticate(request: FastifyRequest, deps: AuthenticateDeps): Promise<Authentication> {
  const secret = bearerSecret(request);
  if (secret !== null) return { ...(await authenticateToken(secret, deps)), isCookie: false };
  const cookie = request.cookies[SESSION_COOKIE];
  if (cookie === undefined || cookie === "") return { refusal: { why: "missing" }, isCookie: false };
  const hash = hashSecret(cookie);
  const session = await deps.credentials.sessionBySecretHash(hash);
  if (session === undefined) return { refusal: { why: "noSession" }, isCookie: true };
  if (deps.now() - session.usedAtMs >= SESSION_USE_PRECISION_MS) await deps.credentials.extendSession(hash);
  return { identity: { kind: "user", ...session.user, cameraIds: [] }, isCookie: true };
}

async function authenticateToken(
  secret: string,
  { credentials, now }: AuthenticateDeps,
): Promise<{ identity: Identity } | { refusal: Refusal }> {
  const token = await credentials.tokenBySecretHash(hashSecret(secret));
  if (token === undefined) return { refusal: { why: "unknown" } };
  const { id, name, role, cameraIds, revokedAt, expiresAt, lastUsedAt } = token;
  if (revokedAt !== null) return { refusal: { why: "revoked", name } };
  if (expiresAt !== null && Date.parse(expiresAt) <= now()) {
    return { refusal: { why: "expired", name, expiredAt: expiresAt } };
  }
  if (lastUsedAt === null || now() - Date.parse(lastUsedAt) >= TOKEN_USE_PRECISION_MS)
    await credentials.markTokenUsed(id);
  return { identity: { kind: "token", id, name, role, cameraIds } };
}

export function hasCredential(request: FastifyRequest): boolean {
  return bearerSecret(request) !== null || Boolean(request.cookies[SESSION_COOKIE]);
}

/** `Authorization: Bearer …`, or the `authorizationToken` header of the upload protocol's existing clients. */
function bearerSecret(request: FastifyRequest): string | null {
  const standard = request.headers.authorization;
  if (standard !== undefined) return /^Bearer +(\S+)$/i.exec(standard)?.[1] ?? "";
  const legacy = request.headers.authorizationtoken;
  return typeof legacy === "string" ? legacy.replace(/^Bearer +/i, "") : null;
}
