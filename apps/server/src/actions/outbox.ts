/** Delivers stored actions: at least once, with growing pauses between attempts, parked in the end where a person sees them. */
import type { Action } from "@sightline/api/alerts";
import type { Config } from "../config.js";
import { errors } from "../errors.js";
import type { Now } from "../ids.js";
import { within } from "../inspect/within.js";
import type { Log } from "../log.js";
import type { ActionFilter, DueAction } from "../store/actions.js";
import type { Store } from "../store/store.js";
import { type ActionKind, DeliveryError } from "./action-kind.js";

export type ActionKinds = Readonly<Record<Action["kind"], ActionKind>>;

export interface Outbox {
  /** There may be something due. */
  wake(): void;
  /** Sends a parked action again. @throws ServerError ACTION_NOT_FOUND, ACTION_NOT_PARKED. */
  retry(actionId: string): Promise<Action>;
  /** Sends all parked actions that fit again. @returns how many. */
  retryAll(filter: Pick<ActionFilter, "project" | "target">): Promise<number>;
  /** Gives a parked action up. @throws ServerError ACTION_NOT_FOUND, ACTION_NOT_PARKED. */
  discard(actionId: string): Promise<void>;
  /** Waits for the deliveries under way and starts no more. */
  close(): Promise<void>;
}

const longestPauseMs = 3_600_000;
/** Looked for at least this often, so that a clock that was set is noticed. */
const longestSleepMs = 30_000;
/** Deliveries under way in one lane: one that is slow or away holds up its own actions only. */
const perLane = 4;
const stopPatienceMs = 5000;

export function startOutbox(deps: {
  store: Store;
  kinds: ActionKinds;
  config: Config["outbox"];
  now: Now;
  log: Log;
}): Outbox {
  const { store, kinds, config, now, log } = deps;
  /** Deliveries under way: action → what it is. */
  const underWay = new Map<string, { lane: string; done: Promise<void> }>();
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let isWoken = false;

  async function deliver(action: DueAction): Promise<void> {
    const kind = kinds[action.kind];
    const overtime = new AbortController();
    try {
      await within(kind.timeoutMs, kind.deliver(action, overtime.signal));
    } catch (error) {
      overtime.abort();
      await putOff(action, error);
      return;
    }
    // Killed between the delivery and this line, it is delivered again: at least once, told apart by its key.
    await store.write((tx) => tx.actions.markDelivered(action.id));
    log.info({ actionId: action.id, kind: action.kind }, "An action was delivered");
  }

  async function putOff(action: DueAction, error: unknown): Promise<void> {
    const problem = (error instanceof Error ? error.message : String(error)).slice(0, 1000);
    const { retryAfterMs = 0, isFinal = false } = error instanceof DeliveryError ? error : {};
    const attempt = action.attempts + 1;
    const isParked = isFinal || attempt >= config.attempts;
    const ownPauseMs = config.backoffSeconds * 1000 * 2 ** (attempt - 1);
    const pauseMs = Math.min(longestPauseMs, Math.max(ownPauseMs, retryAfterMs));
    log.warn({ actionId: action.id, attempt, problem, isParked }, "An action was not delivered");
    await store.write((tx) => tx.actions.markFailed(action.id, problem, isParked ? null : now() + pauseMs));
  }

  function begin(action: DueAction): void {
    const done = deliver(action)
      .catch(async (error: unknown) => {
        // The database refused (disk full): it stays due, and its place is kept a moment, so as not to run in circles.
        log.error({ err: error, actionId: action.id }, "A delivery could not be recorded");
        await new Promise((resolve) => setTimeout(resolve, 1000).unref());
      })
      .finally(() => {
        underWay.delete(action.id);
        wake();
      });
    underWay.set(action.id, { lane: action.lane, done });
  }

  /** Takes as many due actions of each lane as there are places. */
  async function look(nowMs: number): Promise<void> {
    for (const lane of await store.read.actions.dueLanes(nowMs)) {
      const busy = [...underWay.values()].filter((one) => one.lane === lane).length;
      if (busy >= perLane || (lane in kinds && !kinds[lane as Action["kind"]].isConfigured)) continue;
      // Those under way are due, too, until they have ended; one that ends while this is read must not begin a second time.
      const wereUnderWay = new Set(underWay.keys());
      const due = await store.read.actions.due(lane, nowMs, perLane + busy);
      if (isStopped) return;
      for (const action of due.filter(({ id }) => !wereUnderWay.has(id)).slice(0, perLane - busy)) begin(action);
    }
  }

  /** @param lookedAtMs one that became due while they were looked at is the next. */
  async function sleepUntilNext(lookedAtMs: number): Promise<void> {
    const nextMs = await store.read.actions.nextDueMs(lookedAtMs).catch(() => undefined);
    if (isStopped) return;
    const sleepMs = nextMs === undefined ? longestSleepMs : Math.min(longestSleepMs, Math.max(10, nextMs - now()));
    clearTimeout(timer);
    timer = setTimeout(wake, sleepMs);
    timer.unref();
  }

  function wake(): void {
    isWoken = true;
    if (looking !== undefined || isStopped) return;
    isWoken = false;
    const nowMs = now();
    looking = look(nowMs)
      .catch((error: unknown) => log.error({ err: error }, "The outbox could not be read; it is read again"))
      .then(() => sleepUntilNext(nowMs))
      .finally(() => {
        looking = undefined;
        if (isWoken) wake();
      });
  }
  wake();

  return {
    wake,
    async retry(actionId) {
      const action = await store.write(async (tx) => {
        const found = await tx.actions.get(actionId);
        if (found === undefined) throw errors.actionNotFound({ id: actionId });
        if (!(await tx.actions.unpark(actionId))) throw errors.actionNotParked({ id: actionId, status: found.status });
        return tx.actions.get(actionId);
      });
      if (action === undefined) throw errors.actionNotFound({ id: actionId });
      wake();
      return action;
    },
    async retryAll(filter) {
      const count = await store.write((tx) => tx.actions.unparkAll(filter));
      wake();
      return count;
    },
    async discard(actionId) {
      await store.write(async (tx) => {
        const found = await tx.actions.get(actionId);
        if (found === undefined) throw errors.actionNotFound({ id: actionId });
        if (!(await tx.actions.removeParked(actionId)))
          throw errors.actionNotParked({ id: actionId, status: found.status });
      });
    },
    async close() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
      // A mail server that hangs must not hold up the stop: what is not marked as delivered is sent again.
      const ends = [...underWay.values()].map(({ done }) => done);
      if (ends.length > 0) await within(stopPatienceMs, Promise.all(ends)).catch(() => {});
      for (const kind of Object.values(kinds)) await kind.close();
    },
  };
}
