/** Where settings come from, the later winning: sightline.json in the data folder, SIGHTLINE_* variables, command-line flags. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Config, type ConfigField, configFields, parseConfig } from "./config.js";
import { errors } from "./errors.js";
import { nearest } from "./nearest.js";

export const configFileName = "sightline.json";

type Tree = Record<string, unknown>;

/** Puts `value` at a path such as `retention.days`. */
function put(tree: Tree, path: string, value: unknown): void {
  const [first, ...rest] = path.split(".");
  if (first === undefined) return;
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  const below = tree[first];
  const child: Tree = typeof below === "object" && below !== null && !Array.isArray(below) ? (below as Tree) : {};
  tree[first] = child;
  put(child, rest.join("."), value);
}

/** Settings of the file; none when there is no file. */
function readFile(file: string): Tree {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // A data folder that can't be is refused where it is made, with its own words.
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw errors.configInvalid({ problems: [`${file} can't be read: ${String(error)}`] }, { cause: error });
  }
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw errors.configInvalid({ problems: [`${file} is not JSON: ${problem}`] }, { cause: error });
  }
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) {
    throw errors.configInvalid({ problems: [`${file} must hold a JSON object, such as {"port": 8080}.`] });
  }
  return tree as Tree;
}

/** Variables that other parts of the product read, so not settings of the server. */
const foreignVariables = new Set(["SIGHTLINE_BACKBONE", "SIGHTLINE_URL", "SIGHTLINE_TOKEN", "SIGHTLINE_SERVER"]);

function readEnvironment(env: Readonly<Record<string, string | undefined>>): [ConfigField, string][] {
  const found: [ConfigField, string][] = [];
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("SIGHTLINE_") || value === undefined || foreignVariables.has(name)) continue;
    const field = configFields.find((candidate) => candidate.variable === name);
    if (field !== undefined) found.push([field, value]);
    else unknown.push(name);
  }
  if (unknown.length > 0) {
    const known = configFields.map((field) => field.variable);
    const problems = unknown.map(
      (name) => `Environment variable ${name} is not known. Did you mean ${nearest(name, known) ?? "another"}?`,
    );
    throw errors.configInvalid({ problems });
  }
  return found;
}

export interface CommandLine {
  readonly settings: readonly (readonly [ConfigField, string | boolean])[];
  readonly wantsHelp: boolean;
}

/** @throws ServerError CONFIG_INVALID; an unknown flag names the nearest known one. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const fields = new Map(configFields.map((field) => [field.flag, field]));
  const options = Object.fromEntries([
    ...configFields.map((field) => [field.flag, { type: field.isSwitch ? "boolean" : "string" }] as const),
    ["help", { type: "boolean" }] as const,
  ]);
  const problems: string[] = [];
  const settings: [ConfigField, string | boolean][] = [];
  let wantsHelp = false;
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional")
      problems.push(`"${token.value}" is not expected here. Settings are written --name value.`);
    if (token.kind !== "option") continue;
    const field = fields.get(token.name);
    if (token.name === "help") wantsHelp = true;
    else if (field === undefined) {
      const guess = nearest(token.name, [...fields.keys(), "help"]);
      problems.push(`Flag ${token.rawName} is not known. Did you mean --${guess}?`);
      // What follows an unknown flag is most likely its value.
      break;
    } else if (field.isSwitch) settings.push([field, token.value ?? true]);
    else if (token.value === undefined || (!token.inlineValue && token.value.startsWith("--"))) {
      problems.push(`Flag --${field.flag} needs a value: ${field.description}.`);
    } else settings.push([field, token.value]);
  }
  if (problems.length > 0 && !wantsHelp) throw errors.configInvalid({ problems });
  return { settings, wantsHelp };
}

/**
 * Reads all sources and checks what they make together.
 * @param defaultDataFolder used when no source names one.
 * @throws ServerError CONFIG_INVALID
 */
export function loadConfig(sources: {
  commandLine: CommandLine;
  env: Readonly<Record<string, string | undefined>>;
  defaultDataFolder: string;
}): Config {
  const variables = readEnvironment(sources.env);
  const chosen = [...variables, ...sources.commandLine.settings]
    .filter(([field]) => field.path === "dataFolder")
    .at(-1)?.[1];
  const dataFolder = typeof chosen === "string" ? chosen : sources.defaultDataFolder;
  const file = join(dataFolder, configFileName);
  const tree: Tree = readFile(file);
  if ("dataFolder" in tree) {
    throw errors.configInvalid({
      problems: [`${file} lies in the data folder, so it can't name another one: remove "dataFolder".`],
    });
  }
  // The file is checked by itself first, so that a message names the right source.
  parseConfig({ ...tree, dataFolder }, ` in ${file}`);
  for (const [field, value] of [...variables, ...sources.commandLine.settings]) put(tree, field.path, value);
  return parseConfig({ ...tree, dataFolder });
}

/** The flags with their meaning, as `--help` prints them. */
export function flagHelp(): string {
  const width = Math.max(...configFields.map((field) => field.flag.length)) + 2;
  const lines = configFields.map((field) => {
    const unit = field.unit === null ? "" : ` (${field.unit})`;
    const isEmpty = field.default === null || (Array.isArray(field.default) && field.default.length === 0);
    const standard = isEmpty ? "" : `; default ${String(field.default)}`;
    return `  --${field.flag.padEnd(width)}${field.description}${unit}${standard}`;
  });
  return [...lines, `  --${"help".padEnd(width)}Print this`].join("\n");
}
