/** Routes: the service itself: its state, its events, its metrics, this table. */
import { z } from "zod";
import { System } from "../service.js";
import { Id } from "../words.js";
import { admin, route, viewer } from "./route.js";

export const serviceRoutes = {
  getSystem: route("GET", "/api/system", { summary: "Version, disk, sample line", access: viewer, reply: System }),
  removeSampleLine: route("DELETE", "/api/sample-line", {
    summary: "Remove the sample line with its project, camera, model and inspections",
    access: admin,
  }),
  live: route("GET", "/api/live", {
    summary: "WebSocket: live events (see LiveEvent)",
    access: viewer,
    query: z.strictObject({ project: Id.optional() }),
    status: 101,
    produces: "application/json",
  }),
  getOpenApi: route("GET", "/api/openapi.json", {
    summary: "This table as OpenAPI 3.1",
    access: "anyone",
    reply: z.record(z.string(), z.unknown()),
  }),
  getMetrics: route("GET", "/metrics", {
    summary: "Prometheus metrics; no token is asked from the loopback address",
    access: viewer,
    produces: "text/plain",
  }),
  getHealth: route("GET", "/healthz", {
    summary: "Is it up, can it write",
    access: "anyone",
    reply: z.object({ status: z.enum(["ok", "degraded"]), version: z.string(), reasons: z.array(z.string()) }),
  }),
};
