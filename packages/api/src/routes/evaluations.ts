/** Routes: evaluating a version. */
import { z } from "zod";
import { EvaluatedPictures, Evaluation, EvaluationDetail, RepeatsAsked } from "../evaluations.js";
import { Id, Limit, Unit } from "../words.js";
import { list, modelId, operator, route, viewer } from "./route.js";

const evaluationId = z.strictObject({ evaluationId: Id });

export const evaluationRoutes = {
  startEvaluation: route("POST", "/api/models/:modelId/evaluations", {
    summary: "Evaluate a version: figures with intervals, curves, slices, costs and the worst mistakes",
    access: operator,
    params: modelId,
    body: z.strictObject({
      pictures: EvaluatedPictures.default("test"),
      defectRate: Unit.nullable().default(null),
      repeats: RepeatsAsked.nullable().default(null),
    }),
    status: 202,
    reply: Evaluation,
  }),
  listEvaluations: route("GET", "/api/evaluations", {
    summary: "Evaluations, newest first, without their reports",
    access: viewer,
    query: z.strictObject({
      project: Id.optional(),
      model: Id.optional(),
      pictures: EvaluatedPictures.optional(),
      limit: Limit,
    }),
    reply: list(Evaluation),
  }),
  getEvaluation: route("GET", "/api/evaluations/:evaluationId", {
    summary: "One evaluation with its report",
    access: viewer,
    params: evaluationId,
    reply: EvaluationDetail,
  }),
  getEvaluationPage: route("GET", "/api/evaluations/:evaluationId/page", {
    summary: "The report as one HTML file that needs nothing else, with pictures of the worst mistakes",
    access: viewer,
    params: evaluationId,
    produces: "text/html",
    alsoRefuses: [409],
  }),
  cancelEvaluation: route("POST", "/api/evaluations/:evaluationId/cancel", {
    summary: "Cancel an evaluation",
    access: operator,
    params: evaluationId,
    reply: Evaluation,
  }),
};
