/** What a change of an alarm's state sends: a mail to the project's recipients, through the outbox. */
import type { Alarm, AlarmState } from "@sightline/api/monitoring";
import { toTime } from "../ids.js";
import type { NewAction } from "../store/actions.js";
import { conditionText } from "./alarm-words.js";

/** What an alarm's mail is made of; stored with the action, so that a later change of settings changes nothing in it. */
export interface AlarmMail {
  readonly case: "alarm";
  readonly to: readonly string[];
  readonly subject: string;
  readonly alarmId: string;
  readonly alarmName: string;
  readonly projectName: string;
  readonly cameraId: string | null;
  readonly from: AlarmState;
  readonly state: AlarmState;
  readonly condition: string;
  readonly reason: string;
  readonly changedAt: string;
}

export interface ToldChange {
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly reason: string;
  readonly changedAtMs: number;
}

/** Muted alarms change their state and keep their history; they tell nobody. */
export function isTold(alarm: Alarm, to: AlarmState, recipients: readonly string[], nowMs: number): boolean {
  const isMuted = alarm.mutedUntil !== null && nowMs < Date.parse(alarm.mutedUntil);
  return !isMuted && alarm.notifyOn.includes(to) && recipients.length > 0;
}

/** @param number of the change: the same change told twice is stored once. */
export function alarmActions(
  alarm: Alarm,
  change: ToldChange,
  number: number,
  recipients: readonly string[],
): NewAction[] {
  const subject = `${change.to} - Alarm: ${alarm.name} Project: ${alarm.projectName}`;
  const payload: AlarmMail = {
    case: "alarm",
    to: recipients,
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
  return [
    {
      kind: "mail",
      projectId: alarm.projectId,
      inspectionId: null,
      idempotencyKey: `mail-alarm-${alarm.id}-${number}`,
      summary: `${subject} → ${recipients.join(", ")}`,
      payload: { ...payload },
    },
  ];
}
