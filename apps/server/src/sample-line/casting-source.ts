/** Pictures of the simulator's casting line, drawn in a thread of their own. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { RenderedCasting, RenderRequest } from "./render-worker.js";

export interface CastingSource {
  /** One call at a time; the same seed gives the same pictures in the same order. */
  next(): Promise<RenderedCasting>;
  close(): Promise<void>;
}

export function openCastingSource(request: RenderRequest): CastingSource {
  const worker = new Worker(new URL("./render-worker.js", import.meta.url), { workerData: request });
  // A picture source that nobody reads must not keep the process alive.
  worker.unref();
  return {
    async next() {
      const stop = new AbortController();
      try {
        const answer = once(worker, "message", { signal: stop.signal });
        const end = once(worker, "exit", { signal: stop.signal }).then(() => {
          throw new Error("The sample line's picture source has ended.");
        });
        end.catch(() => {});
        worker.postMessage(null);
        const [rendered] = (await Promise.race([answer, end])) as [RenderedCasting];
        return rendered;
      } finally {
        stop.abort();
      }
    },
    async close() {
      await worker.terminate();
    },
  };
}
