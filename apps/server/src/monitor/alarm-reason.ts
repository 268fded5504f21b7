/** Why an alarm is in its state, in words: what was read in the periods that it looked at. */
import { periodText, valueText } from "@sightline/api/alarm-words";
import type { Alarm } from "@sightline/api/monitoring";
import type { Evidence } from "./alarm-states.js";

export function reasonText(alarm: Alarm, { values, breaching, missing, isUnderWay }: Evidence): string {
  const { metric, statistic, periodSeconds } = alarm;
  const period = periodText(periodSeconds);
  const shown = values
    .slice(-5)
    .map((value) => (value === null ? "none" : valueText(metric, statistic, value)))
    .join(", ");
  const held = missing === values.length ? "nothing was read" : `${values.length > 5 ? "…, " : ""}${shown}`;
  const total =
    values.length === 1 ? `The ${isUnderWay ? "present" : "last"} ${period}` : `The last ${values.length} × ${period}`;
  const parts = [
    ...(breaching > 0 ? [`${breaching} beyond the threshold`] : []),
    ...(missing > 0 && missing < values.length ? [`${missing} without data`] : []),
  ];
  const verdict = values.length === 1 || parts.length === 0 ? "" : ` ${parts.join(", ")}.`;
  return `${total}: ${held}.${verdict}`;
}
