/** All handlers, one for each row of the route table: a missing one does not compile. */
import type { Handlers } from "../handlers.js";
import { analyticsRoutes } from "./analytics.js";
import { cameraRoutes } from "./cameras.js";
import { comparisonRoutes } from "./comparisons.js";
import type { RouteDeps } from "./deps.js";
import { evaluationRoutes } from "./evaluations.js";
import { explanationRoutes } from "./explanations.js";
import { inspectionRoutes } from "./inspections.js";
import { modelRoutes } from "./models.js";
import { monitoringRoutes } from "./monitoring.js";
import { peopleRoutes } from "./people.js";
import { projectRoutes } from "./projects.js";
import { recipientRoutes } from "./recipients.js";
import { reviewRoutes } from "./reviews.js";
import { sampleRoutes } from "./samples.js";
import { serviceRoutes } from "./service.js";
import { targetRoutes } from "./targets.js";
import { trainingRoutes } from "./training.js";
import { trialRoutes } from "./trials.js";
import { uploadRoutes } from "./uploads.js";

export function allRoutes(deps: RouteDeps): Handlers {
  return {
    ...uploadRoutes(deps),
    ...inspectionRoutes(deps),
    ...analyticsRoutes(deps),
    ...projectRoutes(deps),
    ...recipientRoutes(deps),
    ...targetRoutes(deps),
    ...sampleRoutes(deps),
    ...trainingRoutes(deps),
    ...modelRoutes(deps),
    ...reviewRoutes(deps),
    ...trialRoutes(deps),
    ...comparisonRoutes(deps),
    ...evaluationRoutes(deps),
    ...explanationRoutes(deps),
    ...cameraRoutes(deps),
    ...monitoringRoutes(deps),
    ...peopleRoutes(deps),
    ...serviceRoutes(deps),
  };
}
