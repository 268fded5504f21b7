/** Tries again what failed for a moment: no answer, a full queue, a busy server. */
import { ApiCallError } from "./api-call-error.js";

export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  /** Tries of each step; default 5. */
  readonly attempts?: number | undefined;
  /** Wait before the second try; doubles each time up to 30 s; default 500 ms. */
  readonly firstWaitMs?: number | undefined;
}

/** @throws the error of the last try; the signal's reason. */
export async function retried<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const attempts = options.attempts ?? 5;
  let waitMs = options.firstWaitMs ?? 500;
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiCallError) || !error.isTemporary || tried >= attempts) throw error;
      await pause(Math.min(30_000, error.retryAfterMs ?? waitMs), options.signal);
      waitMs *= 2;
    }
  }
}

/** @throws the signal's reason as soon as it aborts. */
function pause(timeMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, timeMs);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
  });
}
