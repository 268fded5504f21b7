/** What an outgoing action is to the outbox: something that is delivered, or fails and is tried again. */
import type { DueAction } from "../store/actions.js";

export interface ActionKind {
  /** For people. */
  readonly title: string;
  /** False: there is nothing to deliver with (no mail server set); actions of this kind wait without using up attempts. */
  readonly isConfigured: boolean;
  /** A delivery that takes longer counts as failed, whatever the library below promises. */
  readonly timeoutMs: number;
  /**
   * Delivers once. It may be asked again for the same action (at least once), so what it sends must carry the idempotency key
   * in a form by which the receiver can tell. Nothing left to send (an alert that was deleted meanwhile) is delivered, too.
   * @param signal aborts when the time is up.
   * @throws when it was not delivered; the message is shown to people. A DeliveryError says more about when to try again.
   */
  deliver(action: DueAction, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** A delivery that failed, with what the receiver said about trying again. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
  /** Not before this long. */
  readonly retryAfterMs: number | undefined;
  /** Trying again is useless until a person has changed something. */
  readonly isFinal: boolean;
  constructor(
    message: string,
    options: { retryAfterMs?: number | undefined; isFinal?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
    this.isFinal = options.isFinal ?? false;
  }
}
