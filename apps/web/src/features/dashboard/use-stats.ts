/** Counts for the chosen window, which slides along with the clock. */
import type { Stats } from "@sightline/api/inspections";
import type { ApiCallError } from "@sightline/client/client";
import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { client } from "../../app/api.js";
import { type WindowName, windows } from "./windows.js";

export function useStats(project: string | undefined, window: WindowName): UseQueryResult<Stats, ApiCallError> {
  const { spanMs, buckets } = windows[window];
  return useQuery<Stats, ApiCallError>({
    queryKey: ["getStats", { project, window }],
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() - spanMs).toISOString();
      return client.call("getStats", { query: { project, from, buckets }, signal });
    },
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
}
