/** Saves the newest of many changes: waits a moment for more, never sends two at once, keeps what failed until it is sent again. */

export type Saving =
  | { readonly kind: "saved" }
  | { readonly kind: "saving" }
  | { readonly kind: "failed"; readonly reason: string };

const waitMs = 350;

export class SavingQueue<Value> {
  readonly #send: (value: Value) => Promise<void>;
  readonly #listeners = new Set<() => void>();
  #state: Saving = { kind: "saved" };
  #waiting: { readonly value: Value } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;

  constructor(send: (value: Value) => Promise<void>) {
    this.#send = send;
  }

  readonly state = (): Saving => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  put(value: Value): void {
    this.#waiting = { value };
    this.#set({ kind: "saving" });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.flush, waitMs);
  }

  /** Sends now what waits, also what failed before. */
  readonly flush = (): void => {
    clearTimeout(this.#timer);
    if (this.#waiting === undefined || this.#isSending) return;
    const sent = this.#waiting;
    this.#waiting = undefined;
    this.#isSending = true;
    this.#set({ kind: "saving" });
    this.#send(sent.value).then(
      () => this.#ended(null),
      (error: unknown) => {
        // What came meanwhile is newer than what failed.
        this.#waiting ??= sent;
        this.#ended(error instanceof Error ? error.message : String(error));
      },
    );
  };

  #ended(reason: string | null): void {
    this.#isSending = false;
    if (reason !== null) this.#set({ kind: "failed", reason });
    else if (this.#waiting === undefined) this.#set({ kind: "saved" });
    else this.flush();
  }

  #set(state: Saving): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
