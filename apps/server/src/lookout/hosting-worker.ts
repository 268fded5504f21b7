/** Starts and stops model versions in the background: the first of a project inspects its cameras too, others are hosted beside it. */
import type { Log } from "../log.js";
import type { Services } from "../services.js";
import type { Alongside } from "../store/store.js";

export interface HostingWorker {
  /** Durable when it resolves; the version is STARTING_HOSTING. */
  start<T>(order: HostingOrder & { minUnits: number; maxUnits: number | null }, alongside: Alongside<T>): Promise<T>;
  /** Durable when it resolves; the version is STOPPING_HOSTING. */
  stop<T>(order: HostingOrder, alongside: Alongside<T>): Promise<T>;
  /** Loads what was hosted, and goes on with what was being started or stopped. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

export interface HostingOrder {
  readonly projectId: string;
  readonly version: number;
  readonly modelId: string;
  /** Who asked, for the threshold's history. */
  readonly by: string;
}

export function createHostingWorker(deps: {
  services: Pick<Services, "store" | "predictors" | "deployments" | "live">;
  log: Log;
}): HostingWorker {
  const { store, predictors, deployments, live } = deps.services;
  const underWay = new Set<Promise<void>>();
  let isClosed = false;

  function inBackground(order: HostingOrder, work: () => Promise<void>): void {
    const { projectId, version } = order;
    const done = work()
      .catch(async (error: unknown) => {
        if (isClosed) return;
        deps.log.error({ err: error, projectId, version }, "A model version could not be started or stopped");
        const message = error instanceof Error ? error.message : String(error);
        await store.write((tx) => tx.lookoutModels.setHosting(projectId, version, { hosting: "failed", message }));
      })
      .catch((error: unknown) =>
        deps.log.error({ err: error, projectId, version }, "A version's state could not be recorded"),
      )
      .finally(() => {
        underWay.delete(done);
        live.publish({ type: "project", projectId, change: "changed" });
      });
    underWay.add(done);
  }

  async function load({ projectId, version, modelId, by }: HostingOrder): Promise<void> {
    await predictors.pin(modelId);
    const deployment = await store.read.projects.deployment(projectId);
    if (deployment?.modelId === null) await deployments.start(modelId, by);
    if (!isClosed) await store.write((tx) => tx.lookoutModels.setHosting(projectId, version, { hosting: "hosted" }));
  }

  async function unload({ projectId, version, modelId, by }: HostingOrder): Promise<void> {
    const deployment = await store.read.projects.deployment(projectId);
    if (deployment?.modelId === modelId) await deployments.stop(modelId, by);
    else predictors.unpin(modelId);
    await store.write((tx) =>
      tx.lookoutModels.setHosting(projectId, version, { hosting: null, minUnits: null, maxUnits: null }),
    );
  }

  return {
    async start(order, alongside) {
      const { projectId, version, minUnits, maxUnits } = order;
      const result = await store.write(async (tx) => {
        await tx.lookoutModels.setHosting(projectId, version, { hosting: "starting", minUnits, maxUnits });
        return alongside(tx);
      });
      inBackground(order, () => load(order));
      return result;
    },
    async stop(order, alongside) {
      const { projectId, version } = order;
      const result = await store.write(async (tx) => {
        await tx.lookoutModels.setHosting(projectId, version, { hosting: "stopping" });
        return alongside(tx);
      });
      inBackground(order, () => unload(order));
      return result;
    },
    async resume() {
      for (const { projectId, version, hosting } of await store.read.lookoutModels.hosted()) {
        const model = await store.read.models.getByVersion(projectId, version);
        if (model === undefined) continue;
        const order = { projectId, version, modelId: model.id, by: "start of the service" };
        inBackground(order, () => (hosting === "stopping" ? unload(order) : load(order)));
      }
    },
    async close() {
      isClosed = true;
      await Promise.all(underWay);
    },
  };
}
