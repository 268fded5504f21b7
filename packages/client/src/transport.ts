/** One HTTP exchange with readable failures; everything in this package goes through it. */
import { ApiCallError } from "./api-call-error.js";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/**
 * Sends a request and reads the whole answer.
 * @throws ApiCallError for a refusal, a timeout or no answer; the signal's own reason when the caller aborted.
 */
export async function exchange(fetch: Fetch, request: Exchange): Promise<{ response: Response; bytes: Uint8Array }> {
  const stop = new AbortController();
  const stopByCaller = () => stop.abort(request.signal?.reason);
  request.signal?.addEventListener("abort", stopByCaller, { once: true });
  if (request.signal?.aborted) stopByCaller();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop.abort();
  }, request.timeoutMs);
  try {
    const init: RequestInit = { method: request.method, headers: request.headers, signal: stop.signal };
    // The cast only hides SharedArrayBuffer-backed views, which fetch refuses by itself.
    if (request.body !== undefined) init.body = request.body as NonNullable<RequestInit["body"]>;
    const response = await fetch(request.url, init);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!response.ok && response.status !== 303) throw refusal(request, response, bytes);
    return { response, bytes };
  } catch (error) {
    if (error instanceof ApiCallError) throw error;
    if (request.signal?.aborted) throw request.signal.reason;
    throw noAnswer(request, isLate, error);
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener("abort", stopByCaller);
  }
}

/** The reply as JSON; an HTML page of a proxy or of another service is named as such. */
export function readJson(request: Exchange, response: Response, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    const got = response.headers.get("content-type") ?? "no content type";
    throw new ApiCallError({
      status: response.status,
      code: "NOT_A_SIGHTLINE_REPLY",
      message: `${request.method} ${plain(request.url)} should answer JSON, got ${response.status} with ${got}. Is this the address of a Sightline server?`,
      cause: error,
    });
  }
}

function refusal(request: Exchange, response: Response, bytes: Uint8Array): ApiCallError {
  const reply = readJson(request, response, bytes);
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  const waits = { retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : undefined };
  if (isErrorReply(reply)) return new ApiCallError({ status: response.status, ...reply, ...waits });
  return new ApiCallError({
    status: response.status,
    code: "NOT_A_SIGHTLINE_REPLY",
    message: `${request.method} ${plain(request.url)} was refused with status ${response.status} and without an error code. Is this the address of a Sightline server?`,
    ...waits,
  });
}

function isErrorReply(reply: unknown): reply is { code: string; message: string; details?: Record<string, unknown> } {
  return (
    typeof reply === "object" &&
    reply !== null &&
    "code" in reply &&
    typeof reply.code === "string" &&
    "message" in reply &&
    typeof reply.message === "string"
  );
}

function noAnswer(request: Exchange, isLate: boolean, error: unknown): ApiCallError {
  if (isLate) {
    return new ApiCallError({
      status: 0,
      code: "SERVER_TIMED_OUT",
      message: `${request.method} ${plain(request.url)} got no answer within ${request.timeoutMs / 1000} s. Check that the server is not overloaded (GET /healthz) and try again.`,
      cause: error,
    });
  }
  return new ApiCallError({
    status: 0,
    code: "SERVER_UNREACHABLE",
    message: `Cannot reach ${origin(request.url)}: ${reason(error)}. Check the address and that the server runs there (start one with \`sightline serve\`).`,
    cause: error,
  });
}

/** Node hides the reason in a chain of causes; browsers give none, by design. */
function reason(error: unknown): string {
  const words: Record<string, string> = {
    ECONNREFUSED: "nothing listens there (connection refused)",
    ENOTFOUND: "the host name is unknown",
    EAI_AGAIN: "the host name could not be looked up",
    ECONNRESET: "the connection was cut",
    UND_ERR_SOCKET: "the connection was cut",
    ETIMEDOUT: "no answer from the host",
    UND_ERR_CONNECT_TIMEOUT: "no answer from the host",
    EHOSTUNREACH: "no route to the host",
    ENETUNREACH: "no network",
  };
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const inner = at instanceof AggregateError ? at.errors.find((one) => one instanceof Error && "code" in one) : at;
    if (inner instanceof Error && "code" in inner && typeof inner.code === "string") {
      return words[inner.code] ?? inner.message;
    }
    if (at.cause === undefined) return at.message;
  }
  return String(error);
}

/** An address without its query: a signature is a credential and has no place in a message or a log. */
function plain(url: string): string {
  return url.replace(/\?.*$/s, "");
}

function origin(url: string): string {
  return /^[a-z]+:\/\/[^/]+/i.exec(url)?.[0] ?? "the server";
}
