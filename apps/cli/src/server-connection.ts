/** How the verbs that talk to a server find it and prove who they are. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@sightline/client/client";
import type { Command } from "commander";
import { CliError } from "./cli-error.js";
import type { Context } from "./verb.js";

export interface ConnectionOptions {
  readonly server?: string;
  readonly token?: string;
  readonly data?: string;
}

export const defaultServer = "http://127.0.0.1:8080";

/** Adds the flags of a verb that talks to a server. */
export function withConnection(command: Command): Command {
  return command
    .option("--server <url>", `address of the server (or SIGHTLINE_SERVER; default ${defaultServer})`)
    .option("--token <token>", "token of an admin or operator (or SIGHTLINE_TOKEN)")
    .option("--data <folder>", "on the server's own machine: its data folder, instead of a token (or SIGHTLINE_DATA)");
}

/** @throws CliError `NO_SERVER_TOKEN`, `USAGE` */
export async function connect(options: ConnectionOptions, { environment }: Context): Promise<Client> {
  const url = options.server ?? nonEmpty(environment.SIGHTLINE_SERVER) ?? defaultServer;
  if (!/^https?:\/\/[^/\s]/i.test(url)) {
    throw new CliError("USAGE", `--server must be an address such as ${defaultServer}, got "${url}".`);
  }
  return createClient({ url, token: await tokenOf(url, options, environment) });
}

async function tokenOf(url: string, options: ConnectionOptions, environment: Context["environment"]): Promise<string> {
  // What was typed counts before what the environment holds.
  if (options.token !== undefined) return options.token;
  if (options.data !== undefined) return await localToken(options.data);
  const token = nonEmpty(environment.SIGHTLINE_TOKEN);
  if (token !== undefined) return token;
  const folder = nonEmpty(environment.SIGHTLINE_DATA);
  if (folder !== undefined) return await localToken(folder);
  const own = isThisMachine(url)
    ? await readFile(join(defaultDataFolder, localTokenFile), "utf8").catch(() => null)
    : null;
  if (own !== null) return own.trim();
  throw new CliError(
    "NO_SERVER_TOKEN",
    "The server asks who you are. Give --token TOKEN (or set SIGHTLINE_TOKEN), or, on the server's own machine, --data with its data folder.",
  );
}

/** The server writes an admin token into its data folder, readable by its own user only. */
async function localToken(folder: string): Promise<string> {
  const file = join(resolve(folder), localTokenFile);
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    const isDenied = cause instanceof Error && "code" in cause && (cause.code === "EACCES" || cause.code === "EPERM");
    const remedy = isDenied
      ? "Run this as the user that the server runs as."
      : "Name the folder that the server was started with (--data), and check that the server runs.";
    throw new CliError("NO_SERVER_TOKEN", `There is no usable token in "${file}". ${remedy}`, { cause });
  }
}

export const localTokenFile = "local-admin-token";

/** Where `npm start` keeps everything unless told otherwise. */
/** The data folder that a verb means which talks to no server. */
export function dataFolderOf(
  { data }: { readonly data?: string },
  { environment }: Pick<Context, "environment">,
): string {
  return resolve(data ?? nonEmpty(environment.SIGHTLINE_DATA) ?? defaultDataFolder);
}

export const defaultDataFolder = fileURLToPath(new URL("../../../data", import.meta.url));

/** Only a server on this machine is ever given the token of this machine's data folder without being asked to. */
function isThisMachine(url: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(new URL(url).hostname);
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}
