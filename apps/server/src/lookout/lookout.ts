/** The Lookout for Vision API without its door: one signed request in, one answer out. */
import type { z } from "zod";
import type { Log } from "../log.js";
import type { Caller, Callers, PartlyChecked } from "./caller.js";
import { type ClientTokens, keepNothing } from "./client-tokens.js";
import type { LookoutDeps } from "./deps.js";
import { type FoundOperation, findOperation } from "./operations.js";
import type { SignedRequest } from "./sigv4.js";
import type { Throttle } from "./throttle.js";
import { accessDenied, invalid, LookoutError, toLookoutError } from "./wire-errors.js";

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface OperationAnswer {
  readonly status: number;
  readonly reply: unknown;
}

export interface Lookout {
  /** What the head of a request tells, before its body is read. @throws LookoutError AccessDeniedException */
  admit(request: SignedRequest): Promise<PartlyChecked>;
  answer(request: SignedRequest, admitted: PartlyChecked, body: Buffer): Promise<WireAnswer>;
  /** Any error in the API's own form; one that nobody foresaw is logged. */
  refuse(error: unknown): WireAnswer;
}

export function createLookout({
  deps,
  callers,
  throttle,
  clientTokens,
  log,
}: {
  deps: LookoutDeps;
  callers: Callers;
  throttle: Throttle;
  clientTokens: ClientTokens;
  log: Log;
}): Lookout {
  async function carryOut(request: SignedRequest, admitted: PartlyChecked, body: Buffer): Promise<OperationAnswer> {
    const { caller } = admitted;
    const { found, query } = find(request);
    const mayBeUnsigned = found?.operation.takesPicture ?? false;
    admitted.checkSignature(body, { mayBeUnsigned });
    if (found === undefined) throw invalid(`There is no operation at ${request.method} ${request.url}.`);
    const { operation, params } = found;
    if (!operation.takesPicture) throttle.count(caller.accessKeyId);
    checkRole(operation, caller);
    const fields = operation.takesPicture ? {} : jsonBody(body);
    const input = checked(operation.input, { ...query, ...fields, ...params });
    const contentType = String(request.headers["content-type"] ?? "");
    const call = { input, caller, bytes: body, contentType };
    const { status } = operation;
    if (operation.access === "read") return { status, reply: await operation.handle(deps, call) };
    const token = request.headers["x-amzn-client-token"];
    if (typeof token !== "string" || token === "")
      return { status, reply: (await operation.handle(deps, { ...call, keep: keepNothing })).reply };
    if (!/^[a-zA-Z0-9-]{1,64}$/.test(token)) throw invalid("ClientToken must be 1 to 64 of a–z A–Z 0–9 -.");
    const key = { accessKeyId: caller.accessKeyId, operation: operation.name, token };
    const { reply } = await clientTokens.once({ key, input, status }, (keep) =>
      operation.handle(deps, { ...call, keep }),
    );
    return { status, reply };
  }

  return {
    admit: (request) => callers.check(request),
    async answer(request, admitted, body) {
      try {
        const { status, reply } = await carryOut(request, admitted, body);
        return { status, headers: {}, body: JSON.stringify(reply) };
      } catch (error) {
        return this.refuse(error);
      }
    },
    refuse(error) {
      const known = toLookoutError(error);
      if (known === null || known.status >= 500) log.error({ err: error }, "A call of the Lookout API failed");
      const shown =
        known ??
        new LookoutError("InternalServerException", "The service met an unexpected error; its log has the details.");
      return {
        status: shown.status,
        headers: {
          "x-amzn-errortype": shown.type,
          ...(shown.retryAfterSeconds === undefined ? {} : { "retry-after": String(shown.retryAfterSeconds) }),
        },
        body: JSON.stringify({ Message: shown.message, ...shown.fields }),
      };
    },
  };
}

function find({ method, url }: SignedRequest): { found: FoundOperation | undefined; query: Record<string, unknown> } {
  const at = url.indexOf("?");
  const query: Record<string, unknown> = {};
  const values = new URLSearchParams(at < 0 ? "" : url.slice(at + 1));
  for (const name of new Set(values.keys())) {
    const all = values.getAll(name);
    query[name] = all.length > 1 ? all : all[0];
  }
  return { found: findOperation(method, at < 0 ? url : url.slice(0, at)), query };
}

/** Whoever may only look may ask models, too: as in the pages. */
function checkRole({ name, access }: FoundOperation["operation"], { role, userName }: Caller): void {
  if (access === "change" && role === "viewer")
    throw accessDenied(`${userName} is a viewer and may not call ${name}; it needs an operator or an admin.`);
}

function jsonBody(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw invalid(`The body must be JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("The body must be a JSON object.");
  return value as Record<string, unknown>;
}

/** @throws LookoutError ValidationException, in the words that AWS services use. */
function checked(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const told = issues.map(
    ({ path, message }) => `Value at '${path.join(".")}' failed to satisfy constraint: ${message}`,
  );
  throw invalid(`${issues.length} validation error${issues.length === 1 ? "" : "s"} detected: ${told.join("; ")}`);
}
