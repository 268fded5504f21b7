/** The whole application: theme, query cache, session, live events and pages, in that order. */
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { ApiCallError } from "@sightline/client/client";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "react-router";
import { router } from "./routes.js";
import { theme } from "./theme.js";

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      // The session ended somewhere: asking who we are again shows the sign-in page.
      const ended = error instanceof ApiCallError && error.status === 401;
      if (ended && query.queryKey[0] !== "getMe") void queries.invalidateQueries({ queryKey: ["getMe"] });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => error instanceof ApiCallError && error.isTemporary && failures < 2,
      retryDelay: (attempt) => Math.min(1_000 * 2 ** attempt, 8_000),
    },
  },
});

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Notifications position="top-right" />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
