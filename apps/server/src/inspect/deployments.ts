/** Which model inspects a project, and at which threshold: started, swapped and stopped without losing a picture. */
import type { Model } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { errors } from "../errors.js";
import type { LiveFeed } from "../live-feed.js";
import type { Log } from "../log.js";
import type { EarlierDeployment } from "../store/deployments.js";
import type { Store } from "../store/store.js";
import type { Inspector } from "./inspector.js";
import type { Predictors } from "./predictors.js";

export interface Deployments {
  /**
   * Opens a model and lets it inspect its project; the one before stops when the pictures in it are done. What waited is queued.
   * @param by who asked, for the threshold's history.
   * @throws ServerError MODEL_NOT_FOUND, MODEL_FAILED_TO_OPEN; the one before goes on then.
   */
  start(modelId: string, by: string): Promise<Model>;
  /**
   * Lets the version that served before inspect again, with the threshold it had last.
   * @throws ServerError PROJECT_NOT_FOUND, NOTHING_TO_ROLL_BACK_TO, MODEL_FAILED_TO_OPEN; the one that runs goes on then.
   */
  rollBack(projectId: string, by: string): Promise<Model>;
  /** Stops a running model; what is queued waits for the next one. @throws ServerError MODEL_NOT_FOUND, MODEL_NOT_RUNNING. */
  stop(modelId: string, by: string): Promise<Model>;
  /** @throws ServerError PROJECT_NOT_FOUND, NO_RUNNING_MODEL. */
  setThreshold(projectId: string, threshold: number, by: string): Promise<Project>;
  /** Opens the running models of all projects after a start of the server, and takes up what is queued. */
  resume(): Promise<void>;
  /** Lets a model go whose project is being deleted. */
  forget(modelId: string): void;
}

/** A model starts with its own threshold. */
const OWN_THRESHOLD = 0.5;

export function createDeployments(deps: {
  store: Store;
  predictors: Predictors;
  inspector: Inspector;
  live: LiveFeed;
  log: Log;
}): Deployments {
  const { store, predictors, inspector, live, log } = deps;
  /** Starts and stops of one project take turns. */
  const turns = new Map<string, Promise<unknown>>();

  async function inTurn<T>(projectId: string, work: () => Promise<T>): Promise<T> {
    const turn = (turns.get(projectId) ?? Promise.resolve()).then(work, work);
    turns.set(projectId, turn);
    try {
      return await turn;
    } finally {
      if (turns.get(projectId) === turn) turns.delete(projectId);
    }
  }

  async function modelOf(modelId: string): Promise<Model> {
    const model = await store.read.models.get(modelId);
    if (model === undefined) throw errors.modelNotFound({ id: modelId });
    return model;
  }

  /** The new one is open and warm before the old one is let go: no picture meets a closed door. */
  async function swap(projectId: string, modelId: string, by: string, back?: EarlierDeployment): Promise<Model> {
    const before = await store.read.projects.deployment(projectId);
    if (before?.modelId === modelId) return modelOf(modelId);
    await predictors.pin(modelId);
    try {
      await store.write(async (tx) => {
        // Deleted while it was being opened.
        const model = await tx.models.get(modelId);
        if (model === undefined) throw errors.modelNotFound({ id: modelId });
        await tx.deployments.begin(projectId, model, by, back);
        await tx.projects.deploy(projectId, modelId, by);
        if (back !== undefined && back.threshold !== OWN_THRESHOLD)
          await tx.projects.setThreshold(projectId, back.threshold, by);
        await tx.inspections.queueWaiting(projectId);
      });
    } catch (error) {
      predictors.unpin(modelId);
      throw error;
    }
    if (before?.modelId != null) predictors.unpin(before.modelId);
    inspector.wake(projectId);
    live.publish({ type: "project", projectId, change: "changed" });
    return modelOf(modelId);
  }

  return {
    async start(modelId, by) {
      const { projectId } = await modelOf(modelId);
      return inTurn(projectId, () => swap(projectId, modelId, by));
    },

    async rollBack(projectId, by) {
      return inTurn(projectId, async () => {
        const project = await store.read.projects.get(projectId);
        if (project === undefined) throw errors.projectNotFound({ id: projectId });
        const earlier = await store.read.deployments.before(projectId);
        if (earlier === undefined) throw errors.nothingToRollBackTo({ projectName: project.name });
        return swap(projectId, earlier.modelId, by, earlier);
      });
    },

    async stop(modelId, by) {
      const { projectId } = await modelOf(modelId);
      return inTurn(projectId, async () => {
        const { version } = await modelOf(modelId);
        await store.write(async (tx) => {
          const deployment = await tx.projects.deployment(projectId);
          if (deployment?.modelId !== modelId) throw errors.modelNotRunning({ id: modelId, version });
          await tx.deployments.stop(projectId, by);
          await tx.projects.deploy(projectId, null, by);
          await tx.inspections.holdQueued(projectId);
        });
        predictors.unpin(modelId);
        live.publish({ type: "project", projectId, change: "changed" });
        return modelOf(modelId);
      });
    },

    async setThreshold(projectId, threshold, by) {
      const project = await store.write(async (tx) => {
        const current = await tx.projects.get(projectId);
        if (current === undefined) throw errors.projectNotFound({ id: projectId });
        if (current.runningModelId === null) throw errors.noRunningModel({ projectName: current.name });
        if (current.threshold !== threshold) await tx.projects.setThreshold(projectId, threshold, by);
        return tx.projects.get(projectId);
      });
      if (project === undefined) throw errors.projectNotFound({ id: projectId });
      live.publish({ type: "project", projectId, change: "changed" });
      return project;
    },

    async resume() {
      for (const { projectId, modelId } of await store.read.projects.deployed()) {
        // One model that can't be loaded must not keep the others from working; its pictures fail with the reason.
        void predictors
          .pin(modelId)
          .catch((error: unknown) => log.error({ err: error, projectId, modelId }, "The running model can't be loaded"))
          .finally(() => inspector.wake(projectId));
      }
    },

    forget(modelId) {
      predictors.unpin(modelId);
    },
  };
}
