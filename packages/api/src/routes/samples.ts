/** Routes: the labelled pictures of a project. */
import { z } from "zod";
import { Annotation, Part, Sample } from "../samples.js";
import { Id, Label } from "../words.js";
import { images, operator, page, paging, projectId, route, viewer } from "./route.js";

export const sampleRoutes = {
  listSamples: route("GET", "/api/projects/:projectId/samples", {
    summary: "The labelled pictures",
    access: viewer,
    params: projectId,
    query: z.strictObject({
      ...paging,
      label: Label.optional(),
      part: Part.optional(),
      order: z.enum(["newest", "oldest"]).default("newest").describe("Which come first"),
    }),
    reply: page(Sample),
  }),
  addSample: route("POST", "/api/projects/:projectId/samples", {
    summary: "Add one labelled picture (raw bytes)",
    access: operator,
    params: projectId,
    query: z.strictObject({
      label: Label.optional().describe("One label; else labels or boxes"),
      labels: z.string().max(4000).optional().describe("multilabel: JSON list of the labels that hold"),
      boxes: z
        .string()
        .max(8000)
        .optional()
        .describe("detection: JSON list of {label, x1, y1, x2, y2} in pixels; a longer one goes by PATCH afterwards"),
      part: Part.default("auto"),
      name: z.string().max(200).optional(),
    }),
    consumes: images,
    status: 201,
    reply: Sample,
  }),
  getSample: route("GET", "/api/samples/:sampleId", {
    summary: "One labelled picture",
    access: viewer,
    params: z.strictObject({ sampleId: Id }),
    reply: Sample,
  }),
  changeSample: route("PATCH", "/api/samples/:sampleId", {
    summary: "Say something else of a labelled picture: its label, its labels or its boxes",
    access: operator,
    params: z.strictObject({ sampleId: Id }),
    body: Annotation,
    reply: Sample,
  }),
  getSampleImage: route("GET", "/api/samples/:sampleId/image", {
    summary: "A labelled picture",
    access: viewer,
    params: z.strictObject({ sampleId: Id }),
    produces: "image/*",
  }),
  putSampleMask: route("PUT", "/api/samples/:sampleId/mask", {
    summary: "Say where in a picture its anomalies are: a PNG with a colour per kind of defect",
    access: operator,
    params: z.strictObject({ sampleId: Id }),
    query: z.strictObject({
      types: z.string().min(2).max(8000).describe('JSON: [{"label":"crack","colour":"#ff0000"}]'),
    }),
    consumes: ["image/png"],
    reply: Sample,
  }),
  getSampleMask: route("GET", "/api/samples/:sampleId/mask", {
    summary: "Where a labelled picture's anomalies are: a PNG with a colour a kind, transparent elsewhere",
    access: viewer,
    params: z.strictObject({ sampleId: Id }),
    produces: "image/png",
  }),
  removeSampleMask: route("DELETE", "/api/samples/:sampleId/mask", {
    summary: "Forget where a picture's anomalies are; the picture and its label stay",
    access: operator,
    params: z.strictObject({ sampleId: Id }),
    status: 200,
    reply: Sample,
  }),
  deleteSample: route("DELETE", "/api/samples/:sampleId", {
    summary: "Remove a labelled picture",
    access: operator,
    params: z.strictObject({ sampleId: Id }),
  }),
};
