/** Cameras: which project a picture belongs to. */
import { errors } from "../../errors.js";
import type { Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing } from "./existing.js";

export function cameraRoutes({ services: { store, live } }: RouteDeps) {
  const camera = async (id: string) => existing(await store.read.cameras.get(id), errors.cameraNotFound, id);
  return {
    listCameras: async ({ query }) => ({ items: await store.read.cameras.list(query.project) }),

    addCamera: async ({ body }) => {
      await store.write(async (tx) => {
        existing(await tx.projects.get(body.projectId), errors.projectNotFound, body.projectId);
        const present = await tx.cameras.get(body.id);
        if (present !== undefined) {
          const owner = await tx.projects.get(present.projectId);
          throw errors.cameraExists({ cameraId: body.id, projectName: owner?.name ?? present.projectId });
        }
        const { id, projectId, assemblyLineId } = body;
        await tx.cameras.insert({ id, projectId, assemblyLineId, name: body.name ?? id });
      });
      live.publish({ type: "project", projectId: body.projectId, change: "changed" });
      return camera(body.id);
    },

    removeCamera: async ({ params }) => {
      const { projectId } = await camera(params.cameraId);
      await store.write((tx) => tx.cameras.remove(params.cameraId));
      live.publish({ type: "project", projectId, change: "changed" });
    },
  } satisfies Partial<Handlers>;
}
