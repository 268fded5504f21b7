/** The three questions before a request reaches its handler: does it mean us, did a page of ours (or no page) send it, and may its sender do this. */
import type { Access, Route } from "@sightline/api/route";
import type { FastifyReply, FastifyRequest } from "fastify";
import { errors, type ServerError } from "../../errors.js";
import type { AddressRules } from "./address-rules.js";
import { authenticate, type CredentialStore, type Identity, type Refusal } from "./identity.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Who calls, set by the gate. */
    identity: Identity | null;
  }
}

export interface GateDeps {
  readonly addresses: AddressRules;
  readonly credentials: CredentialStore;
  readonly now: () => number;
  /** Counts a refused credential of this sender; throws when there were too many. A good credential is never held up. */
  readonly countRefusal: (request: FastifyRequest) => Promise<void>;
}

const CHANGING_METHODS = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** For every request, known address or not. */
export function checkAddress(request: FastifyRequest, reply: FastifyReply, addresses: AddressRules): void {
  const { host, origin } = request.headers;
  if (!addresses.allowsHost(host)) throw errors.hostDenied({ host: host ?? "" });
  if (origin === undefined) return;
  if (!addresses.allowsOrigin(origin, host)) throw errors.originDenied({ origin });
  reply.header("vary", "origin");
  if (addresses.isCorsOrigin(origin)) {
    reply.headers({
      "access-control-allow-origin": origin,
      "access-control-expose-headers": "x-request-id",
      "cross-origin-resource-policy": "cross-origin",
    });
  }
}

/** Credential and role, before the body is read. */
export async function admit(request: FastifyRequest, route: Route, deps: GateDeps): Promise<void> {
  request.identity = null;
  if (route.access === "signed") return;
  const found = await authenticate(request, deps);
  if (found.isCookie) checkNotForged(request);
  if ("refusal" in found) {
    // Where nobody is asked for a credential, an old one is no reason to refuse.
    if (route.access === "anyone") return;
    throw await refused(found.refusal, request, deps);
  }
  if (!mayCall(route.access, found.identity)) {
    throw errors.roleDenied({ role: found.identity.role, needs: [...route.access] });
  }
  request.identity = found.identity;
}

const FORWARDING_HEADERS = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/**
 * The connection itself comes from this machine. A proxy running here makes everyone look so, and what it says of the real sender is only a
 * header: a request that was passed on counts as foreign.
 */
export function isFromThisMachine(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress ?? "";
  const isLoopback = address === "::1" || /^(::ffff:)?127\./.test(address);
  return isLoopback && FORWARDING_HEADERS.every((header) => request.headers[header] === undefined);
}

function mayCall(access: Access, identity: Identity): boolean {
  return access === "anyone" || access === "signed" || access.includes(identity.role);
}

/**
 * A browser attaches the cookie to requests that other sites' pages make. Those carry their Origin (checked for every request already) or say
 * "cross-site"; a changing request that says nothing of its origin is none of our page's.
 */
function checkNotForged(request: FastifyRequest): void {
  if (!CHANGING_METHODS.has(request.method)) return;
  const site = request.headers["sec-fetch-site"];
  const isOurs = site === undefined ? request.headers.origin !== undefined : site === "same-origin";
  if (!isOurs) throw errors.originDenied({ origin: request.headers.origin ?? "(no origin)" });
}

async function refused(refusal: Refusal, request: FastifyRequest, deps: GateDeps): Promise<ServerError> {
  if (refusal.why === "missing") return errors.notSignedIn({});
  await deps.countRefusal(request);
  switch (refusal.why) {
    case "noSession":
      return errors.notSignedIn({});
    case "unknown":
      return errors.tokenUnknown({});
    case "expired":
      return errors.tokenExpired(refusal);
    case "revoked":
      return errors.tokenRevoked(refusal);
  }
}
