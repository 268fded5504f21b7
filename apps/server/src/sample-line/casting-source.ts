/** Pictures of the simulator's casting line, drawn in a thread of their own. */
import { Worker } from "node:worker_threads";
import type { RenderedCasting, RenderRequest } from "./render-worker.js";

export interface CastingSource {
  /** One call at a time; the same seed gives the same pictures in the same order. */
  next(): Promise<RenderedCasting>;
  close(): Promise<void>;
}

export function openCastingSource(request: RenderRequest): CastingSource {
  const worker = new Worker(new URL("./render-worker.js", import.meta.url), { workerData: request });
  let problem: Error | undefined;
  let waiting: { resolve(rendered: RenderedCasting): void; reject(error: Error): void } | undefined;

  function settle(outcome: RenderedCasting | Error): void {
    // A picture source that nobody waits for must not keep the process alive.
    worker.unref();
    if (outcome instanceof Error) waiting?.reject(outcome);
    else waiting?.resolve(outcome);
    waiting = undefined;
  }
  worker.on("message", (rendered: RenderedCasting) => settle(rendered));
  worker.on("error", (error) => {
    problem = error instanceof Error ? error : new Error(String(error));
  });
  worker.on("exit", () => {
    problem ??= new Error("The sample line's picture source has ended.");
    settle(problem);
  });
  worker.unref();

  return {
    next() {
      if (problem !== undefined) return Promise.reject(problem);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        worker.ref();
        worker.postMessage(null);
      });
    },
    async close() {
      await worker.terminate();
    },
  };
}
