/** Writes docs/reference/cli.md from the commands themselves: run `node apps/cli/dist/docs.js` after a build. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Argument, Command, Option } from "commander";
import { buildProgram, verbs } from "./program.js";

export const referenceFile = fileURLToPath(new URL("../../../docs/reference/cli.md", import.meta.url));

/** The whole page. */
export async function cliReference(): Promise<string> {
  const program = await buildProgram("", Object.keys(verbs), () => async () => {});
  const commands = program.commands.flatMap((verb) => (verb.commands.length === 0 ? [verb] : [...verb.commands]));
  return [
    "<!-- Written by apps/cli/src/docs.ts from the commands. Do not edit. -->",
    "",
    "# Command line",
    "",
    "In the repository: `npx --no-install sightline VERB`. Results go to stdout, progress and notes to stderr. With `--json`",
    'stdout holds exactly one line, also on failure: `{"error":{"code","message"}}`. Exit codes: 0 done, 1 failed, 2 wrong usage.',
    "",
    "| verb | what it does |",
    "|---|---|",
    ...commands.map((command) => `| [\`${nameOf(command)}\`](#${anchorOf(command)}) | ${firstSentence(command)} |`),
    "",
    ...commands.flatMap(section),
  ].join("\n");
}

function section(command: Command): string[] {
  const help = command.createHelp();
  const values = help.visibleArguments(command);
  const flags = help.visibleOptions(command).filter((option) => option.long !== "--help");
  return [
    `## ${nameOf(command)}`,
    "",
    command.description(),
    "",
    "```",
    `sightline ${nameOf(command)} ${command.usage()}`,
    "```",
    "",
    "| argument or flag | meaning |",
    "|---|---|",
    ...values.map((value) => `| \`${cell(value.name())}\` | ${meaning(value, help.argumentDescription(value))} |`),
    ...flags.map((flag) => `| \`${cell(flag.flags)}\` | ${meaning(flag, help.optionDescription(flag))} |`),
    "",
  ];
}

function meaning(of: Argument | Option, described: string): string {
  const text = cell(described);
  return "mandatory" in of && of.mandatory && of.defaultValue === undefined ? `${text} (needed)` : text;
}

function nameOf(command: Command): string {
  const parent = command.parent;
  return parent?.parent ? `${parent.name()} ${command.name()}` : command.name();
}

function anchorOf(command: Command): string {
  return nameOf(command).replaceAll(" ", "-");
}

function firstSentence(command: Command): string {
  return cell(command.description().split(/(?<=\.)\s/)[0] ?? "");
}

/** `|` and `<` mean something else in a Markdown table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(referenceFile, await cliReference());
  process.stdout.write(`wrote ${referenceFile}\n`);
}
