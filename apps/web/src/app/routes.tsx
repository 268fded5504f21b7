/** Addresses of the pages; each page is its own piece of JavaScript, loaded when first visited. */
import { createBrowserRouter, type RouteObject } from "react-router";
import { NotFound, PageCrashed, PageNotLoaded } from "../components/faces.js";
import { Shell } from "./shell.js";

type Page = () => Promise<{ Page: () => React.ReactNode }>;

function page(path: string, load: Page): RouteObject {
  // A rejected `lazy` leaves an empty frame without a word, so the face of the failure is itself the page.
  const lazy = () =>
    load().then(
      ({ Page }) => ({ Component: Page }),
      () => ({ Component: PageNotLoaded }),
    );
  return { path, lazy, ErrorBoundary: PageCrashed };
}

export const router = createBrowserRouter([
  // For people who get mails and need not be able to sign in.
  page("/mail-links/:code", () => import("../features/mail-link/page.js")),
  {
    element: <Shell />,
    ErrorBoundary: PageCrashed,
    HydrateFallback: () => null,
    children: [
      page("/", () => import("../features/dashboard/page.js")),
      page("/inspections", () => import("../features/inspections/list-page.js")),
      page("/inspections/:inspectionId", () => import("../features/inspections/detail-page.js")),
      page("/projects", () => import("../features/projects/list-page.js")),
      page("/projects/new", () => import("../features/projects/new-page.js")),
      page("/projects/:projectId", () => import("../features/projects/project-page.js")),
      page("/projects/:projectId/setup", () => import("../features/projects/setup-page.js")),
      page("/projects/:projectId/pictures/:sampleId", () => import("../features/pictures/sample-page.js")),
      page("/models", () => import("../features/models/list-page.js")),
      page("/models/compare", () => import("../features/models/compare-page.js")),
      page("/models/:modelId", () => import("../features/models/detail-page.js")),
      page("/models/:modelId/evaluation", () => import("../features/evaluation/page.js")),
      page("/review", () => import("../features/review/queue-page.js")),
      page("/trials", () => import("../features/review/trials-page.js")),
      page("/trials/:trialId", () => import("../features/review/trial-page.js")),
      page("/try", () => import("../features/try-it/page.js")),
      page("/analytics", () => import("../features/analytics/page.js")),
      page("/cameras", () => import("../features/cameras/page.js")),
      page("/monitoring", () => import("../features/monitoring/page.js")),
      page("/monitoring/:alarmId", () => import("../features/monitoring/alarm-page.js")),
      page("/people", () => import("../features/people/page.js")),
      page("/messages", () => import("../features/messages/page.js")),
      { path: "*", element: <NotFound /> },
    ],
  },
]);
