/** The address under which a caller reaches this service, for links in replies. */
import type { FastifyRequest } from "fastify";
import type { Config } from "../../config.js";

/** The configured public address; without one, the one this caller used (its Host has been checked against the allow-list). */
export function baseUrl(config: Config, request: FastifyRequest): string {
  return config.publicUrl ?? `http://${request.headers.host}`;
}
