/** CreateDataset, DescribeDataset, DeleteDataset, ListDatasetEntries, UpdateDatasetEntries: a project's pictures as Ground Truth lines. */

import type { Project } from "@sightline/api/projects";
import { readGroundTruthManifest, writeGroundTruthLine } from "@sightline/dataset/ground-truth-manifest";
import { z } from "zod";
import { nameProblem } from "../objects/object-store.js";
import { type DatasetEntry, ownSourcePrefix } from "../store/dataset-entries.js";
import type { LookoutDataset } from "../store/lookout-datasets.js";
import type { LookoutDeps } from "./deps.js";
import { checkedToken, datasetNamed, datasetsOf, projectNamed, scopeOf } from "./found.js";
import { Bucket, changing, DatasetType, Page, ProjectName, reading, seconds } from "./operation.js";
import { conflict, invalid, type LookoutError } from "./wire-errors.js";

const ofDataset = { ProjectName, DatasetType };
/** API reference, UpdateDatasetEntries: of the decoded changes. */
const MAX_CHANGES_BYTES = 10 * 1024 * 1024;

const inProgress = ({ name }: Project, { type, status }: LookoutDataset): LookoutError =>
  conflict(
    { type: "DATASET", id: `${name}/${type}` },
    `The ${type} dataset of ${name} is ${status}. Wait for its end.`,
  );

async function refuseWhileTraining({ services: { store } }: LookoutDeps, { id, name }: Project): Promise<void> {
  if ((await store.read.jobs.unendedOf(id)) !== undefined)
    throw conflict({ type: "PROJECT", id: name }, `The project ${name} is training a model. Wait for its end.`);
}

/** This API says normal or anomaly; projects that learn something else are not its business. */
async function refuseOtherKinds({ services: { store } }: LookoutDeps, { id, name }: Project): Promise<void> {
  const kind = await store.read.samples.kindOf(id);
  if (kind === "labels" || kind === "boxes")
    throw invalid(
      `The pictures of project ${name} have several labels or boxes. Use another project for normal and anomaly.`,
    );
}

export const datasetOperations = [
  changing({
    name: "CreateDataset",
    method: "POST",
    path: "/projects/{ProjectName}/datasets",
    status: 202,
    input: z.object({
      ...ofDataset,
      DatasetSource: z
        .object({
          GroundTruthManifest: z
            .object({
              S3Object: z.object({ Bucket, Key: z.string().min(1).max(1024), VersionId: z.string().optional() }),
            })
            .optional(),
        })
        .optional(),
    }),
    async handle(deps, { input, keep }) {
      const { store } = deps.services;
      const { DatasetType: type } = input;
      const project = await projectNamed(store, input.ProjectName);
      await refuseOtherKinds(deps, project);
      const source = input.DatasetSource?.GroundTruthManifest?.S3Object;
      if (source?.VersionId !== undefined) throw invalid("Versions of objects are not kept here: leave out VersionId.");
      if (source !== undefined && (await deps.objects.size({ bucket: source.Bucket, key: source.Key })) === undefined)
        throw invalid(`There is no manifest s3://${source.Bucket}/${source.Key}.`);
      const same = (await datasetsOf(store, project.id)).find((one) => one.type === type);
      if (same !== undefined)
        throw conflict(
          { type: "DATASET", id: `${project.name}/${type}` },
          `The ${type} dataset of ${project.name} exists already.`,
        );
      await refuseWhileTraining(deps, project);
      const work = source && ({ kind: "manifest", bucket: source.Bucket, key: source.Key } as const);
      return deps.datasets.create(project.id, type, work ?? null, (tx, { createdAtMs, status, message }) =>
        keep(tx, {
          DatasetMetadata: {
            DatasetType: type,
            CreationTimestamp: seconds(createdAtMs),
            Status: status,
            StatusMessage: message,
          },
        }),
      );
    },
  }),

  reading({
    name: "DescribeDataset",
    method: "GET",
    path: "/projects/{ProjectName}/datasets/{DatasetType}",
    input: z.object(ofDataset),
    async handle({ services: { store } }, { input }) {
      const project = await projectNamed(store, input.ProjectName);
      const found = await datasetNamed(store, project, input.DatasetType);
      const stats = await store.read.datasetEntries.stats(await scopeOf(store.read, project.id, input.DatasetType));
      return {
        DatasetDescription: {
          ProjectName: project.name,
          DatasetType: found.type,
          CreationTimestamp: seconds(found.createdAtMs),
          LastUpdatedTimestamp: seconds(found.updatedAtMs),
          Status: found.status,
          StatusMessage: found.message,
          ImageStats: { Total: stats.total, Labeled: stats.labeled, Normal: stats.normal, Anomaly: stats.anomaly },
        },
      };
    },
  }),

  changing({
    name: "DeleteDataset",
    method: "DELETE",
    path: "/projects/{ProjectName}/datasets/{DatasetType}",
    status: 202,
    input: z.object(ofDataset),
    async handle(deps, { input, keep }) {
      const { store } = deps.services;
      const project = await projectNamed(store, input.ProjectName);
      const found = await datasetNamed(store, project, input.DatasetType);
      if (found.status.endsWith("_IN_PROGRESS")) throw inProgress(project, found);
      await refuseWhileTraining(deps, project);
      return deps.datasets.begin(found, { kind: "delete" }, (tx) => keep(tx, {}));
    },
  }),

  reading({
    name: "ListDatasetEntries",
    method: "GET",
    path: "/projects/{ProjectName}/datasets/{DatasetType}/entries",
    input: z.object({
      ...ofDataset,
      labeled: z.enum(["true", "false"]).optional(),
      anomalyClass: z.enum(["normal", "anomaly"]).optional(),
      createdBefore: z.coerce.date().optional(),
      createdAfter: z.coerce.date().optional(),
      sourceRefContains: z.string().min(1).max(2048).optional(),
      ...Page,
    }),
    async handle({ services: { store } }, { input }) {
      const project = await projectNamed(store, input.ProjectName);
      await datasetNamed(store, project, input.DatasetType);
      const scope = await scopeOf(store.read, project.id, input.DatasetType);
      const page = await checkedToken(() =>
        store.read.datasetEntries.list(scope, {
          labeled: input.labeled === undefined ? undefined : input.labeled === "true",
          anomalyClass: input.anomalyClass,
          createdBeforeMs: input.createdBefore?.getTime(),
          createdAfterMs: input.createdAfter?.getTime(),
          sourceRefContains: input.sourceRefContains,
          limit: input.maxResults,
          cursor: input.nextToken,
        }),
      );
      return {
        DatasetEntries: page.items.map((entry) => lineOf(entry, scope.normalLabel)),
        ...(page.nextCursor === null ? {} : { NextToken: page.nextCursor }),
      };
    },
  }),

  changing({
    name: "UpdateDatasetEntries",
    method: "PATCH",
    path: "/projects/{ProjectName}/datasets/{DatasetType}/entries",
    status: 202,
    input: z.object({ ...ofDataset, Changes: z.base64().min(1) }),
    async handle(deps, { input, keep }) {
      const { store } = deps.services;
      const project = await projectNamed(store, input.ProjectName);
      const found = await datasetNamed(store, project, input.DatasetType);
      await refuseOtherKinds(deps, project);
      if (found.status.endsWith("_IN_PROGRESS")) throw inProgress(project, found);
      const bytes = Buffer.from(input.Changes, "base64");
      if (bytes.length > MAX_CHANGES_BYTES)
        throw invalid(`Changes may have at most ${MAX_CHANGES_BYTES} bytes, got ${bytes.length}.`);
      const text = bytes.toString("utf8");
      checkLines(text);
      return deps.datasets.begin(found, { kind: "lines", text }, (tx) => keep(tx, { Status: "UPDATE_IN_PROGRESS" }));
    },
  }),
];

/** What can be told before a picture is opened is told at once. @throws LookoutError ValidationException */
function checkLines(text: string): void {
  const { entries, skipped } = readGroundTruthManifest(text);
  const wrong = skipped.filter(({ reason }) => !reason.startsWith("is named again"));
  if (wrong.length > 0) {
    const told = wrong.slice(0, 5).map(({ line, reason }) => `line ${line} ${reason}`);
    throw invalid(`${wrong.length} of the changes are not usable: ${told.join("; ")}.`);
  }
  if (entries.length === 0) throw invalid("Changes has no JSON line.");
  for (const { sourceRef, line } of entries) {
    const match = /^s3:\/\/([^/]+)\/(.+)$/s.exec(sourceRef);
    const problem =
      match === null ? "must be s3://bucket/key" : nameProblem({ bucket: match[1] ?? "", key: match[2] ?? "" });
    if (problem !== null && !sourceRef.startsWith(ownSourcePrefix))
      throw invalid(`line ${line}: source-ref ${problem}, got "${sourceRef}".`);
  }
}

/** The line as it came while what it says still holds, else as it stands now. */
export function lineOf(entry: DatasetEntry, normalLabel: string): string {
  if (entry.sourceLine !== null) return entry.sourceLine;
  const isAnomalous = entry.label === null ? null : entry.label !== normalLabel;
  return writeGroundTruthLine({
    sourceRef: entry.sourceRef ?? `${ownSourcePrefix}${entry.id}`,
    isAnomalous,
    createdAtMs: entry.addedAtMs,
    ...(isAnomalous === true && entry.mask !== null
      ? { mask: { ref: `${ownSourcePrefix}${entry.id}/mask`, colours: entry.mask.types } }
      : {}),
  });
}
