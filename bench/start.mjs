/** From a fresh clone to the first live inspection, and the second start: what a person waits for. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { folderMegabytes } from "../scripts/folder-size.mjs";

const root = join(import.meta.dirname, "..");

export const asks = "first start of a fresh clone (npm cache warm), second start, size of node_modules";

export async function run({ say }) {
  const folder = mkdtempSync(join(tmpdir(), "sightline-bench-start-"));
  try {
    const clone = join(folder, "sightline");
    execFileSync("git", ["clone", "--quiet", root, clone]);
    say("first start: npm start in a fresh clone");
    const first = await startAndWait(clone, say);
    const firstInspectionS = await first.untilInspected();
    await first.stop();
    say("second start");
    const seconds = [];
    for (let i = 0; i < 3; i += 1) {
      const second = await startAndWait(clone, () => {});
      seconds.push(second.readyS);
      await second.stop();
    }
    const median = seconds.sort((a, b) => a - b)[1];
    const megabytes = folderMegabytes(join(clone, "node_modules"));
    return [
      row("`npm start` on a fresh clone until the service answers", "–", `${first.readyS.toFixed(0)} s`, null),
      row(
        "`npm start` on a fresh clone until the first live inspection",
        "≤ 180 s",
        `${firstInspectionS.toFixed(0)} s`,
        firstInspectionS <= 180,
      ),
      row("second `npm start` until the service answers (median of 3)", "< 3 s", `${median.toFixed(1)} s`, median < 3),
      row("node_modules", "≤ 700 MB", `${megabytes.toFixed(0)} MB`, megabytes <= 700),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const row = (what, asked, measured, isMet) => ({ what, asked, measured, isMet });

async function startAndWait(clone, say) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const startedAt = performance.now();
  const elapsedS = () => (performance.now() - startedAt) / 1000;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|NODE_ENV)/i.test(name)),
  );
  const child = spawn("npm", ["start", "--", "--port", String(port)], {
    cwd: clone,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = new Promise((resolve) => child.once("close", resolve));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      for (const line of chunk.split("\n"))
        if (/…|done in/.test(line)) say(`${elapsedS().toFixed(0)} s: ${line.trim()}`);
    });
  }
  const poll = async (isThere) => {
    for (;;) {
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}:\n${text}`);
      if (await isThere().catch(() => false)) return elapsedS();
      await sleep(100);
    }
  };
  const readyS = await poll(async () => (await fetch(`${url}/healthz`)).ok);
  return {
    readyS,
    // Counted by the service's own metrics, which this machine may read without a token.
    untilInspected: () =>
      poll(async () =>
        /^sightline_inspections_total\{[^}]*\} [1-9]/m.test(await (await fetch(`${url}/metrics`)).text()),
      ),
    async stop() {
      child.kill("SIGTERM");
      await closed;
    },
  };
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
