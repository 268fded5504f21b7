/** Looks at every alarm now and then, and at once when something happens in its project; records what changed and has it told. */
import type { Alarm } from "@sightline/api/monitoring";
import { insertNotice } from "../actions/notice.js";
import type { Now } from "../ids.js";
import type { LiveFeed } from "../live-feed.js";
import type { Log } from "../log.js";
import type { AlarmLook, WatchedAlarm } from "../store/alarms.js";
import type { Store } from "../store/store.js";
import { alarmActions, alarmNotice, isTold } from "./alarm-actions.js";
import { reasonText } from "./alarm-reason.js";
import { look, neededFromMs } from "./alarm-states.js";
import { defaultAlarms } from "./default-alarms.js";

export interface AlarmWatch {
  /** Looks at all alarms. Calls that come while a look is under way wait for one that begins after them. */
  look(): Promise<void>;
  close(): Promise<void>;
}

export interface AlarmWatchDeps {
  readonly store: Store;
  readonly live: LiveFeed;
  readonly everyMs: number;
  readonly now: Now;
  readonly log: Log;
  /** Told when a change of state caused actions. */
  readonly onActions: () => void;
}

/** Verdicts come in bursts: they are looked at together. */
const burstMs = 250;

export function startAlarmWatch(deps: AlarmWatchDeps): AlarmWatch {
  const { store, live, now, log } = deps;
  let isStopped = false;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let soon: NodeJS.Timeout | undefined;

  async function giveDefaults(): Promise<void> {
    for (const [kind, settings] of Object.entries(defaultAlarms)) {
      for (const projectId of await store.read.alarms.projectsWithout(kind)) {
        await store.write(async (tx) => {
          // Deleted, or given by a look before this one.
          if ((await tx.alarms.projectsWithout(kind)).includes(projectId))
            await tx.alarms.give(projectId, kind, settings);
        });
      }
    }
  }

  /** What an alarm's readings say now. */
  async function found({ alarm, judgedUntilMs }: WatchedAlarm): Promise<AlarmLook> {
    const nowMs = now();
    const memory = { state: alarm.state, judgedUntilMs };
    const sets = await store.read.readings.sets({
      projectId: alarm.projectId,
      cameraId: alarm.cameraId ?? undefined,
      metric: alarm.metric,
      periodSeconds: alarm.periodSeconds,
      fromMs: neededFromMs(alarm, memory, nowMs),
      toMs: nowMs,
    });
    const result = look(alarm, memory, sets, nowMs);
    return {
      state: result.memory.state,
      judgedUntilMs: result.memory.judgedUntilMs ?? nowMs,
      reason: reasonText(alarm, result.evidence),
      changes: result.changes.map(({ atMs, from, to, evidence }) => ({
        changedAtMs: atMs,
        from,
        to,
        reason: reasonText(alarm, evidence),
        isTold: false,
      })),
    };
  }

  /** Records a look with the actions that its changes cause, all or nothing. @returns how many actions. */
  async function record({ alarm, revision }: WatchedAlarm, seen: AlarmLook): Promise<number> {
    return store.write(async (tx) => {
      // Muted or renamed since the look began: what is in force now decides who is told.
      const inForce = await tx.alarms.get(alarm.id);
      if (inForce === undefined) return 0;
      const { tells } = inForce;
      const recipients = (await tx.recipients.confirmed(alarm.projectId)).filter(
        ({ id }) => tells?.recipientIds.includes(id) ?? true,
      );
      const targets = (await tx.targets.list(alarm.projectId)).filter(
        ({ id, isEnabled }) => isEnabled && (tells?.targetIds.includes(id) ?? true),
      );
      const isHeard = recipients.length + targets.length > 0;
      const changes = seen.changes.map((change) => ({ ...change, isTold: isHeard && isTold(inForce, change, now()) }));
      const numbers = await tx.alarms.recordLook(alarm.id, revision, { ...seen, changes });
      let actions = 0;
      for (const [index, change] of changes.entries()) {
        const number = numbers?.[index];
        if (number === undefined || !change.isTold) continue;
        for (const action of alarmActions(inForce, change, number, recipients))
          if (await tx.actions.insert(action)) actions++;
        const targetIds = targets.map(({ id }) => id);
        actions += await insertNotice(tx, alarmNotice(inForce, change, number, targetIds));
      }
      return actions;
    });
  }

  async function lookAt(watched: WatchedAlarm): Promise<void> {
    const { alarm, judgedUntilMs } = watched;
    const seen = await found(watched);
    const isNews = seen.changes.length > 0 || seen.judgedUntilMs !== judgedUntilMs || seen.reason !== alarm.reason;
    if (!isNews) return;
    const actions = await record(watched, seen);
    if (actions > 0) deps.onActions();
    for (const { from, to, reason } of seen.changes)
      log.info({ alarmId: alarm.id, name: alarm.name, from, to, reason }, "An alarm changed its state");
    if (seen.changes.length > 0) live.publish({ type: "alarm", projectId: alarm.projectId, alarmId: alarm.id });
  }

  async function lookAtAll(): Promise<void> {
    await giveDefaults();
    for (const watched of await store.read.alarms.watched()) {
      if (isStopped) return;
      await lookAt(watched).catch((error: unknown) => tell(error, watched.alarm));
    }
  }

  function tell(error: unknown, alarm?: Alarm): void {
    log.error({ err: error, alarmId: alarm?.id }, "An alarm could not be evaluated; it is looked at again");
  }

  /** One look at a time; whoever asks during one gets the next. */
  function ask(): Promise<void> {
    if (isStopped) return Promise.resolve();
    if (running === undefined) {
      running = lookAtAll().finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined;
        return ask();
      });
    return next;
  }

  function wake(): void {
    soon ??= setTimeout(() => {
      soon = undefined;
      ask().catch(tell);
    }, burstMs).unref();
  }

  const unsubscribe = live.subscribe((event) => {
    const ended = event.type === "inspection" && ["inspected", "failed"].includes(event.inspection.status);
    if (ended || (event.type === "project" && event.change === "created")) wake();
  });
  const timer = setInterval(() => ask().catch(tell), deps.everyMs);
  timer.unref();

  return {
    look: ask,
    async close() {
      isStopped = true;
      unsubscribe();
      clearInterval(timer);
      clearTimeout(soon);
      await running?.catch(() => {});
    },
  };
}
