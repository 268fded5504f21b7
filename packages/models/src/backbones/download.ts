/** Fetches one file of known length and digest; anything else is refused before a byte of it is read further. */
import { sha256 } from "../backbone.js";
import { ModelError, throwIfCancelled } from "../model-error.js";

export interface DownloadOptions {
  readonly sha256: string;
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (share: number) => void;
  /** For tests; left out: Node's. */
  readonly fetch?: typeof fetch | undefined;
}

/** Without a byte for this long it is given up. */
const idleMs = 30_000;

/** @throws ModelError `BACKBONE_DOWNLOAD_FAILED`, `BACKBONE_SOURCE_INVALID` for other bytes, `TRAINING_CANCELLED` */
export async function download(url: string, options: DownloadOptions): Promise<Uint8Array> {
  const { sha256: expected, bytes: length, signal, onProgress } = options;
  const idle = new AbortController();
  let timer = setTimeout(() => idle.abort(), idleMs);
  const bytes = new Uint8Array(length);
  let received = 0;
  try {
    const stop = signal === undefined ? idle.signal : AbortSignal.any([signal, idle.signal]);
    const answer = await (options.fetch ?? fetch)(url, { signal: stop });
    if (!answer.ok || answer.body === null)
      throw new Error(`the answer was ${answer.status} ${answer.statusText}`.trim());
    for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      timer = setTimeout(() => idle.abort(), idleMs);
      if (received + part.length > length) throw foreign(url, `more than ${length} bytes`, expected);
      bytes.set(part, received);
      received += part.length;
      onProgress(received / length);
    }
  } catch (cause) {
    throwIfCancelled(signal);
    if (cause instanceof ModelError) throw cause;
    const reason = idle.signal.aborted ? `nothing came for ${idleMs / 1000} s` : reasonOf(cause);
    throw new ModelError(
      "BACKBONE_DOWNLOAD_FAILED",
      `${url} can't be fetched: ${reason}. Check the network, or fetch the file on another machine and name it instead.`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
  const digest = sha256(bytes.subarray(0, received));
  if (digest !== expected) throw foreign(url, `${received} bytes with SHA-256 ${digest}`, expected);
  return bytes;
}

function foreign(url: string, got: string, expected: string): ModelError {
  return new ModelError(
    "BACKBONE_SOURCE_INVALID",
    `${url} must have SHA-256 ${expected}, got ${got}. Nothing was added.`,
  );
}

/** Node's fetch says "fetch failed" and hides why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
