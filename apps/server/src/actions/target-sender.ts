/** What a kind of target is: it sends one message to another program; and how the outbox sees it. */
import type { Target, TargetSettings } from "@sightline/api/alerts";
import { z } from "zod";
import type { SecretBox } from "../secret-box.js";
import type { DueAction } from "../store/actions.js";
import type { Store } from "../store/store.js";
import type { StoredTarget } from "../store/targets.js";
import { type ActionKind, DeliveryError } from "./action-kind.js";

/** A target as its sender needs it. */
export interface OpenTarget {
  readonly id: string;
  /** Rises with each change: a connection made for an earlier state is out of date. */
  readonly changedAtMs: number;
  readonly settings: TargetSettings;
  readonly secret: string | null;
}

export interface OutgoingMessage {
  /** The same at each attempt: by it the receiver knows a message that came twice. */
  readonly id: string;
  /** JSON. */
  readonly body: string;
  /** What may stand in a topic. */
  readonly places: { readonly project: string; readonly camera: string; readonly line: string };
}

export interface TargetSender {
  readonly title: string;
  /** @throws Error when it did not arrive, with what the other side said. */
  send(target: OpenTarget, message: OutgoingMessage, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What `target-message.ts` stores; read back from the database, so checked. */
const StoredMessage = z.object({
  type: z.string(),
  places: z.object({ project: z.string(), camera: z.string(), line: z.string() }),
  /** Path in the pages, such as `/inspections/…`. */
  path: z.string().nullable(),
  fields: z.record(z.string(), z.unknown()),
});
export type StoredMessage = z.infer<typeof StoredMessage>;

export const secretPurpose = (targetId: string) => `target ${targetId}`;

export function openTarget(stored: StoredTarget, box: SecretBox): OpenTarget {
  const { id, changedAtMs, settings, sealedSecret } = stored;
  const secret = sealedSecret === null ? null : box.open(sealedSecret, secretPurpose(id));
  if (secret === undefined) {
    throw new DeliveryError("The target's secret was sealed under another key. Set it anew.", { isFinal: true });
  }
  return { id, changedAtMs, settings, secret: secret?.toString("utf8") ?? null };
}

/** One body for all kinds of target: what happened, where, and links to it. */
export function messageOf(
  key: { id: string; createdAt: string },
  { type, places, path, fields }: StoredMessage,
  publicUrl: string,
): OutgoingMessage {
  const url = path === null ? null : publicUrl + path;
  return { id: key.id, places, body: JSON.stringify({ id: key.id, type, createdAt: key.createdAt, ...fields, url }) };
}

/** @param publicUrl asked at each message: the address is known only when the server listens. */
export function targetAction(
  sender: TargetSender,
  deps: { store: Store; box: SecretBox; publicUrl: () => string; timeoutMs: number },
): ActionKind {
  return {
    title: sender.title,
    isConfigured: true,
    timeoutMs: deps.timeoutMs,
    async deliver(action: DueAction, signal) {
      const stored = await deps.store.read.targets.stored(action.targetId ?? "");
      // Removed meanwhile: nobody is left to tell.
      if (stored === undefined) return;
      const key = { id: action.idempotencyKey, createdAt: action.createdAt };
      const message = messageOf(key, StoredMessage.parse(action.payload), deps.publicUrl());
      await sender.send(openTarget(stored, deps.box), message, signal);
    },
    close: () => sender.close(),
  };
}

export type TargetSenders = Readonly<Record<Target["kind"], TargetSender>>;
