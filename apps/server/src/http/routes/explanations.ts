/** Why a model answered as it did: of a picture sent, of an inspection, of a review, of a labelled picture. */
import { errors } from "../../errors.js";
import { checkPicture } from "../../intake/check-picture.js";
import type { Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing } from "./existing.js";

/** On every model's own scale. */
const OWN_THRESHOLD = 0.5;

export function explanationRoutes({ services }: RouteDeps) {
  const { store, blobs, config, decoding, explanations } = services;

  /** A running version answers with the threshold in force, another one with its own. */
  async function thresholdOf(modelId: string): Promise<number> {
    const { isRunning, projectId } = existing(await store.read.models.get(modelId), errors.modelNotFound, modelId);
    const deployment = isRunning ? await store.read.projects.deployment(projectId) : undefined;
    return deployment?.threshold ?? OWN_THRESHOLD;
  }

  return {
    explainPicture: async ({ params: { modelId }, query, bytes, request }) => {
      const threshold = await thresholdOf(modelId);
      await checkPicture(bytes, request.headers["content-type"] ?? "", config.intake, decoding);
      return explanations.start(modelId, bytes, query, threshold);
    },

    explainInspection: async ({ params: { inspectionId: id }, query }) => {
      const inspection = existing(await store.read.inspections.get(id), errors.inspectionNotFound, id);
      if (inspection.modelId === null) throw errors.explanationWithoutVerdict({ what: "Inspection", id });
      const { image } = existing(await store.read.inspections.pictures(id), errors.inspectionNotFound, id);
      const bytes = await blobs.read(image.sha256);
      return explanations.start(inspection.modelId, bytes, query, inspection.threshold ?? OWN_THRESHOLD);
    },

    explainReview: async ({ params: { reviewId: id }, query }) => {
      const { answer } = existing(await store.read.reviews.get(id), errors.reviewNotFound, id);
      if (!answer?.modelId) throw errors.explanationWithoutVerdict({ what: "Review", id });
      const { image } = existing(await store.read.reviews.pictures(id), errors.reviewNotFound, id);
      const bytes = await blobs.read(image.sha256);
      return explanations.start(answer.modelId, bytes, query, answer.threshold ?? OWN_THRESHOLD);
    },

    explainSample: async ({ params: { sampleId }, query: { model, ...asked } }) => {
      const sample = existing(await store.read.samples.get(sampleId), errors.sampleNotFound, sampleId);
      const project = existing(
        await store.read.projects.get(sample.projectId),
        errors.projectNotFound,
        sample.projectId,
      );
      const newest = (await store.read.models.list(sample.projectId))[0]?.id;
      const modelId = model ?? project.runningModelId ?? newest;
      if (modelId === undefined) throw errors.noRunningModel({ projectName: project.name });
      const stored = existing(await store.read.samples.picture(sampleId), errors.sampleNotFound, sampleId);
      return explanations.start(modelId, await blobs.read(stored.sha256), asked, await thresholdOf(modelId));
    },

    getExplanation: ({ params }) => explanations.get(params.explanationId),

    cancelExplanation: ({ params }) => explanations.cancel(params.explanationId),
  } satisfies Partial<Handlers>;
}
