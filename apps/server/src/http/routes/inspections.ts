/** Inspections: lists, one with its pictures, counts over time, retry, deletion. */
import { errors } from "../../errors.js";
import { fromTime } from "../../ids.js";
import type { FileAnswer, Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing } from "./existing.js";
import { picture, unchanging } from "./picture.js";

const HOUR_MS = 3_600_000;

export function inspectionRoutes({ services }: RouteDeps) {
  const { store, blobs, thumbnails, removal, now } = services;
  const pictures = async (id: string) =>
    existing(await store.read.inspections.pictures(id), errors.inspectionNotFound, id);
  const present = (sha256: string | null, kind: string, id: string): string => {
    if (sha256 === null) throw errors.pictureNotFound({ kind, id });
    return sha256;
  };

  return {
    listInspections: ({ query: { project, camera, line, ...rest } }) =>
      store.read.inspections.list({ projectId: project, cameraId: camera, assemblyLineId: line, ...rest }),

    getInspection: async ({ params: { inspectionId } }) => {
      const found = existing(await store.read.inspections.get(inspectionId), errors.inspectionNotFound, inspectionId);
      const project = existing(await store.read.projects.get(found.projectId), errors.projectNotFound, found.projectId);
      return { ...found, projectName: project.name, actions: await store.read.actions.ofInspection(inspectionId) };
    },

    getInspectionImage: async ({ params: { inspectionId }, request }): Promise<FileAnswer> => {
      const { image } = await pictures(inspectionId);
      return picture(blobs, image.sha256, `image/${image.format}`, request);
    },

    getInspectionThumbnail: async ({ params: { inspectionId }, request }): Promise<FileAnswer> => {
      const { image } = await pictures(inspectionId);
      const name = `${image.sha256}-thumbnail`;
      return unchanging(name, "image/jpeg", request, () => thumbnails.of(image.sha256));
    },

    getInspectionHeatMap: async ({ params: { inspectionId }, request }): Promise<FileAnswer> => {
      const { heatMapSha256 } = await pictures(inspectionId);
      return picture(blobs, present(heatMapSha256, "heat map", inspectionId), "image/png", request);
    },

    getInspectionLabelMap: async ({ params: { inspectionId }, request }): Promise<FileAnswer> => {
      const { labelMapSha256 } = await pictures(inspectionId);
      return picture(blobs, present(labelMapSha256, "map of defects", inspectionId), "image/png", request);
    },

    retryInspection: ({ params }) => services.retryInspection(params.inspectionId),

    retryInspections: async ({ body }) => ({ count: await services.retryFailed(body) }),

    deleteInspection: ({ params }) => removal.inspection(params.inspectionId),

    getStats: ({ query: { project, camera, line, from, to, buckets } }) => {
      const toMs = to === undefined ? now() : fromTime(to);
      const fromMs = from === undefined ? toMs - HOUR_MS : fromTime(from);
      if (fromMs >= toMs) {
        throw errors.parameterInvalid({
          name: "from",
          where: "query",
          problem: `expected a time before "to", got ${from}`,
        });
      }
      return store.read.stats.compute({
        projectId: project,
        cameraId: camera,
        assemblyLineId: line,
        fromMs,
        toMs,
        buckets,
      });
    },
  } satisfies Partial<Handlers>;
}
