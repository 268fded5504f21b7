/** Routes: why a model answered as it did. An explanation takes seconds: it is started, asked for, and forgotten after a while. */
import { z } from "zod";
import { Explanation, explainQuery } from "../explanations.js";
import { Id } from "../words.js";
import { images, inspectionId, modelId, route, viewer } from "./route.js";

const explanationId = z.strictObject({ explanationId: Id });
const query = z.strictObject(explainQuery);
/** Too many wait already. */
const busy = [429];

export const explanationRoutes = {
  explainPicture: route("POST", "/api/models/:modelId/explain", {
    summary: "Explain what a version answers about a picture: nothing is recorded",
    access: viewer,
    params: modelId,
    query,
    consumes: images,
    status: 202,
    reply: Explanation,
    alsoRefuses: busy,
  }),
  explainInspection: route("POST", "/api/inspections/:inspectionId/explain", {
    summary: "Explain a verdict, by the version that gave it and under the threshold of then",
    access: viewer,
    params: inspectionId,
    query,
    status: 202,
    reply: Explanation,
    alsoRefuses: busy,
  }),
  explainReview: route("POST", "/api/reviews/:reviewId/explain", {
    summary:
      "Explain an answer that a person is asked about, by the version that gave it and under the threshold of then",
    access: viewer,
    params: z.strictObject({ reviewId: Id }),
    query,
    status: 202,
    reply: Explanation,
    alsoRefuses: busy,
  }),
  explainSample: route("POST", "/api/samples/:sampleId/explain", {
    summary: "Explain what a version answers about a labelled picture",
    access: viewer,
    params: z.strictObject({ sampleId: Id }),
    query: query.extend({ model: Id.optional().describe("Default: the running version, else the newest") }),
    status: 202,
    reply: Explanation,
    alsoRefuses: busy,
  }),
  getExplanation: route("GET", "/api/explanations/:explanationId", {
    summary: "How far an explanation is, and what it says; forgotten ten minutes after its end",
    access: viewer,
    params: explanationId,
    reply: Explanation,
  }),
  cancelExplanation: route("POST", "/api/explanations/:explanationId/cancel", {
    summary: "Stop an explanation that nobody waits for",
    access: viewer,
    params: explanationId,
    reply: Explanation,
  }),
};
