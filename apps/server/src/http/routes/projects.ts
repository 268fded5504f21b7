/** Projects: create, change, delete, and the threshold in force. */
import type { ThresholdChange } from "@sightline/api/schemas";
import { errors } from "../../errors.js";
import type { Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing, nameOf } from "./existing.js";

export function projectRoutes({ services, deleteProject }: RouteDeps) {
  const { store, live, deployments } = services;
  const project = async (id: string) => existing(await store.read.projects.get(id), errors.projectNotFound, id);
  const tellChanged = (projectId: string) => live.publish({ type: "project", projectId, change: "changed" });

  return {
    listProjects: async () => ({ items: await store.read.projects.list() }),

    createProject: async ({ body }) => {
      const projectId = await store.write(async (tx) => {
        if (await tx.projects.getByName(body.name)) throw errors.projectExists({ name: body.name });
        return tx.projects.insert({ name: body.name, recipients: body.recipients ?? [] });
      });
      live.publish({ type: "project", projectId, change: "created" });
      return project(projectId);
    },

    getProject: ({ params }) => project(params.projectId),

    changeProject: async ({ params, body }) => {
      await project(params.projectId);
      await store.write((tx) =>
        tx.projects.change(params.projectId, {
          ...(body.recipients === undefined ? {} : { recipients: body.recipients }),
          ...(body.alertConfidence === undefined ? {} : { alertConfidence: body.alertConfidence }),
        }),
      );
      tellChanged(params.projectId);
      return project(params.projectId);
    },

    deleteProject: async ({ params }) => {
      await project(params.projectId);
      await deleteProject(params.projectId);
    },

    setThreshold: ({ params, body, identity }) =>
      deployments.setThreshold(params.projectId, body.threshold, nameOf(identity)),

    getThresholdHistory: async ({ params }): Promise<{ items: ThresholdChange[] }> => {
      await project(params.projectId);
      return { items: await store.read.projects.thresholdHistory(params.projectId) };
    },
  } satisfies Partial<Handlers>;
}
