/** Runs a training in a process of its own and passes on what it says. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Progress } from "@sightline/models/train";
import { CliError } from "./cli-error.js";
import type { FromTraining, ToTraining, TrainingDone, TrainingOrder } from "./training-order.js";

const program = fileURLToPath(new URL("./training-child.js", import.meta.url));

/**
 * @param signal aborted: the training saves a checkpoint, if it is one by epochs, and ends
 * @throws the training's error with its code; CliError `CANCELLED`, `TRAINING_PROCESS_DIED`
 */
export async function trainInProcess(
  order: TrainingOrder,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<TrainingDone> {
  signal.throwIfAborted();
  const child = fork(program, { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const say = (message: ToTraining): void => void child.send(message);
  const onStop = (): void => {
    if (child.connected) say({ kind: "stop" });
  };
  signal.addEventListener("abort", onStop);
  let runId: string | null = order.resume;
  try {
    return await new Promise<TrainingDone>((resolve, reject) => {
      child.on("message", (message: FromTraining) => {
        if (message.kind === "progress") onProgress(message);
        else if (message.kind === "run") runId = message.id;
        else if (message.kind === "done") resolve(message);
        else reject(signal.aborted ? cancelled(message, order) : failed(message, order));
      });
      child.once("error", reject);
      child.once("exit", (code, endedBy) => reject(died(code, endedBy, runId, order)));
      say({ kind: "train", order });
    });
  } finally {
    signal.removeEventListener("abort", onStop);
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  }
}

type Failure = Extract<FromTraining, { kind: "failed" }>;

function cancelled({ runId, isResumable }: Failure, order: TrainingOrder): CliError {
  if (runId === null) return new CliError("CANCELLED", "Cancelled.");
  return new CliError(
    "CANCELLED",
    isResumable
      ? `Stopped with a checkpoint. Go on with: ${resumeCommand(runId, order)}`
      : `Stopped; the run "${runId}" has no checkpoint to go on from.`,
  );
}

/** What of this command helps against an error of the libraries, which know no flags. */
const remedies: Readonly<Record<string, string>> = {
  TRAINING_OUT_OF_MEMORY: " Allow more with --max-memory; --batch sets the batch.",
};

/** The error as it was there; what it says of going on is added. */
function failed({ code, message, stack, runId, isResumable }: Failure, order: TrainingOrder): Error {
  const resume = isResumable && runId !== null ? resumeCommand(runId, order) : null;
  // Going on would come to the same step; the best state before it can be had.
  const next =
    resume === null
      ? ""
      : code === "TRAINING_DIVERGED"
        ? ` Make a model of it with: ${resume} --finish`
        : ` Go on with: ${resume}`;
  const error = new Error(`${message}${code === null ? "" : (remedies[code] ?? "")}${next}`);
  if (stack !== undefined) error.stack = stack;
  return code === null ? error : Object.assign(error, { code });
}

function died(code: number | null, endedBy: string | null, runId: string | null, order: TrainingOrder): CliError {
  const how = endedBy === null ? `ended with code ${code}` : `was ended by ${endedBy}`;
  const why = endedBy === "SIGKILL" ? ", as the system does when memory runs out" : "";
  const next =
    runId === null ? "Free memory and try again." : `Free memory, then go on with: ${resumeCommand(runId, order)}`;
  return new CliError("TRAINING_PROCESS_DIED", `The training process ${how}${why}. ${next}`);
}

function resumeCommand(runId: string, { runs }: TrainingOrder): string {
  return `sightline train --resume ${runId} --runs ${quoted(runs)}`;
}

function quoted(path: string): string {
  return /^[\w./:-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
