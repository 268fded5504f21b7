/** What people read about an alarm's settings, the same in pages and mails: values with their units, periods, the condition. */
import { type AlarmSettings, factsOf, type MetricName, type Statistic } from "./monitoring.js";

/** A metric's value with its unit. */
export function valueText(metric: MetricName, statistic: Statistic, value: number): string {
  const short = String(Number(value.toPrecision(4)));
  if (statistic === "samples") return short;
  switch (factsOf(metric).unit) {
    case "share":
      return statistic === "average" ? `${Number((value * 100).toPrecision(4))} %` : short;
    case "milliseconds":
      return `${short} ms`;
    case "seconds":
      return `${short} s`;
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
