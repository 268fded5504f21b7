/** Whether the counts are of several classes, where no picture is a defect and a rate of defects would mislead. */
import type { Stats } from "@sightline/api/inspections";

export function tellsClasses({ totals, byLabel }: Pick<Stats, "totals" | "byLabel">): boolean {
  const isAnomalyLabel = (label: string) => label === "normal" || label === "anomaly";
  return totals.anomalous === 0 && byLabel.length > 0 && !byLabel.some(({ label }) => isAnomalyLabel(label));
}
