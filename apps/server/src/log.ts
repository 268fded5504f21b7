/** The server's log: JSON lines for machines, plain lines for a person at a terminal. */
import { type Logger, pino, stdTimeFunctions } from "pino";

/** The part of a pino logger that the server's own parts write to. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing: for tests and for programs that start the server inside themselves. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Logs to stderr. On a terminal each entry is one readable line; anywhere else it stays JSON, for whatever collects it. */
export function openLog(level: string, stream: NodeJS.WriteStream = process.stderr): Logger {
  if (!stream.isTTY) return pino({ level }, pino.destination({ dest: 2, sync: false }));
  const terminal = { write: (line: string) => void stream.write(readableLine(line)) };
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, terminal);
}

const levelNames = new Map(Object.entries(pino.levels.labels));

/** @param line one JSON entry of pino's, with its time in ISO 8601. */
export function readableLine(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = [String(time).slice(11, 19), (levelNames.get(String(level)) ?? "").padEnd(5), String(msg ?? "")];
  for (const [name, value] of Object.entries(fields))
    words.push(`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const stack = (err as { stack?: unknown } | undefined)?.stack;
  return `${words.join(" ")}\n${typeof stack === "string" ? `${stack}\n` : ""}`;
}
