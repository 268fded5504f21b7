/** Makes ids that sort by creation, and translates between the wire's times, epoch milliseconds and the smallest id of an instant. */
import { encodeTime, monotonicFactory } from "ulid";

/** The current time in epoch milliseconds; an argument everywhere, so that tests choose it. */
export type Now = () => number;
export type NewId = () => string;

/**
 * ULIDs that rise within one process, also inside one millisecond.
 * A clock set back by more than a second starts afresh: ids must tell the time that records show.
 */
export function idSource(now: Now): NewId {
  let next = monotonicFactory();
  let last = 0;
  return () => {
    const nowMs = now();
    if (nowMs < last - 1000) next = monotonicFactory();
    last = nowMs;
    return next(nowMs);
  };
}

/** The smallest id an instant can have: `id >= firstIdAt(t)` means "made at t or later". */
export function firstIdAt(timeMs: number): string {
  const inRange = Math.min(Math.max(0, Math.trunc(timeMs)), 2 ** 48 - 1);
  return `${encodeTime(inRange, 10)}${"0".repeat(16)}`;
}

export function toTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

export function toTimeOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : toTime(timeMs);
}

export function fromTime(time: string): number {
  return Date.parse(time);
}
