/** Which methods a training tries, and which of them wins. */
import type { LabelledPictures, Sample } from "@sightline/dataset/dataset";
import { type FoldCandidate, isAnswer } from "./fold-training.js";
import { calibrate } from "./held-out.js";
import type { Candidate } from "./manifest.js";
import { methodScore } from "./measure.js";
import type { Method } from "./method.js";
import { ModelError } from "./model-error.js";
import type { NetCandidate } from "./net-training.js";
import type { PictureSet } from "./pictures.js";
import type { Probe } from "./probes/probes.js";
import type { MethodChoice } from "./registry.js";
import type { Answers } from "./training-answers.js";

/** What `auto` tries for a task, and what a person named. */
export function wantedMethods(
  choice: MethodChoice,
  task: LabelledPictures["task"],
  registry: Readonly<Record<string, Method>>,
): string[] {
  if (choice !== "auto") return [choice];
  const names = Object.keys(registry);
  if (task === "detection") return names.filter((name) => name === "detector");
  if (task === "multilabel") return names.filter((name) => name === "finetune");
  const nets = task === "anomaly" ? ["finetune", "synthetic"] : ["finetune"];
  return [
    ...names.filter((name) => registry[name]?.kind === "folds"),
    // Of several that can learn the first is tried: what learns from defects comes before what draws its own.
    ...nets.filter((name) => names.includes(name)),
  ];
}

/** Only some methods learn from other models: for the others they would say nothing. */
export function refuseTeachers(
  {
    teachers = [],
    unlabelled = [],
    method,
  }: {
    readonly method: MethodChoice;
    readonly teachers?: readonly unknown[] | undefined;
    readonly unlabelled?: readonly unknown[] | undefined;
  },
  names: readonly string[],
  registry: Readonly<Record<string, Method>>,
): void {
  if (teachers.length === 0 && unlabelled.length === 0) return;
  const takesTeachers = (one: Method | undefined): boolean => one?.kind === "net" && one.takesTeachers === true;
  if (method !== "auto" && names.some((name) => takesTeachers(registry[name]))) return;
  const able = Object.keys(registry).filter((name) => takesTeachers(registry[name]));
  throw new ModelError(
    "METHOD_OPTION_INVALID",
    `${method} doesn't learn from ${teachers.length > 0 ? "other models" : "pictures without labels"}. Choose ${able.join(" or ")}.`,
  );
}

/** Pictures are read once at the first method's size; networks read them again, each time altered. */
export function inputOf(wanted: readonly Method[]): { width: number; height: number } {
  const first = wanted.find((method) => method.kind === "folds");
  return first?.kind === "folds" ? first.input : { width: 64, height: 64 };
}

/** The methods that can learn from so many pictures of each kind. */
export function suitableMethods(
  choice: MethodChoice,
  wanted: readonly string[],
  registry: Readonly<Record<string, Method>>,
  { task }: LabelledPictures,
  { labels, counts }: Pick<Answers, "labels" | "counts">,
): string[] {
  const objections = new Map(
    wanted.map((name) => [name, objection(name, registry[name] as Method, task, labels, counts)]),
  );
  const suitable = wanted.filter((name) => objections.get(name) === null);
  if (suitable.length > 0) return suitable;
  // A method for another task is no way out: name only what more pictures would help.
  const reasons = [...objections.values()].filter((reason) => reason !== null);
  const isTooFew = reasons.some((reason) => reason.includes("pictures"));
  throw new ModelError(
    isTooFew ? "DATASET_TOO_SMALL" : "METHOD_UNSUITABLE",
    `${choice === "auto" ? "No method can" : `${choice} can't`} learn from this training part: ${reasons.join("; ") || `none is made for ${task}`}.`,
  );
}

function objection(
  name: string,
  method: Method,
  task: LabelledPictures["task"],
  labels: readonly string[],
  counts: readonly number[],
): string | null {
  if (method.kind === "folds" && (task === "multilabel" || task === "detection"))
    return `${name} answers with one label a picture, this training part has ${task === "detection" ? "boxes" : "several"}`;
  return method.unsuitable(task, labels, counts);
}

/**
 * Every candidate with its scores. Where a network takes part all are scored on its validation pictures, which the others
 * did not see either when they answered them; else fold by fold. The network has to be better: it is larger and slower.
 */
export function comparison(
  tried: readonly FoldCandidate[],
  best: FoldCandidate | null,
  net: NetCandidate | null,
  { task, truths, counts, probes, pictures, validation }: Compared,
): Candidate[] {
  if (net === null)
    return tried.map(({ name, foldScores, mean }) => ({
      method: name,
      foldScores,
      meanScore: mean,
      chosen: name === best?.name,
    }));
  const heldOut = new Set(validation);
  const scoreOf = ({ outputs, probeOutputs }: FoldCandidate): number => {
    const rows = pictures.samples.flatMap((sample, i) => (heldOut.has(sample) && outputs[i] ? [i] : []));
    const held = { outputs: rows.map((i) => outputs[i] as Float64Array), truths: rows.map((i) => truths[i] as number) };
    const ofProbes = net.isProbed
      ? probeOutputs.filter((_, p) => heldOut.has((probes[p] as Probe).sample)).filter(isAnswer)
      : [];
    return methodScore(task, held, calibrate(task, held), ofProbes, counts[1] ?? 0) ?? 0;
  };
  const others = tried.map((candidate) => ({ name: candidate.name, score: scoreOf(candidate) }));
  const isNetBest = others.every(({ score }) => net.score > score);
  return [
    ...others.map(({ name, score }) => ({ name, score, chosen: !isNetBest && name === best?.name })),
    { name: net.name, score: net.score, chosen: isNetBest },
  ].map(({ name, score, chosen }) => ({ method: name, foldScores: [score], meanScore: score, chosen }));
}

export interface Compared {
  readonly task: LabelledPictures["task"];
  readonly truths: readonly number[];
  readonly counts: readonly number[];
  readonly probes: readonly Probe[];
  readonly pictures: PictureSet;
  readonly validation: readonly Sample[];
}
