/** `sightline serve`: runs the server in this process until it is told to stop. */
import { type ConfigField, configFields } from "@sightline/server/config";
import { type CommandLine, loadConfig } from "@sightline/server/config-sources";
import { type Command, Option } from "commander";
import { CliError, problemOf } from "../cli-error.js";
import type { Outcome } from "../outcome.js";
import { defaultDataFolder } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description("Run the server until Ctrl-C. Prints its address and a sign-in link once it listens.")
    .addHelpText(
      "after",
      "\nEach setting may also stand in sightline.json in the data folder or in its SIGHTLINE_ variable.",
    );
  for (const field of configFields) command.addOption(flagOf(field));
  command.action(act(serve));
}

function flagOf(field: ConfigField): Option {
  const unit = field.unit === null ? "" : ` (${field.unit})`;
  const isUnset =
    field.default === null || field.isSwitch || (Array.isArray(field.default) && field.default.length === 0);
  const standard = field.path === "dataFolder" ? "data in the repository" : String(field.default);
  const ending = isUnset && field.path !== "dataFolder" ? "" : `; default: ${standard}`;
  // The server's own schema checks the value and fills in the default: what is written here is only said.
  return new Option(`--${field.flag}${field.isSwitch ? "" : " <value>"}`, `${field.description}${unit}${ending}`);
}

async function serve(context: Context, options: Readonly<Record<string, unknown>>): Promise<Outcome> {
  const config = readConfig(options, context);
  const { start } = await import("@sightline/server/start");
  const server = await start(config);
  const { url, signInLink } = server;
  // Said now and not at the end: whoever started the server waits for these two lines.
  context.stdout.write(
    context.wantsJson
      ? `${JSON.stringify({ url, signInLink })}\n`
      : `Sightline runs at ${url}\nSign in (works once): ${signInLink}\n`,
  );
  if (!context.signal.aborted) {
    await new Promise((resolve) => context.signal.addEventListener("abort", resolve, { once: true }));
  }
  await server.close();
  return { text: "", json: {}, isSaid: true };
}

/** @throws CliError `USAGE` for a setting that is wrong, wherever it stands */
function readConfig(options: Readonly<Record<string, unknown>>, { environment }: Context) {
  const settings: CommandLine["settings"][number][] = [];
  for (const field of configFields) {
    const value = options[flagOf(field).attributeName()];
    if (typeof value === "string" || typeof value === "boolean") settings.push([field, value]);
  }
  try {
    return loadConfig({ commandLine: { settings, wantsHelp: false }, env: environment, defaultDataFolder });
  } catch (cause) {
    const { code, message } = problemOf(cause);
    throw code === "CONFIG_INVALID" ? new CliError("USAGE", message, { cause }) : cause;
  }
}
