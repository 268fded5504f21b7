/** DuckDB in a process of its own: a crash, a leak or a statement without end never touches the service. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { DuckDbAnswer, DuckDbOrder, OpenOrder, Refusal, SqlValue, Table } from "./duckdb-messages.js";

export interface Statement {
  readonly sql: string;
  readonly values?: readonly SqlValue[];
}

export interface RunLimits {
  readonly timeoutMs: number;
  /** Default: 1. */
  readonly maxRows?: number;
  /** Of the answer as JSON; default: 8 MB. */
  readonly maxBytes?: number;
}

export interface DuckDb {
  /** Statements run one after the other. @throws DuckDbRefusal */
  run(statement: Statement, limits: RunLimits): Promise<Table>;
  close(): Promise<void>;
}

/** A statement that gave no table. */
export class DuckDbRefusal extends Error {
  override readonly name = "DuckDbRefusal";
  constructor(
    readonly why: Refusal,
    message: string,
  ) {
    super(message);
  }
}

export interface DuckDbOptions extends Omit<OpenOrder, "kind"> {
  /** An unused process ends after so long and starts again when it is needed. */
  readonly idleMs: number;
  /** After an interrupt that is not heard, the process is killed. */
  readonly graceMs?: number;
  /** Another program in its place, for tests. */
  readonly program?: string;
}

const PROGRAM = fileURLToPath(new URL("./duckdb-process.js", import.meta.url));
const maxHeapMegabytes = 256;
/** A process that has not even opened its database by then never will. */
const openTimeoutMs = 60_000;
const keptOutputCharacters = 2000;

interface Running {
  readonly child: ChildProcess;
  readonly waiting: Map<number, (answer: Answer) => void>;
  /** The database is open, or the process has ended. */
  readonly opened: Promise<void>;
  readonly ended: Promise<void>;
}

type Answer = Exclude<DuckDbAnswer, { readonly kind: "opened" }>;

export function openDuckDb(options: DuckDbOptions): DuckDb {
  const { idleMs, graceMs = 1000, program = PROGRAM, ...order } = options;
  let running: Running | undefined;
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  function start(): Running {
    const child = fork(program, [], {
      // Not the service's own flags, and none of its environment: a statement must find no secret there.
      execArgv: [`--max-old-space-size=${maxHeapMegabytes}`],
      env: { PATH: process.env.PATH, TZ: "UTC" },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      serialization: "advanced",
    });
    const waiting = new Map<number, (answer: Answer) => void>();
    let output = "";
    const keep = (text: Buffer) => {
      output = (output + text.toString("utf8")).slice(-keptOutputCharacters);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const tooLate = setTimeout(() => child.kill("SIGKILL"), openTimeoutMs);
    const open = new Promise<void>((resolve) => {
      child.on("message", (answer: DuckDbAnswer) => {
        if (answer.kind === "opened") resolve();
        else waiting.get(answer.id)?.(answer);
      });
    });
    const ended = new Promise<void>((resolve) => {
      const end = (why: string) => {
        if (running?.child === child) running = undefined;
        const message = output.trim() === "" ? why : `${why}: ${output.trim().split("\n").at(-1)}`;
        for (const [id, answer] of waiting) answer({ kind: "refused", id, why: "crashed", message });
        resolve();
      };
      child.once("error", (error) => end(error.message));
      child.once("close", (code, signal) => end(`its process ended with ${signal ?? code}`));
    });
    send(child, { kind: "open", ...order });
    const opened = Promise.race([open, ended]).finally(() => clearTimeout(tooLate));
    return { child, waiting, opened, ended };
  }

  /** A process that died before it could read is told by its end. */
  function send(child: ChildProcess, order: DuckDbOrder): void {
    if (child.connected) child.send(order, () => {});
  }

  async function ask({ sql, values = [] }: Statement, limits: RunLimits): Promise<Table> {
    clearTimeout(idle);
    running ??= start();
    const { child, waiting, opened } = running;
    const { timeoutMs, maxRows = 1, maxBytes = 8_000_000 } = limits;
    const id = ++lastId;
    await opened;
    let killing: NodeJS.Timeout | undefined;
    let isLate = false;
    const patience = setTimeout(() => {
      isLate = true;
      send(child, { kind: "interrupt" });
      killing = setTimeout(() => child.kill("SIGKILL"), graceMs);
    }, timeoutMs);
    try {
      const answer = await new Promise<Answer>((resolve) => {
        waiting.set(id, resolve);
        if (!child.connected) resolve({ kind: "refused", id, why: "crashed", message: "its process ended early" });
        send(child, { kind: "run", id, sql, values, maxRows, maxBytes });
      });
      if (answer.kind === "table") return answer.table;
      throw new DuckDbRefusal(isLate ? "interrupted" : answer.why, answer.message);
    } finally {
      clearTimeout(patience);
      clearTimeout(killing);
      waiting.delete(id);
      idle = setTimeout(() => void stop(), idleMs);
      idle.unref();
    }
  }

  async function stop(): Promise<void> {
    const stopping = running;
    running = undefined;
    stopping?.child.kill("SIGKILL");
    await stopping?.ended;
  }

  return {
    run(statement, limits) {
      const asked = turn.then(() => {
        if (isClosed) throw new DuckDbRefusal("crashed", "the service is closing");
        return ask(statement, limits);
      });
      turn = asked.catch(() => {});
      return asked;
    },
    async close() {
      isClosed = true;
      clearTimeout(idle);
      // What runs is cut off: files being written have no record yet and count for nothing.
      await stop();
      await turn;
    },
  };
}
