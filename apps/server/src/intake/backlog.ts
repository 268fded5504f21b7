/** How many accepted pictures are not inspected yet: counted in the database now and then, and by hand in between. */
import type { Now } from "../ids.js";
import type { Store } from "../store/store.js";

export interface Backlog {
  /** Queued and waiting pictures; may be a moment old, never too low by what was added since. */
  count(): Promise<number>;
  added(): void;
}

/** With a long queue a count costs milliseconds, which is too much for each upload. */
const recountMs = 500;

export function createBacklog(store: Store, now: Now): Backlog {
  let known = 0;
  let countedAtMs = Number.NEGATIVE_INFINITY;
  let counting: Promise<void> | undefined;

  async function recount(): Promise<void> {
    countedAtMs = now();
    const { queued, waiting } = await store.read.inspections.countUnfinished();
    known = queued + waiting;
  }

  return {
    async count() {
      if (now() - countedAtMs >= recountMs || now() < countedAtMs) {
        counting ??= recount().finally(() => {
          counting = undefined;
        });
        await counting;
      }
      return known;
    },
    added() {
      known++;
    },
  };
}
