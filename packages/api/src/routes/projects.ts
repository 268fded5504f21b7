/** Routes: projects and their thresholds. */
import { z } from "zod";
import { DigestSeconds, MistakeCosts, Project, ProjectContents, ThresholdChange } from "../projects.js";
import { ProjectName, Unit } from "../words.js";
import { admin, list, operator, projectId, route, viewer } from "./route.js";

export const projectRoutes = {
  listProjects: route("GET", "/api/projects", { summary: "All projects", access: viewer, reply: list(Project) }),
  createProject: route("POST", "/api/projects", {
    summary: "Create a project",
    access: operator,
    body: z.strictObject({
      name: ProjectName,
      recipients: z.array(z.email()).max(50).optional(),
    }),
    status: 201,
    reply: Project,
  }),
  getProject: route("GET", "/api/projects/:projectId", {
    summary: "One project",
    access: viewer,
    params: projectId,
    reply: Project,
  }),
  changeProject: route("PATCH", "/api/projects/:projectId", {
    summary: "Change its mail recipients, the low-confidence limit, the time of a digest or the costs of mistakes",
    access: operator,
    params: projectId,
    body: z.strictObject({
      recipients: z.array(z.email()).max(50).optional().describe("New ones are asked, missing ones removed"),
      alertConfidence: Unit.optional(),
      digestSeconds: DigestSeconds.optional(),
      mistakeCosts: MistakeCosts.nullable().optional(),
    }),
    reply: Project,
  }),
  deleteProject: route("DELETE", "/api/projects/:projectId", {
    summary: "Delete a project with its pictures, models, cameras and inspections",
    access: admin,
    params: projectId,
  }),
  getProjectContents: route("GET", "/api/projects/:projectId/contents", {
    summary: "What deleting the project would delete",
    access: viewer,
    params: projectId,
    reply: ProjectContents,
  }),
  setThreshold: route("PUT", "/api/projects/:projectId/threshold", {
    summary: "Set the threshold in force",
    access: operator,
    params: projectId,
    body: z.strictObject({ threshold: z.number().min(0.001).max(0.999) }),
    reply: Project,
  }),
  getThresholdHistory: route("GET", "/api/projects/:projectId/threshold-history", {
    summary: "Every threshold that was in force, newest first",
    access: viewer,
    params: projectId,
    reply: list(ThresholdChange),
  }),
};
