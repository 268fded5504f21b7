/** Puts a message for a target into the outbox, in the transaction of what it tells of: an inspection, an alarm. */
import type { StoreWrites } from "../store/store.js";
import type { StoredMessage } from "./target-sender.js";

export interface NewTargetMessage {
  readonly projectId: string;
  readonly targetId: string;
  readonly inspectionId: string | null;
  /** The same cause gives the same key: it is told once. */
  readonly key: string;
  /** For people. */
  readonly summary: string;
  readonly message: StoredMessage;
}

/** @returns whether there is one more action to deliver; the caller wakes the outbox once it is committed. */
export async function insertTargetMessage(tx: StoreWrites, told: NewTargetMessage): Promise<boolean> {
  const { projectId, targetId, inspectionId, key, summary, message } = told;
  const target = await tx.targets.stored(targetId);
  if (target === undefined) return false;
  const idempotencyKey = `${target.kind}-${targetId}-${key}`;
  const payload = { ...message };
  return tx.actions.insert({ kind: target.kind, projectId, inspectionId, targetId, idempotencyKey, summary, payload });
}
