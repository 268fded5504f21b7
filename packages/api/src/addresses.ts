/** What a caller needs of each route, in plain values: the web pages get this table, computed when they are built, and not the schemas. */

import type { Access, HttpMethod, Route } from "./routes/route.js";
import { type RouteName, routes } from "./routes.js";

export interface Address {
  readonly method: HttpMethod;
  /** With its parameters named: `/api/projects/:projectId`. */
  readonly path: string;
  readonly access: Access;
  readonly produces: string;
  /** Whether a JSON reply comes back; else bytes of `produces`, or nothing. */
  readonly hasReply: boolean;
}

export const addresses = Object.fromEntries(
  Object.entries<Route>(routes).map(([name, { method, path, access, produces, reply }]) => [
    name,
    { method, path, access, produces, hasReply: reply !== undefined },
  ]),
) as Readonly<Record<RouteName, Address>>;
