/** Trials: a version run on pictures that are new to it. */
import { errors } from "../../errors.js";
import type { Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing, nameOf } from "./existing.js";

export function trialRoutes({ services: { store, trials } }: RouteDeps) {
  return {
    startTrial: ({ params, body, identity }) => trials.start({ ...params, ...body }, nameOf(identity)),

    listTrials: async ({ query }) => ({
      items: await store.read.trials.list({ projectId: query.project, limit: query.limit }),
    }),

    getTrial: async ({ params: { trialId } }) =>
      existing(await store.read.trials.get(trialId), errors.trialNotFound, trialId),

    addTrialPicture: ({ params, query, bytes, request }) =>
      trials.addPicture({ ...params, ...query, bytes, contentType: request.headers["content-type"] ?? "" }),

    endTrial: ({ params }) => trials.end(params.trialId),

    deleteTrial: ({ params }) => trials.remove(params.trialId),
  } satisfies Partial<Handlers>;
}
