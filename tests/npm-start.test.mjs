/** `npm start` as a whole: a copied folder with no network, signals, where a relative data folder lies, two at once. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { isBuilt } from "../scripts/stamp.mjs";
import { atEnd, plainEnvironment, root, runServer, startServer, temporaryFolder } from "./server-process.mjs";

const start = join(root, "scripts/start.mjs");

test("start.mjs passes SIGTERM on, waits for the server and gives its exit code", async (t) => {
  const server = await startServer({
    data: temporaryFolder(t, "start"),
    args: ["--empty"],
    command: [process.execPath, start],
  });
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  assert.equal(await server.stop(), 0);
  await assert.rejects(fetch(`${server.url}/healthz`));
});

test("start.mjs passes SIGINT on", async (t) => {
  const server = await startServer({
    data: temporaryFolder(t, "start"),
    args: ["--empty"],
    command: [process.execPath, start],
  });
  server.child.kill("SIGINT");
  assert.equal(await server.closed, 0);
  await assert.rejects(fetch(`${server.url}/healthz`));
});

test("a terminal's Ctrl-C, which reaches the whole process group, ends it as cleanly", async (t) => {
  const server = await startServer({
    data: temporaryFolder(t, "start"),
    args: ["--empty"],
    command: ["setsid", process.execPath, start],
  });
  process.kill(-server.child.pid, "SIGINT");
  assert.equal(await server.closed, 0);
});

test("npm start takes a relative data folder from where the person stands", async (t) => {
  const folder = realpathSync(temporaryFolder(t, "stand"));
  const server = await startServer({
    data: "plant-data",
    args: ["--empty"],
    command: ["npm", "start", "--prefix", root, "--"],
    cwd: folder,
  });
  assert.ok(existsSync(join(folder, "plant-data")), readdirSync(folder).join());
  // npm's own death by SIGTERM does not reach us as a signal; the server ends all the same.
  await server.stop();
  await ended(server.url);
});

test("the server's own failure becomes npm start's exit code", async (t) => {
  const data = temporaryFolder(t, "twice");
  const first = await startServer({ data, args: ["--empty"] });
  atEnd(t, () => first.stop());
  const second = spawnSync(process.execPath, [start, "--data", data, "--port", "0", "--empty"], {
    encoding: "utf8",
    env: plainEnvironment(),
  });
  const direct = await runServer(["--data", data, "--port", "0", "--empty"]);
  assert.match(second.stderr + second.stdout, /in use by the server with process id/);
  assert.equal(second.status, direct.code);
  assert.notEqual(second.status, 0);
});

async function ended(url) {
  for (;;) {
    try {
      await fetch(`${url}/healthz`);
    } catch {
      return;
    }
    await new Promise((later) => setTimeout(later, 100));
  }
}

/** A copy as a person would carry it on a stick. node_modules is linked, not copied: nothing writes into it. */
function copyOfRepository(t) {
  const copy = join(temporaryFolder(t, "copy"), "sightline");
  mkdirSync(copy);
  for (const name of readdirSync(root)) {
    if ([".git", "data", "node_modules"].includes(name)) continue;
    cpSync(join(root, name), join(copy, name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.includes("/screenshots"),
    });
  }
  const linked = spawnSync("cp", ["-al", join(root, "node_modules"), copy]);
  if (linked.status !== 0)
    cpSync(join(root, "node_modules"), join(copy, "node_modules"), { recursive: true, verbatimSymlinks: true });
  return copy;
}

test("a copied folder with node_modules starts with no network at all, without installing or building", async (t) => {
  const inside = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
  const allowed = spawnSync(inside[0], [...inside.slice(1), "true"], { encoding: "utf8" });
  if (allowed.status !== 0)
    return t.skip(`a network of its own is not permitted here: ${allowed.stderr ?? allowed.error}`);
  assert.ok(isBuilt(root), "run npm run build first");
  const copy = copyOfRepository(t);
  const server = await startServer({
    data: join(copy, "data"),
    args: ["--empty"],
    command: [...inside, process.execPath, join(copy, "scripts/start.mjs")],
  });
  atEnd(t, () => server.stop());
  assert.doesNotMatch(server.text(), /Installing|Compiling|Bundling/);
  const ask = `const reply = await fetch(${JSON.stringify(`${server.url}/healthz`)}); if (!reply.ok) throw new Error(await reply.text());`;
  const entered = spawnSync(
    "nsenter",
    ["--net", "--target", String(server.child.pid), process.execPath, "--input-type=module", "--eval", ask],
    {
      encoding: "utf8",
    },
  );
  assert.equal(entered.status, 0, entered.stderr);
  assert.equal(await server.stop(), 0);
});
