/** The composition root: from settings to a listening server, and back with one `close()`. */
import { accessSync, constants, mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { openEmbedder } from "@sightline/models/embedder";
import { openExplainer } from "@sightline/models/explainer";
import { openPredictor } from "@sightline/models/predictor";
import type { Logger } from "pino";
import type { Config } from "./config.js";
import { errors } from "./errors.js";
import { newRandomSecret } from "./http/auth/secrets.js";
import { openHttp } from "./http/open-http.js";
import type { OpenPredictor } from "./inspect/predictors.js";
import { openLog } from "./log.js";
import { openServices } from "./services.js";
import { lockFolder } from "./store/folder-lock.js";
import { version } from "./version.js";

export interface RunningServer {
  /** Where it listens, for this machine. */
  readonly url: string;
  /** Works once, for an admin. */
  readonly signInLink: string;
  /** Answers what is under way, finishes what is being inspected, then stops. Calling it twice is harmless. */
  close(): Promise<void>;
}

export interface StartOptions {
  /** Default: stderr at the configured level, JSON lines unless it is a terminal. */
  readonly log?: Logger;
  /** Another engine in place of the real models, for tests. */
  readonly openPredictor?: OpenPredictor;
}

/**
 * @throws ServerError DATA_FOLDER_UNUSABLE, DATA_FOLDER_IN_USE, DATABASE_TOO_NEW, PORT_IN_USE, ADDRESS_UNUSABLE
 *
 * @example
 * const server = await start(parseConfig({ dataFolder: "data", port: 0 }));
 * console.log(server.signInLink);
 * await server.close();
 */
export async function start(config: Config, options: StartOptions = {}): Promise<RunningServer> {
  const log = options.log ?? openLog(config.logLevel);
  const open = options.openPredictor ?? openPredictor;
  makeDataFolder(config.dataFolder);
  const undo: (() => Promise<void> | void)[] = [];
  /** In reverse order of what was made. */
  const close = async () => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    const lock = lockFolder(config.dataFolder);
    undo.push(() => lock.release());
    let listening = { host: config.host, port: config.port };
    const publicUrl = () => config.publicUrl ?? urlOf(listening, hostname());
    const services = await openServices(config, {
      openPredictor: open,
      openEmbedder: () => openEmbedder(backboneOf(config)),
      openExplainer,
      log,
      publicUrl,
    });
    undo.push(() => services.close());
    const http = await openHttp({ services, openPredictor: open, log, version });
    undo.push(async () => {
      // A connection that was busy when the closing began is kept alive after its answer; nobody else would end it.
      const idle = setInterval(() => http.app.server.closeIdleConnections(), 50);
      await http.close().finally(() => clearInterval(idle));
    });
    // The queue is taken up while the doors open: a model takes a second to load.
    await services.resume();
    const address = await listen(http.app, config);
    listening = { host: config.host, port: address.port };
    const url = urlOf(listening, "127.0.0.1");
    await http.resume(url);
    const signInLink = await makeSignInLink(services, config.publicUrl ?? url);
    log.info({ url, version, dataFolder: config.dataFolder }, "Listening");
    let closing: Promise<void> | undefined;
    return {
      url,
      signInLink,
      close() {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await close().catch((problem: unknown) => log.error({ err: problem }, "Stopping after a failed start failed too"));
    throw error;
  }
}

/** The one that trainings use. */
function backboneOf({ backboneFile, dataFolder }: Config) {
  return { dataFolder, ...(backboneFile === null ? {} : { file: backboneFile }) };
}

function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw errors.dataFolderUnusable({ folder, problem }, { cause: error });
  }
}

interface Listening {
  readonly server: { address(): AddressInfo | string | null };
  listen(options: { host: string; port: number }): Promise<string>;
}

async function listen(app: Listening, config: Config): Promise<AddressInfo> {
  const { host, port } = config;
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") throw errors.portInUse({ host, port }, { cause: error });
    const problem = error instanceof Error ? error.message : String(error);
    throw errors.addressUnusable({ host, port, problem }, { cause: error });
  }
  const address = app.server.address();
  if (address === null || typeof address === "string")
    throw new Error(`Listening on ${String(address)}, not on a port.`);
  return address;
}

/** @param anyHost the name to use where the server listens on every address. */
function urlOf({ host, port }: { host: string; port: number }, anyHost: string): string {
  const name = ["0.0.0.0", "::", ""].includes(host) ? anyHost : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

async function makeSignInLink(
  { store, now, config }: Pick<Awaited<ReturnType<typeof openServices>>, "store" | "now" | "config">,
  url: string,
): Promise<string> {
  const code = newRandomSecret();
  const expiresAtMs = now() + Math.ceil(config.people.firstLinkMinutes * 60_000);
  await store.write(async (tx) => {
    const user = await tx.access.putUser("admin", "admin");
    await tx.access.insertSignInCode({ codeHash: code.hash, userId: user.id, expiresAtMs });
  });
  return `${url}/signin/${code.text}`;
}
