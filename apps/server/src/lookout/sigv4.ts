/**
 * Checks AWS Signature Version 4 (AWS General Reference, "Signing AWS API requests"): what the client signed is built again from the
 * request as it came, and must give the same HMAC.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** The head of a request, as it came over the wire. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query exactly as sent, percent-encoding included. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What the `Authorization` header says. */
export interface Authorization {
  readonly accessKeyId: string;
  /** `YYYYMMDD` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** From `x-amz-date`, `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  readonly signedAtMs: number;
}

const algorithm = "AWS4-HMAC-SHA256";
export const unsignedPayload = "UNSIGNED-PAYLOAD";

/** @returns why it can't be read, as text. */
export function parseAuthorization({ headers }: SignedRequest): Authorization | string {
  const header = one(headers.authorization);
  if (header === undefined) return "Missing Authentication Token";
  const [name, ...rest] = header.split(" ");
  if (name !== algorithm) return `The Authorization header must begin with ${algorithm}.`;
  const fields = new Map(
    rest
      .join(" ")
      .split(",")
      .map((part) => {
        const at = part.indexOf("=");
        return [part.slice(0, at).trim(), part.slice(at + 1).trim()] as const;
      }),
  );
  const credential = fields.get("Credential")?.split("/");
  const signature = fields.get("Signature");
  const signed = fields.get("SignedHeaders");
  if (credential?.length !== 5 || credential[4] !== "aws4_request" || !signature || !signed)
    return "The Authorization header must have Credential, SignedHeaders and Signature.";
  const [accessKeyId = "", date = "", region = "", service = ""] = credential;
  const timestamp = one(headers["x-amz-date"]) ?? "";
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (match === null) return "The header x-amz-date must be a time such as 20260131T120000Z.";
  const [, ...parts] = match.map(Number);
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  const signedAtMs = Date.UTC(year, month - 1, day, hour, minute, second);
  if (!timestamp.startsWith(date)) return `The credential is for ${date}, x-amz-date says ${timestamp}.`;
  const signedHeaders = signed.split(";");
  for (const needed of ["host", "x-amz-date"]) {
    if (!signedHeaders.includes(needed)) return `The header ${needed} must be among SignedHeaders.`;
  }
  return { accessKeyId, date, region, service, signedHeaders, signature, timestamp, signedAtMs };
}

/** @param payloadHash SHA-256 of the body in hexadecimal, or `UNSIGNED-PAYLOAD`. */
export function isSignedBy(
  secret: string,
  request: SignedRequest,
  authorization: Authorization,
  payloadHash: string,
): boolean {
  const expected = signatureOf(secret, authorization, canonicalRequest(request, authorization, payloadHash));
  const given = Buffer.from(authorization.signature, "utf8");
  const ours = Buffer.from(expected, "utf8");
  return given.length === ours.length && timingSafeEqual(given, ours);
}

export const sha256Hex = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

function signatureOf(secret: string, { date, region, service, timestamp }: Authorization, canonical: string): string {
  const scope = `${date}/${region}/${service}/aws4_request`;
  const keyed = [date, region, service, "aws4_request"].reduce<string | Buffer>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    `AWS4${secret}`,
  );
  return createHmac("sha256", keyed)
    .update([algorithm, timestamp, scope, sha256Hex(canonical)].join("\n"))
    .digest("hex");
}

function canonicalRequest(request: SignedRequest, { signedHeaders }: Authorization, payloadHash: string): string {
  const at = request.url.indexOf("?");
  const path = at < 0 ? request.url : request.url.slice(0, at);
  const query = at < 0 ? "" : request.url.slice(at + 1);
  const headers = signedHeaders.map(
    (name) => `${name}:${(one(request.headers[name]) ?? "").trim().replace(/ +/g, " ")}\n`,
  );
  return [
    request.method,
    // For every service but S3 the path, which is encoded already, is encoded once more.
    path.split("/").map(encodeOnce).join("/"),
    canonicalQuery(query),
    headers.join(""),
    signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  return query
    .split("&")
    .map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [encodeOnce(decoded(name)), encodeOnce(decoded(value.join("=")))] as const;
    })
    .sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** RFC 3986: everything but the unreserved characters. */
function encodeOnce(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const one = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "string" || value === undefined ? value : value.join(",");
