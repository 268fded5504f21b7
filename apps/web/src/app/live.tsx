/** Keeps the query cache in step with the server over one WebSocket, and says whether it is connected. */
import type { RouteName } from "@sightline/api/routes";
import { liveEvents } from "@sightline/client/live";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { client, makeStale } from "./api.js";
import { applyEvent, staleBy } from "./live-events.js";

/** Stale answers load again at most this often, however fast the line runs. */
const refreshEveryMs = 2_000;

const ConnectionContext = createContext(true);

/** False while live updates are interrupted: what the page shows may be old. */
export function useIsLive(): boolean {
  return useContext(ConnectionContext);
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [isConnected, setConnected] = useState(true);

  useEffect(() => {
    const stop = new AbortController();
    const stale = new Set<RouteName>();
    let greetings = 0;
    const refresh = setInterval(() => {
      const names = [...stale];
      stale.clear();
      makeStale(queries, names);
    }, refreshEveryMs);
    void (async () => {
      const onConnection = (connected: boolean) => {
        if (!stop.signal.aborted) setConnected(connected);
      };
      for await (const event of liveEvents(client, { signal: stop.signal, onConnection })) {
        // Events between two connections are lost: everything loads again.
        if (event.type === "hello" && greetings++ > 0) void queries.invalidateQueries();
        applyEvent(queries, event);
        for (const name of staleBy(event)) stale.add(name);
      }
    })();
    return () => {
      stop.abort();
      clearInterval(refresh);
    };
  }, [queries]);

  return <ConnectionContext.Provider value={isConnected}>{children}</ConnectionContext.Provider>;
}
