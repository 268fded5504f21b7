/** The in-process stream of what just happened: the store's writers publish, the WebSocket and the sample line listen. Nothing here is durable. */
import type { LiveEvent } from "@sightline/api/live";

export type LiveListener = (event: LiveEvent) => void;

export interface LiveFeed {
  /** Tells every listener, in order of subscription. Never throws: one bad listener must not undo what has already been committed. */
  publish(event: LiveEvent): void;
  /** @returns the function that ends the subscription; calling it twice is harmless. */
  subscribe(listener: LiveListener): () => void;
}

/**
 * @param onListenerError told of a listener that threw, so that a bug there is seen and hurts nobody else.
 */
export function createLiveFeed(onListenerError: (error: unknown) => void = () => {}): LiveFeed {
  const listeners = new Set<LiveListener>();
  return {
    publish(event) {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch (error) {
          onListenerError(error);
        }
      }
    },
    subscribe(listener) {
      // A wrapper, so that the same function subscribed twice is two subscriptions.
      const entry: LiveListener = (event) => listener(event);
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
  };
}

/** The project an event belongs to, or `null` where it concerns everyone. `inspectionDeleted` names no project: every page may drop it from its list. */
export function projectOf(event: LiveEvent): string | null {
  switch (event.type) {
    case "inspection":
      return event.inspection.projectId;
    case "job":
      return event.job.projectId;
    case "project":
    case "alarm":
      return event.projectId;
    default:
      return null;
  }
}
