/** From labelled pictures to a finished model file; the only input is the training part. */
import type { LabelledPictures, Sample } from "@sightline/dataset/dataset";
import { hashPictures } from "@sightline/dataset/dataset-hash";
import type { Graph } from "@sightline/nn/graph";
import { planTiling, type TilingWish } from "./anomaly-tiles.js";
import { readBackbone } from "./backbone.js";
import { manifestBackbone } from "./backbone-description.js";
import { type FoldCandidate, isAnswer, isClearlyBetter, measureFolds } from "./fold-training.js";
import { calibrate, type HeldOut } from "./held-out.js";
import { anomalyLabels, type Candidate, type Manifest, type ManifestBackbone, manifestVersion } from "./manifest.js";
import { anomalyMetrics, classMetrics, methodScore } from "./measure.js";
import type { CheckpointStore, EpochPoint, LiveProgress, Method } from "./method.js";
import { type MethodOptions, readOptions } from "./method-options.js";
import { roc } from "./metrics.js";
import { ModelError, throwIfCancelled } from "./model-error.js";
import { type TrainedModel, writeModel } from "./model-file.js";
import { type NetCandidate, trainNet } from "./net-training.js";
import { PictureSet } from "./pictures.js";
import { makeProbes, type Probe } from "./probes/probes.js";
import { type MethodChoice, methods } from "./registry.js";
import { Resumption } from "./resumption.js";
import { withDefectBranch } from "./segmentation/defect-branch.js";
import { planDefects } from "./segmentation/plan-defects.js";
import { type SegmentationContext, trainSegmentation } from "./segmentation/segmentation.js";
import { calibratedScore, softmax } from "./threshold.js";
import { TiledPart } from "./tiled-method.js";
import { splitForValidation } from "./validation-split.js";
import { sightlineVersion } from "./version.js";

export type { CheckpointStore, EpochPoint, LiveProgress } from "./method.js";

export interface Progress {
  /** Share done, 0–1. */
  readonly progress: number;
  /** What happens now, for people. */
  readonly step: string;
  /** Inside an epoch of a network that learns by gradient. */
  readonly live?: LiveProgress;
}

export interface TrainOptions {
  readonly pictures: LabelledPictures;
  readonly method: MethodChoice;
  /** The same pictures, method and seed give the same model; with a budget the clock has a say, too. */
  readonly seed: number;
  readonly threads: number;
  /** Aborted: the training ends with `TRAINING_CANCELLED`; with a checkpoint store it can go on from there. */
  readonly signal?: AbortSignal | undefined;
  /** Aborted: a network that learns by gradient ends soon and becomes a model with its best state so far. */
  readonly finishEarly?: AbortSignal | undefined;
  readonly onProgress?: (progress: Progress) => void;
  /** After each epoch of a network that learns by gradient. */
  readonly onEpoch?: (point: EpochPoint) => void;
  /** The whole training ends within about this time, what it took before a break included. */
  readonly budgetMs?: number | undefined;
  /** For methods with epochs; left out: the method's own choice. */
  readonly epochs?: number | undefined;
  /** For methods with epochs: pictures a step; left out: the method's own choice. */
  readonly batchSize?: number | undefined;
  /** For methods with epochs: most memory that a step may take; left out: 80 % of what is free. */
  readonly maxMemoryBytes?: number | undefined;
  /** For methods with epochs: where to keep the state, and where to go on from if there is one. */
  readonly checkpoint?: CheckpointStore | undefined;
  /** Left out: 20 seconds. */
  readonly checkpointEveryMs?: number | undefined;
  /** The method's own options, as values or as text. */
  readonly methodOptions?: MethodOptions | undefined;
  /** Anomaly task: whether pictures are cut into tiles, which costs a prediction as many runs. Left out: `auto`. */
  readonly tiling?: TilingWish | undefined;
  /** Finished model files whose answers a method that takes teachers learns from. */
  readonly teachers?: readonly Uint8Array[] | undefined;
  /** Pictures without labels, for such a method: only the teachers say something of them. */
  readonly unlabelled?: readonly Pick<Sample, "name" | "file">[] | undefined;
  /** What the model says it learnt from. */
  readonly datasetName?: string;
  /** Another pretrained backbone than the built-in one, or where that one is when it isn't where the build puts it. */
  readonly backboneFile?: string;
  readonly now?: () => Date;
  /** Methods by name; default: Sightline's own. */
  readonly methods?: Readonly<Record<string, Method>>;
}

export interface TrainingResult extends TrainedModel {
  /** Files that could not be used, each with its reason. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** Boxes that were cut at their picture's edge or left out. */
  readonly boxNotes: readonly { readonly name: string; readonly reason: string }[];
  /** Masks and labels of a manifest that were left out or taken differently. */
  readonly maskNotes: readonly { readonly name: string; readonly reason: string }[];
  /** How long it took, what came before a break included. */
  readonly seconds: number;
}

/** `auto` tries a network only with at least this much time left of a budget that a person gave. */
const leastNetMs = 60_000;
/** With masks, the verdict gets this share of the progress and of a budget. */
const verdictShare = 0.5;
/** … and only where the quick methods leave room. */
const goodEnough = 0.995;

/**
 * Trains a model on the calling thread (in pieces of at most some 100 ms, so that progress and cancellation work).
 *
 * `auto`: anomaly and classification try the methods measured by folds; with a budget that leaves a minute, and a result
 * that leaves room, also a network, compared on the same held-out pictures: `finetune`, or with too few defects for it
 * `synthetic`. Anomaly tasks also compare by probes, good pictures with a drawn defect (`methodScore`); once a budget is
 * spent no further method is begun. Several labels at once: `finetune`. Boxes: `detector`.
 *
 * @throws ModelError `DATASET_ONE_CLASS`, `DATASET_TOO_SMALL`, `DATASET_NO_READABLE_PICTURES`, `DATASET_LABEL_UNKNOWN`,
 * `METHOD_UNSUITABLE`, `METHOD_OPTION_INVALID`, `TRAINING_CANCELLED`, `BACKBONE_MISSING`; NnError
 * `TRAINING_OUT_OF_MEMORY`; what the method throws
 *
 * @example
 * const { bytes } = await train({ pictures, method: "auto", seed: 1, threads: 1 });
 */
export async function train(options: TrainOptions): Promise<TrainingResult> {
  const { pictures: labelled, seed, signal } = options;
  const { boxNotes = [], maskNotes = [] } = labelled;
  const before = await Resumption.open(options.checkpoint);
  let furthest = 0;
  const tell = (progress: number, step: string, live?: LiveProgress): void => {
    // A bar that goes back makes people doubt it.
    furthest = Math.max(furthest, progress);
    options.onProgress?.({ progress: furthest, step, ...(live && { live }) });
  };
  /** Of the verdict's part. */
  let share = 1;
  const report: typeof tell = (progress, step, live) => tell(progress * share, step, live);
  throwIfCancelled(signal);
  report(0, "Reading the pictures");
  checkLabels(labelled);
  const registry: Readonly<Record<string, Method>> = options.methods ?? methods;
  const wanted = wantedMethods(options.method, labelled.task, registry);
  const backbone = readBackbone(options.backboneFile === undefined ? {} : { file: options.backboneFile });
  const pictures = await PictureSet.open(labelled.samples, {
    ...inputOf(wanted.map((name) => registry[name] as Method)),
    signal,
    onProgress: (share) => report(0.06 * share, "Reading the pictures"),
  });
  const listed = await PictureSet.open(labelled.validation ?? [], { width: 64, height: 64, signal });
  const untold = (options.unlabelled ?? []).map((sample) => ({ ...sample, label: "" }));
  const unlabelled = await PictureSet.open(untold, { width: 64, height: 64, signal });
  const skipped = [...labelled.skipped, ...pictures.skipped, ...listed.skipped, ...unlabelled.skipped];
  if (pictures.samples.length === 0) throw nothingReadable(skipped);
  // A dataset's own validation list takes part in the choice of the best epoch: it is part of what made the model.
  const others = [...listed.samples, ...unlabelled.samples];
  const hash = others.length === 0 ? pictures.hash : await hashPictures([...pictures.samples, ...others]);
  before.checkPictures(hash);
  report(0.08, "Reading the pictures");

  const { task } = labelled;
  const tiled = task === "anomaly" ? await inTiles(pictures, options) : null;
  const planned = wanted.some((name) => registry[name]?.learnsMasks)
    ? planDefects(labelled, tiled?.known ?? pictures.samples)
    : null;
  const masks = typeof planned === "string" ? null : planned;
  if (masks !== null) share = verdictShare;
  const notes = [
    ...maskNotes,
    ...(typeof planned === "string" ? [{ name: options.datasetName ?? "", reason: planned }] : []),
  ];
  const answers = answersOf(labelled, pictures.samples);
  const methodOf = (name: string): Method => {
    const method = registry[name] as Method;
    return tiled?.method(method) ?? method;
  };
  const suitable = suitableMethods(options.method, wanted, registry, labelled, {
    labels: answers.labels,
    counts: tiled?.counts ?? answers.counts,
  });
  const isProbed =
    task === "anomaly" && (suitable.length > 1 || suitable.some((name) => registry[name]?.choosesByProbes));
  const probes = !isProbed ? [] : await (tiled?.probes() ?? makeProbes(pictures, answers.truths, options));
  refuseTeachers(options, suitable, registry);
  const shared = { ...options, ...answers, pictures, unlabelled: unlabelled.samples, task, backbone, probes };
  const folds = suitable.filter((name) => registry[name]?.kind === "folds");
  const nets = suitable.filter((name) => registry[name]?.kind === "net");
  const leftOf = (budgetMs: number | undefined): number | undefined =>
    budgetMs === undefined ? undefined : Math.max(0, budgetMs - before.spentMs);
  const leftMs = (): number | undefined => leftOf(options.budgetMs && options.budgetMs * share);
  const netShare = nets.length === 0 ? 0 : folds.length === 0 ? 0.9 : 0.5;

  const tried: FoldCandidate[] = [];
  try {
    for (const [i, name] of folds.entries()) {
      // What was measured before the time was up decides.
      if (tried.length > 0 && leftMs() === 0) break;
      const share = (0.9 - netShare) / folds.length;
      await measureFolds(methodOf(name) as Extract<Method, { kind: "folds" }>, name, tried, {
        ...shared,
        signal,
        onProgress: (done, step) => report(0.08 + share * (i + 0.85 * done), `${name}: ${step}`),
      });
    }
    const best = tried.reduce<FoldCandidate | null>((a, b) => (a === null || isClearlyBetter(b, a) ? b : a), null);
    const split = splitForValidation({ samples: pictures.samples, validation: listed.samples }, seed);
    // A network that was begun is finished, however little time is left.
    const hasTime = before.isResumed || (leftMs() ?? 0) >= leastNetMs;
    const isNetWorthwhile = best === null || (best.mean < goodEnough && hasTime);
    let net: NetCandidate | null = null;
    const plannedMs = before.planned(leftMs());
    for (const name of isNetWorthwhile ? nets.slice(0, 1) : [])
      net = await trainNet(methodOf(name) as Extract<Method, { kind: "net" }>, name, {
        ...shared,
        split,
        defects: task === "anomaly" ? (answers.counts[1] ?? 0) : 0,
        leftMs,
        plannedMs,
        checkpoint: before.storeFor(hash, plannedMs),
        // What `auto` chose itself nobody gave options for.
        ...(options.method === "auto" && { methodOptions: {} }),
        onProgress: (done, step, live) => report(0.98 - netShare * (1 - done), `${name}: ${step}`, live),
      });
    const candidates = comparison(tried, best, net, { ...shared, validation: split.validation });
    const winner = candidates.find(({ chosen }) => chosen)?.method;
    const backboneIn = (name: string): ManifestBackbone | null => {
      const method = registry[name] as Method;
      const given = options.method === "auto" ? {} : (options.methodOptions ?? {});
      const chosen = method.kind === "net" ? readOptions(name, method.options, given) : {};
      return (method.startsFromBackbone?.(chosen) ?? true) ? manifestBackbone(backbone) : null;
    };
    const common = {
      options,
      backbone: backboneIn,
      hash,
      samples: [...pictures.samples, ...listed.samples],
      answers,
      candidates,
    };
    const finished = async (graph: Graph, manifest: Manifest): Promise<TrainingResult> => {
      const model =
        masks === null || !registry[manifest.method]?.learnsMasks
          ? writeModel(graph, manifest)
          : await withDefects(graph, manifest, {
              ...masks,
              ...{ backbone, seed, signal, threads: options.threads },
              budgetMs: leftOf(options.budgetMs),
              onProgress: (done, step) => tell(share + (1 - share) * done, step),
              onUnusable: ({ name }, reason) =>
                notes.push({ name, reason: `${reason} The picture takes part without its mask.` }),
            });
      tell(1, "Done");
      return { ...model, skipped, boxNotes, maskNotes: notes, seconds: before.spentMs / 1000 };
    };
    if (net !== null && winner === net.name) return await finished(net.graph, describe(common, net.name, net));
    if (best === null) throw new Error("A training without a candidate.");
    report(0.95, `${best.name}: Learning from all pictures`);
    const held = best.held(answers.truths);
    const calibration = calibrate(task, held);
    const graph = await best.training.finish(calibration);
    const { width, height } = best.method.input;
    return await finished(
      graph,
      describe(common, best.name, {
        input: { width, height },
        calibration,
        ...heldOutFigures(task, answers.labels, held, calibration),
        extra: tiled ? { tiling: tiled.tiling } : {},
      }),
    );
  } finally {
    for (const { training } of tried) await training.dispose();
  }
}

/** What pictures are shrunk to without tiles, as most methods do it. */
const wholeInput = { width: 224, height: 224 };

/** The training part in tiles, where a person wants them or masks tell that defects are too small without. */
async function inTiles(
  pictures: PictureSet,
  { pictures: { normalLabel }, tiling: wish = "auto", seed, signal }: TrainOptions,
): Promise<TiledPart | null> {
  const tiling = await planTiling(wish, pictures.samples, wholeInput, signal);
  return tiling && TiledPart.open(pictures, tiling, { normalLabel: normalLabel as string, seed, signal });
}

/** The model with the part that says where which defect is; its verdicts stay what they are. */
async function withDefects(
  graph: Graph,
  manifest: Manifest,
  order: Omit<SegmentationContext, "width" | "height">,
): Promise<TrainedModel> {
  const { width, height } = manifest.input;
  const learnt = await trainSegmentation({ ...order, width, height });
  if (learnt === null) return writeModel(graph, manifest);
  const { types, images, metrics } = learnt;
  return writeModel(withDefectBranch(graph, order.backbone, { width, height }, learnt), {
    ...manifest,
    segmentation: { types, images },
    metrics: manifest.metrics && { ...manifest.metrics, defects: metrics },
  });
}

/** What the training part asks of a model. */
interface Answers {
  /** What the model answers with. */
  readonly labels: readonly string[];
  /** Each picture's place in `labels`; −1 where it has boxes or several labels. */
  readonly truths: readonly number[];
  /** Pictures (or boxes) of each label. */
  readonly counts: readonly number[];
  readonly targetOf: (sample: Sample) => readonly number[];
}

function answersOf({ task, normalLabel, labels: given }: LabelledPictures, samples: readonly Sample[]): Answers {
  const labels: readonly string[] = task === "anomaly" ? anomalyLabels : given;
  const placesOf = (sample: Sample): readonly number[] => {
    if (task === "anomaly") return [sample.label === normalLabel ? 0 : 1];
    const names =
      task === "detection"
        ? (sample.boxes ?? []).map(({ label }) => label)
        : task === "multilabel"
          ? (sample.labels ?? [])
          : [sample.label];
    return names.map((name) => {
      const place = labels.indexOf(name);
      if (place < 0)
        throw new ModelError(
          "DATASET_LABEL_UNKNOWN",
          `"${sample.name}" is labelled "${name}", which is not among the labels ${labels.join(", ")}. Correct the label or add it to the list.`,
        );
      return place;
    });
  };
  const places = samples.map(placesOf);
  const isSingle = task === "anomaly" || task === "classification";
  return {
    labels,
    truths: places.map((row) => (isSingle ? (row[0] as number) : -1)),
    counts: labels.map((_, k) => places.flat().filter((place) => place === k).length),
    targetOf: (sample) => {
      const holding = new Set(placesOf(sample));
      return labels.map((_, k) => (holding.has(k) ? 1 : 0));
    },
  };
}

function checkLabels({ task, labels, normalLabel, samples, skipped }: LabelledPictures): void {
  if (samples.length === 0) throw nothingReadable(skipped);
  if (labels.length === 0)
    throw new ModelError(
      "DATASET_ONE_CLASS",
      `The training part names no ${task === "detection" ? "boxes" : "labels"}. Add at least one label with pictures of it.`,
    );
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

/** What `auto` tries for a task, and what a person named. */
function wantedMethods(
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
function refuseTeachers(
  { teachers = [], unlabelled = [], method }: TrainOptions,
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
function inputOf(wanted: readonly Method[]): { width: number; height: number } {
  const first = wanted.find((method) => method.kind === "folds");
  return first?.kind === "folds" ? first.input : { width: 64, height: 64 };
}

/** The methods that can learn from so many pictures of each kind. */
function suitableMethods(
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
function comparison(
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

interface Compared {
  readonly task: LabelledPictures["task"];
  readonly truths: readonly number[];
  readonly counts: readonly number[];
  readonly probes: readonly Probe[];
  readonly pictures: PictureSet;
  readonly validation: readonly Sample[];
}

function heldOutFigures(
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

interface Common {
  readonly options: TrainOptions;
  /** What a method's model was made from. */
  readonly backbone: (method: string) => ManifestBackbone | null;
  readonly hash: string;
  readonly samples: readonly Sample[];
  readonly answers: Answers;
  readonly candidates: readonly Candidate[];
}

function describe(
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
