/** Where a training is: everything of a checkpoint but the vectors. Plain JSON, through which numbers go unchanged. */

import type { Target } from "../lowering.js";
import type { Fingerprint } from "./fingerprint.js";

/** One point of the learning curve. */
export interface EpochPoint {
  /** Counted from 1. */
  readonly epoch: number;
  readonly loss: number;
  readonly metric: number | null;
  readonly learningRate: number;
  readonly picturesPerSecond: number;
  /** Share of the time in which the step waited for its batch. */
  readonly waitedShare: number;
  readonly elapsedSeconds: number;
}

export type StopReason =
  /** All epochs made. */
  | "finished"
  /** No better metric for `patience` epochs. */
  | "patience"
  | "budget"
  /** By the abort signal. */
  | "cancelled";

export interface Position {
  readonly fingerprint: Fingerprint;
  readonly target: Target;
  /** Epochs done. */
  epoch: number;
  /** Batches done of the epoch under way. */
  batch: number;
  /** Steps done in all. */
  step: number;
  /** Epochs planned. */
  epochs: number;
  readonly elapsedMs: number;
  /** Of the epoch under way. */
  lossSum: number;
  epochMs: number;
  waitedMs: number;
  /** Of the last epoch judged. */
  metric: number | null;
  best: { readonly epoch: number; readonly metric: number } | null;
  readonly history: EpochPoint[];
  stopped: StopReason | null;
}

export function firstPosition(fingerprint: Fingerprint, target: Target, epochs: number): Position {
  return {
    fingerprint,
    target,
    epoch: 0,
    batch: 0,
    step: 0,
    epochs,
    elapsedMs: 0,
    lossSum: 0,
    epochMs: 0,
    waitedMs: 0,
    metric: null,
    best: null,
    history: [],
    stopped: null,
  };
}
