/** Keeps the data folder within its limits: the oldest inspections go first, by age, by bytes per project and by bytes in all. */
import type { Config } from "./config.js";
import type { Now } from "./ids.js";
import type { Log } from "./log.js";
import type { Removal } from "./removal.js";
import type { Store } from "./store/store.js";

export interface Retention {
  /** Applies the limits once. @returns how many inspections were deleted. */
  apply(): Promise<number>;
  close(): Promise<void>;
}

const dayMs = 86_400_000;
/** Pictures in a project's review queue that no person asked for; beyond them the oldest go. */
const mostOpenReviews = 1_000;
const batch = 200;

export interface RetentionDeps {
  readonly store: Store;
  readonly removal: Removal;
  readonly config: Config["retention"];
  readonly now: Now;
  readonly log: Log;
}

/** Deletes by age, then by bytes. What is queued for inspection is never deleted; what waits for a model ages like the rest. */
async function applyLimits(deps: RetentionDeps, isStopped: () => boolean): Promise<number> {
  const { store, removal, config, now } = deps;
  let count = 0;

  for (;;) {
    const old = await store.read.inspections.oldest({ before: now() - config.days * dayMs, limit: batch });
    if (old.length === 0 || isStopped()) break;
    count += await removal.inspections(old.map(({ id }) => id));
  }

  async function shrink(excessBytes: number, projectId?: string): Promise<void> {
    let excess = excessBytes;
    while (excess > 0 && !isStopped()) {
      const oldest = await store.read.inspections.oldest({
        limit: batch,
        ...(projectId === undefined ? {} : { projectId }),
      });
      const ids: string[] = [];
      for (const { id, bytes } of oldest) {
        if (excess <= 0) break;
        ids.push(id);
        excess -= bytes;
      }
      if (ids.length === 0) return;
      count += await removal.inspections(ids);
    }
  }

  for (const { projectId, isSample, bytes } of await store.read.projects.storedBytes()) {
    await shrink(bytes - (isSample ? config.sampleLineBytes : config.projectBytes), projectId);
  }
  for (const { projectId } of await store.read.projects.storedBytes()) {
    await removal.releaseBlobs(await store.write((tx) => tx.reviews.removeOpenBeyond(projectId, mostOpenReviews)));
  }
  for (;;) {
    const before = now() - config.days * dayMs;
    const names = await store.write((tx) => tx.reviews.removeEndedBefore(before, batch));
    if (names.length === 0 || isStopped()) break;
    await removal.releaseBlobs(names);
  }
  const inAll = (await store.read.projects.storedBytes()).reduce((sum, { bytes }) => sum + bytes, 0);
  await shrink(inAll - config.totalBytes);
  return count;
}

/** Applies the limits now and then until closed; also forgets what has expired. */
export function startRetention(deps: RetentionDeps): Retention {
  const { store, config, log } = deps;
  let isStopped = false;
  let running: Promise<number> | undefined;

  async function once(): Promise<number> {
    const count = await applyLimits(deps, () => isStopped);
    if (count > 0) log.info({ inspections: count }, "Deleted inspections beyond the retention limits");
    await store.write(async (tx) => {
      await tx.access.removeExpired();
      await tx.inspections.removeExpiredUploads();
      await tx.readings.removeOld(deps.now());
      await tx.actions.removeDeliveredBefore(deps.now() - config.days * dayMs);
    });
    return count;
  }

  async function apply(): Promise<number> {
    while (running !== undefined) await running.catch(() => {});
    running = once().finally(() => {
      running = undefined;
    });
    return running;
  }

  const timer = setInterval(() => {
    if (running !== undefined) return;
    apply().catch((error: unknown) => log.error({ err: error }, "The retention limits could not be applied"));
  }, config.everySeconds * 1000);
  timer.unref();

  return {
    apply,
    async close() {
      isStopped = true;
      clearInterval(timer);
      await running?.catch(() => {});
    },
  };
}
