/** Comparisons: two versions measured on the same pictures. */
import { errors } from "../../errors.js";
import type { Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing, nameOf } from "./existing.js";

export function comparisonRoutes({ services: { store }, comparisons }: RouteDeps) {
  return {
    startComparison: ({ params, body, identity }) => comparisons.start(params.projectId, body, nameOf(identity)),

    listComparisons: async ({ query: { project, ...rest } }) => ({
      items: await store.read.comparisons.list({ projectId: project, ...rest }),
    }),

    getComparison: async ({ params: { comparisonId } }) =>
      existing(await store.read.comparisons.get(comparisonId), errors.comparisonNotFound, comparisonId),

    cancelComparison: ({ params }) => comparisons.cancel(params.comparisonId),
  } satisfies Partial<Handlers>;
}
