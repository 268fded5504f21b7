/** The inspection list's filters: in the address as short words, to the server as its query. */

import { InspectionStatus } from "@sightline/api/inspections";
import type { QueryIn } from "@sightline/api/routes";
import type { Filters } from "../../components/url-filters.js";

export const filterNames = ["project", "camera", "line", "verdict", "status", "since"] as const;
export type FilterName = (typeof filterNames)[number];
export type InspectionFilters = Filters<FilterName>;

export const spans: Readonly<Record<string, { title: string; spanMs: number }>> = {
  "15m": { title: "Last 15 minutes", spanMs: 15 * 60_000 },
  "1h": { title: "Last hour", spanMs: 3_600_000 },
  "24h": { title: "Last 24 hours", spanMs: 24 * 3_600_000 },
  "7d": { title: "Last 7 days", spanMs: 7 * 24 * 3_600_000 },
};

/** @param nowMs is passed in, so that all pages of one list share one beginning. */
export function queryOf(filters: InspectionFilters, nowMs: number): QueryIn<"listInspections"> {
  const { since, status, ...rest } = filters;
  const span = since === undefined ? undefined : spans[since];
  const known = InspectionStatus.safeParse(status);
  return {
    ...rest,
    ...(known.success ? { status: known.data } : {}),
    ...(span === undefined ? {} : { from: new Date(nowMs - span.spanMs).toISOString() }),
  };
}
