/** Projects: create, change, delete, and the threshold in force. */
import type { ThresholdChange } from "@sightline/api/projects";
import { setRecipients } from "../../actions/recipients.js";
import { errors } from "../../errors.js";
import type { Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing, nameOf } from "./existing.js";

export function projectRoutes({ services, deleteProject }: RouteDeps) {
  const { store, live, deployments, outbox } = services;
  const project = async (id: string) => existing(await store.read.projects.get(id), errors.projectNotFound, id);
  const tellChanged = (projectId: string) => live.publish({ type: "project", projectId, change: "changed" });

  return {
    listProjects: async () => ({ items: await store.read.projects.list() }),

    createProject: async ({ body }) => {
      const projectId = await store.write(async (tx) => {
        if (await tx.projects.getByName(body.name)) throw errors.projectExists({ name: body.name });
        const id = await tx.projects.insert({ name: body.name });
        await setRecipients(tx, id, body.recipients ?? []);
        return id;
      });
      outbox.wake();
      live.publish({ type: "project", projectId, change: "created" });
      return project(projectId);
    },

    getProject: ({ params }) => project(params.projectId),

    changeProject: async ({ params, body }) => {
      await project(params.projectId);
      await store.write(async (tx) => {
        await tx.projects.change(params.projectId, {
          ...(body.alertConfidence === undefined ? {} : { alertConfidence: body.alertConfidence }),
          ...(body.digestSeconds === undefined ? {} : { digestSeconds: body.digestSeconds }),
          ...(body.mistakeCosts === undefined ? {} : { mistakeCosts: body.mistakeCosts }),
        });
        if (body.recipients !== undefined) await setRecipients(tx, params.projectId, body.recipients);
      });
      outbox.wake();
      tellChanged(params.projectId);
      return project(params.projectId);
    },

    getProjectContents: async ({ params }) => {
      await project(params.projectId);
      return store.read.projects.contents(params.projectId);
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
