/** An alarm's state as icon, word and colour: never colour alone. */
import { mdiAlertOctagram, mdiBellOffOutline, mdiCheckCircle, mdiHelpCircleOutline, mdiPowerOff } from "@mdi/js";
import type { Alarm, AlarmState } from "@sightline/api/monitoring";
import { Verdict, type VerdictLook, type VerdictSize } from "../../components/verdict.js";

export const stateLooks: Readonly<Record<AlarmState, VerdictLook>> = {
  OK: { word: "OK", icon: mdiCheckCircle, color: "var(--good-text)" },
  ALARM: { word: "Alarm", icon: mdiAlertOctagram, color: "var(--defect-text)" },
  INSUFFICIENT_DATA: { word: "No data", icon: mdiHelpCircleOutline, color: "var(--mantine-color-dimmed)" },
};

const off: VerdictLook = { word: "Off", icon: mdiPowerOff, color: "var(--mantine-color-dimmed)" };

export function AlarmStateMark({ alarm, size = "sm" }: { alarm: Pick<Alarm, "state" | "isOn">; size?: VerdictSize }) {
  return <Verdict look={alarm.isOn ? stateLooks[alarm.state] : off} size={size} />;
}

export const mutedIcon = mdiBellOffOutline;

export function isMuted(alarm: Pick<Alarm, "mutedUntil">, nowMs: number): boolean {
  return alarm.mutedUntil !== null && nowMs < Date.parse(alarm.mutedUntil);
}
