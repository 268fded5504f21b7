/** From labelled pictures to a finished model file; the only input is the training part. */
import type { LabelledPictures, Sample } from "@sightline/dataset/dataset";
import { hashPictures } from "@sightline/dataset/dataset-hash";
import type { Graph } from "@sightline/nn/graph";
import { planTiling, type TilingWish } from "./anomaly-tiles.js";
import { readBackbone } from "./backbone.js";
import { manifestBackbone } from "./backbone-description.js";
import { describe, heldOutFigures } from "./describe-model.js";
import { type FoldCandidate, isClearlyBetter, measureFolds } from "./fold-training.js";
import { calibrate } from "./held-out.js";
import type { Manifest, ManifestBackbone } from "./manifest.js";
import type { CheckpointStore, EpochPoint, LiveProgress, Method } from "./method.js";
import { comparison, inputOf, refuseTeachers, suitableMethods, wantedMethods } from "./method-choice.js";
import { type MethodOptions, readOptions } from "./method-options.js";
import { throwIfCancelled } from "./model-error.js";
import { type TrainedModel, writeModel } from "./model-file.js";
import { type NetCandidate, trainNet } from "./net-training.js";
import { PictureSet } from "./pictures.js";
import { makeProbes } from "./probes/probes.js";
import { type MethodChoice, methods } from "./registry.js";
import { Resumption } from "./resumption.js";
import { withDefectBranch } from "./segmentation/defect-branch.js";
import { planDefects } from "./segmentation/plan-defects.js";
import { type SegmentationContext, trainSegmentation } from "./segmentation/segmentation.js";
import { TiledPart } from "./tiled-method.js";
import { answersOf, checkLabels, nothingReadable } from "./training-answers.js";
import { splitForValidation } from "./validation-split.js";

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
