/** One row of the table of routes, and the words that rows share. */
import { z } from "zod";
import type { Role } from "../people.js";
import { Cursor, Id, Limit } from "../words.js";

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/** `anyone` needs no credential; `signed` proves itself by its signature or one-time code. */
export type Access = readonly Role[] | "anyone" | "signed";

export interface Route<
  Path extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
  Consumes extends string = string,
  Produces extends string = string,
> {
  readonly method: HttpMethod;
  /** Fastify's form: `/api/projects/:projectId`. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params: Path;
  readonly query: Query;
  /** A JSON body; `undefined` where the body is raw bytes (`consumes`) or absent. */
  readonly body: Body | undefined;
  /** Media types of a raw body. */
  readonly consumes: readonly Consumes[];
  readonly status: number;
  /** A JSON reply; `undefined` where the reply is bytes (`produces`) or empty (204). */
  readonly reply: Reply | undefined;
  readonly produces: Produces;
  /** Statuses of refusals besides those that follow from what the route takes. */
  readonly alsoRefuses: readonly number[];
}

const none = z.strictObject({});
type None = typeof none;

interface Spec<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
  C extends string,
  O extends string,
> {
  summary: string;
  access: Access;
  params?: P;
  query?: Q;
  body?: B;
  consumes?: readonly C[];
  status?: number;
  reply?: R;
  produces?: O;
  alsoRefuses?: readonly number[];
}

export function route<
  P extends z.ZodType = None,
  Q extends z.ZodType = None,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodUndefined,
  C extends string = never,
  O extends string = "application/json",
>(method: HttpMethod, path: string, spec: Spec<P, Q, B, R, C, O>): Route<P, Q, B, R, C, O> {
  return Object.freeze({
    method,
    path,
    summary: spec.summary,
    access: spec.access,
    params: spec.params ?? (none as unknown as P),
    query: spec.query ?? (none as unknown as Q),
    body: spec.body,
    consumes: spec.consumes ?? [],
    status: spec.status ?? (spec.reply === undefined && spec.produces === undefined ? 204 : 200),
    reply: spec.reply,
    produces: spec.produces ?? ("application/json" as O),
    alsoRefuses: spec.alsoRefuses ?? [],
  });
}

export const admin = ["admin"] as const;
export const operator = ["admin", "operator"] as const;
export const viewer = ["admin", "operator", "viewer"] as const;
export const device = ["admin", "operator", "device"] as const;
export const everyRole = ["admin", "operator", "viewer", "device"] as const;

export const images = ["image/jpeg", "image/png"] as const;
export const projectId = z.strictObject({ projectId: Id });
export const modelId = z.strictObject({ modelId: Id });
export const inspectionId = z.strictObject({ inspectionId: Id });
export const paging = { cursor: Cursor.optional(), limit: Limit };
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: Cursor.nullable() });
export const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
