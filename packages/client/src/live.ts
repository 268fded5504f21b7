/** Live events over WebSocket as an async iterable that connects again by itself. */
import { LiveEvent } from "@sightline/api/live";
import type { Client } from "./client.js";

/** The few parts of a WebSocket that are used here: the browser's, Node 22's and `ws`'s all have them. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  close(): void;
}
export type SocketConstructor = new (url: string, options?: { headers: Record<string, string> }) => Socket;

export interface LiveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Only this project's events. */
  readonly projectId?: string | undefined;
  /** In Node 20 pass `WebSocket` of the `ws` package; else the global one is used. */
  readonly WebSocket?: SocketConstructor | undefined;
  /** Called when the connection opens and when it is lost. */
  readonly onConnection?: ((isConnected: boolean) => void) | undefined;
  /** Wait before connecting again; doubles up to 15 s, and starts over after a connection that opened; default 500 ms. */
  readonly firstWaitMs?: number | undefined;
}

/** So many unread events mean that the reader stands still; then the connection is renewed instead of filling memory. */
const maxUnread = 2_000;

/**
 * Yields what happens on the server until the signal aborts. Each connection begins with a `hello`: events between two
 * connections are lost, so a reader that keeps a list loads it again at `hello`.
 */
export async function* liveEvents(client: Client, options: LiveOptions = {}): AsyncGenerator<LiveEvent, void, void> {
  const { signal } = options;
  const firstWaitMs = options.firstWaitMs ?? 500;
  let waitMs = firstWaitMs;
  while (!signal?.aborted) {
    const connection = connect(client, options);
    try {
      for await (const event of connection.events()) {
        waitMs = firstWaitMs;
        yield event;
      }
    } finally {
      connection.close();
    }
    // Spread out, so that a hundred open pages don't all come back in the same instant after a restart.
    await sleep(waitMs * (0.5 + Math.random() / 2), signal);
    waitMs = Math.min(waitMs * 2, 15_000);
  }
}

function connect(client: Client, options: LiveOptions) {
  const unread: LiveEvent[] = [];
  let isOver = false;
  let wake: (() => void) | undefined;
  const socket = openSocket(client, options);
  const end = () => {
    if (isOver) return;
    isOver = true;
    options.signal?.removeEventListener("abort", close);
    options.onConnection?.(false);
    wake?.();
  };
  const close = () => {
    end();
    socket.close();
  };
  socket.onopen = () => options.onConnection?.(true);
  socket.onclose = end;
  socket.onerror = end;
  socket.onmessage = ({ data }) => {
    const event = readEvent(data);
    if (event === undefined || isOver) return;
    if (unread.push(event) > maxUnread) return close();
    wake?.();
  };
  options.signal?.addEventListener("abort", close, { once: true });

  async function* events(): AsyncGenerator<LiveEvent, void, void> {
    for (;;) {
      const event = unread.shift();
      if (event !== undefined && !options.signal?.aborted) yield event;
      else if (isOver) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  return { events, close };
}

function openSocket(client: Client, options: LiveOptions): Socket {
  const WebSocket = options.WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  if (WebSocket === undefined) {
    throw new TypeError(
      'This Node has no WebSocket of its own: pass the one of the "ws" package as options.WebSocket.',
    );
  }
  const address = client.address("live", { query: { project: options.projectId } });
  const base = (globalThis as { location?: { href: string } }).location?.href;
  const url = new URL(address, base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  // A browser can't send headers here and needs none: its session cookie goes along.
  if (client.token === undefined) return new WebSocket(url.href);
  return new WebSocket(url.href, { headers: { authorization: `Bearer ${client.token}` } });
}

/** An event of a kind this client doesn't know yet (a newer server) is skipped. */
function readEvent(data: unknown): LiveEvent | undefined {
  try {
    const parsed = LiveEvent.safeParse(JSON.parse(String(data)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Returns early when the signal aborts. */
function sleep(timeMs: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    const timer = setTimeout(stop, timeMs);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
