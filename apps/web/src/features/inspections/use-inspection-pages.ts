/** Inspections page by page, newest first, with a count of those that came in since. */
import type { Reply } from "@sightline/api/routes";
import type { ApiCallError } from "@sightline/client/client";
import { type InfiniteData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client, inspectionPagesKey, useApi } from "../../app/api.js";
import { type InspectionFilters, queryOf } from "./filters.js";

type Page = Reply<"listInspections">;
const pageSize = 40;

export function useInspectionPages(filters: InspectionFilters) {
  const [nowMs] = useState(() => Date.now());
  const query = queryOf(filters, nowMs);
  const pages = useInfiniteQuery<Page, ApiCallError, InfiniteData<Page>, readonly unknown[], string | undefined>({
    queryKey: [...inspectionPagesKey, query],
    queryFn: ({ pageParam, signal }) =>
      client.call("listInspections", { query: { ...query, limit: pageSize, cursor: pageParam }, signal }),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    staleTime: 5_000,
  });
  // Live events keep this list current; the pages above stay still until the reader asks for the new ones.
  const newest = useApi("listInspections", { query: { ...query, limit: 50 } }).data?.items ?? [];
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const first = items[0]?.id;
  const fresh = first === undefined ? newest.length : newest.filter((inspection) => inspection.id > first).length;
  const current = new Map(newest.map((inspection) => [inspection.id, inspection]));
  return { pages, items: items.map((item) => current.get(item.id) ?? item), fresh };
}
