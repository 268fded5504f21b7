/** The one table of HTTP routes: address, who may call, what goes in, what comes out. Server, client, web and OpenAPI are made from it. */
import type { z } from "zod";
import { alertRoutes } from "./routes/alerts.js";
import { analyticsRoutes } from "./routes/analytics.js";
import { cameraRoutes } from "./routes/cameras.js";
import { comparisonRoutes } from "./routes/comparisons.js";
import { evaluationRoutes } from "./routes/evaluations.js";
import { explanationRoutes } from "./routes/explanations.js";
import { inspectionRoutes } from "./routes/inspections.js";
import { jobRoutes } from "./routes/jobs.js";
import { modelRoutes } from "./routes/models.js";
import { monitoringRoutes } from "./routes/monitoring.js";
import { peopleRoutes } from "./routes/people.js";
import { projectRoutes } from "./routes/projects.js";
import { reviewRoutes } from "./routes/reviews.js";
import { sampleRoutes } from "./routes/samples.js";
import { serviceRoutes } from "./routes/service.js";

// No `satisfies Record<string, Route>`: as a contextual type it would widen every part that a row leaves out to `unknown`.
export const routes = {
  ...inspectionRoutes,
  ...analyticsRoutes,
  ...projectRoutes,
  ...sampleRoutes,
  ...alertRoutes,
  ...jobRoutes,
  ...modelRoutes,
  ...reviewRoutes,
  ...comparisonRoutes,
  ...evaluationRoutes,
  ...explanationRoutes,
  ...cameraRoutes,
  ...peopleRoutes,
  ...monitoringRoutes,
  ...serviceRoutes,
};

export type Routes = typeof routes;
export type RouteName = keyof Routes;
/** What a caller may pass (defaults not yet filled in). */
export type ParamsIn<N extends RouteName> = z.input<Routes[N]["params"]>;
export type QueryIn<N extends RouteName> = z.input<Routes[N]["query"]>;
export type BodyIn<N extends RouteName> = z.input<NonNullable<Routes[N]["body"]>>;
/** What a handler receives (checked, defaults filled in). */
export type Params<N extends RouteName> = z.output<Routes[N]["params"]>;
export type Query<N extends RouteName> = z.output<Routes[N]["query"]>;
export type Body<N extends RouteName> = z.output<NonNullable<Routes[N]["body"]>>;
export type Reply<N extends RouteName> = z.output<NonNullable<Routes[N]["reply"]>>;
