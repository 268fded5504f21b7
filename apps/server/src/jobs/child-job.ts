/** One piece of work in a child process: started, listened to, killed. A crash or a memory leak there never touches the service. */
import { type ChildProcess, fork } from "node:child_process";
import { ServerError } from "../errors.js";

export interface ChildJobOptions<Report, End> {
  /** Kills the process; `done` then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Limits the process's JavaScript memory; tensors live outside it. */
  readonly maxHeapMegabytes: number;
  /** @returns the end that the report tells of; `undefined` while it goes on. What it throws is how the work failed. */
  onReport(report: Report): End | undefined;
  /** Makes the error for people of a process that ended without a word. */
  failed(problem: string, cause: unknown): ServerError;
  /** What people can do when there was too little memory. */
  readonly lessMemory: string;
}

export interface ChildJob<End> {
  /** Rejects with a ServerError for people (`wasKilled` tells a killed process), or with the signal's reason. */
  readonly done: Promise<End>;
  /** Says one more thing to the process; one that is just ending does not hear it. */
  send(message: object): void;
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

/** Whether a job's process was killed from outside, so that what it did may be gone on with. */
export function wasKilled(error: unknown): boolean {
  return error instanceof ServerError && error.cause instanceof ProcessDeath && error.cause.signal === "SIGKILL";
}

/** The last lines that a process wrote before it died say more than its exit code. */
const KEPT_OUTPUT_CHARACTERS = 4000;

/** Starts a program with an order, its first message. */
export function startChildJob<Order extends object, Report, End>(
  program: string,
  order: Order,
  options: ChildJobOptions<Report, End>,
): ChildJob<End> {
  const child = fork(program, [], {
    // Not the service's own flags (a debugger's port, a test runner's): only what the work needs.
    execArgv: [`--max-old-space-size=${options.maxHeapMegabytes}`],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "advanced",
  });
  return {
    done: follow(child, order, options),
    send(message) {
      if (child.connected) child.send(message, () => {});
    },
  };
}

async function follow<Report, End>(
  child: ChildProcess,
  order: object,
  { signal, ...options }: ChildJobOptions<Report, End>,
): Promise<End> {
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
    return await new Promise<End>((resolve, reject) => {
      let ended: (() => void) | undefined;
      child.on("message", (message: Report) => {
        try {
          const end = options.onReport(message);
          if (end !== undefined) ended = () => resolve(end);
        } catch (error) {
          ended = () => reject(error);
        }
      });
      child.on("error", (cause) => reject(options.failed(cause.message, cause)));
      // "close" comes after the last message and the last output.
      child.on("close", (code, killedBy) => {
        if (signal.aborted) reject(signal.reason);
        else if (ended !== undefined) ended();
        else {
          const problem = deathOf(code, killedBy, output, options.lessMemory);
          reject(options.failed(problem, new ProcessDeath(killedBy, output)));
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

function deathOf(code: number | null, signal: NodeJS.Signals | null, output: string, lessMemory: string): string {
  if (/heap out of memory|Allocation failed/i.test(output)) return `its process ran out of memory. ${lessMemory}`;
  if (signal === "SIGKILL") {
    return `its process was killed, most likely because the machine ran out of memory. Free memory, or: ${lessMemory}`;
  }
  const lastLine = output.trim().split("\n").at(-1) ?? "";
  return `its process ended ${signal === null ? `with code ${code}` : `by ${signal}`}${lastLine === "" ? "" : ` (${lastLine})`}. Start it again.`;
}
