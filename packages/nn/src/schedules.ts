/** Learning rates over a training, as functions of how far it is. */

export type ScheduleOptions = ConstantSchedule | CosineSchedule | OneCycleSchedule;

interface WarmUp {
  /** The greatest rate that it reaches. */
  readonly learningRate: number;
  /** Share of the training over which the rate climbs linearly from 0. Default 0; 0.05 steadies fresh batch norms. */
  readonly warmUp?: number;
}

export interface ConstantSchedule extends WarmUp {
  readonly kind: "constant";
}

/** Falls along half a cosine (Loshchilov and Hutter 2017). */
export interface CosineSchedule extends WarmUp {
  readonly kind: "cosine";
  /** What it ends at, as a share of `learningRate`. Default 0.01. */
  readonly final?: number;
  /** A second fall from a lower rate behind the first (warm restart): from which share of the training on, and from where. */
  readonly again?: { readonly from: number; readonly learningRate: number };
}

/** Climbs along half a cosine, then falls along another (Smith and Topin 2018). */
export interface OneCycleSchedule {
  readonly kind: "oneCycle";
  readonly learningRate: number;
  /** Where the top is. Default 0.3. */
  readonly top?: number;
  /** What it starts with, as a share of `learningRate`. Default 0.04. */
  readonly initial?: number;
  /** Default 0.0001. */
  readonly final?: number;
}

/**
 * @param progress How far the training is: 0 at the first step, 1 after the last one.
 */
export function learningRateAt(schedule: ScheduleOptions, progress: number): number {
  const at = Math.min(1, Math.max(0, progress));
  const { learningRate } = schedule;
  if (schedule.kind === "oneCycle") {
    const { top = 0.3, initial = 0.04, final = 0.0001 } = schedule;
    return learningRate * (at < top ? between(initial, 1, at / top) : between(1, final, (at - top) / (1 - top)));
  }
  const { warmUp = 0 } = schedule;
  if (at < warmUp) return (learningRate * at) / warmUp;
  if (schedule.kind === "constant") return learningRate;
  const { final = 0.01, again } = schedule;
  if (again && at >= again.from) return again.learningRate * between(1, final, (at - again.from) / (1 - again.from));
  return learningRate * between(1, final, (at - warmUp) / ((again?.from ?? 1) - warmUp));
}

/** From `start` to `end` along half a cosine. */
function between(start: number, end: number, share: number): number {
  return end + ((start - end) * (1 + Math.cos(Math.PI * Math.min(1, share)))) / 2;
}
