/** Labelled pictures: what a model learns from. */
import { errors } from "../../errors.js";
import { annotationOf, parseAnnotation } from "../../intake/annotation.js";
import { changeAnnotation } from "../../intake/labelled-picture.js";
import { parseMaskTypes, putMask, readMask, removeMask } from "../../intake/sample-mask.js";
import { FileAnswer, type Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing } from "./existing.js";
import { picture } from "./picture.js";

export function sampleRoutes({ services }: RouteDeps) {
  const { store, blobs, live, removal } = services;
  return {
    listSamples: async ({ params, query }) => {
      existing(await store.read.projects.deployment(params.projectId), errors.projectNotFound, params.projectId);
      return store.read.samples.list({ ...params, ...query });
    },

    addSample: async ({ params, query, bytes, request }) => {
      const contentType = request.headers["content-type"] ?? "";
      const { part, name } = query;
      const annotation = parseAnnotation(query);
      const sample = await services.addLabelledPicture({ ...params, annotation, part, name, contentType, bytes });
      live.publish({ type: "project", projectId: sample.projectId, change: "changed" });
      return sample;
    },

    getSample: async ({ params: { sampleId } }) =>
      existing(await store.read.samples.get(sampleId), errors.sampleNotFound, sampleId),
    changeSample: async ({ params, body }) => {
      const sample = await changeAnnotation(store, params.sampleId, annotationOf(body));
      live.publish({ type: "project", projectId: sample.projectId, change: "changed" });
      return sample;
    },
    getSampleImage: async ({ params, request }): Promise<FileAnswer> => {
      const stored = existing(
        await store.read.samples.picture(params.sampleId),
        errors.sampleNotFound,
        params.sampleId,
      );
      return picture(blobs, stored.sha256, `image/${stored.format}`, request);
    },

    putSampleMask: async ({ params, query, bytes }) => {
      const sample = await putMask(services, params.sampleId, parseMaskTypes(query.types), bytes);
      live.publish({ type: "project", projectId: sample.projectId, change: "changed" });
      return sample;
    },

    getSampleMask: async ({ params }): Promise<FileAnswer> => {
      const bytes = await readMask(services, params.sampleId);
      // A mask changes under its address.
      return new FileAnswer(Buffer.from(bytes), "image/png", { "cache-control": "private, no-store" });
    },

    removeSampleMask: async ({ params }) => {
      const sample = await removeMask(services, params.sampleId);
      live.publish({ type: "project", projectId: sample.projectId, change: "changed" });
      return sample;
    },

    deleteSample: async ({ params: { sampleId } }) => {
      const { projectId } = existing(await store.read.samples.get(sampleId), errors.sampleNotFound, sampleId);
      await removal.sample(sampleId);
      live.publish({ type: "project", projectId, change: "changed" });
    },
  } satisfies Partial<Handlers>;
}
