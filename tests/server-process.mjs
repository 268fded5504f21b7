/** A real server as a child process for whole-product tests: started on a free port, signed in to by its printed link. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");
const main = join(root, "apps/server/dist/main.js");

const endings = new WeakMap();

/** Runs when the test ends, last things first: a server stops before its folder goes. */
export function atEnd(t, clean) {
  if (!endings.has(t)) {
    const list = [];
    endings.set(t, list);
    t.after(async () => {
      while (list.length > 0) await list.pop()();
    });
  }
  endings.get(t).push(clean);
}

/** A folder that goes when the test ends. */
export function temporaryFolder(t, name = "test") {
  const folder = mkdtempSync(join(tmpdir(), `sightline-${name}-`));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The environment of a person's shell: without what npm and CI have put there. */
export function plainEnvironment(more = {}) {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|INIT_CWD|NODE_ENV|NODE_TEST|SIGHTLINE_)/i.test(name),
  );
  return { ...Object.fromEntries(kept), ...more };
}

/** Runs to its end what should end by itself. */
export function runServer(args, { env, timeoutMs = 60_000 } = {}) {
  return collect(spawn(process.execPath, [main, ...args], { env: env ?? plainEnvironment() }), timeoutMs);
}

/** Exit code and all text of a child that ends by itself. */
export function collect(child, timeoutMs = 60_000) {
  return new Promise((resolve) => {
    let text = "";
    let out = "";
    child.stdout?.on("data", (chunk) => {
      text += chunk;
      out += chunk;
    });
    child.stderr?.on("data", (chunk) => {
      text += chunk;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal, text, out });
    });
  });
}

/**
 * Starts a server and waits for its sign-in link.
 * @param command what to spawn instead of the server itself: [program, ...args]; the server's arguments are added
 */
export async function startServer({
  data,
  args = [],
  command = [process.execPath, main],
  env,
  cwd,
  timeoutMs = 120_000,
}) {
  const [program, ...before] = command;
  const child = spawn(program, [...before, "--data", data, "--port", "0", ...args], {
    env: env ?? plainEnvironment(),
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const closed = new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal)));
  const link = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => give(new Error(`no sign-in link within ${timeoutMs} ms:\n${text}`)), timeoutMs);
    const give = (error, found) => {
      clearTimeout(timer);
      if (error === undefined) resolve(found);
      else {
        child.kill("SIGKILL");
        reject(error);
      }
    };
    const read = (chunk) => {
      text += chunk;
      const found = /https?:\/\/\S+?\/signin\/[A-Za-z0-9_-]+/.exec(text)?.[0];
      if (found !== undefined) give(undefined, found);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("close", (code, signal) => give(new Error(`the server ended with ${code ?? signal}:\n${text}`)));
    child.once("error", give);
  });
  return {
    child,
    link,
    url: new URL(link).origin,
    text: () => text,
    /** Ends it as systemd would. @returns the exit code */
    stop() {
      child.kill("SIGTERM");
      return closed;
    },
    closed,
  };
}

/** Signs in by the link that works once and makes a token with which a test may do everything. */
export async function adminToken(server) {
  const reply = await fetch(server.link, { redirect: "manual" });
  const cookie = reply.headers.getSetCookie()[0]?.split(";")[0];
  if (reply.status !== 303 || cookie === undefined)
    throw new Error(`sign-in answered ${reply.status}: ${await reply.text()}`);
  const made = await fetch(`${server.url}/api/tokens`, {
    method: "POST",
    headers: { cookie, origin: server.url, "content-type": "application/json" },
    body: JSON.stringify({ name: "whole-product test", role: "admin" }),
  });
  if (made.status !== 201) throw new Error(`POST /api/tokens answered ${made.status}: ${await made.text()}`);
  return { token: (await made.json()).secret, cookie };
}

/** Calls that must succeed: `api("POST", "/api/projects", {name})` → the JSON. Bytes are sent as they are. */
export function caller(server, token) {
  return async (method, path, body, headers = {}) => {
    const isBytes = body instanceof Uint8Array;
    const reply = await fetch(server.url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined || isBytes ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? null : isBytes ? body : JSON.stringify(body),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path} answered ${reply.status}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
}

/** Everything that is kept, as text that two moments can be compared by: every row of every table but of those that watch, every blob. */
export function keptState(data) {
  const Database = createRequire(join(root, "apps/server/package.json"))("libsql");
  const files = listFiles(data);
  const state = [];
  for (const file of files.filter((name) => /\.(db|sqlite3?)$/.test(name))) {
    const database = new Database(join(data, file), { readonly: true });
    try {
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
      for (const { name } of tables.filter((table) => !watched.has(table.name))) {
        const rows = database.prepare(`SELECT * FROM "${name}"`).all().map(withoutLastSeen);
        state.push(`${name}: ${rows.length} rows, ${digest(rows)}`);
      }
    } finally {
      database.close();
    }
  }
  for (const file of files.filter((name) => name.startsWith("blobs/")))
    state.push(`${file}: ${statSync(join(data, file)).size} bytes`);
  return state.join("\n");
}

/** What is watched: refusals are counted, alarms are judged as time goes by; and how many such rows there ever were. */
const watched = new Set(["readings", "alarms", "alarm_changes", "given_alarms", "camera_drifts", "sqlite_sequence"]);

/** When a token or a session was last seen changes with every request, also with refused ones. */
function withoutLastSeen(row) {
  return Object.fromEntries(Object.entries(row).filter(([column]) => !/last_?(used|seen)|expires_?at/i.test(column)));
}

const digest = (rows) => createHash("sha256").update(JSON.stringify(rows)).digest("hex").slice(0, 16);

function listFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
