/** Gives failed inspections another chance, asked for by a person. */
import type { Inspection } from "@sightline/api/inspections";
import { errors } from "../errors.js";
import type { LiveFeed } from "../live-feed.js";
import type { Store } from "../store/store.js";
import type { Inspector } from "./inspector.js";

/** @throws ServerError INSPECTION_NOT_FOUND, INSPECTION_NOT_FAILED. */
export async function retryInspection(
  deps: { store: Store; inspector: Inspector; live: LiveFeed },
  id: string,
): Promise<Inspection> {
  const inspection = await deps.store.write(async (tx) => {
    const found = await tx.inspections.get(id);
    if (found === undefined) throw errors.inspectionNotFound({ id });
    const deployment = await tx.projects.deployment(found.projectId);
    const isQueued = await tx.inspections.requeue(id, deployment?.modelId == null ? "waiting" : "queued");
    if (!isQueued) throw errors.inspectionNotFailed({ id, status: found.status });
    return tx.inspections.get(id);
  });
  if (inspection === undefined) throw errors.inspectionNotFound({ id });
  deps.live.publish({ type: "inspection", inspection });
  deps.inspector.wake(inspection.projectId);
  return inspection;
}

/** So many go in one transaction: longer ones would hold up everybody's writes. */
const atOnce = 100;

/** Those that failed before now; one that fails again meanwhile is not taken twice. @returns how many. */
export async function retryFailed(
  deps: { store: Store; inspector: Inspector; live: LiveFeed },
  { project, camera }: { project?: string | undefined; camera?: string | undefined },
): Promise<number> {
  const { store, inspector, live } = deps;
  let count = 0;
  let cursor: string | null | undefined;
  do {
    const filter = { status: "failed" as const, projectId: project, cameraId: camera };
    const { items, nextCursor } = await store.read.inspections.list({
      ...filter,
      limit: atOnce,
      ...(cursor ? { cursor } : {}),
    });
    const requeued = await store.write(async (tx) => {
      const changed: Inspection[] = [];
      for (const { id, projectId } of items) {
        const deployment = await tx.projects.deployment(projectId);
        const isQueued = await tx.inspections.requeue(id, deployment?.modelId == null ? "waiting" : "queued");
        const inspection = isQueued ? await tx.inspections.get(id) : undefined;
        if (inspection !== undefined) changed.push(inspection);
      }
      return changed;
    });
    for (const inspection of requeued) live.publish({ type: "inspection", inspection });
    for (const projectId of new Set(requeued.map((one) => one.projectId))) inspector.wake(projectId);
    count += requeued.length;
    cursor = nextCursor;
  } while (cursor !== null);
  return count;
}
