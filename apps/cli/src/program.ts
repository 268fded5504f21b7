/** The command line: finds the verb, loads only its file, runs it, prints its outcome once and chooses the exit code. */
import { Command, CommanderError, Option } from "commander";
import { CliError, type Problem, problemOf } from "./cli-error.js";
import type { Outcome } from "./outcome.js";
import { openProgress } from "./progress.js";
import type { Act, Context, Surroundings, Verb } from "./verb.js";

interface Row {
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}

/** One row a verb: summary here, everything else in its file. */
export const verbs: Readonly<Record<string, Row>> = {
  train: { summary: "Train a model from a folder of pictures", load: () => import("./verbs/train.js") },
  evaluate: { summary: "Measure a model on the test part of a dataset", load: () => import("./verbs/evaluate.js") },
  latency: { summary: "Time a model on this machine, stage by stage", load: () => import("./verbs/latency.js") },
  runs: { summary: "List the trainings of this folder", load: () => import("./verbs/runs.js") },
  search: { summary: "Find small networks that are worth their cost", load: () => import("./verbs/search.js") },
  prune: { summary: "Make a finished model smaller and faster", load: () => import("./verbs/prune.js") },
  compare: { summary: "Compare runs or model files", load: () => import("./verbs/compare.js") },
  backbone: {
    summary: "Add, list and remove pretrained networks to train from",
    load: () => import("./verbs/backbone.js"),
  },
  predict: { summary: "Ask a model about a picture or a folder", load: () => import("./verbs/predict.js") },
  explain: { summary: "Tell why a model answered as it did", load: () => import("./verbs/explain.js") },
  serve: { summary: "Run the server", load: () => import("./verbs/serve.js") },
  doctor: { summary: "Check this machine and say what to fix", load: () => import("./verbs/doctor.js") },
  upload: { summary: "Send the pictures of a folder to a server", load: () => import("./verbs/upload.js") },
  project: { summary: "Create, list, fill and delete projects of a server", load: () => import("./verbs/project.js") },
  import: { summary: "Bring what another service left behind", load: () => import("./verbs/import.js") },
  camera: { summary: "Add and list cameras of a server", load: () => import("./verbs/camera.js") },
  model: {
    summary: "Add, list, start and stop models of a server; a file's card",
    load: () => import("./verbs/model.js"),
  },
  token: { summary: "Create, list and revoke tokens of a server", load: () => import("./verbs/token.js") },
  "access-key": {
    summary: "Create, list and revoke access keys of the Lookout for Vision API",
    load: () => import("./verbs/access-key.js"),
  },
  user: { summary: "Make sign-in links for people", load: () => import("./verbs/user.js") },
};

/** The program with the named verbs loaded; the others know only their name and summary. */
export async function buildProgram(version: string, load: readonly string[], act: Act): Promise<Command> {
  const program = new Command("sightline")
    .description("Turns cameras into decisions: trains, checks, runs and serves inspection models.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [verb]", "show the help of a verb")
    .addOption(jsonAnywhere())
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} })
    .addHelpText(
      "after",
      "\nEach verb takes --json (one line on stdout). Exit codes: 0 done, 1 failed, 2 wrong usage.",
    );
  for (const [name, row] of Object.entries(verbs)) {
    const command = program.command(name).summary(row.summary).description(row.summary);
    if (load.includes(name)) await (await row.load()).register(command, act);
    if (command.commands.length > 0) command.addOption(jsonAnywhere());
  }
  return program;
}

/** Where no verb is named yet the flag counts too, so that whatever goes wrong is told as JSON; only verbs show it. */
function jsonAnywhere(): Option {
  return new Option("--json").hideHelp();
}

/** @returns the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function run(args: readonly string[], version: string, surroundings: Surroundings): Promise<number> {
  const wantsJson = args.includes("--json");
  const progress = await openProgress(surroundings.stderr);
  const context: Context = {
    ...surroundings,
    progress,
    wantsJson,
    note(line) {
      progress.end();
      surroundings.stderr.write(`${line}\n`);
    },
  };
  let outcome: Outcome | undefined;
  const act: Act =
    (work) =>
    async (...values) => {
      outcome = await work(context, ...values);
    };

  const [first, second] = args.filter((word) => !word.startsWith("-"));
  const named = first === "help" ? second : first;
  const program = await buildProgram(version, named === undefined ? [] : [named], act);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    progress.end();
    if (error instanceof CommanderError && error.exitCode === 0) {
      const text = error.code === "commander.version" ? `${version}\n` : helpOf(program, args);
      surroundings.stdout.write(wantsJson ? `${JSON.stringify({ text })}\n` : text);
      return 0;
    }
    return fail(error, wantsJson, context, program, args);
  }
  progress.end();
  if (outcome === undefined || outcome.isSaid) return 0;
  if (wantsJson) {
    const { error } = outcome;
    const json = error === undefined ? outcome.json : { ...outcome.json, error: only(error) };
    surroundings.stdout.write(`${JSON.stringify(json)}\n`);
  } else {
    if (outcome.text !== "") surroundings.stdout.write(`${outcome.text}\n`);
    if (outcome.error !== undefined) surroundings.stderr.write(`sightline: ${outcome.error.message}\n`);
  }
  return outcome.error === undefined ? 0 : 1;
}

function only({ code, message }: Problem): Problem {
  return { code, message };
}

function fail(
  error: unknown,
  wantsJson: boolean,
  { stdout, stderr, signal }: Surroundings,
  program: Command,
  args: readonly string[],
): number {
  const isUsage = error instanceof CommanderError || (error instanceof CliError && error.code === "USAGE");
  // A verb that says itself what a stop left behind (a checkpoint to go on from) knows better.
  const isTold = error instanceof CliError && error.code === "CANCELLED";
  const problem =
    signal.aborted && !isTold ? { code: "CANCELLED", message: "Cancelled.", isExpected: true } : problemOf(error);
  const { code, message, isExpected } = isUsage ? usageProblem(error, program, args) : problem;
  if (wantsJson) stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  stderr.write(`sightline: ${message}\n`);
  if (!isExpected && error instanceof Error && error.stack !== undefined) {
    stderr.write(`${error.stack}\nThis is a fault in Sightline. Please report it with the lines above.\n`);
  }
  return isUsage ? 2 : 1;
}

function usageProblem(error: Error, program: Command, args: readonly string[]): Problem & { isExpected: boolean } {
  // Asked for nothing: commander's "error" is then the help text's name, and the help is what helps.
  const isEmpty = error instanceof CommanderError && error.code === "commander.help";
  const what = error.message.replace(/^error: /, "").replace(/\n\((.*)\)$/s, ". $1");
  const message = isEmpty ? `Say what to do.\n\n${helpOf(program, args)}` : `${what}${/[.?!]$/.test(what) ? "" : "."}`;
  const at = commandAt(program, args);
  const path = at === program ? "sightline" : `sightline ${pathOf(at)}`;
  return { code: "USAGE", message: isEmpty ? message : `${message}\nSee: ${path} --help`, isExpected: true };
}

/** The deepest command that the arguments name. */
function commandAt(program: Command, args: readonly string[]): Command {
  let command = program;
  const words = args.filter((word) => !word.startsWith("-"));
  for (const word of words[0] === "help" ? words.slice(1) : words) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    command = next;
  }
  return command;
}

function pathOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(at.name());
  return names.join(" ");
}

function helpOf(program: Command, args: readonly string[]): string {
  return fullHelp(commandAt(program, args));
}

/** A command's help with the texts added before and after it. */
export function fullHelp(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}
