/** Delivers stored actions: at least once, with growing pauses between attempts, parked in the end where a person sees them. */
import type { Action } from "@sightline/api/schemas";
import type { Config } from "../config.js";
import { errors } from "../errors.js";
import type { Now } from "../ids.js";
import { within } from "../inspect/within.js";
import type { Log } from "../log.js";
import type { DueAction } from "../store/actions.js";
import type { Store } from "../store/store.js";
import type { ActionKind } from "./action-kind.js";

export type ActionKinds = Readonly<Record<Action["kind"], ActionKind>>;

export interface Outbox {
  /** There may be something due. */
  wake(): void;
  /** Sends a parked action again. @throws ServerError ACTION_NOT_FOUND, ACTION_NOT_PARKED. */
  retry(actionId: string): Promise<Action>;
  /** Waits for the deliveries under way and starts no more. */
  close(): Promise<void>;
}

const longestPauseMs = 3_600_000;
/** Looked for at least this often, so that a clock that was set is noticed. */
const longestSleepMs = 30_000;
const atOnce = 4;
const stopPatienceMs = 5000;

export function startOutbox(deps: {
  store: Store;
  kinds: ActionKinds;
  config: Config["outbox"];
  /** A delivery that takes longer counts as failed, whatever the library below promises. */
  deliveryTimeoutMs: number;
  now: Now;
  log: Log;
}): Outbox {
  const { store, kinds, config, now, log } = deps;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isWoken = false;

  async function deliver(action: DueAction): Promise<void> {
    const kind = kinds[action.kind];
    try {
      await within(deps.deliveryTimeoutMs, kind.deliver(action));
    } catch (error) {
      const problem = (error instanceof Error ? error.message : String(error)).slice(0, 1000);
      const attempt = action.attempts + 1;
      const isParked = attempt >= config.attempts;
      const pauseMs = Math.min(longestPauseMs, config.backoffSeconds * 1000 * 2 ** (attempt - 1));
      log.warn({ actionId: action.id, attempt, problem, isParked }, "An action was not delivered");
      await store.write((tx) => tx.actions.markFailed(action.id, problem, isParked ? null : now() + pauseMs));
      return;
    }
    // Killed between the delivery and this line, it is delivered again: at least once, told apart by its key.
    await store.write((tx) => tx.actions.markDelivered(action.id));
    log.info({ actionId: action.id, kind: action.kind }, "An action was delivered");
  }

  async function work(): Promise<void> {
    while (!isStopped) {
      isWoken = false;
      const configured = Object.entries(kinds).filter(([, kind]) => kind.isConfigured);
      if (configured.length === 0) return;
      const due = await store.read.actions.due(now(), atOnce);
      if (due.length === 0) {
        if (isWoken) continue;
        return;
      }
      await Promise.all(due.map(deliver));
    }
  }

  async function sleepUntilNext(): Promise<void> {
    if (isStopped) return;
    const nextMs = await store.read.actions.nextDueMs().catch(() => undefined);
    if (isStopped) return;
    const sleepMs = nextMs === undefined ? longestSleepMs : Math.min(longestSleepMs, Math.max(10, nextMs - now()));
    clearTimeout(timer);
    timer = setTimeout(wake, sleepMs);
    timer.unref();
  }

  function wake(): void {
    isWoken = true;
    if (running !== undefined || isStopped) return;
    running = work()
      .catch((error: unknown) => log.error({ err: error }, "The outbox could not be read; it is read again"))
      .then(sleepUntilNext)
      .finally(() => {
        running = undefined;
        if (isWoken && !isStopped) setTimeout(wake, 10).unref();
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
    async close() {
      isStopped = true;
      clearTimeout(timer);
      // A mail server that hangs must not hold up the stop: what is not marked as delivered is sent again.
      if (running !== undefined) await within(stopPatienceMs, running).catch(() => {});
      for (const kind of Object.values(kinds)) await kind.close();
    },
  };
}
