/** What a verb is: a file that declares a command and does its work with what it gets from outside. */
import type { Command } from "commander";
import type { Outcome } from "./outcome.js";
import type { ErrorStream, Progress } from "./progress.js";

/** What a verb gets from outside, so that tests can give it something else. */
export interface Surroundings {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: ErrorStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface Context extends Surroundings {
  /** A line for people on stderr, above any bar. */
  note(line: string): void;
  readonly progress: Progress;
  /** `--json` was given, wherever among the words. */
  readonly wantsJson: boolean;
}

/** A verb's own file: declares arguments and flags on the command, and what it does by `act`. */
export interface Verb {
  register(command: Command, act: Act): void | Promise<void>;
}

/** Turns a verb's work into a commander action: positional arguments come first, then the flags. */
export type Act = <Arguments extends unknown[]>(
  work: (context: Context, ...args: Arguments) => Promise<Outcome>,
) => (...args: Arguments) => Promise<void>;

/** Adds the flag that every verb has. */
export function withJson(command: Command): Command {
  return command.option("--json", "print one line of JSON on stdout");
}
