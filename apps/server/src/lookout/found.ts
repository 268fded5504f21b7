/** Looks up what a call names, or says in the API's words that it is not there. */

import type { Model } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { findNormalLabel } from "@sightline/dataset/labelled-pictures";
import { errors } from "../errors.js";
import type { DatasetScope } from "../store/dataset-entries.js";
import type { DatasetType, LookoutDataset } from "../store/lookout-datasets.js";
import type { Store, StoreReads } from "../store/store.js";
import { invalid, notFound } from "./wire-errors.js";

export async function projectNamed(store: Store, name: string): Promise<Project> {
  const project = await store.read.projects.getByName(name);
  // Our names are the same whatever their capitals; this API's are not.
  if (project?.name !== name) throw notFound({ type: "PROJECT", id: name }, `The project ${name} could not be found.`);
  return project;
}

/** The label of good pictures: what a person called it in the pages, else `normal`. */
export async function normalLabelOf(read: Pick<StoreReads, "datasetEntries">, projectId: string): Promise<string> {
  return findNormalLabel(await read.datasetEntries.labels(projectId)) ?? "normal";
}

export async function scopeOf(
  read: Pick<StoreReads, "datasetEntries" | "lookoutDatasets">,
  projectId: string,
  type: DatasetType,
): Promise<DatasetScope> {
  const hasTest = (await read.lookoutDatasets.get(projectId, "test")) !== undefined;
  return { projectId, type, hasTest, normalLabel: await normalLabelOf(read, projectId) };
}

/** A project's datasets; pictures that people put there in other ways are a train dataset too. */
export async function datasetsOf(store: Store, projectId: string): Promise<LookoutDataset[]> {
  const { lookoutDatasets, datasetEntries } = store.read;
  const kept = await lookoutDatasets.list(projectId);
  if (kept.some(({ type }) => type === "train")) return kept;
  const span = await datasetEntries.span(projectId);
  const isTestOnly =
    kept.length > 0 && (await datasetEntries.stats(await scopeOf(store.read, projectId, "train"))).total === 0;
  if (span === undefined || isTestOnly) return kept;
  const times = { createdAtMs: span.firstMs, updatedAtMs: span.lastMs };
  const message = "The project's pictures, added in Sightline.";
  return [{ projectId, type: "train", ...times, status: "CREATE_COMPLETE", message }, ...kept];
}

export async function datasetNamed(store: Store, project: Project, type: DatasetType): Promise<LookoutDataset> {
  const found = (await datasetsOf(store, project.id)).find((one) => one.type === type);
  if (found === undefined) {
    const id = `${project.name}/${type}`;
    throw notFound({ type: "DATASET", id }, `The ${type} dataset of project ${project.name} could not be found.`);
  }
  return found;
}

/** The number that a call's version means. */
export async function versionNamed(store: Store, project: Project, text: string): Promise<number> {
  const known = [
    ...(await store.read.lookoutModels.list(project.id)).map(({ version }) => version),
    ...(await store.read.models.list(project.id)).map(({ version }) => version),
  ];
  const version = text === "latest" ? Math.max(0, ...known) : Number(text);
  if (!known.includes(version)) {
    const id = `${project.name}/${text}`;
    throw notFound({ type: "MODEL", id }, `Version ${text} of project ${project.name} could not be found.`);
  }
  return version;
}

/** A version with a model behind it. @returns `undefined` while it is trained, or when that failed. */
export const modelOf = (store: Store, projectId: string, version: number): Promise<Model | undefined> =>
  store.read.models.getByVersion(projectId, version);

/** A cursor of ours as the API's page token. */
export function checkedToken<T>(read: () => Promise<T>): Promise<T> {
  return read().catch((error: unknown) => {
    const isCursor = error instanceof Error && "code" in error && error.code === errors.cursorInvalid.code;
    throw isCursor ? invalid("The pagination token is not valid. Start again without it.") : error;
  });
}
