/** StartModelPackagingJob, DescribeModelPackagingJob, ListModelPackagingJobs. */
import { z } from "zod";
import type { PackagingJob } from "../store/packaging-jobs.js";
import { checkedToken, projectNamed, versionNamed } from "./found.js";
import { statusOf, versionOf } from "./models.js";
import { changing, ModelVersion, Page, ProjectName, reading, S3Location, seconds } from "./operation.js";
import { conflict, invalid, notFound } from "./wire-errors.js";

const JobName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]*$/);

const Configuration = z.object({
  Greengrass: z.object({
    S3OutputLocation: S3Location,
    ComponentName: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[a-zA-Z0-9_.-]+$/),
    ComponentVersion: z
      .string()
      .max(64)
      .regex(/^\d+\.\d+\.\d+$/)
      .optional(),
    ComponentDescription: z.string().min(1).max(256).optional(),
    CompilerOptions: z.string().min(3).max(1024).optional(),
    TargetDevice: z.enum(["jetson_xavier"]).optional(),
    TargetPlatform: z
      .object({
        Os: z.enum(["LINUX"]),
        Arch: z.enum(["ARM64", "X86_64"]),
        Accelerator: z.enum(["NVIDIA"]).optional(),
      })
      .optional(),
    Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).optional(),
  }),
});
export type PackagingConfiguration = z.output<typeof Configuration>;

function metadata(job: PackagingJob, projectName: string) {
  return {
    JobName: job.name,
    ProjectName: projectName,
    ModelVersion: String(job.version),
    ModelPackagingJobDescription: job.description ?? undefined,
    ModelPackagingMethod: "Greengrass",
    Status: job.status,
    StatusMessage: job.message,
    CreationTimestamp: seconds(job.createdAtMs),
    LastUpdatedTimestamp: seconds(job.updatedAtMs),
  };
}

/** What the API reference says of how the fields go together. @throws LookoutError ValidationException */
function checkTarget({ Greengrass: wanted }: PackagingConfiguration): void {
  const { TargetDevice, TargetPlatform, CompilerOptions, ComponentName } = wanted;
  if ((TargetDevice === undefined) === (TargetPlatform === undefined))
    throw invalid("Exactly one of TargetDevice and TargetPlatform must be given.");
  if (TargetDevice !== undefined && CompilerOptions !== undefined)
    throw invalid("CompilerOptions go with TargetPlatform, not with TargetDevice.");
  if (/^\.+$/.test(ComponentName)) throw invalid(`"${ComponentName}" is no name of a component.`);
  if (CompilerOptions === undefined) return;
  try {
    JSON.parse(CompilerOptions.replaceAll("'", '"'));
  } catch {
    throw invalid(`CompilerOptions must be JSON, such as {"mcpu": "skylake"}; got ${CompilerOptions}.`);
  }
}

export const packagingOperations = [
  changing({
    name: "StartModelPackagingJob",
    method: "POST",
    path: "/projects/{ProjectName}/modelpackagingjobs",
    input: z.object({
      ProjectName,
      ModelVersion,
      JobName: JobName.optional(),
      Description: z.string().min(1).max(500).optional(),
      Configuration,
    }),
    async handle(deps, { input, keep }) {
      const { store, newId } = deps.services;
      const project = await projectNamed(store, input.ProjectName);
      const version = await versionNamed(store, project, input.ModelVersion);
      const found = await versionOf(deps, project, version);
      checkTarget(input.Configuration);
      const { Bucket: bucket } = input.Configuration.Greengrass.S3OutputLocation;
      if (!(await deps.objects.hasBucket(bucket)))
        throw invalid(
          `There is no bucket "${bucket}" for the component. Make it first: ${deps.objects.howToMake(bucket)}.`,
        );
      const { status } = statusOf(found);
      if (found.model === undefined || status === "TRAINING")
        throw conflict(
          { type: "MODEL", id: `${project.name}/${version}` },
          `Version ${version} is ${status}; only a trained one can be packed.`,
        );
      const name = input.JobName ?? `${project.name.slice(0, 200)}-${version}-${newId()}`;
      const kept = await store.write(async (tx) => {
        if ((await tx.packagingJobs.getByName(project.id, name)) !== undefined)
          throw conflict(
            { type: "MODEL_PACKAGE_JOB", id: name },
            `The project ${project.name} has a packaging job ${name} already.`,
          );
        const description = input.Description ?? null;
        await tx.packagingJobs.insert({
          projectId: project.id,
          name,
          version,
          description,
          configuration: input.Configuration,
        });
        return keep(tx, { JobName: name });
      });
      deps.packaging.wake();
      return kept;
    },
  }),

  reading({
    name: "DescribeModelPackagingJob",
    method: "GET",
    path: "/projects/{ProjectName}/modelpackagingjobs/{JobName}",
    input: z.object({ ProjectName, JobName }),
    async handle({ services: { store } }, { input }) {
      const project = await projectNamed(store, input.ProjectName);
      const job = await store.read.packagingJobs.getByName(project.id, input.JobName);
      if (job === undefined)
        throw notFound(
          { type: "MODEL_PACKAGE_JOB", id: input.JobName },
          `The packaging job ${input.JobName} could not be found.`,
        );
      return {
        ModelPackagingDescription: {
          ...metadata(job, project.name),
          ModelPackagingConfiguration: job.configuration,
          ...(job.output === null ? {} : { ModelPackagingOutputDetails: job.output }),
        },
      };
    },
  }),

  reading({
    name: "ListModelPackagingJobs",
    method: "GET",
    path: "/projects/{ProjectName}/modelpackagingjobs",
    input: z.object({ ProjectName, ...Page }),
    async handle({ services: { store } }, { input }) {
      const project = await projectNamed(store, input.ProjectName);
      const page = await checkedToken(() =>
        store.read.packagingJobs.list({ projectId: project.id, limit: input.maxResults, cursor: input.nextToken }),
      );
      return {
        ModelPackagingJobs: page.items.map((job) => metadata(job, project.name)),
        ...(page.nextCursor === null ? {} : { NextToken: page.nextCursor }),
      };
    },
  }),
];
