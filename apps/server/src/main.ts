/** The server's program: `node apps/server/dist/main.js --data DIR --port N`. Exit codes: 0 stopped, 1 failed, 2 wrong settings. */
import { flagHelp, loadConfig, readCommandLine } from "./config-sources.js";
import { isServerError, type ServerError } from "./errors.js";

const wrongUsage = 2;
const failed = 1;

function fail(error: unknown): never {
  if (!isServerError(error)) {
    console.error(error);
    process.exit(failed);
  }
  console.error(error.message);
  process.exit((error as ServerError).code === "CONFIG_INVALID" ? wrongUsage : failed);
}

async function main(): Promise<void> {
  const commandLine = readCommandLine(process.argv.slice(2));
  if (commandLine.wantsHelp) {
    console.log(
      `Usage: node apps/server/dist/main.js [settings]\n\nEach setting may also stand in sightline.json in the data folder.\n\n${flagHelp()}`,
    );
    return;
  }
  const config = loadConfig({ commandLine, env: process.env, defaultDataFolder: "data" });
  const stopping = new AbortController();
  let askedAtMs: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      askedAtMs ??= performance.now();
      stopping.abort();
      // Asked again later, a person means now. One Ctrl-C arrives up to three times: from the terminal, from npm and from `npm start`.
      if (performance.now() - askedAtMs > 1000) process.exit(130);
    });
  }
  // Loaded only when the settings are right: the native libraries take their time.
  const { start } = await import("./start.js");
  const server = await start(config);
  console.log(`\nSightline runs at ${server.url}\nSign in (works once): ${server.signInLink}\n`);
  if (!stopping.signal.aborted) {
    await new Promise((resolve) => stopping.signal.addEventListener("abort", resolve, { once: true }));
  }
  await server.close();
}

main().then(
  // Whatever a library left running must not keep a stopped server alive.
  () => process.exit(0),
  fail,
);
