/** Counts pictures refused at their signed address: in the readings, so that alarms see them, and in memory for Prometheus. */
import { isServerError } from "../errors.js";
import type { Now } from "../ids.js";
import type { Log } from "../log.js";
import type { Store } from "../store/store.js";

export interface Refusal {
  readonly projectId: string;
  readonly cameraId: string;
  /** Of the error that the sender got. */
  readonly code: string;
}

export interface Refusals {
  /** Counts a picture that was found invalid; never throws, since the sender gets the refusal itself. */
  count(cameraId: string, error: unknown): void;
  /** How often each kind was counted since the start. */
  counted(): readonly (Refusal & { readonly count: number })[];
  close(): Promise<void>;
}

export function createRefusals({ store, now, log }: { store: Store; now: Now; log: Log }): Refusals {
  const counts = new Map<string, Refusal & { count: number }>();
  const underWay = new Set<Promise<void>>();

  async function add(cameraId: string, code: string): Promise<void> {
    const camera = await store.read.cameras.get(cameraId);
    if (camera === undefined) return;
    const { projectId } = camera;
    const key = `${projectId} ${cameraId} ${code}`;
    const known = counts.get(key);
    counts.set(key, { projectId, cameraId, code, count: (known?.count ?? 0) + 1 });
    await store.write(async (tx) => {
      if ((await tx.cameras.get(cameraId))?.projectId !== projectId) return;
      await tx.readings.add({ projectId, cameraId, metric: "invalid", atMs: now(), value: 1 });
    });
  }

  return {
    count(cameraId, error) {
      if (!isServerError(error) || error.status >= 500) return;
      const work = add(cameraId, error.code)
        .catch((problem: unknown) => log.warn({ err: problem, cameraId }, "A refused picture could not be counted"))
        .finally(() => underWay.delete(work));
      underWay.add(work);
    },
    counted: () => [...counts.values()],
    async close() {
      await Promise.all(underWay);
    },
  };
}
