/** Is the service up and able to do its work: asked by load balancers and by people without a credential, so it is cheap and says no secrets. */
import type { Store } from "../store/store.js";

export interface Health {
  readonly status: "ok" | "degraded";
  readonly reasons: string[];
}

export interface HealthDeps {
  readonly store: Store;
  readonly freeDiskBytes: () => Promise<number>;
  readonly minFreeDiskBytes: number;
  /** Pictures being inspected right now. */
  readonly inFlight: () => number;
  readonly now: () => number;
}

/** Whoever asks more often gets the last answer: each look writes to the database. */
const KEEP_MS = 1000;
/** Between two pictures the inspector is idle for a moment; so long it is not. */
const STALLED_AFTER_MS = 30_000;

export function createHealthCheck(deps: HealthDeps): () => Promise<Health> {
  let last: { readonly atMs: number; readonly answer: Promise<Health> } | undefined;
  let stalledSinceMs: number | undefined;

  async function canWrite(): Promise<string | null> {
    try {
      await deps.store.write((tx) => tx.settings.set("lastHealthCheck", String(deps.now())));
      return null;
    } catch {
      return "The database can't be written.";
    }
  }

  async function hasRoom(): Promise<string | null> {
    try {
      const isLow = (await deps.freeDiskBytes()) < deps.minFreeDiskBytes;
      return isLow ? "The disk is nearly full: uploads are refused until space is free." : null;
    } catch {
      return "The data folder can't be read.";
    }
  }

  /** Pictures are queued and, at every look for a while, none was being inspected. */
  async function isInspecting(): Promise<string | null> {
    try {
      const { queued } = await deps.store.read.inspections.countUnfinished();
      if (queued === 0 || deps.inFlight() > 0) {
        stalledSinceMs = undefined;
        return null;
      }
    } catch {
      return "The database can't be read.";
    }
    stalledSinceMs ??= deps.now();
    const isStalled = deps.now() - stalledSinceMs >= STALLED_AFTER_MS;
    return isStalled ? "Pictures are queued and none is being inspected." : null;
  }

  async function look(): Promise<Health> {
    const answers = await Promise.all([canWrite(), hasRoom(), isInspecting()]);
    const reasons = answers.filter((reason) => reason !== null);
    return { status: reasons.length === 0 ? "ok" : "degraded", reasons };
  }

  return () => {
    const nowMs = deps.now();
    if (last === undefined || nowMs - last.atMs >= KEEP_MS || nowMs < last.atMs) last = { atMs: nowMs, answer: look() };
    return last.answer;
  };
}
