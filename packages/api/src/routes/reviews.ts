/** Routes: a person's word on a model's answers, and trials that ask for it. */
import { z } from "zod";
import { Review, ReviewReason, ReviewStatus, Trial, TrialSource } from "../reviews.js";
import { Annotation } from "../samples.js";
import { Id, Limit, PlantId, Time } from "../words.js";
import { images, inspectionId, list, modelId, operator, page, paging, route, viewer } from "./route.js";

const trialId = z.strictObject({ trialId: Id });
const reviewId = z.strictObject({ reviewId: Id });

export const reviewRoutes = {
  listReviews: route("GET", "/api/reviews", {
    summary: "Pictures that a person is asked about: of the queue, or of one trial; oldest first",
    access: viewer,
    query: z.strictObject({
      ...paging,
      project: Id.optional(),
      trial: Id.optional().describe("Default: all but trials' pictures on which line and trial agree"),
      reason: ReviewReason.optional(),
      status: ReviewStatus.optional(),
      word: z.enum(["correct", "wrong"]).optional(),
      differing: z.stringbool().optional().describe("Only answers that differ from the line's"),
      order: z.enum(["newest", "oldest"]).default("oldest"),
    }),
    reply: page(Review).extend({ total: z.int().describe("On all pages") }),
  }),
  getReview: route("GET", "/api/reviews/:reviewId", {
    summary: "One picture that a person is asked about",
    access: viewer,
    params: reviewId,
    reply: Review,
  }),
  getReviewImage: route("GET", "/api/reviews/:reviewId/image", {
    summary: "Its picture",
    access: viewer,
    params: reviewId,
    produces: "image/*",
  }),
  getReviewHeatMap: route("GET", "/api/reviews/:reviewId/heatmap", {
    summary: "The anomaly map of its answer",
    access: viewer,
    params: reviewId,
    produces: "image/png",
  }),
  askForReview: route("POST", "/api/inspections/:inspectionId/review", {
    summary: "Put an inspection into the review queue; one that is there already stays as it is",
    access: operator,
    params: inspectionId,
    reply: Review,
  }),
  sayWord: route("PUT", "/api/reviews/:reviewId/word", {
    summary: "Say whether the answer is right, or what the picture shows; the picture joins the project's pictures",
    access: operator,
    params: reviewId,
    body: Annotation.extend({
      word: z
        .enum(["correct", "wrong"])
        .optional()
        .describe(
          "Alone, of an anomaly, wrong means the other of the two; left out, it follows from label, labels or boxes",
        ),
      keep: z.boolean().default(true).describe("Add the picture to the project's pictures"),
    }),
    reply: Review,
  }),
  takeBackWord: route("DELETE", "/api/reviews/:reviewId/word", {
    summary: "Take a person's word back, with the labelled picture that it made",
    access: operator,
    params: reviewId,
    status: 200,
    reply: Review,
  }),
  dismissReview: route("POST", "/api/reviews/:reviewId/dismiss", {
    summary: "Set a picture aside without a word",
    access: operator,
    params: reviewId,
    reply: Review,
  }),
  startTrial: route("POST", "/api/models/:modelId/trials", {
    summary: "Try a version on pictures to be sent, on recent inspections, or beside the running version",
    access: operator,
    params: modelId,
    body: z.strictObject({
      source: TrialSource,
      inspections: z
        .strictObject({
          count: z.int().min(1).max(500).default(50).describe("The newest so many"),
          camera: PlantId.optional(),
          verdict: z.string().max(64).optional(),
          from: Time.optional(),
          to: Time.optional(),
        })
        .optional()
        .describe("Which ones, where the source is inspections"),
      maxPictures: z.int().min(1).max(2000).default(500),
    }),
    status: 201,
    reply: Trial,
  }),
  listTrials: route("GET", "/api/trials", {
    summary: "Trials, newest first",
    access: viewer,
    query: z.strictObject({ project: Id.optional(), limit: Limit }),
    reply: list(Trial),
  }),
  getTrial: route("GET", "/api/trials/:trialId", {
    summary: "One trial",
    access: viewer,
    params: trialId,
    reply: Trial,
  }),
  addTrialPicture: route("POST", "/api/trials/:trialId/pictures", {
    summary: "Add a picture to a trial (raw bytes); the same picture again is the same one",
    access: operator,
    params: trialId,
    query: z.strictObject({ name: z.string().max(200).optional() }),
    consumes: images,
    status: 201,
    reply: Review,
  }),
  endTrial: route("POST", "/api/trials/:trialId/end", {
    summary: "No more pictures come; those not judged yet are left out",
    access: operator,
    params: trialId,
    reply: Trial,
  }),
  deleteTrial: route("DELETE", "/api/trials/:trialId", {
    summary: "Delete a trial with its pictures; what became labelled pictures stays",
    access: operator,
    params: trialId,
  }),
};
