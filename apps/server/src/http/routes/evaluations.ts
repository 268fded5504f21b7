/** Evaluations of versions: figures with intervals, curves, slices, costs and the worst mistakes. */
import { errors } from "../../errors.js";
import { FileAnswer, type Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing, nameOf } from "./existing.js";

export function evaluationRoutes({ services: { store }, evaluations }: RouteDeps) {
  const evaluation = async (id: string) =>
    existing(await store.read.evaluations.get(id), errors.evaluationNotFound, id);

  return {
    startEvaluation: ({ params, body, identity }) => evaluations.start(params.modelId, body, nameOf(identity)),

    listEvaluations: async ({ query: { project, model, ...rest } }) => ({
      items: await store.read.evaluations.list({ projectId: project, modelId: model, ...rest }),
    }),

    getEvaluation: async ({ params: { evaluationId } }) => ({
      ...(await evaluation(evaluationId)),
      report: await store.read.evaluations.report(evaluationId),
    }),

    getEvaluationPage: async ({ params: { evaluationId } }): Promise<FileAnswer> => {
      const { id, status, projectId, modelVersion, pictures } = await evaluation(evaluationId);
      const page = await store.read.evaluations.page(id);
      if (page === undefined) throw errors.evaluationHasNoReport({ id, status });
      const project = await store.read.projects.get(projectId);
      return new FileAnswer(page, "text/html; charset=utf-8", {
        // A file, never a page of this site: what it shows are names that came from outside. Letters, digits, _ and - only.
        "content-disposition": `attachment; filename="${project?.name ?? "model"}-v${modelVersion}-${pictures}.html"`,
      });
    },

    cancelEvaluation: ({ params }) => evaluations.cancel(params.evaluationId),
  } satisfies Partial<Handlers>;
}
