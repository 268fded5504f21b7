/** The WebSocket at /api/live: what just happened, to everyone who may look, without ever holding back the service for a slow reader. */
import type { LiveEvent } from "@sightline/api/live";
import type { WebSocket } from "ws";
import { type LiveFeed, projectOf } from "../live-feed.js";

export interface LiveOptions {
  readonly feed: LiveFeed;
  readonly now: () => number;
  /** A reader this far behind is cut off; its browser reconnects and asks for the current state. */
  readonly maxBufferedBytes: number;
  readonly heartbeatMs: number;
  /** How many may listen at once. */
  readonly maxListeners: number;
}

/** Close codes of RFC 6455 and, from 4000, our own. */
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;
const TOO_SLOW = 4008;
const SIGNED_OUT = 4001;

export interface LiveDoor {
  /**
   * Sends events to this socket until it closes.
   * @param mayStillListen asked at each heartbeat: a session that has ended or a token that was revoked stops hearing.
   */
  attach(socket: WebSocket, projectId: string | null, mayStillListen: () => Promise<boolean>): void;
  readonly listeners: number;
  close(): void;
}

export function createLiveDoor(options: LiveOptions): LiveDoor {
  const sockets = new Set<WebSocket>();

  return {
    get listeners() {
      return sockets.size;
    },

    attach(socket, projectId, mayStillListen) {
      if (sockets.size >= options.maxListeners) {
        socket.close(TRY_AGAIN_LATER, `At most ${options.maxListeners} may listen at once`);
        return;
      }
      sockets.add(socket);
      let isAlive = true;
      const send = (event: LiveEvent): void => {
        if (socket.readyState !== socket.OPEN) return;
        if (socket.bufferedAmount > options.maxBufferedBytes) {
          socket.close(TOO_SLOW, "Too slow: reconnect and load the current state");
          // The close frame waits behind the full buffer, so the connection itself ends too.
          socket.terminate();
          return;
        }
        socket.send(JSON.stringify(event));
      };
      const unsubscribe = options.feed.subscribe((event) => {
        const about = projectOf(event);
        if (projectId === null || about === null || about === projectId) send(event);
      });
      const heartbeat = setInterval(() => {
        if (!isAlive) return socket.terminate();
        isAlive = false;
        socket.ping();
        mayStillListen().then(
          (mayListen) => mayListen || socket.close(SIGNED_OUT, "The session or token is no longer valid"),
          () => socket.terminate(),
        );
      }, options.heartbeatMs);
      heartbeat.unref();

      socket.on("pong", () => {
        isAlive = true;
      });
      // We take no messages: whoever sends us one has the wrong door, and gets no memory of ours for it.
      socket.on("message", () => socket.close(1003, "This socket only sends"));
      socket.on("error", () => socket.terminate());
      socket.on("close", () => {
        clearInterval(heartbeat);
        unsubscribe();
        sockets.delete(socket);
      });
      send({ type: "hello", at: new Date(options.now()).toISOString() });
    },

    close() {
      for (const socket of sockets) {
        socket.close(GOING_AWAY, "The service is stopping");
        socket.terminate();
      }
    },
  };
}
