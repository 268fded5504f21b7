/** What a finished model's manifest says. */
import type { LabelledPictures, Sample } from "@sightline/dataset/dataset";
import type { HeldOut } from "./held-out.js";
import { type Candidate, type Manifest, type ManifestBackbone, manifestVersion } from "./manifest.js";
import { anomalyMetrics, classMetrics } from "./measure.js";
import { roc } from "./metrics.js";
import type { NetCandidate } from "./net-training.js";
import { calibratedScore, softmax } from "./threshold.js";
import type { Answers } from "./training-answers.js";
import { sightlineVersion } from "./version.js";

/** What a method measured by folds reached. */
export function heldOutFigures(
  task: LabelledPictures["task"],
  labels: readonly string[],
  held: HeldOut,
  calibration: { readonly threshold: number; readonly temperature: number },
): Pick<NetCandidate, "metrics" | "scores"> {
  if (task === "anomaly") {
    const scores = held.outputs.map((row, i) => ({
      score: calibratedScore(row[0] as number, calibration),
      isAnomaly: held.truths[i] === 1,
    }));
    return { metrics: anomalyMetrics("heldOut", scores), scores };
  }
  const metrics = classMetrics(
    "heldOut",
    labels,
    held.truths.map((truth) => labels[truth] as string),
    held.outputs.map((row) => softmax(row, calibration.temperature)),
  );
  return { metrics, scores: [] };
}

/** What a model says of itself whatever its method. */
export interface Common {
  readonly options: {
    readonly pictures: Pick<LabelledPictures, "task" | "normalLabel">;
    readonly datasetName?: string;
    readonly seed: number;
    readonly now?: () => Date;
  };
  /** What a method's model was made from. */
  readonly backbone: (method: string) => ManifestBackbone | null;
  readonly hash: string;
  readonly samples: readonly Sample[];
  readonly answers: Answers;
  readonly candidates: readonly Candidate[];
}

export function describe(
  { options, backbone, hash, samples, answers, candidates }: Common,
  method: string,
  {
    input,
    calibration,
    metrics,
    scores,
    extra,
  }: Pick<NetCandidate, "input" | "calibration" | "metrics" | "scores" | "extra">,
): Manifest {
  const origin = backbone(method);
  return {
    formatVersion: manifestVersion,
    method,
    task: options.pictures.task,
    labels: answers.labels,
    normalLabel: options.pictures.normalLabel,
    input,
    ...calibration,
    ...extra,
    ...(origin && { backbone: origin }),
    metrics,
    scores,
    roc: roc(scores),
    candidates,
    dataset: {
      name: options.datasetName ?? "",
      hash,
      images: samples.length,
      byLabel: Object.fromEntries(answers.labels.map((label, k) => [label, answers.counts[k] as number])),
    },
    seed: options.seed,
    createdAt: (options.now?.() ?? new Date()).toISOString(),
    sightlineVersion,
  };
}
