/** The counts behind the analytics page: one question of the server, narrowed by the address. */
import type { Analytics } from "@sightline/api/analytics";
import type { ApiCallError } from "@sightline/client/client";
import type { UseQueryResult } from "@tanstack/react-query";
import { useApi } from "../../app/api.js";
import type { Filters } from "../../components/url-filters.js";
import { type Question, questions } from "./questions.js";
import { type AnalysedTime, analysedTime } from "./times.js";

export const filterNames = [
  ...(["project", "camera", "line", "model", "defect", "span", "from", "to"] as const),
  ...(["tab", "by", "rate", "limits"] as const),
] as const;
export type FilterName = (typeof filterNames)[number];
export type AnalyticsFilters = Filters<FilterName>;
export type SetFilters = (changes: { [K in FilterName]?: string | null }) => void;

/** Which results the page is about, as all its questions and its exports name them. */
export interface Subject {
  readonly time: AnalysedTime;
  readonly query: {
    readonly project: string;
    readonly camera?: string;
    readonly line?: string;
    readonly model?: string;
    readonly defect?: string;
    readonly from: string;
    readonly to?: string;
  };
}

export function subjectOf(filters: AnalyticsFilters, project: string, nowMs: number): Subject {
  const time = analysedTime(filters, nowMs);
  const { camera, line, defect, model } = filters;
  return {
    time,
    query: {
      project,
      from: time.from,
      ...(time.to === undefined ? {} : { to: time.to }),
      ...(camera === undefined ? {} : { camera }),
      ...(line === undefined ? {} : { line }),
      ...(defect === undefined ? {} : { defect }),
      ...(model !== undefined && /^[1-9]\d{0,8}$/.test(model) ? { model } : {}),
    },
  };
}

const mostGroups = 10_000;

export function useFigures(
  question: Question,
  { query }: Subject,
  isAsked = true,
): UseQueryResult<Analytics, ApiCallError> {
  const { model, ...rest } = query;
  const groupBy = questions[question].join(",");
  return useApi(
    "getAnalytics",
    { query: { ...rest, ...(model === undefined ? {} : { model: Number(model) }), groupBy, limit: mostGroups } },
    { keepPrevious: true, refetchEveryMs: 60_000, enabled: isAsked },
  );
}
