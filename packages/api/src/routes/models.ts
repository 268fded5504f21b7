/** Routes: model versions, what they answer, which one inspects. */
import { z } from "zod";
import { Deployment, Model, ModelDetail } from "../models.js";
import { Prediction } from "../predictions.js";
import { Id, Unit } from "../words.js";
import { admin, images, list, modelId, operator, projectId, route, viewer } from "./route.js";

export const modelRoutes = {
  listModels: route("GET", "/api/models", {
    summary: "Model versions, newest first",
    access: viewer,
    query: z.strictObject({ project: Id.optional() }),
    reply: list(Model),
  }),
  uploadModel: route("POST", "/api/projects/:projectId/models", {
    summary: "Add a model file made by `sightline train`",
    access: operator,
    params: projectId,
    consumes: ["application/octet-stream"],
    status: 201,
    reply: Model,
  }),
  getModel: route("GET", "/api/models/:modelId", {
    summary: "One model version with its scores",
    access: viewer,
    params: modelId,
    reply: ModelDetail,
  }),
  getModelFile: route("GET", "/api/models/:modelId/file", {
    summary: "The model as one ONNX file",
    access: viewer,
    params: modelId,
    produces: "application/octet-stream",
  }),
  getModelCard: route("GET", "/api/models/:modelId/card", {
    summary: "The version's card as one HTML file: data, figures with intervals, limits, licences, how it was made",
    access: viewer,
    params: modelId,
    produces: "text/html",
  }),
  startModel: route("POST", "/api/models/:modelId/start", {
    summary: "Let this version inspect (the one before it stops); its own threshold comes into force",
    access: operator,
    params: modelId,
    reply: Model,
  }),
  stopModel: route("POST", "/api/models/:modelId/stop", {
    summary: "Stop inspecting with this version",
    access: operator,
    params: modelId,
    reply: Model,
  }),
  deleteModel: route("DELETE", "/api/models/:modelId", {
    summary: "Delete a version that is not running",
    access: admin,
    params: modelId,
  }),
  predict: route("POST", "/api/models/:modelId/predict", {
    summary: "Try a picture: nothing is recorded",
    access: viewer,
    params: modelId,
    query: z.strictObject({ heatmap: z.stringbool().default(true), labelmap: z.stringbool().default(true) }),
    consumes: images,
    reply: Prediction,
  }),
  getDeployments: route("GET", "/api/projects/:projectId/deployments", {
    summary: "Which version inspected when, newest first",
    access: viewer,
    params: projectId,
    reply: list(Deployment).extend({
      rollBackTo: z
        .object({ modelId: Id, modelVersion: z.int(), threshold: Unit })
        .nullable()
        .describe("Where a rollback leads; null: nowhere"),
    }),
  }),
  rollBack: route("POST", "/api/projects/:projectId/rollback", {
    summary: "Let the version before inspect again, with the threshold it had",
    access: operator,
    params: projectId,
    reply: Model,
  }),
  predictWithRunning: route("POST", "/api/projects/:projectId/predict", {
    summary: "Ask the running version, whichever it is just then: nothing is recorded",
    access: viewer,
    params: projectId,
    query: z.strictObject({ heatmap: z.stringbool().default(true), labelmap: z.stringbool().default(true) }),
    consumes: images,
    reply: Prediction.extend({ modelId: Id, modelVersion: z.int() }),
  }),
};
