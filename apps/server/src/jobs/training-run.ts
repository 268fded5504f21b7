/** One training in a child process: started, listened to, stopped, killed. A crash or a memory leak there never touches the service. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { errors, ServerError } from "../errors.js";
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

/** Why a process ended without a word; the cause of the error for people. */
class ProcessDeath extends Error {
  constructor(
    readonly signal: NodeJS.Signals | null,
    output: string,
  ) {
    super(output);
  }
}

/** Whether the training's process was killed from outside, so that what it did may be gone on with. */
export function wasKilled(error: unknown): boolean {
  return error instanceof ServerError && error.cause instanceof ProcessDeath && error.cause.signal === "SIGKILL";
}

const TRAIN_PROCESS = fileURLToPath(new URL("./train-process.js", import.meta.url));
/** The last lines that a process wrote before it died say more than its exit code. */
const KEPT_OUTPUT_CHARACTERS = 4000;

export function runTraining(order: TrainingOrder, options: TrainingRunOptions): TrainingRun {
  const child = fork(options.program ?? TRAIN_PROCESS, [], {
    // Not the service's own flags (a debugger's port, a test runner's): only what the training needs.
    execArgv: [`--max-old-space-size=${options.maxHeapMegabytes}`],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "advanced",
  });
  return {
    done: follow(child, order, options),
    stop(keep) {
      // A process that is just ending reports its own end.
      if (child.connected) child.send({ kind: "stop", keep } satisfies StopOrder, () => {});
    },
  };
}

async function follow(child: ChildProcess, order: TrainingOrder, { signal, ...listener }: TrainingRunOptions) {
  let output = "";
  const keep = (text: Buffer): void => {
    output = (output + text.toString("utf8")).slice(-KEPT_OUTPUT_CHARACTERS);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  // SIGKILL: a thread deep in a matrix product hears nothing else, and there is nothing to clean up that we don't clean up ourselves.
  const kill = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();

  try {
    return await new Promise<TrainingEnd>((resolve, reject) => {
      let report: Extract<TrainingReport, { kind: "done" | "stopped" | "failed" }> | undefined;
      child.on("message", (message: TrainingReport) => {
        if (message.kind === "progress") listener.onProgress(message);
        else if (message.kind === "epoch") listener.onEpoch(message);
        else report = message;
      });
      child.on("error", (cause) => reject(errors.trainingFailed({ problem: cause.message }, { cause })));
      // "close" comes after the last message and the last output.
      child.on("close", (code, killedBy) => {
        if (signal.aborted) reject(signal.reason);
        else if (report?.kind === "failed") reject(asError(report));
        else if (report !== undefined) resolve(report);
        else {
          const cause = new ProcessDeath(killedBy, output);
          reject(errors.trainingFailed({ problem: deathOf(code, killedBy, output) }, { cause }));
        }
      });
      child.send(order, (problem) => {
        // A process that died before it could read is reported by "close".
        if (problem !== null && child.exitCode === null && child.signalCode === null) kill();
      });
    });
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

function asError(report: Extract<TrainingReport, { kind: "failed" }>): ServerError {
  if (report.isBug) return errors.trainingFailed({ problem: report.message });
  // The training's own code and words already say what is wrong with the pictures and what to do.
  return new ServerError(report.code, 422, report.message);
}

function deathOf(code: number | null, signal: NodeJS.Signals | null, output: string): string {
  if (/heap out of memory|Allocation failed/i.test(output)) {
    return "its process ran out of memory. Train with fewer or smaller pictures.";
  }
  if (signal === "SIGKILL") {
    return "its process was killed, most likely because the machine ran out of memory. Free memory or train with fewer pictures.";
  }
  const lastLine = output.trim().split("\n").at(-1) ?? "";
  return `its process ended ${signal === null ? `with code ${code}` : `by ${signal}`}${lastLine === "" ? "" : ` (${lastLine})`}. Start it again.`;
}
