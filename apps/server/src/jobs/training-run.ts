/** One training in a child process: started, listened to, killed. A crash or a memory leak there never touches the service. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { errors, ServerError } from "../errors.js";
import type { TrainingOrder, TrainingReport } from "./training-messages.js";

export interface TrainingRun {
  /** Resolves when the model file is there; rejects with a ServerError for people, or with the signal's reason. */
  readonly done: Promise<{ readonly skipped: readonly { readonly name: string; readonly reason: string }[] }>;
}

export interface TrainingRunOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: number, step: string) => void;
  /** Limits the process's JavaScript memory; tensors live outside it. */
  readonly maxHeapMegabytes: number;
  /** Another program in its place, for tests. */
  readonly program?: string;
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
  return { done: follow(child, order, options) };
}

async function follow(child: ChildProcess, order: TrainingOrder, { signal, onProgress }: TrainingRunOptions) {
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
    return await new Promise<Awaited<TrainingRun["done"]>>((resolve, reject) => {
      let report: Extract<TrainingReport, { kind: "done" | "failed" }> | undefined;
      child.on("message", (message: TrainingReport) => {
        if (message.kind === "progress") onProgress(message.progress, message.step);
        else report = message;
      });
      child.on("error", (cause) => reject(errors.trainingFailed({ problem: cause.message }, { cause })));
      // "close" comes after the last message and the last output.
      child.on("close", (code, killedBy) => {
        if (signal.aborted) reject(signal.reason);
        else if (report?.kind === "done") resolve({ skipped: report.skipped });
        else if (report?.kind === "failed") reject(asError(report));
        else reject(errors.trainingFailed({ problem: deathOf(code, killedBy, output) }, { cause: new Error(output) }));
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
