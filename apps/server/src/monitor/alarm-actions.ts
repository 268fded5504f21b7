/** What a change of an alarm's state sends: a mail to each of its recipients who has confirmed, a message to each of its targets, through the outbox. */
import { conditionText } from "@sightline/api/alarm-words";
import type { Recipient } from "@sightline/api/alerts";
import type { Alarm, AlarmState } from "@sightline/api/monitoring";
import type { AlarmMail } from "../actions/mail-templates/alarm.js";
import type { Notice } from "../actions/notice.js";
import { toTime } from "../ids.js";
import type { NewAction } from "../store/actions.js";

export interface ToldChange {
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly reason: string;
  readonly changedAtMs: number;
}

/** Muted alarms change their state and keep their history; they tell nobody. */
export function isTold(alarm: Alarm, { from, to }: Pick<ToldChange, "from" | "to">, nowMs: number): boolean {
  const isMuted = alarm.mutedUntil !== null && nowMs < Date.parse(alarm.mutedUntil);
  // The first look that finds all well is no news to anybody.
  const isFirstWord = from === "INSUFFICIENT_DATA" && to === "OK";
  return !isMuted && !isFirstWord && alarm.notifyOn.includes(to);
}

/** What a target is told of a change. */
export function alarmNotice(alarm: Alarm, change: ToldChange, number: number, targetIds: readonly string[]): Notice {
  const { id, name, cameraId, metric, statistic, threshold } = alarm;
  return {
    projectId: alarm.projectId,
    key: `alarm-${id}-${number}`,
    subject: subjectOf(alarm, change),
    path: `/monitoring/${id}`,
    to: targetIds.map((targetId) => ({ targetId })),
    message: {
      type: "alarm",
      fields: {
        alarm: { id, name, cameraId, metric, statistic, threshold, condition: conditionText(alarm) },
        from: change.from,
        state: change.to,
        reason: change.reason,
        changedAt: toTime(change.changedAtMs),
      },
    },
  };
}

const subjectOf = (alarm: Alarm, { to }: ToldChange) => `${to} - Alarm: ${alarm.name} Project: ${alarm.projectName}`;

/** @param number of the change: the same change told twice is stored once. */
export function alarmActions(
  alarm: Alarm,
  change: ToldChange,
  number: number,
  recipients: readonly Recipient[],
): NewAction[] {
  const subject = subjectOf(alarm, change);
  const payload: AlarmMail = {
    subject,
    alarmId: alarm.id,
    alarmName: alarm.name,
    projectName: alarm.projectName,
    cameraId: alarm.cameraId,
    from: change.from,
    state: change.to,
    condition: conditionText(alarm),
    reason: change.reason,
    changedAt: toTime(change.changedAtMs),
  };
  return recipients.map(({ id: recipientId, address }) => ({
    kind: "mail",
    projectId: alarm.projectId,
    inspectionId: null,
    recipientId,
    idempotencyKey: `mail-alarm-${alarm.id}-${number}-${recipientId}`,
    summary: `${subject} → ${address}`,
    payload: { template: "alarm", to: address, ...payload },
  }));
}
