/** CreateModel, DescribeModel, ListModels, DeleteModel: our trainings and model versions under their numbers. */
import type { Job } from "@sightline/api/jobs";
import type { Model } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { z } from "zod";
import type { LookoutModel } from "../store/lookout-models.js";
import { modelArn } from "./arn.js";
import type { Caller } from "./caller.js";
import type { LookoutDeps } from "./deps.js";
import { evaluationKeys } from "./evaluation-worker.js";
import { datasetNamed, datasetsOf, projectNamed, scopeOf, versionNamed } from "./found.js";
import {
  changing,
  ModelVersion,
  optionalSeconds,
  Page,
  ProjectName,
  reading,
  S3Location,
  seconds,
  Tags,
} from "./operation.js";
import { checkTags, toTags } from "./tags.js";
import { conflict, invalid, quotaExceeded } from "./wire-errors.js";

export const ofModel = { ProjectName, ModelVersion };
/** `auto` looks at what was trained with and chooses; the seed makes a training repeatable. */
const TRAINING = { method: "auto", seed: 1, tile: "auto" } as const;

/** A version of a project: what was asked for, its training, its model; not all of them are always there. */
export interface Version {
  readonly version: number;
  readonly asked: LookoutModel | undefined;
  readonly model: Model | undefined;
  readonly job: Job | undefined;
}

export async function versionOf(
  { services: { store } }: LookoutDeps,
  project: Project,
  version: number,
): Promise<Version> {
  const asked = await store.read.lookoutModels.get(project.id, version);
  const model = await store.read.models.getByVersion(project.id, version);
  const job = asked?.jobId ? await store.read.jobs.get(asked.jobId) : undefined;
  return { version, asked, model, job };
}

/** Where a version is in its life. */
export function statusOf({ asked, model, job }: Version): { status: string; message: string } {
  if (model === undefined) {
    const { status, step = "", error = null, progress = 0 } = job ?? {};
    if (status === "failed" || status === "cancelled" || status === undefined)
      return { status: "TRAINING_FAILED", message: error?.message ?? "The training was cancelled." };
    if (status === "stopped")
      return { status: "TRAINING", message: "The training was stopped in Sightline and can go on there." };
    return { status: "TRAINING", message: `The model is being trained: ${step} (${Math.round(progress * 100)} %).` };
  }
  if (asked?.hosting === "starting") return { status: "STARTING_HOSTING", message: "The model is being loaded." };
  if (asked?.hosting === "stopping") return { status: "STOPPING_HOSTING", message: "The model is being stopped." };
  if (asked?.hosting === "failed") return { status: "HOSTING_FAILED", message: asked.hostingMessage ?? "" };
  if (asked?.hosting === "hosted" || model.isRunning) return { status: "HOSTED", message: "The model is running." };
  const isEvaluating = asked?.output != null && asked.evaluatedAtMs === null && asked.evaluationProblem === null;
  if (isEvaluating) return { status: "TRAINING", message: "The model is trained; its evaluation is being written." };
  const problem = asked?.evaluationProblem;
  return {
    status: "TRAINED",
    message:
      problem == null
        ? "Training completed successfully."
        : `Training completed, but the evaluation could not be written: ${problem}`,
  };
}

function metadata(deps: LookoutDeps, { region }: Caller, project: Project, found: Version) {
  const { asked, model, version } = found;
  const { status, message } = statusOf(found);
  const { precision, recall, f1 } = model?.metrics ?? {};
  const performance = { F1Score: f1 ?? undefined, Recall: recall ?? undefined, Precision: precision ?? undefined };
  return {
    CreationTimestamp: seconds(asked?.createdAtMs ?? Date.parse(model?.createdAt ?? project.createdAt)),
    ModelVersion: String(version),
    ModelArn: modelArn({ region, accountId: deps.services.config.lookout.accountId }, project.name, version),
    Description: asked?.description ?? undefined,
    Status: status,
    StatusMessage: message,
    ...(model?.metrics == null || status === "TRAINING" ? {} : { Performance: performance }),
  };
}

function description(deps: LookoutDeps, caller: Caller, project: Project, found: Version) {
  const { asked, version } = found;
  const output = asked?.output;
  const keys = output ? evaluationKeys(output.prefix, project.name, version) : undefined;
  const isEvaluated = asked?.evaluatedAtMs != null;
  return {
    ...metadata(deps, caller, project, found),
    ...(output ? { OutputConfig: { S3Location: { Bucket: output.bucket, Prefix: output.prefix } } } : {}),
    ...(output && keys && isEvaluated
      ? {
          EvaluationManifest: { Bucket: output.bucket, Key: keys.manifest },
          EvaluationResult: { Bucket: output.bucket, Key: keys.result },
          EvaluationEndTimestamp: optionalSeconds(asked?.evaluatedAtMs ?? null),
        }
      : {}),
    KmsKeyId: asked?.kmsKeyId ?? undefined,
    MinInferenceUnits: asked?.minUnits ?? undefined,
    MaxInferenceUnits: asked?.maxUnits ?? undefined,
  };
}

/** Enough pictures to learn from and to judge by. @throws LookoutError */
async function checkDatasets({ services: { store, config } }: LookoutDeps, project: Project): Promise<void> {
  const train = await datasetNamed(store, project, "train");
  const datasets = await datasetsOf(store, project.id);
  const busy = datasets.find(({ status }) => status.endsWith("_IN_PROGRESS"));
  if (busy)
    throw conflict(
      { type: "DATASET", id: `${project.name}/${busy.type}` },
      `The ${busy.type} dataset is ${busy.status}.`,
    );
  if (train.status === "CREATE_FAILED")
    throw conflict({ type: "DATASET", id: `${project.name}/train` }, "The train dataset was not created.");
  const { minNormal, minAnomaly, minNormalWithTest, minTest } = config.lookout;
  const hasTest = datasets.some(({ type }) => type === "test");
  const of = async (type: "train" | "test") =>
    store.read.datasetEntries.stats(await scopeOf(store.read, project.id, type));
  const trained = await of("train");
  const needed = hasTest ? minNormalWithTest : minNormal;
  const problems = [];
  if (trained.normal < needed)
    problems.push(`the train dataset has ${trained.normal} normal pictures, ${needed} are needed`);
  if (!hasTest && trained.anomaly < minAnomaly)
    problems.push(
      `the train dataset has ${trained.anomaly} anomalies, ${minAnomaly} are needed without a test dataset`,
    );
  if (hasTest) {
    const tested = await of("test");
    if (tested.normal < minTest)
      problems.push(`the test dataset has ${tested.normal} normal pictures, ${minTest} are needed`);
    if (tested.anomaly < minTest)
      problems.push(`the test dataset has ${tested.anomaly} anomalies, ${minTest} are needed`);
  }
  if (problems.length > 0) throw invalid(`Not enough labelled pictures: ${problems.join("; ")}.`);
}

export const modelOperations = [
  changing({
    name: "CreateModel",
    method: "POST",
    path: "/projects/{ProjectName}/models",
    status: 202,
    input: z.object({
      ProjectName,
      OutputConfig: z.object({ S3Location }),
      Description: z.string().min(1).max(500).optional(),
      KmsKeyId: z.string().min(1).max(2048).optional(),
      Tags: Tags.optional(),
    }),
    async handle(deps, { input, caller, keep }) {
      const { store, config } = deps.services;
      const project = await projectNamed(store, input.ProjectName);
      const { id, name } = project;
      await checkDatasets(deps, project);
      const tags = toTags(input.Tags ?? []);
      checkTags(tags, name);
      const { Bucket: bucket, Prefix: prefix = "" } = input.OutputConfig.S3Location;
      if (!(await deps.objects.hasBucket(bucket)))
        throw invalid(
          `There is no bucket "${bucket}" for the output. Make it first: ${deps.objects.howToMake(bucket)}.`,
        );
      const { maxModels } = config.lookout;
      const count = (await store.read.models.list(id)).length;
      if (count >= maxModels)
        throw quotaExceeded(
          { type: "PROJECT", id: name },
          "maxModels",
          `A project may have ${maxModels} models. Delete one first.`,
        );
      const running = await store.read.jobs.unendedOf(id);
      if (running !== undefined)
        throw conflict({ type: "PROJECT", id: name }, `The project ${name} is training a model already.`);
      return deps.jobs.startPromised(id, TRAINING, caller.userName, async (tx, { jobId, version }) => {
        const { Description: text, KmsKeyId: kmsKeyId } = input;
        await tx.lookoutModels.insert({
          projectId: id,
          version,
          jobId,
          description: text,
          output: { bucket, prefix },
          kmsKeyId,
        });
        await tx.lookoutModels.putTags(id, version, tags);
        const asked = await tx.lookoutModels.get(id, version);
        const begun = metadata(deps, caller, project, { version, asked, model: undefined, job: undefined });
        const status = { Status: "TRAINING", StatusMessage: "The model is being trained." };
        return keep(tx, { ModelMetadata: { ...begun, ...status } });
      });
    },
  }),

  reading({
    name: "DescribeModel",
    method: "GET",
    path: "/projects/{ProjectName}/models/{ModelVersion}",
    input: z.object(ofModel),
    async handle(deps, { input, caller }) {
      const project = await projectNamed(deps.services.store, input.ProjectName);
      const version = await versionNamed(deps.services.store, project, input.ModelVersion);
      return { ModelDescription: description(deps, caller, project, await versionOf(deps, project, version)) };
    },
  }),

  reading({
    name: "ListModels",
    method: "GET",
    path: "/projects/{ProjectName}/models",
    input: z.object({ ProjectName, ...Page }),
    async handle(deps, { input, caller }) {
      const { store } = deps.services;
      const project = await projectNamed(store, input.ProjectName);
      if (input.nextToken !== undefined && !/^[1-9]\d{0,9}$/.test(input.nextToken))
        throw invalid("The pagination token is not valid.");
      const known = new Set([
        ...(await store.read.lookoutModels.list(project.id)).map(({ version }) => version),
        ...(await store.read.models.list(project.id)).map(({ version }) => version),
      ]);
      const below = input.nextToken === undefined ? Number.POSITIVE_INFINITY : Number(input.nextToken);
      const rest = [...known].filter((version) => version < below).sort((a, b) => b - a);
      const shown = rest.slice(0, input.maxResults);
      const found = await Promise.all(shown.map((version) => versionOf(deps, project, version)));
      return {
        Models: found.map((one) => metadata(deps, caller, project, one)),
        ...(rest.length > shown.length ? { NextToken: String(shown.at(-1)) } : {}),
      };
    },
  }),

  changing({
    name: "DeleteModel",
    method: "DELETE",
    path: "/projects/{ProjectName}/models/{ModelVersion}",
    status: 202,
    input: z.object(ofModel),
    async handle(deps, { input, caller, keep }) {
      const { store, removal, config } = deps.services;
      if (input.ModelVersion === "latest") throw invalid('A model is deleted by its number, not as "latest".');
      const project = await projectNamed(store, input.ProjectName);
      const version = await versionNamed(store, project, input.ModelVersion);
      const found = await versionOf(deps, project, version);
      const { status } = statusOf(found);
      if (!["TRAINED", "TRAINING_FAILED", "HOSTING_FAILED"].includes(status))
        throw conflict(
          { type: "MODEL", id: `${project.name}/${version}` },
          `Version ${version} is ${status}. Stop it or wait for its end first.`,
        );
      const { accountId } = config.lookout;
      const reply = { ModelArn: modelArn({ region: caller.region, accountId }, project.name, version) };
      if (found.model !== undefined) return removal.modelAnd(found.model.id, (tx) => keep(tx, reply));
      return store.write(async (tx) => {
        await tx.lookoutModels.remove(project.id, version);
        return keep(tx, reply);
      });
    },
  }),
];
