/** What a method of learning is: it prepares its features once, is measured on held-out folds, then fits all pictures. */
import type { Task } from "@sightline/dataset/dataset";
import type { Graph } from "@sightline/nn/graph";
import type { PictureSet } from "./pictures.js";
import type { Calibration } from "./threshold.js";

export interface TrainingContext {
  readonly pictures: PictureSet;
  readonly task: Task;
  /** The answers: `normal` and `anomaly`, or the classes. */
  readonly labels: readonly string[];
  /** Each picture's place in `labels`. */
  readonly truths: readonly number[];
  /** The pretrained network, for pictures of any size. */
  readonly backbone: Graph;
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

/** A method with its features computed, ready to be measured and fitted. */
export interface Trainable {
  crossValidate(folds: Folds): Promise<readonly HeldOutOutput[]>;
  /** Fits all pictures with what the folds showed to be best, and bakes the calibration into the network. */
  finish(calibration: Calibration): Promise<Graph>;
  dispose(): Promise<void>;
}

export interface Method {
  /** For people. */
  readonly title: string;
  /** The size its network takes, in pixels. */
  readonly input: { readonly width: number; readonly height: number };
  /** Why it can't learn from so many pictures per answer, or `null` when it can. */
  unsuitable(task: Task, labels: readonly string[], counts: readonly number[]): string | null;
  prepare(context: TrainingContext): Promise<Trainable>;
}
