/** The service itself: outgoing actions, its state, metrics, health, its description. */
import { openApiDocument } from "@sightline/api/openapi";
import { FileAnswer, type Handlers } from "../handlers.js";
import { baseUrl } from "./base-url.js";
import type { RouteDeps } from "./deps.js";

export function serviceRoutes({ services, sampleLine, metrics, checkHealth, about }: RouteDeps) {
  const { store, blobs, config, outbox } = services;
  return {
    listActions: ({ query }) => store.read.actions.list(query),

    retryAction: ({ params }) => outbox.retry(params.actionId),

    retryActions: async ({ body }) => ({ count: await outbox.retryAll(body) }),

    discardAction: ({ params }) => outbox.discard(params.actionId),

    getSystem: async ({ request }) => ({
      version: about.version,
      startedAt: about.startedAt,
      publicUrl: baseUrl(config, request),
      sampleLine: sampleLine.state(),
      mailConfigured: config.smtp.url !== null,
      freeDiskBytes: await blobs.freeBytes(),
      minFreeDiskBytes: config.minFreeDiskBytes,
      projects: await store.read.projects.count(),
    }),

    removeSampleLine: () => sampleLine.remove(),

    getOpenApi: ({ request }) => openApiDocument({ version: about.version, publicUrl: baseUrl(config, request) }),

    getMetrics: async () => new FileAnswer(await metrics.text(), metrics.contentType, { "cache-control": "no-store" }),

    getHealth: async ({ reply }) => {
      const { status, reasons } = await checkHealth();
      // A load balancer reads the status code; people read the reasons.
      if (status === "degraded") reply.header("x-sightline-degraded", "true");
      return { status, version: about.version, reasons };
    },
  } satisfies Partial<Handlers>;
}
