/** What a method of learning is: one measured fold by fold on fixed features, or a network trained by gradient. */
import type { Sample, Task } from "@sightline/dataset/dataset";
import type { Graph } from "@sightline/nn/graph";
import type { Backbone } from "./backbone-description.js";
import type {
  DetectionSettings,
  ManifestBackbone,
  ModelInput,
  PrunedModelSummary,
  TeacherSummary,
  Tiling,
  TrainingSummary,
} from "./manifest.js";
import type { MethodOptions, OptionRules } from "./method-options.js";
import type { PictureSet } from "./pictures.js";
import type { Probe } from "./probes/probes.js";
import type { Calibration } from "./threshold.js";

/** A method of either kind. */
export type Method = FoldMethod | NetMethod;

interface AnyMethod {
  /** It chooses its own settings by probes, so that they are made even where it is the only method. */
  readonly choosesByProbes?: true;
  /**
   * Where the training part has masks, a part that says where which defect is joins its network: it costs a fraction of the
   * backbone's time. Left out: never, for networks far smaller than that.
   */
  readonly learnsMasks?: true;
  /** Whether its network begins with the backbone: the model then says whose weights it holds. Left out: always. */
  startsFromBackbone?(options: MethodOptions): boolean;
}

// ------------------------------------------------------------------ measured fold by fold

export interface TrainingContext {
  readonly pictures: PictureSet;
  readonly task: Task;
  /** The answers: `normal` and `anomaly`, or the classes. */
  readonly labels: readonly string[];
  /** Each picture's place in `labels`; −1: nobody knows what it shows, so it is answered and never learnt from. */
  readonly truths: readonly number[];
  /** Anomaly task: good pictures with a defect drawn on them, to be answered by a fit that never saw the good picture. */
  readonly probes: readonly Probe[];
  /** The pretrained network, for pictures of any size. */
  readonly backbone: Backbone;
  readonly seed: number;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
  /** `share` of this method's own work that is done, 0–1. */
  readonly onProgress: (share: number, step: string) => void;
}

/** How the pictures are dealt: `fold[i]` is picture i's, 0 … `count` − 1. */
export interface Folds {
  readonly count: number;
  readonly fold: readonly number[];
}

/**
 * What a picture's network says, by a model that never saw the picture. Anomaly task: one raw score, higher is worse.
 * Several classes: one logit per label. `null`: the picture took no part.
 */
export type HeldOutOutput = Float64Array | null;

/** What a method says of all that was held out. */
export interface HeldOutAnswers {
  /** One per picture. */
  readonly pictures: readonly HeldOutOutput[];
  /** One per probe. */
  readonly probes: readonly HeldOutOutput[];
}

/** A method with its features computed, ready to be measured and fitted. */
export interface Trainable {
  /** A probe belongs to the fold of the picture that it was made from. */
  crossValidate(folds: Folds): Promise<HeldOutAnswers>;
  /** Fits all pictures with what the folds showed to be best, and bakes the calibration into the network. */
  finish(calibration: Calibration): Promise<Graph>;
  dispose(): Promise<void>;
}

/** Prepares its features once, is measured on held-out folds, then fits all pictures. */
export interface FoldMethod extends AnyMethod {
  readonly kind: "folds";
  /** For people. */
  readonly title: string;
  /** The size its network takes, in pixels. */
  readonly input: { readonly width: number; readonly height: number };
  /** Why it can't learn from so many pictures per answer, or `null` when it can. */
  unsuitable(task: Task, labels: readonly string[], counts: readonly number[]): string | null;
  prepare(context: TrainingContext): Promise<Trainable>;
}

// ------------------------------------------------------------------ trained by gradient

/** One epoch of a training, as the curves show it. */
export interface EpochPoint {
  readonly epoch: number;
  readonly loss: number;
  /** On the validation pictures; `null` where it was not measured after this epoch. */
  readonly metric: number | null;
  readonly learningRate: number;
  readonly picturesPerSecond: number;
  /** Share of the time that the step waited for pictures, 0–1. */
  readonly waitedShare: number;
  readonly elapsedSeconds: number;
}

/** What happens inside an epoch, for a line that a person watches. */
export interface LiveProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly loss: number;
  readonly metric: number | null;
  readonly picturesPerSecond: number;
  readonly waitedShare: number;
  /** `null` while nobody can tell. */
  readonly secondsLeft: number | null;
}

/** Where a training keeps what it needs to go on after a kill. */
export interface CheckpointStore {
  /** The newest whole checkpoint, or `null` when there is none. */
  load(): Promise<Uint8Array | null>;
  /** Replaces it whole or not at all. @throws an error with the code `CHECKPOINT_WRITE_FAILED` */
  save(bytes: Uint8Array): Promise<void>;
}

export interface NetContext {
  readonly task: Task;
  /** The answers: `normal` and `anomaly`, else the labels. */
  readonly labels: readonly string[];
  /** Pictures to learn from; all decode. */
  readonly training: readonly Sample[];
  /** Pictures to stop early on and to choose by; none of them is in `training`. Never the test part. */
  readonly validation: readonly Sample[];
  /** They are some of the training part's, not a list of the dataset's own: once they have measured, they may be learnt from. */
  readonly isValidationSetAside: boolean;
  /** What the network should say of a picture, one value per label: one-hot, or several ones; detectors read `boxes`. */
  readonly targetOf: (sample: Sample) => readonly number[];
  /** Finished model files whose answers are learnt from, for methods that take teachers. */
  readonly teachers?: readonly Uint8Array[] | undefined;
  /** Pictures without a label, of which only the teachers say something. */
  readonly unlabelled?: readonly Pick<Sample, "name" | "file">[] | undefined;
  /** The pretrained network, for pictures of any size. */
  readonly backbone: Backbone;
  readonly seed: number;
  readonly threads: number;
  /** Aborted: save a checkpoint if there is a store, then throw `TRAINING_CANCELLED`. */
  readonly signal: AbortSignal | undefined;
  /** Aborted: end soon, with the best state so far. */
  readonly finishEarly: AbortSignal | undefined;
  readonly onProgress: (share: number, step: string, live?: LiveProgress) => void;
  readonly onEpoch: (point: EpochPoint) => void;
  /** Milliseconds left for this method now; `undefined`: as long as its epochs take. */
  readonly leftMs: () => number | undefined;
  /**
   * Milliseconds that this method had when it was begun, the same after a break: what a training decides by time before its
   * first step it must decide alike when it goes on. Left out: no limit.
   */
  readonly plannedMs?: number | undefined;
  /** Left out: the method's own choice. */
  readonly epochs: number | undefined;
  /** Pictures a step. Left out: the method's own choice. */
  readonly batchSize: number | undefined;
  /** Most memory that a step's graph may take. Left out: 80 % of what is free. */
  readonly maxMemoryBytes: number | undefined;
  readonly checkpoint: CheckpointStore | undefined;
  /** Left out: 20 seconds. */
  readonly checkpointEveryMs: number | undefined;
  /** By the method's own `options`, checked, defaults filled in. */
  readonly options: MethodOptions;
}

/** A network that has learnt, before its answers are calibrated. */
export interface TrainedNet {
  /**
   * Input `image` float32 `[N, 3, height, width]`, 0–255. Outputs: `logits` `[N, labels]` (an anomaly task has two), and
   * for anomaly tasks `anomaly_map` if there is one; detectors: `boxes` `[N, M, 4]` and `scores` `[N, M, labels]`.
   */
  readonly graph: Graph;
  /** The state that the held-out pictures measure, where `graph` has learnt from them since. */
  readonly measuredGraph?: Graph;
  readonly input: ModelInput;
  /** Detectors only. */
  readonly detection?: DetectionSettings;
  readonly tiling?: Tiling;
  readonly parameters: number;
  readonly multiplyAccumulates?: number;
  readonly summary: TrainingSummary;
  /** Students only. */
  readonly teachers?: readonly TeacherSummary[];
  /** What it was before channels were taken away, where it was made so. */
  readonly prunedFrom?: PrunedModelSummary;
  /** Whose weights it holds, where that isn't the training's own backbone. */
  readonly backboneOf?: ManifestBackbone;
  /**
   * Where a method measured itself on folds of its own and then learnt from all pictures: each picture's logits by a
   * network that never saw it. Left out: `graph` is measured on the validation pictures, from which it must not have learnt.
   */
  readonly heldOut?: readonly { readonly sample: Sample; readonly logits: Float64Array }[];
}

export interface NetMethod extends AnyMethod {
  readonly kind: "net";
  /** Finished models may teach it, with or without labels; what is pruned is its one teacher. */
  readonly takesTeachers?: true;
  /** For people. */
  readonly title: string;
  /** What a user may set, with what it means. */
  readonly options: OptionRules;
  /** Why it can't learn from so many pictures (or boxes) per label, or `null` when it can. */
  unsuitable(task: Task, labels: readonly string[], counts: readonly number[]): string | null;
  train(context: NetContext): Promise<TrainedNet>;
}
