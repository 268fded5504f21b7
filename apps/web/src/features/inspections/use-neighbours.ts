/** The inspections just before and just after one, within the same filters. */
import type { Inspection } from "@sightline/api/inspections";
import { useQuery } from "@tanstack/react-query";
import { client } from "../../app/api.js";
import { type InspectionFilters, queryOf } from "./filters.js";

export interface Neighbours {
  newer: string | undefined;
  older: string | undefined;
}

/** The list is newest first, so the next newer one is the last of a window that begins here; the window widens until it holds one. */
const windowsMs = [20_000, 600_000, 24 * 3_600_000, undefined];
/** Pictures may share a millisecond: the window includes this one, and ids (which sort by time) decide. */
const slackMs = 1;

export function useNeighbours(inspection: Inspection | undefined, filters: InspectionFilters): Neighbours {
  const id = inspection?.id;
  const receivedMs = Date.parse(inspection?.receivedAt ?? "1970-01-01T00:00:00.000Z");
  const { data } = useQuery<Neighbours>({
    queryKey: ["neighbours", id, filters],
    enabled: id !== undefined,
    queryFn: async ({ signal }) => {
      const [newer, older] = await Promise.all([
        findNewer(id as string, receivedMs, filters, signal),
        findOlder(id as string, receivedMs, filters, signal),
      ]);
      return { newer, older };
    },
  });
  return data ?? { newer: undefined, older: undefined };
}

async function findNewer(id: string, receivedMs: number, filters: InspectionFilters, signal: AbortSignal) {
  const from = new Date(receivedMs).toISOString();
  for (const windowMs of windowsMs) {
    const to = windowMs === undefined ? undefined : new Date(receivedMs + windowMs).toISOString();
    const query = { ...queryOf(filters, Date.now()), from, to, limit: 200 };
    const { items } = await client.call("listInspections", { query, signal });
    const found = items.findLast((item) => item.id > id);
    if (found !== undefined) return found.id;
  }
  return undefined;
}

async function findOlder(id: string, receivedMs: number, filters: InspectionFilters, signal: AbortSignal) {
  const query = { ...queryOf(filters, Date.now()), to: new Date(receivedMs + slackMs).toISOString(), limit: 20 };
  const { items } = await client.call("listInspections", { query, signal });
  return items.find((item) => item.id < id)?.id;
}
