/** The review queue: pictures that a person is asked about, and the words they give. */
import { errors } from "../../errors.js";
import type { FileAnswer, Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing, nameOf } from "./existing.js";
import { picture } from "./picture.js";

export function reviewRoutes({ services: { store, blobs, words } }: RouteDeps) {
  const pictures = async (id: string) => existing(await store.read.reviews.pictures(id), errors.reviewNotFound, id);
  return {
    listReviews: ({ query: { project, trial, ...rest } }) =>
      store.read.reviews.list({ projectId: project, trialId: trial, ...rest }),

    getReview: async ({ params: { reviewId } }) =>
      existing(await store.read.reviews.get(reviewId), errors.reviewNotFound, reviewId),

    getReviewImage: async ({ params: { reviewId }, request }): Promise<FileAnswer> => {
      const { image } = await pictures(reviewId);
      return picture(blobs, image.sha256, `image/${image.format}`, request);
    },

    getReviewHeatMap: async ({ params: { reviewId }, request }): Promise<FileAnswer> => {
      const { heatMapSha256 } = await pictures(reviewId);
      if (heatMapSha256 === null) throw errors.pictureNotFound({ kind: "heat map", id: reviewId });
      return picture(blobs, heatMapSha256, "image/png", request);
    },

    askForReview: ({ params, identity }) => words.ask(params.inspectionId, nameOf(identity)),

    sayWord: ({ params, body, identity }) => words.say(params.reviewId, body, nameOf(identity)),

    takeBackWord: ({ params }) => words.takeBack(params.reviewId),

    dismissReview: ({ params, identity }) => words.dismiss(params.reviewId, nameOf(identity)),
  } satisfies Partial<Handlers>;
}
