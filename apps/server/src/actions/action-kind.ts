/** What an outgoing action is to the outbox: something that is delivered, or fails and is tried again. */
import type { DueAction } from "../store/actions.js";

export interface ActionKind {
  /** For people. */
  readonly title: string;
  /** False: there is nothing to deliver with (no mail server set); actions of this kind wait without using up attempts. */
  readonly isConfigured: boolean;
  /**
   * Delivers once. It may be asked again for the same action (at least once), so what it sends must carry the idempotency key
   * in a form by which the receiver can tell.
   * @throws when it was not delivered; the message is shown to people.
   */
  deliver(action: DueAction): Promise<void>;
  close(): Promise<void>;
}
