/** Sends many files, a few at a time, and remembers what became of each; knows neither React nor HTTP. */

export type UploadState = "waiting" | "sending" | "done" | "refused" | "interrupted";

export interface Upload<Kind> {
  readonly key: string;
  readonly file: File;
  readonly kind: Kind;
  readonly state: UploadState;
  /** Sent share, 0 to 1. */
  readonly share: number;
  /** Why it was refused or interrupted. */
  readonly reason: string | undefined;
}

export interface UploadQueueOptions<Kind> {
  send: (upload: Upload<Kind>, onShare: (share: number) => void, signal: AbortSignal) => Promise<void>;
  /** Whether trying the same file again can help. */
  isTemporary: (error: unknown) => boolean;
  concurrency?: number;
  /** Wait before the n-th further attempt; the number of waits is the number of further attempts. */
  waitsMs?: readonly number[];
}

export class UploadQueue<Kind> {
  readonly #options: Required<UploadQueueOptions<Kind>>;
  readonly #listeners = new Set<() => void>();
  readonly #stop = new AbortController();
  #uploads: readonly Upload<Kind>[] = [];
  #active = 0;
  #made = 0;

  constructor(options: UploadQueueOptions<Kind>) {
    this.#options = { concurrency: 3, waitsMs: [500, 2_000], ...options };
  }

  /** A new array after each change, as React's useSyncExternalStore wants it. */
  readonly uploads = (): readonly Upload<Kind>[] => this.#uploads;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  add(files: readonly File[], kind: Kind): void {
    const fresh = files.map((file): Upload<Kind> => {
      return { key: `upload-${this.#made++}`, file, kind, state: "waiting", share: 0, reason: undefined };
    });
    this.#change([...this.#uploads, ...fresh]);
    this.#pump();
  }

  /** Tries again what was interrupted; what was refused would be refused again. */
  retry(): void {
    this.#change(
      this.#uploads.map((upload) =>
        upload.state === "interrupted" ? { ...upload, state: "waiting", share: 0, reason: undefined } : upload,
      ),
    );
    this.#pump();
  }

  /** Takes finished or failed ones off the list. */
  dismiss(state: "done" | "refused" | "interrupted"): void {
    this.#change(this.#uploads.filter((upload) => upload.state !== state));
  }

  /** Stops everything; the queue is of no use afterwards. */
  close(): void {
    this.#stop.abort();
    this.#listeners.clear();
  }

  #pump(): void {
    while (this.#active < this.#options.concurrency && !this.#stop.signal.aborted) {
      const next = this.#uploads.find((upload) => upload.state === "waiting");
      if (next === undefined) return;
      this.#active++;
      this.#set(next.key, { state: "sending" });
      void this.#send(next).finally(() => {
        this.#active--;
        this.#pump();
      });
    }
  }

  async #send(upload: Upload<Kind>): Promise<void> {
    const { send, isTemporary, waitsMs } = this.#options;
    const { signal } = this.#stop;
    for (let attempt = 0; ; attempt++) {
      try {
        await send(upload, (share) => this.#set(upload.key, { share }), signal);
        return this.#set(upload.key, { state: "done", share: 1 });
      } catch (error) {
        if (signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        if (!isTemporary(error)) return this.#set(upload.key, { state: "refused", reason });
        const waitMs = waitsMs[attempt];
        if (waitMs === undefined) return this.#set(upload.key, { state: "interrupted", reason });
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        if (signal.aborted) return;
      }
    }
  }

  #set(key: string, change: Partial<Upload<Kind>>): void {
    this.#change(this.#uploads.map((upload) => (upload.key === key ? { ...upload, ...change } : upload)));
  }

  #change(uploads: readonly Upload<Kind>[]): void {
    this.#uploads = uploads;
    for (const listener of this.#listeners) listener();
  }
}

export interface Tally {
  total: number;
  done: number;
  refused: number;
  interrupted: number;
  /** Waiting or sending. */
  open: number;
  /** Sent share of all, by count. */
  share: number;
}

export function tally(uploads: readonly Upload<unknown>[]): Tally {
  const of = (state: UploadState) => uploads.filter((upload) => upload.state === state).length;
  const done = of("done");
  const refused = of("refused");
  const interrupted = of("interrupted");
  const sum = uploads.reduce(
    (all, { state, share }) => all + (state === "sending" ? share : state === "waiting" ? 0 : 1),
    0,
  );
  return {
    total: uploads.length,
    done,
    refused,
    interrupted,
    open: uploads.length - done - refused - interrupted,
    share: uploads.length === 0 ? 0 : sum / uploads.length,
  };
}
