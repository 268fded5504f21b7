/** Routes: comparing two versions. */
import { z } from "zod";
import { Comparison } from "../comparisons.js";
import { Id, Limit } from "../words.js";
import { list, operator, projectId, route, viewer } from "./route.js";

const comparisonId = z.strictObject({ comparisonId: Id });

export const comparisonRoutes = {
  startComparison: route("POST", "/api/projects/:projectId/comparisons", {
    summary: "Measure two versions on the pictures kept for the test",
    access: operator,
    params: projectId,
    body: z.strictObject({ base: Id.describe("Usually the running version"), candidate: Id }),
    status: 202,
    reply: Comparison,
  }),
  listComparisons: route("GET", "/api/comparisons", {
    summary: "Comparisons, newest first",
    access: viewer,
    query: z.strictObject({
      project: Id.optional(),
      base: Id.optional(),
      candidate: Id.optional(),
      limit: Limit,
    }),
    reply: list(Comparison),
  }),
  getComparison: route("GET", "/api/comparisons/:comparisonId", {
    summary: "One comparison with the pictures on which the versions differ",
    access: viewer,
    params: comparisonId,
    reply: Comparison,
  }),
  cancelComparison: route("POST", "/api/comparisons/:comparisonId/cancel", {
    summary: "Cancel a comparison",
    access: operator,
    params: comparisonId,
    reply: Comparison,
  }),
};
