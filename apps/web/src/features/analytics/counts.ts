/** Adds up groups of counts and tells shares of them. */
import type { AnalyticsDimension, AnalyticsGroup } from "@sightline/api/analytics";

/** The counts that can be added up. */
const countNames = [
  "inspected",
  "judged",
  "anomalous",
  "firstJudged",
  "firstNormal",
  "confirmed",
  "confirmedAnomalous",
  "escapes",
  "falseRejects",
] as const;
export type Counts = Readonly<Record<(typeof countNames)[number], number>>;

export interface Keyed extends Counts {
  readonly key: string;
}

type Group = Counts & Pick<AnalyticsGroup, "key">;

export function sum(groups: readonly Counts[]): Counts {
  const total = Object.fromEntries(
    countNames.map((name) => [name, groups.reduce((all, group) => all + group[name], 0)]),
  );
  return total as Counts;
}

/** One row for each value of a dimension, in the order in which they come; groups without a value are left out. */
export function by(groups: readonly Group[], dimension: AnalyticsDimension): Keyed[] {
  const rows = new Map<string, Group[]>();
  for (const group of groups) {
    const value = group.key[dimension];
    if (value === null || value === undefined) continue;
    const row = rows.get(String(value));
    if (row === undefined) rows.set(String(value), [group]);
    else row.push(group);
  }
  return [...rows].map(([key, members]) => ({ key, ...sum(members) }));
}

/** `null` of nothing: a share of no pictures is no 0 %. */
export const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
export const anomalyRate = ({ anomalous, judged }: Counts): number | null => share(anomalous, judged);
export const firstPassYield = ({ firstNormal, firstJudged }: Counts): number | null => share(firstNormal, firstJudged);
