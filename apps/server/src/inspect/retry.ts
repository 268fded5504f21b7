/** Gives a failed inspection another chance, asked for by a person. */
import type { Inspection } from "@sightline/api/schemas";
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
