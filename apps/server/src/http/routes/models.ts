/** Model versions: list, upload, download, start, stop, try. */
import type { Prediction } from "@sightline/api/predictions";
import { htmlPage } from "@sightline/models/html-page";
import { cardOfFile } from "@sightline/models/model-card";
import { errors } from "../../errors.js";
import { checkPicture } from "../../intake/check-picture.js";
import type { EarlierDeployment } from "../../store/deployments.js";
import { FileAnswer, type Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing, nameOf } from "./existing.js";

/** On every model's own scale. */
const OWN_THRESHOLD = 0.5;
/** Whoever tries a picture waits for it; a model that must be opened first takes a few seconds. */
const PREDICT_TIMEOUT_MS = 30_000;

export function modelRoutes({ services, modelUpload }: RouteDeps) {
  const { store, blobs, live, config, decoding, deployments, predictors, removal } = services;
  const model = async (id: string) => existing(await store.read.models.get(id), errors.modelNotFound, id);

  async function answer(
    modelId: string,
    bytes: Buffer,
    threshold: number,
    wants: { readonly heatmap: boolean; readonly labelmap: boolean },
  ): Promise<Prediction> {
    const asked = { heatMap: wants.heatmap, labelMapPng: wants.labelmap };
    const options = { ...asked, threshold, timeoutMs: PREDICT_TIMEOUT_MS };
    const { heatMapPng, labelMapPng, anomalies, probabilities, ...rest } = await predictors.predict(
      modelId,
      bytes,
      options,
    );
    const { task, label, labels, detections, isAnomalous, score, confidence, width, height, inferenceMs } = rest;
    const found = { task, label, labels: [...labels], detections: detections.map((one) => ({ ...one })) };
    const verdict = { isAnomalous, score, confidence, probabilities: { ...probabilities } };
    const encoded = (png: Uint8Array | undefined) => (png === undefined ? null : Buffer.from(png).toString("base64"));
    const maps = { heatMapPng: encoded(heatMapPng), labelMapPng: encoded(labelMapPng) };
    const areas = anomalies?.map((area) => ({ ...area })) ?? null;
    return { ...found, ...verdict, width, height, inferenceMs, anomalies: areas, ...maps };
  }

  /** With the name of its files: of letters, digits, _ and - only, so that nothing is to be escaped. */
  const namedModel = async (id: string) => {
    const { sha256, version, projectId } = await model(id);
    const project = await store.read.projects.get(projectId);
    return { sha256, name: `${project?.name ?? "model"}-v${version}` };
  };

  return {
    listModels: async ({ query }) => ({ items: await store.read.models.list(query.project) }),

    uploadModel: async ({ params, stream }) => {
      const added = await modelUpload.accept(params.projectId, stream);
      live.publish({ type: "project", projectId: added.projectId, change: "changed" });
      return added;
    },

    getModel: async ({ params }) =>
      existing(await store.read.models.getDetail(params.modelId), errors.modelNotFound, params.modelId),

    getModelFile: async ({ params }): Promise<FileAnswer> => {
      const { sha256, name } = await namedModel(params.modelId);
      return new FileAnswer(await blobs.read(sha256), "application/octet-stream", {
        "content-disposition": `attachment; filename="${name}.onnx"`,
        etag: `"${sha256}"`,
      });
    },

    getModelCard: async ({ params }): Promise<FileAnswer> => {
      const { sha256, name } = await namedModel(params.modelId);
      const card = cardOfFile(await blobs.read(sha256), `${name}.onnx`);
      return new FileAnswer(Buffer.from(htmlPage(card)), "text/html; charset=utf-8", {
        // A file, never a page of this site: what it shows are names that came from outside.
        "content-disposition": `attachment; filename="${name}-card.html"`,
      });
    },

    startModel: ({ params, identity }) => deployments.start(params.modelId, nameOf(identity)),

    stopModel: ({ params, identity }) => deployments.stop(params.modelId, nameOf(identity)),

    deleteModel: ({ params }) => removal.model(params.modelId),

    getDeployments: async ({ params: { projectId } }) => {
      existing(await store.read.projects.deployment(projectId), errors.projectNotFound, projectId);
      const earlier = await store.read.deployments.before(projectId);
      return {
        items: await store.read.deployments.list(projectId),
        rollBackTo: earlier === undefined ? null : wayBack(earlier),
      };
    },

    rollBack: ({ params, identity }) => deployments.rollBack(params.projectId, nameOf(identity)),

    predict: async ({ params: { modelId }, query, bytes, request }) => {
      const { isRunning, projectId } = await model(modelId);
      await checkPicture(bytes, request.headers["content-type"] ?? "", config.intake, decoding);
      // A running model answers as it does on the line: with the threshold in force.
      const deployment = isRunning ? await store.read.projects.deployment(projectId) : undefined;
      return answer(modelId, bytes, deployment?.threshold ?? OWN_THRESHOLD, query);
    },

    predictWithRunning: async ({ params: { projectId }, query, bytes, request }) => {
      const project = existing(await store.read.projects.get(projectId), errors.projectNotFound, projectId);
      await checkPicture(bytes, request.headers["content-type"] ?? "", config.intake, decoding);
      // Read after the picture was checked: whichever version runs by then answers, with its own threshold.
      const deployment = await store.read.projects.deployment(projectId);
      if (deployment?.modelId == null) throw errors.noRunningModel({ projectName: project.name });
      const { modelId, threshold } = deployment;
      const { version } = await model(modelId);
      return { ...(await answer(modelId, bytes, threshold, query)), modelId, modelVersion: version };
    },
  } satisfies Partial<Handlers>;
}

/** Where a rollback leads, as callers are told. */
function wayBack({ modelId, modelVersion, threshold }: EarlierDeployment) {
  return { modelId, modelVersion, threshold };
}
