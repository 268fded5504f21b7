/** The records of the server: read repositories over what is committed, write repositories inside one unit of work. */
import type { NewId, Now } from "../ids.js";
import { accessReads, accessWrites } from "./access.js";
import { accessKeyReads, accessKeyWrites } from "./access-keys.js";
import { actionReads, actionWrites } from "./actions.js";
import { alarmReads, alarmWrites } from "./alarms.js";
import { alertReads, alertWrites } from "./alerts.js";
import { blobReferenceReads } from "./blob-references.js";
import { cameraReads, cameraWrites } from "./cameras.js";
import { clientTokenReads, clientTokenWrites } from "./client-tokens.js";
import { comparisonReads, comparisonWrites } from "./comparisons.js";
import { openDatabase, type Queries, type WriteOptions } from "./database.js";
import { datasetEntryReads } from "./dataset-entries.js";
import { deploymentReads, deploymentWrites } from "./deployments.js";
import { driftReads, driftWrites } from "./drifts.js";
import { evaluationReads, evaluationWrites } from "./evaluations.js";
import { inspectionReads, inspectionWrites } from "./inspections.js";
import { jobReads, jobWrites } from "./jobs.js";
import { lookoutDatasetReads, lookoutDatasetWrites } from "./lookout-datasets.js";
import { lookoutModelReads, lookoutModelWrites } from "./lookout-models.js";
import { modelReads, modelWrites } from "./models.js";
import { packagingJobReads, packagingJobWrites } from "./packaging-jobs.js";
import { projectReads, projectWrites } from "./projects.js";
import { readingReads, readingWrites } from "./readings.js";
import { recipientReads, recipientWrites } from "./recipients.js";
import { resultReads, resultWrites } from "./results.js";
import { reviewReads, reviewWrites } from "./reviews.js";
import { ruleReads, ruleWrites } from "./rules.js";
import { sampleReads, sampleWrites } from "./samples.js";
import { settingReads, settingWrites } from "./settings.js";
import { signingKeyReads, signingKeyWrites } from "./signing-keys.js";
import { statsReads } from "./stats.js";
import { targetReads, targetWrites } from "./targets.js";
import { trialReads, trialWrites } from "./trials.js";

function reads(queries: Queries, now: Now) {
  return {
    projects: projectReads(queries),
    samples: sampleReads(queries),
    models: modelReads(queries),
    jobs: jobReads(queries),
    cameras: cameraReads(queries),
    access: accessReads(queries, now),
    signingKeys: signingKeyReads(queries),
    inspections: inspectionReads(queries),
    stats: statsReads(queries),
    readings: readingReads(queries),
    alarms: alarmReads(queries),
    recipients: recipientReads(queries),
    targets: targetReads(queries),
    rules: ruleReads(queries),
    alerts: alertReads(queries),
    drifts: driftReads(queries),
    results: resultReads(queries),
    actions: actionReads(queries),
    blobs: blobReferenceReads(queries),
    settings: settingReads(queries),
    accessKeys: accessKeyReads(queries),
    datasetEntries: datasetEntryReads(queries),
    lookoutDatasets: lookoutDatasetReads(queries),
    lookoutModels: lookoutModelReads(queries),
    packagingJobs: packagingJobReads(queries),
    clientTokens: clientTokenReads(queries),
    trials: trialReads(queries),
    reviews: reviewReads(queries),
    comparisons: comparisonReads(queries),
    evaluations: evaluationReads(queries),
    deployments: deploymentReads(queries),
  };
}

function writes(queries: Queries, now: Now, newId: NewId) {
  return {
    projects: projectWrites(queries, now, newId),
    samples: sampleWrites(queries, now, newId),
    models: modelWrites(queries, now, newId),
    jobs: jobWrites(queries, now, newId),
    cameras: cameraWrites(queries, now),
    access: accessWrites(queries, now, newId),
    signingKeys: signingKeyWrites(queries, now, newId),
    inspections: inspectionWrites(queries, now),
    readings: readingWrites(queries),
    alarms: alarmWrites(queries, now, newId),
    recipients: recipientWrites(queries, now, newId),
    targets: targetWrites(queries, now, newId),
    rules: ruleWrites(queries, now, newId),
    alerts: alertWrites(queries),
    drifts: driftWrites(queries),
    results: resultWrites(queries, newId),
    actions: actionWrites(queries, now, newId),
    blobs: blobReferenceReads(queries),
    settings: settingWrites(queries),
    accessKeys: accessKeyWrites(queries, now, newId),
    datasetEntries: datasetEntryReads(queries),
    lookoutDatasets: lookoutDatasetWrites(queries, now),
    lookoutModels: lookoutModelWrites(queries, now),
    packagingJobs: packagingJobWrites(queries, now, newId),
    clientTokens: clientTokenWrites(queries, now),
    trials: trialWrites(queries, now, newId),
    reviews: reviewWrites(queries, now, newId),
    comparisons: comparisonWrites(queries, now, newId),
    evaluations: evaluationWrites(queries, now, newId),
    deployments: deploymentWrites(queries, now, newId),
  };
}

export type StoreReads = ReturnType<typeof reads>;
export type StoreWrites = ReturnType<typeof writes>;

/** What somebody records in the unit of work of somebody else: both are there, or neither. */
export type Alongside<T = void> = (transaction: StoreWrites) => Promise<T>;

export const nothingMore: Alongside = async () => {};

export interface Store {
  /** What is committed. */
  readonly read: StoreReads;
  /**
   * One unit of work: all of it is on disk when the promise resolves, or none of it when it rejects.
   * Await nothing but the repositories inside; everybody's writes wait meanwhile.
   *
   * ```ts
   * const id = await store.write((tx) => tx.projects.insert({ name: "bottles" }));
   * ```
   */
  write<T>(work: (transaction: StoreWrites) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** Transactions committed so far; writes that came together share one. */
  readonly commits: number;
  close(): Promise<void>;
}

/** @param folder where the database file lies; must exist. */
export function openStore(folder: string, now: Now, newId: NewId): Store {
  const database = openDatabase(folder);
  return {
    read: reads(database.reader, now),
    write: (work, options) => database.write((queries) => work(writes(queries, now, newId)), options),
    get commits() {
      return database.commits;
    },
    close: () => database.close(),
  };
}
