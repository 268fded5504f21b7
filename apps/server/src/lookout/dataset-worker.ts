/** Carries changes of datasets out in the background: pictures are read from their buckets and become samples, all of a change or none. */
import type { Log } from "../log.js";
import type { Services } from "../services.js";
import type { DatasetType, DatasetWork, LookoutDataset } from "../store/lookout-datasets.js";
import type { Alongside, StoreWrites } from "../store/store.js";
import { scopeOf } from "./found.js";
import type { ManifestImport } from "./manifest-import.js";

export interface DatasetWorker {
  /** Makes a dataset: empty at once, or in the background from a manifest. */
  create<T>(
    projectId: string,
    type: DatasetType,
    work: DatasetWork | null,
    alongside: (tx: StoreWrites, made: LookoutDataset) => Promise<T>,
  ): Promise<T>;
  /** Begins to change or delete one that is there; durable when it resolves. */
  begin<T>(dataset: LookoutDataset, work: DatasetWork, alongside: Alongside<T>): Promise<T>;
  /** Takes up what was not done when the service stopped. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

export function createDatasetWorker(deps: {
  services: Pick<Services, "store" | "live" | "removal">;
  manifests: ManifestImport;
  log: Log;
}): DatasetWorker {
  const { store, live, removal } = deps.services;
  const { manifests, log } = deps;
  /** One change after the other: each reads many pictures. */
  let queue: Promise<void> = Promise.resolve();
  const stopping = new AbortController();

  async function carryOut(projectId: string, type: DatasetType, isNew: boolean, work: DatasetWork): Promise<void> {
    if (work.kind === "delete") return remove(projectId, type);
    const result = await manifests.run({
      projectId,
      type,
      work,
      isStrict: work.kind === "lines",
      signal: stopping.signal,
    });
    const status =
      "message" in result && result.isDone
        ? isNew
          ? "CREATE_COMPLETE"
          : "UPDATE_COMPLETE"
        : isNew
          ? "CREATE_FAILED"
          : "UPDATE_FAILED_ROLLBACK_COMPLETE";
    await store.write((tx) => tx.lookoutDatasets.change(projectId, type, { status, message: result.message }));
  }

  async function remove(projectId: string, type: DatasetType): Promise<void> {
    const scope = await scopeOf(store.read, projectId, type);
    for (const id of await store.read.datasetEntries.idsOf(scope)) {
      if (stopping.signal.aborted) return;
      await removal.sample(id);
    }
    await store.write(async (tx) => {
      await tx.lookoutDatasets.remove(projectId, type);
      if (type === "train") return;
      // From now on the one dataset is split by each training's own rule.
      const rest = await tx.datasetEntries.idsOf({ projectId, type: "train", hasTest: false });
      await tx.samples.setPart(rest, "auto");
    });
  }

  function enqueue(projectId: string, type: DatasetType, isNew: boolean, work: DatasetWork): void {
    queue = queue.then(async () => {
      if (stopping.signal.aborted) return;
      try {
        await carryOut(projectId, type, isNew, work);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error({ err: error, projectId, type }, "A dataset could not be changed");
        const status = isNew
          ? "CREATE_FAILED"
          : work.kind === "delete"
            ? "DELETE_FAILED"
            : "UPDATE_FAILED_ROLLBACK_COMPLETE";
        const message =
          error instanceof Error && "code" in error
            ? error.message
            : "An unexpected error; the server's log has the details.";
        await store
          .write((tx) => tx.lookoutDatasets.change(projectId, type, { status, message }))
          .catch((problem: unknown) => log.error({ err: problem, projectId }, "A dataset's end could not be recorded"));
      }
      live.publish({ type: "project", projectId, change: "changed" });
    });
  }

  return {
    async create(projectId, type, work, alongside) {
      const isWork = work !== null;
      const result = await store.write(async (tx) => {
        const made = await tx.lookoutDatasets.insert(projectId, type, {
          status: isWork ? "CREATE_IN_PROGRESS" : "CREATE_COMPLETE",
          message: isWork ? "The dataset is being created." : "The dataset was successfully created.",
          work: work ?? undefined,
        });
        // A split of our own gives way to the test dataset that somebody chose.
        if (type === "test") {
          const chosen = await tx.datasetEntries.idsOf({ projectId, type: "train", hasTest: false });
          await tx.samples.setPart(chosen, "train");
        }
        return alongside(tx, made);
      });
      if (isWork) enqueue(projectId, type, true, work);
      return result;
    },

    async begin({ projectId, type, createdAtMs }, work, alongside) {
      const isDelete = work.kind === "delete";
      const change = {
        status: isDelete ? "DELETE_IN_PROGRESS" : "UPDATE_IN_PROGRESS",
        message: isDelete ? "The dataset is being deleted." : "The dataset is being updated.",
        work,
      } as const;
      const result = await store.write(async (tx) => {
        // Pictures that were added in other ways are a dataset without a row.
        if ((await tx.lookoutDatasets.get(projectId, type)) === undefined)
          await tx.lookoutDatasets.insert(projectId, type, { ...change, createdAtMs });
        else await tx.lookoutDatasets.change(projectId, type, change);
        return alongside(tx);
      });
      enqueue(projectId, type, false, work);
      return result;
    },

    async resume() {
      for (const { projectId, type, status, work } of await store.read.lookoutDatasets.pending())
        enqueue(projectId, type, status === "CREATE_IN_PROGRESS", work);
    },

    async close() {
      stopping.abort();
      await queue;
    },
  };
}
