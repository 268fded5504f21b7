/** Deletes records together with the blobs that nothing else needs any more. */
import type { AnalyticsService } from "./analytics/analytics.js";
import type { BlobStore } from "./blobs/blob-store.js";
import { errors } from "./errors.js";
import type { Deployments } from "./inspect/deployments.js";
import type { LiveFeed } from "./live-feed.js";
import type { Log } from "./log.js";
import type { RemovedInspection } from "./store/inspections.js";
import { type Alongside, nothingMore, type Store } from "./store/store.js";

/** Deletes files that no record names any more. */
export type ReleaseBlobs = (names: Iterable<string>) => Promise<void>;

export interface Removal {
  readonly releaseBlobs: ReleaseBlobs;
  /**
   * Deletes inspections with their pictures; ids that don't exist are fine. Their results stay in the result files.
   * @returns how many there were.
   */
  inspections(ids: readonly string[]): Promise<number>;
  /** A person deletes an inspection: its result leaves the result files, too. @throws ServerError INSPECTION_NOT_FOUND. */
  inspection(id: string): Promise<void>;
  /** Deletes a project with everything in it. @throws ServerError PROJECT_NOT_FOUND. */
  project(id: string): Promise<void>;
  /** `project`, and more in the transaction in which it goes. */
  projectAnd<T>(id: string, alongside: Alongside<T>): Promise<T>;
  /** @throws ServerError SAMPLE_NOT_FOUND. */
  sample(id: string): Promise<void>;
  /** @throws ServerError MODEL_NOT_FOUND, MODEL_RUNNING. */
  model(id: string): Promise<void>;
  /** `model`, and more in the transaction in which it goes. */
  modelAnd<T>(id: string, alongside: Alongside<T>): Promise<T>;
  /** Removes files that no record names: what an interrupted upload or deletion left behind. @returns how many. */
  sweepBlobs(signal?: AbortSignal): Promise<number>;
}

/** So many inspections go in one transaction: longer ones would hold up everybody's writes. */
const atOnce = 100;

export function createRemoval(deps: {
  store: Store;
  blobs: BlobStore;
  deployments: Deployments;
  analytics: Pick<AnalyticsService, "wake">;
  live: LiveFeed;
  log: Log;
}): Removal {
  const { store, blobs, deployments, analytics, live, log } = deps;

  /** The records are gone already, so a file that stays is only wasted space: the next sweep takes it. */
  async function releaseBlobs(names: Iterable<string>): Promise<void> {
    for (const sha256 of new Set(names)) {
      try {
        await blobs.remove(sha256, () => store.read.blobs.isReferenced(sha256));
      } catch (error) {
        log.warn({ err: error, sha256 }, "A file that nothing needs could not be removed; the next sweep tries again");
      }
    }
  }

  async function inspections(ids: readonly string[], alsoResults = false): Promise<number> {
    let count = 0;
    for (let start = 0; start < ids.length; start += atOnce) {
      const some = ids.slice(start, start + atOnce);
      const removed: RemovedInspection[] = await store.write(async (tx) => {
        if (alsoResults) await tx.results.forget(some);
        return tx.inspections.remove(some);
      });
      for (const { id } of removed) live.publish({ type: "inspectionDeleted", inspectionId: id });
      await releaseBlobs(removed.flatMap((inspection) => inspection.blobs));
      count += removed.length;
    }
    return count;
  }

  async function projectAnd<T>(id: string, alongside: Alongside<T>): Promise<T> {
    const deployment = await store.read.projects.deployment(id);
    if (deployment === undefined) throw errors.projectNotFound({ id });
    // Without cameras nothing more comes in, without a model nothing more is recorded; then piece by piece, the project last.
    await store.write(async (tx) => {
      const cameras = await tx.cameras.list(id);
      // A camera of the same name in another project is another camera: the devices of this one may not send for it.
      await tx.access.unbindCameras(cameras.map((camera) => camera.id));
      for (const camera of cameras) await tx.cameras.remove(camera.id);
      if (deployment.modelId !== null) {
        await tx.deployments.stop(id, "deletion");
        await tx.projects.deploy(id, null, "deletion");
        await tx.inspections.holdQueued(id);
      }
    });
    if (deployment.modelId !== null) deployments.forget(deployment.modelId);
    for (;;) {
      const ids = await store.read.inspections.idsOf(id, 1000);
      if (ids.length === 0) break;
      await inspections(ids);
    }
    const { names, result } = await store.write(async (tx) => {
      const left = await tx.blobs.ofProject(id);
      await tx.projects.remove(id);
      return { names: left, result: await alongside(tx) };
    });
    live.publish({ type: "project", projectId: id, change: "deleted" });
    analytics.wake("project");
    await releaseBlobs(names);
    return result;
  }

  async function modelAnd<T>(id: string, alongside: Alongside<T>): Promise<T> {
    const { model, result } = await store.write(async (tx) => {
      const found = await tx.models.get(id);
      if (found === undefined) throw errors.modelNotFound({ id });
      if (found.isRunning) throw errors.modelRunning({ id, version: found.version });
      await tx.models.remove(id);
      return { model: found, result: await alongside(tx) };
    });
    await releaseBlobs([model.sha256]);
    live.publish({ type: "project", projectId: model.projectId, change: "changed" });
    return result;
  }

  return {
    releaseBlobs,
    inspections: (ids) => inspections(ids),

    async inspection(id) {
      if ((await inspections([id], true)) === 0) throw errors.inspectionNotFound({ id });
      analytics.wake("results");
    },

    project: (id) => projectAnd(id, nothingMore),
    projectAnd,

    async sample(id) {
      const names = await store.write(async (tx) => {
        const found = await tx.samples.picture(id);
        if (found === undefined) throw errors.sampleNotFound({ id });
        const mask = await tx.samples.mask(id);
        await tx.samples.remove(id);
        return [found.sha256, ...(mask === null ? [] : [mask.sha256])];
      });
      await releaseBlobs(names);
    },

    model: (id) => modelAnd(id, nothingMore),
    modelAnd,

    async sweepBlobs(signal) {
      let count = 0;
      for await (const sha256 of blobs.list()) {
        if (signal?.aborted === true) break;
        if (await store.read.blobs.isReferenced(sha256)) continue;
        if (await blobs.remove(sha256, () => store.read.blobs.isReferenced(sha256))) count++;
      }
      return count;
    },
  };
}
