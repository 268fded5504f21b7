/** One training in a child process: started, listened to, stopped, killed. */
import { fileURLToPath } from "node:url";
import { errors, ServerError } from "../errors.js";
import { startChildJob } from "./child-job.js";
import type { Keep, StopOrder, TrainingOrder, TrainingReport } from "./training-messages.js";

export type TrainingEnd =
  /** The model file is there. */
  | { readonly kind: "done"; readonly skipped: readonly { readonly name: string; readonly reason: string }[] }
  /** Its checkpoint is there. */
  | { readonly kind: "stopped" };

export interface TrainingRun {
  /** Rejects with a ServerError for people (`diedOf` tells a killed process), or with the signal's reason. */
  readonly done: Promise<TrainingEnd>;
  /** Asks the process to end and keep this; it answers by `done`. */
  stop(keep: Keep): void;
}

/** What happens while it trains. */
export interface TrainingListener {
  onProgress(report: Extract<TrainingReport, { kind: "progress" }>): void;
  onEpoch(report: Extract<TrainingReport, { kind: "epoch" }>): void;
}

export interface TrainingRunOptions extends TrainingListener {
  readonly signal: AbortSignal;
  /** Limits the process's JavaScript memory; tensors live outside it. */
  readonly maxHeapMegabytes: number;
  /** Another program in its place, for tests. */
  readonly program?: string;
}

const TRAIN_PROCESS = fileURLToPath(new URL("./train-process.js", import.meta.url));

export function runTraining(order: TrainingOrder, options: TrainingRunOptions): TrainingRun {
  const child = startChildJob<TrainingOrder, TrainingReport, TrainingEnd>(options.program ?? TRAIN_PROCESS, order, {
    signal: options.signal,
    maxHeapMegabytes: options.maxHeapMegabytes,
    failed: (problem, cause) => errors.trainingFailed({ problem }, { cause }),
    lessMemory: "Train with fewer or smaller pictures.",
    onReport(report) {
      if (report.kind === "progress") options.onProgress(report);
      else if (report.kind === "epoch") options.onEpoch(report);
      else if (report.kind === "failed") throw asError(report);
      else return report;
      return undefined;
    },
  });
  return {
    done: child.done,
    stop: (keep) => child.send({ kind: "stop", keep } satisfies StopOrder),
  };
}

function asError(report: Extract<TrainingReport, { kind: "failed" }>): ServerError {
  if (report.isBug) return errors.trainingFailed({ problem: report.message });
  // The training's own code and words already say what is wrong with the pictures and what to do.
  return new ServerError(report.code, 422, report.message);
}
