/** From labelled pictures to a finished model file; the only input is the training part. */
import type { LabelledPictures } from "@sightline/dataset/dataset";
import { stratifiedFolds } from "@sightline/dataset/folds";
import { readBackbone } from "./backbone.js";
import { anomalyLabels, type Candidate, type Manifest, manifestVersion } from "./manifest.js";
import { anomalyMetrics, classMetrics, foldScore } from "./measure.js";
import type { Folds, HeldOutOutput, Trainable } from "./method.js";
import { roc } from "./metrics.js";
import { ModelError, throwIfCancelled } from "./model-error.js";
import { type TrainedModel, writeModel } from "./model-file.js";
import { PictureSet } from "./pictures.js";
import { type MethodChoice, type MethodName, methodNames, methods } from "./registry.js";
import {
  type Calibration,
  calibratedScore,
  calibrationFromBoth,
  calibrationFromLogits,
  calibrationFromNormals,
  softmax,
} from "./threshold.js";
import { sightlineVersion } from "./version.js";

export interface Progress {
  /** Share done, 0–1. */
  readonly progress: number;
  /** What happens now, for people. */
  readonly step: string;
}

export interface TrainOptions {
  readonly pictures: LabelledPictures;
  readonly method: MethodChoice;
  /** The same pictures, method and seed give the same model. */
  readonly seed: number;
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** What the model says it learnt from. */
  readonly datasetName?: string;
  /** The pretrained backbone, when it isn't where the build puts it. */
  readonly backboneFile?: string;
  readonly now?: () => Date;
}

export interface TrainingResult extends TrainedModel {
  /** Files that could not be used, each with its reason. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

const maxFolds = 5;

/**
 * Trains a model on the calling thread (in pieces of at most some 100 ms, so that progress and cancellation work).
 *
 * @throws ModelError `DATASET_ONE_CLASS`, `DATASET_TOO_SMALL`, `DATASET_NO_READABLE_PICTURES`, `METHOD_UNSUITABLE`,
 * `TRAINING_CANCELLED`, `BACKBONE_MISSING`
 *
 * @example
 * const { bytes } = await train({ pictures, method: "auto", seed: 1, threads: 1 });
 */
export async function train(options: TrainOptions): Promise<TrainingResult> {
  const { pictures: labelled, seed, threads, signal } = options;
  let furthest = 0;
  const report = (progress: number, step: string): void => {
    // A bar that goes back makes people doubt it.
    furthest = Math.max(furthest, progress);
    options.onProgress?.({ progress: furthest, step });
  };
  throwIfCancelled(signal);
  report(0, "Reading the pictures");
  checkLabels(labelled);
  const wanted = options.method === "auto" ? methodNames : [options.method];
  const backbone = readBackbone(options.backboneFile === undefined ? {} : { file: options.backboneFile });
  const pictures = await PictureSet.open(labelled.samples, {
    ...methods[wanted[0] as MethodName].input,
    signal,
    onProgress: (share) => report(0.08 * share, "Reading the pictures"),
  });
  const skipped = [...labelled.skipped, ...pictures.skipped];
  if (pictures.samples.length === 0) throw nothingReadable(skipped);

  const { task, normalLabel } = labelled;
  const labels = task === "anomaly" ? anomalyLabels : labelled.labels;
  const truths = pictures.samples.map(({ label }) =>
    task === "anomaly" ? (label === normalLabel ? 0 : 1) : labels.indexOf(label),
  );
  const counts = labels.map((_, k) => truths.filter((truth) => truth === k).length);
  const suitable = suitableMethods(options.method, wanted, labelled, labels, counts);
  const folds = dealFolds(truths, counts, seed);

  const tried: { name: MethodName; training: Trainable; outputs: readonly HeldOutOutput[]; foldScores: number[] }[] =
    [];
  try {
    for (const [i, name] of suitable.entries()) {
      const share = 0.9 / suitable.length;
      const training = await methods[name].prepare({
        pictures,
        task,
        labels,
        truths,
        backbone,
        seed,
        threads,
        signal,
        onProgress: (done, step) => report(0.08 + share * (i + 0.85 * done), `${name}: ${step}`),
      });
      const entry = { name, training, outputs: [] as readonly HeldOutOutput[], foldScores: [] as number[] };
      tried.push(entry);
      entry.outputs = await training.crossValidate(folds);
      entry.foldScores = foldScores(task, truths, entry.outputs, folds);
    }
    const best = tried.reduce((a, b) => (mean(b.foldScores) > mean(a.foldScores) ? b : a));
    report(0.95, `${best.name}: Learning from all pictures`);
    const held = heldOutPictures(best.outputs, truths);
    const calibration = calibrate(task, held);
    const graph = await best.training.finish(calibration);
    const candidates = tried.map(
      ({ name, foldScores }): Candidate => ({
        method: name,
        foldScores,
        meanScore: mean(foldScores),
        chosen: name === best.name,
      }),
    );
    const manifest = describe(options, pictures, {
      name: best.name,
      labels,
      truths,
      counts,
      calibration,
      held,
      candidates,
    });
    const model = writeModel(graph, manifest);
    report(1, "Done");
    return { ...model, skipped };
  } finally {
    for (const { training } of tried) await training.dispose();
  }
}

function checkLabels({ task, labels, normalLabel, samples, skipped }: LabelledPictures): void {
  if (samples.length === 0) throw nothingReadable(skipped);
  if (task === "classification" && labels.length < 2)
    throw new ModelError(
      "DATASET_ONE_CLASS",
      `The training part has one label, "${labels[0]}". Add a second one, or name it "good" or "normal" to find anomalies from good pictures alone.`,
    );
  if (task === "anomaly" && !samples.some(({ label }) => label === normalLabel))
    throw new ModelError(
      "DATASET_ONE_CLASS",
      `The training part has no good pictures: none is labelled "${normalLabel}". Add at least 5.`,
    );
}

function nothingReadable(skipped: readonly { readonly name: string; readonly reason: string }[]): ModelError {
  const first = skipped[0];
  const why = first ? ` ${skipped.length} could not be used; the first: ${first.name}: ${first.reason}` : "";
  return new ModelError(
    "DATASET_NO_READABLE_PICTURES",
    `The training part has no readable pictures.${why} Add JPEG or PNG files.`,
  );
}

/** The methods that can learn from so many pictures of each kind. */
function suitableMethods(
  choice: MethodChoice,
  wanted: readonly MethodName[],
  { task }: LabelledPictures,
  labels: readonly string[],
  counts: readonly number[],
): MethodName[] {
  const objections = new Map(wanted.map((name) => [name, methods[name].unsuitable(task, labels, counts)]));
  const suitable = wanted.filter((name) => objections.get(name) === null);
  if (suitable.length > 0) return suitable;
  // A method for another task is no way out: name only what more pictures would help.
  const reasons = [...objections.values()].filter((reason) => reason !== null);
  const isTooFew = reasons.some((reason) => reason.includes("pictures"));
  throw new ModelError(
    isTooFew ? "DATASET_TOO_SMALL" : "METHOD_UNSUITABLE",
    `${choice === "auto" ? "No method can" : `${choice} can't`} learn from this training part: ${reasons.join("; ")}.`,
  );
}

/** As many folds as five, but no more than the rarest answer that has to be in each training side has pictures. */
function dealFolds(truths: readonly number[], counts: readonly number[], seed: number): Folds {
  const rarest = Math.min(...counts.filter((count) => count >= 2));
  const count = Math.max(2, Math.min(maxFolds, rarest));
  return { count, fold: stratifiedFolds(truths.map(String), count, seed) };
}

interface HeldOut {
  readonly outputs: readonly Float64Array[];
  readonly truths: readonly number[];
}

function heldOutPictures(outputs: readonly HeldOutOutput[], truths: readonly number[]): HeldOut {
  const kept = outputs.flatMap((output, i) => (output ? [{ output, truth: truths[i] as number }] : []));
  return { outputs: kept.map(({ output }) => output), truths: kept.map(({ truth }) => truth) };
}

function calibrate(task: LabelledPictures["task"], { outputs, truths }: HeldOut): Calibration {
  if (task === "classification") return calibrationFromLogits(outputs, truths);
  const raw = (truth: number): number[] => outputs.filter((_, i) => truths[i] === truth).map((row) => row[0] as number);
  const [normals, anomalies] = [raw(0), raw(1)];
  return anomalies.length === 0 ? calibrationFromNormals(normals) : calibrationFromBoth(normals, anomalies);
}

/** The same measure for every candidate, fold by fold. */
function foldScores(
  task: LabelledPictures["task"],
  truths: readonly number[],
  outputs: readonly HeldOutOutput[],
  folds: Folds,
): number[] {
  const calibration = calibrate(task, heldOutPictures(outputs, truths));
  return Array.from({ length: folds.count }, (_, held) => {
    const members = outputs.map((output, i) => (folds.fold[i] === held ? output : null));
    const { outputs: rows, truths: rowTruths } = heldOutPictures(members, truths);
    return foldScore(task, rows, rowTruths, calibration);
  }).filter((score) => score !== null);
}

interface Outcome {
  readonly name: MethodName;
  readonly labels: readonly string[];
  readonly truths: readonly number[];
  readonly counts: readonly number[];
  readonly calibration: Calibration;
  readonly held: HeldOut;
  readonly candidates: readonly Candidate[];
}

function describe(options: TrainOptions, pictures: PictureSet, outcome: Outcome): Manifest {
  const { labels, counts, calibration, held, candidates } = outcome;
  const { task, normalLabel } = options.pictures;
  const scores =
    task === "anomaly"
      ? held.outputs.map((row, i) => ({
          score: calibratedScore(row[0] as number, calibration),
          isAnomaly: held.truths[i] === 1,
        }))
      : [];
  const metrics =
    task === "anomaly"
      ? anomalyMetrics("heldOut", scores)
      : classMetrics(
          "heldOut",
          labels,
          held.truths.map((truth) => labels[truth] as string),
          held.outputs.map((row) => softmax(row, calibration.temperature)),
        );
  const { width, height } = methods[outcome.name].input;
  return {
    formatVersion: manifestVersion,
    method: outcome.name,
    task,
    labels,
    normalLabel,
    input: { width, height },
    ...calibration,
    metrics,
    scores,
    roc: roc(scores),
    candidates,
    dataset: {
      name: options.datasetName ?? "",
      hash: pictures.hash,
      images: pictures.samples.length,
      byLabel: Object.fromEntries(labels.map((label, k) => [label, counts[k] as number])),
    },
    seed: options.seed,
    createdAt: (options.now?.() ?? new Date()).toISOString(),
    sightlineVersion,
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
