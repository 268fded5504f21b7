/** Entry of the `sightline` command: gives the program its arguments, turns Ctrl-C into a signal, ends with its exit code. */
import { readFileSync } from "node:fs";
import { run } from "./program.js";

const stop = new AbortController();
let askedAtMs: number | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    askedAtMs ??= performance.now();
    stop.abort();
    // Asked again later, a person won't wait for the clean end. One Ctrl-C arrives twice: from the terminal and from npx.
    if (performance.now() - askedAtMs > 1000) process.exit(1);
  });
}
// `sightline predict … | head` closes the pipe early, which is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const exitCode = await run(process.argv.slice(2), version, {
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: stop.signal,
});
// A pipe takes its time: leave only when everything written has gone out. Leaving must not wait for native threads.
process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
