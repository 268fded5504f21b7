/** Limits how often an access key may call (a bucket of tokens that fills at a steady rate) and how much a model has in hand. */
import type { Now } from "../ids.js";
import { throttled } from "./wire-errors.js";

export interface Throttle {
  /** Counts one call. @throws LookoutError ThrottlingException */
  count(accessKeyId: string): void;
}

export function createThrottle({ perSecond, now }: { perSecond: number; now: Now }): Throttle {
  const capacity = Math.max(1, perSecond * 2);
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return {
    count(accessKeyId) {
      const nowMs = now();
      const bucket = buckets.get(accessKeyId) ?? { tokens: capacity, atMs: nowMs };
      bucket.tokens = Math.min(capacity, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) / 1000) * perSecond);
      bucket.atMs = nowMs;
      buckets.set(accessKeyId, bucket);
      if (bucket.tokens < 1) {
        const seconds = (1 - bucket.tokens) / perSecond;
        throw throttled("requestsPerSecond", `More than ${perSecond} calls per second with one access key.`, seconds);
      }
      bucket.tokens -= 1;
    },
  };
}

/** Work under way per key, each key with its own limit. */
export interface InFlight {
  /** @throws LookoutError ThrottlingException when as much is under way as may be. */
  run<T>(key: string, limit: number, work: () => Promise<T>): Promise<T>;
}

export function createInFlight(): InFlight {
  const counts = new Map<string, number>();
  return {
    async run(key, limit, work) {
      const count = counts.get(key) ?? 0;
      if (count >= limit) {
        throw throttled(
          "inferenceUnits",
          `The model has ${limit} pictures in hand. Start it with more inference units.`,
          1,
        );
      }
      counts.set(key, count + 1);
      try {
        return await work();
      } finally {
        const left = (counts.get(key) ?? 1) - 1;
        if (left > 0) counts.set(key, left);
        else counts.delete(key);
      }
    },
  };
}
