/** What a change of an alarm's state sends: a mail to each recipient who has confirmed, through the outbox. */
import { conditionText } from "@sightline/api/alarm-words";
import type { Alarm, AlarmState } from "@sightline/api/monitoring";
import type { Recipient } from "@sightline/api/schemas";
import type { AlarmMail } from "../actions/mail-templates/alarm.js";
import { toTime } from "../ids.js";
import type { NewAction } from "../store/actions.js";

export interface ToldChange {
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly reason: string;
  readonly changedAtMs: number;
}

/** Muted alarms change their state and keep their history; they tell nobody. */
export function isTold(alarm: Alarm, to: AlarmState, recipients: readonly Recipient[], nowMs: number): boolean {
  const isMuted = alarm.mutedUntil !== null && nowMs < Date.parse(alarm.mutedUntil);
  return !isMuted && alarm.notifyOn.includes(to) && recipients.length > 0;
}

/** @param number of the change: the same change told twice is stored once. */
export function alarmActions(
  alarm: Alarm,
  change: ToldChange,
  number: number,
  recipients: readonly Recipient[],
): NewAction[] {
  const subject = `${change.to} - Alarm: ${alarm.name} Project: ${alarm.projectName}`;
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
