/** Reads how long each camera has been silent, so that an alarm can ring for one that sends no pictures any more. */
import type { Now } from "../ids.js";
import type { Log } from "../log.js";
import type { Store, StoreWrites } from "../store/store.js";

export interface SilenceWatch {
  /** Reads the silence of every camera now. */
  look(): Promise<void>;
  close(): Promise<void>;
}

/** One reading a minute, the shortest period of an alarm. */
export const silenceEveryMs = 60_000;

/**
 * A camera that never sent a picture is being set up, not silent. The first reading comes a while after the start: cameras
 * that could not reach a stopped server have until then to send what they kept.
 */
export function startSilenceWatch({ store, now, log }: { store: Store; now: Now; log: Log }): SilenceWatch {
  let running: Promise<void> | undefined;

  async function readAll(): Promise<void> {
    const work = async (tx: StoreWrites) => {
      const atMs = now();
      for (const { id: cameraId, projectId, lastImageAt } of await tx.cameras.list()) {
        if (lastImageAt === null) continue;
        const value = Math.max(0, atMs - Date.parse(lastImageAt)) / 1000;
        await tx.readings.add({ projectId, cameraId, metric: "silence", atMs, value });
      }
    };
    await store.write(work, { canWait: true });
  }

  function look(): Promise<void> {
    running ??= readAll().finally(() => {
      running = undefined;
    });
    return running;
  }

  const timer = setInterval(() => {
    look().catch((error: unknown) => log.error({ err: error }, "The cameras' silence could not be read"));
  }, silenceEveryMs);
  timer.unref();

  return {
    look,
    async close() {
      clearInterval(timer);
      await running?.catch(() => {});
    },
  };
}
