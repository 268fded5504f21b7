/** What people read about an alarm: its condition and why it is in its state, in one sentence each. */
import { type Alarm, type AlarmSettings, factsOf, type MetricName, type Statistic } from "@sightline/api/monitoring";
import type { Evidence } from "./alarm-states.js";

/** A metric's value with its unit. */
export function valueText(metric: MetricName, statistic: Statistic, value: number): string {
  const short = String(Number(value.toPrecision(4)));
  if (statistic === "samples") return short;
  switch (factsOf(metric).unit) {
    case "share":
      return statistic === "average" ? `${Number((value * 100).toPrecision(4))} %` : short;
    case "milliseconds":
      return `${short} ms`;
    default:
      return short;
  }
}

/** "60 s", "5 min", "2 h". */
export function periodText(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 && seconds > 60 ? `${seconds / 60} min` : `${seconds} s`;
}

type Condition = Pick<
  AlarmSettings,
  "metric" | "statistic" | "comparison" | "threshold" | "periodSeconds" | "evaluationPeriods" | "datapointsToAlarm"
>;

/** "Anomalies (sum) ≥ 1 in 60 s". */
export function conditionText(alarm: Condition): string {
  const { metric, statistic, comparison, threshold, periodSeconds, evaluationPeriods, datapointsToAlarm } = alarm;
  const sign = { ">=": "≥", ">": ">", "<": "<", "<=": "≤" }[comparison];
  const of = evaluationPeriods === 1 ? "" : `, ${datapointsToAlarm} of ${evaluationPeriods} times`;
  const limit = valueText(metric, statistic, threshold);
  return `${factsOf(metric).title} (${statistic}) ${sign} ${limit} in ${periodText(periodSeconds)}${of}`;
}

/** Why an alarm is in the state that this evidence gave it. */
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
  const verdict =
    values.length === 1 && missing === 0 ? "" : ` ${breaching} beyond the threshold, ${missing} without data.`;
  return `${total}: ${held}.${verdict}`;
}
