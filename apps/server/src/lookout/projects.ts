/** CreateProject, DescribeProject, ListProjects, DeleteProject: our projects under their names. */
import type { Project } from "@sightline/api/projects";
import { z } from "zod";
import { projectArn } from "./arn.js";
import type { Caller } from "./caller.js";
import type { LookoutDeps } from "./deps.js";
import { datasetsOf, projectNamed } from "./found.js";
import { changing, Page, ProjectName, reading, seconds } from "./operation.js";
import { conflict, invalid, quotaExceeded } from "./wire-errors.js";

const named = z.object({ ProjectName });

function arnOf({ services: { config } }: LookoutDeps, { region }: Caller, { name }: Pick<Project, "name">): string {
  return projectArn({ region, accountId: config.lookout.accountId }, name);
}

function metadata(deps: LookoutDeps, caller: Caller, project: Project) {
  return {
    ProjectArn: arnOf(deps, caller, project),
    ProjectName: project.name,
    CreationTimestamp: seconds(Date.parse(project.createdAt)),
  };
}

export const projectOperations = [
  changing({
    name: "CreateProject",
    method: "POST",
    path: "/projects",
    input: named,
    async handle(deps, { input, caller, keep }) {
      const { store, config, live } = deps.services;
      const resource = { type: "PROJECT", id: input.ProjectName } as const;
      const { projectId, kept } = await store.write(async (tx) => {
        const same = await tx.projects.getByName(input.ProjectName);
        if (same !== undefined) throw conflict(resource, `The project ${same.name} exists already.`);
        const { maxProjects } = config.lookout;
        if ((await tx.projects.count()) >= maxProjects)
          throw quotaExceeded(
            resource,
            "maxProjects",
            `There may be ${maxProjects} projects. Delete one, or raise lookout.maxProjects.`,
          );
        const id = await tx.projects.insert({ name: input.ProjectName });
        const made = await tx.projects.get(id);
        if (made === undefined) throw new Error(`Project ${id} was inserted and is not there.`);
        return { projectId: id, kept: await keep(tx, { ProjectMetadata: metadata(deps, caller, made) }) };
      });
      live.publish({ type: "project", projectId, change: "created" });
      return kept;
    },
  }),

  reading({
    name: "DescribeProject",
    method: "GET",
    path: "/projects/{ProjectName}",
    input: named,
    async handle(deps, { input, caller }) {
      const { store } = deps.services;
      const project = await projectNamed(store, input.ProjectName);
      const datasets = await datasetsOf(store, project.id);
      return {
        ProjectDescription: {
          ...metadata(deps, caller, project),
          Datasets: datasets.map(({ type, createdAtMs, status, message }) => ({
            DatasetType: type,
            CreationTimestamp: seconds(createdAtMs),
            Status: status,
            StatusMessage: message,
          })),
        },
      };
    },
  }),

  reading({
    name: "ListProjects",
    method: "GET",
    path: "/projects",
    input: z.object(Page),
    async handle(deps, { input, caller }) {
      const all = await deps.services.store.read.projects.list();
      const { nextToken } = input;
      if (nextToken !== undefined && !/^[0-9A-Z]{26}$/.test(nextToken))
        throw invalid("The pagination token is not valid.");
      const rest = all.filter(({ id }) => nextToken === undefined || id > nextToken);
      const shown = rest.slice(0, input.maxResults);
      const last = shown.at(-1)?.id;
      return {
        Projects: shown.map((project) => metadata(deps, caller, project)),
        ...(rest.length > shown.length && last !== undefined ? { NextToken: last } : {}),
      };
    },
  }),

  changing({
    name: "DeleteProject",
    method: "DELETE",
    path: "/projects/{ProjectName}",
    input: named,
    async handle(deps, { input, caller, keep }) {
      const { store } = deps.services;
      const project = await projectNamed(store, input.ProjectName);
      const { id, name } = project;
      const datasets = await datasetsOf(store, id);
      const models = [...(await store.read.models.list(id)), ...(await store.read.lookoutModels.list(id))];
      const left = [
        ...datasets.map(({ type }) => `its ${type} dataset`),
        ...(models.length > 0 ? ["its models"] : []),
        ...(project.cameras > 0 ? [`its ${project.cameras} cameras (in Sightline)`] : []),
      ];
      if (left.length > 0)
        throw conflict(
          { type: "PROJECT", id: name },
          `The project ${name} is not empty. Delete first: ${left.join(", ")}.`,
        );
      return deps.deleteProject(id, (tx) => keep(tx, { ProjectArn: arnOf(deps, caller, project) }));
    },
  }),
];
