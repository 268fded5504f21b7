/** Measures a method fold by fold: every picture is answered by a fit that never saw it. */
import { stratifiedFolds } from "@sightline/dataset/folds";
import { calibrate, type HeldOut } from "./held-out.js";
import { methodScore } from "./measure.js";
import type { FoldMethod, Folds, HeldOutOutput, Trainable, TrainingContext } from "./method.js";

const maxFolds = 5;

export interface FoldCandidate {
  readonly name: string;
  readonly method: FoldMethod;
  /** To be disposed of by whoever asked. */
  readonly training: Trainable;
  readonly outputs: readonly HeldOutOutput[];
  /** What it says of the probes, each by a fit that never saw the probe's good picture. */
  readonly probeOutputs: readonly HeldOutOutput[];
  readonly foldScores: readonly number[];
  readonly mean: number;
  held(truths: readonly number[]): HeldOut;
}

/** Adds the measured method to `tried`; also an unfinished one, so that it is disposed of whatever happens. */
export async function measureFolds(
  method: FoldMethod,
  name: string,
  tried: FoldCandidate[],
  context: TrainingContext & { readonly counts: readonly number[] },
): Promise<void> {
  const { task, truths, counts, seed, probes } = context;
  const folds = dealFolds(truths, counts, seed);
  const training = await method.prepare(context);
  const entry = {
    name,
    method,
    training,
    outputs: [] as readonly HeldOutOutput[],
    probeOutputs: [] as readonly HeldOutOutput[],
    foldScores: [] as number[],
    mean: 0,
  };
  const candidate = { ...entry, held: (of: readonly number[]) => heldOutPictures(candidate.outputs, of) };
  tried.push(candidate);
  const answers = await training.crossValidate(folds);
  candidate.outputs = answers.pictures;
  candidate.probeOutputs = answers.probes;
  const calibration = calibrate(task, heldOutPictures(candidate.outputs, truths));
  candidate.foldScores = Array.from({ length: folds.count }, (_, held) => {
    const members = candidate.outputs.map((output, i) => (folds.fold[i] === held ? output : null));
    const ofProbes = answers.probes.filter((_, p) => folds.fold[probes[p]?.source ?? -1] === held).filter(isAnswer);
    return methodScore(task, heldOutPictures(members, truths), calibration, ofProbes, counts[1] ?? 0);
  }).filter((score) => score !== null);
  candidate.mean = meanOf(candidate.foldScores);
}

/**
 * By more than one standard error of the folds' differences: what is less is as good as chance, and then the method that
 * was measured first stays, which comes first because it asks for less.
 */
export function isClearlyBetter(
  candidate: Pick<FoldCandidate, "foldScores" | "mean">,
  than: typeof candidate,
): boolean {
  const { foldScores: scores, mean } = candidate;
  const count = scores.length;
  if (count < 2 || than.foldScores.length !== count) return mean > than.mean;
  const differences = scores.map((score, f) => score - (than.foldScores[f] as number));
  const difference = meanOf(differences);
  const variance = differences.reduce((sum, value) => sum + (value - difference) ** 2, 0) / (count - 1);
  return difference > Math.sqrt(variance / count);
}

/** As many folds as five, but no more than the rarest answer that has to be in each training side has pictures. */
function dealFolds(truths: readonly number[], counts: readonly number[], seed: number): Folds {
  const rarest = Math.min(...counts.filter((count) => count >= 2));
  const count = Math.max(2, Math.min(maxFolds, rarest));
  return { count, fold: stratifiedFolds(truths.map(String), count, seed) };
}

function heldOutPictures(outputs: readonly HeldOutOutput[], truths: readonly number[]): HeldOut {
  const kept = outputs.flatMap((output, i) => (output ? [{ output, truth: truths[i] as number }] : []));
  return { outputs: kept.map(({ output }) => output), truths: kept.map(({ truth }) => truth) };
}

export function isAnswer(output: HeldOutOutput): output is Float64Array {
  return output !== null;
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
