/** Routes: cameras. */
import { z } from "zod";
import { Camera } from "../cameras.js";
import { Id, PlantId } from "../words.js";
import { list, operator, route, viewer } from "./route.js";

export const cameraRoutes = {
  listCameras: route("GET", "/api/cameras", {
    summary: "Cameras",
    access: viewer,
    query: z.strictObject({ project: Id.optional() }),
    reply: list(Camera),
  }),
  addCamera: route("POST", "/api/cameras", {
    summary: "Add a camera to a project",
    access: operator,
    body: z.strictObject({
      id: PlantId,
      projectId: Id,
      assemblyLineId: PlantId,
      name: z.string().max(120).optional(),
    }),
    status: 201,
    reply: Camera,
  }),
  removeCamera: route("DELETE", "/api/cameras/:cameraId", {
    summary: "Remove a camera; its inspections stay",
    access: operator,
    params: z.strictObject({ cameraId: PlantId }),
  }),
};
