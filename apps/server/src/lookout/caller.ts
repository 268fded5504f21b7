/** Who signed a request to the Lookout API: an access key that is known, not revoked, and used within its clock. */
import type { UserRole } from "@sightline/api/people";
import type { Now } from "../ids.js";
import type { Store } from "../store/store.js";
import type { AccessKeys } from "./access-keys.js";
import { isSignedBy, parseAuthorization, type SignedRequest, sha256Hex, unsignedPayload } from "./sigv4.js";
import { accessDenied } from "./wire-errors.js";

export interface Caller {
  readonly accessKeyId: string;
  /** The person the key is of: what changes are recorded under. */
  readonly userName: string;
  readonly role: UserRole;
  /** From the credential: any name, as the client is set up; it is written into ARNs. */
  readonly region: string;
}

/** A credential that may be used; whether it signed this very request is told once the body is there. */
export interface PartlyChecked {
  readonly caller: Caller;
  /** @throws LookoutError AccessDeniedException */
  checkSignature(body: Uint8Array, options: { mayBeUnsigned: boolean }): void;
}

export interface Callers {
  /** Everything that the head of a request tells. @throws LookoutError AccessDeniedException */
  check(request: SignedRequest): Promise<PartlyChecked>;
}

const SERVICE = "lookoutvision";
/** "Last used" is for people who tidy up keys. */
const USE_PRECISION_MS = 60_000;

export function createCallers(deps: {
  store: Store;
  accessKeys: AccessKeys;
  clockSkewSeconds: number;
  now: Now;
}): Callers {
  const { store, accessKeys, clockSkewSeconds, now } = deps;
  return {
    async check(request) {
      const authorization = parseAuthorization(request);
      if (typeof authorization === "string") throw accessDenied(authorization);
      const { accessKeyId, region, service, signedAtMs } = authorization;
      if (service !== SERVICE)
        throw accessDenied(`Credential should be scoped to service "${SERVICE}", got "${service}".`);
      const awayMs = now() - signedAtMs;
      if (Math.abs(awayMs) > clockSkewSeconds * 1000) {
        const which = awayMs > 0 ? "Signature expired" : "Signature not yet current";
        const at = new Date(now()).toISOString();
        throw accessDenied(`${which}: signed at ${authorization.timestamp}, it is ${at} here. Set the clock right.`);
      }
      const found = await accessKeys.find(accessKeyId);
      if (found === undefined)
        throw accessDenied("The security token included in the request is invalid: the access key is not known here.");
      const { key, secret } = found;
      if (key.revokedAt !== null)
        throw accessDenied(`Access key ${accessKeyId} was revoked. Ask an admin for a new one.`);
      if (secret === undefined)
        throw accessDenied(
          `The secret of access key ${accessKeyId} can't be opened: this server's key file is another. Make a new key.`,
        );
      return {
        caller: { accessKeyId, userName: key.userName, role: key.role, region },
        checkSignature(body, { mayBeUnsigned }) {
          const said = request.headers["x-amz-content-sha256"];
          const isUnsigned = said === unsignedPayload && mayBeUnsigned;
          const payloadHash = isUnsigned ? unsignedPayload : sha256Hex(body);
          if (!isSignedBy(secret, request, authorization, payloadHash)) {
            throw accessDenied(
              "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
            );
          }
          if (key.lastUsedAt === null || now() - Date.parse(key.lastUsedAt) >= USE_PRECISION_MS)
            void store.write((tx) => tx.accessKeys.markUsed(key.id)).catch(() => {});
        },
      };
    },
  };
}
