/** Routes: a picture's way in, inspections, and counts of them. */
import { z } from "zod";
import { Action } from "../alerts.js";
import { Inspection, InspectionStatus, Stats } from "../inspections.js";
import { Id, PlantId, ProjectName, Time } from "../words.js";
import { admin, device, images, inspectionId, operator, page, paging, route, viewer } from "./route.js";

export const inspectionRoutes = {
  getSignedUrl: route("GET", "/getsignedurl", {
    summary: "Ask for a signed address to PUT one picture to",
    access: device,
    query: z.strictObject({
      cameraid: PlantId,
      assemblylineid: PlantId,
      imageid: PlantId,
      capturedat: Time.optional(),
    }),
    reply: z.object({ uploadURL: z.string(), photoFilename: z.string() }),
  }),
  putImage: route("PUT", "/upload/:uploadId", {
    summary: "Send the picture's bytes; 200 means it is on disk and will be inspected",
    access: "signed",
    params: z.strictObject({ uploadId: Id }),
    query: z.strictObject({
      camera: PlantId,
      line: PlantId,
      image: PlantId,
      captured: Time.optional(),
      expires: z.coerce.number().int().describe("Epoch seconds"),
      key: Id.describe("The signing key"),
      signature: z.string().regex(/^[0-9a-f]{64}$/),
    }),
    consumes: images,
    reply: z.object({ inspectionId: Id, status: InspectionStatus }),
  }),
  listInspections: route("GET", "/api/inspections", {
    summary: "Inspections, newest first",
    access: viewer,
    query: z.strictObject({
      ...paging,
      project: Id.optional(),
      camera: PlantId.optional(),
      line: PlantId.optional(),
      verdict: z.string().max(64).optional().describe("A label: normal, anomaly, or a class"),
      status: InspectionStatus.optional(),
      from: Time.optional(),
      to: Time.optional(),
    }),
    reply: page(Inspection),
  }),
  getInspection: route("GET", "/api/inspections/:inspectionId", {
    summary: "One inspection",
    access: viewer,
    params: inspectionId,
    reply: Inspection.extend({ projectName: ProjectName, actions: z.array(Action) }),
  }),
  getInspectionImage: route("GET", "/api/inspections/:inspectionId/image", {
    summary: "The picture as it came in",
    access: viewer,
    params: inspectionId,
    produces: "image/*",
  }),
  getInspectionThumbnail: route("GET", "/api/inspections/:inspectionId/thumbnail", {
    summary: "The picture, at most 160 pixels wide",
    access: viewer,
    params: inspectionId,
    produces: "image/jpeg",
  }),
  getInspectionHeatMap: route("GET", "/api/inspections/:inspectionId/heatmap", {
    summary: "The anomaly map as a transparent PNG of the picture's shape",
    access: viewer,
    params: inspectionId,
    produces: "image/png",
  }),
  getInspectionLabelMap: route("GET", "/api/inspections/:inspectionId/labelmap", {
    summary: "The defects as a PNG of the picture's size: a colour a kind, transparent elsewhere",
    access: viewer,
    params: inspectionId,
    produces: "image/png",
  }),
  retryInspection: route("POST", "/api/inspections/:inspectionId/retry", {
    summary: "Inspect a failed one again",
    access: operator,
    params: inspectionId,
    reply: Inspection,
  }),
  retryInspections: route("POST", "/api/inspections/retry", {
    summary: "Inspect all failed ones again, of a project, a camera, or all",
    access: operator,
    body: z.strictObject({ project: Id.optional(), camera: PlantId.optional() }),
    reply: z.object({ count: z.int() }),
  }),
  deleteInspection: route("DELETE", "/api/inspections/:inspectionId", {
    summary: "Delete an inspection and its picture",
    access: admin,
    params: inspectionId,
  }),
  getStats: route("GET", "/api/stats", {
    summary: "Counts and anomaly rate over time, per camera and line",
    access: viewer,
    query: z.strictObject({
      project: Id.optional(),
      camera: PlantId.optional(),
      line: PlantId.optional(),
      from: Time.optional().describe("Default: one hour before `to`"),
      to: Time.optional().describe("Default: now"),
      buckets: z.coerce.number().int().min(1).max(500).default(60),
    }),
    reply: Stats,
  }),
};
