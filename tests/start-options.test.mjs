/** `npm start` and `npm test` called wrongly: each answers with exit code 2 and says what to type. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import test from "node:test";

const root = join(import.meta.dirname, "..");

function run(script, args, env = {}) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD)/.test(name)));
  const result = spawnSync(process.execPath, [join(root, "scripts", script), ...args], {
    encoding: "utf8",
    env: { ...clean, ...env },
  });
  return { code: result.status, text: result.stdout + result.stderr };
}

const underNpm = { npm_lifecycle_event: "start" };
const wrong = [
  ["an unknown option names the nearest", ["--prot", "9"], {}, 'does not know "--prot". Did you mean --port?'],
  ["a stray word lists what there is", ["9"], {}, "It knows: --data DIR, --port N, --host ADDRESS"],
  ["an option without its value says what it wants", ["--data"], {}, "--data needs a value: --data DIR"],
  ["an option does not swallow the next one", ["--data", "--empty"], {}, "--data needs a value: --data DIR"],
  ["a port must be a number", ["--port", "http"], {}, '--port must be a port number from 0 to 65535, got "http"'],
  ["a port must exist", ["--port=65536"], {}, 'from 0 to 65535, got "65536"'],
  ["a switch takes no value", ["--empty=yes"], {}, '--empty takes no value, got "yes"'],
  [
    "an option that npm took is given back",
    ["9"],
    { ...underNpm, npm_config_port: "true" },
    "\n  npm start -- --port 9\n",
  ],
  [
    "an option with = that npm took is given back",
    [],
    { ...underNpm, npm_config_port: "9" },
    "\n  npm start -- --port 9\n",
  ],
  ["a switch that npm took is given back", [], { ...underNpm, npm_config_empty: "true" }, "\n  npm start -- --empty\n"],
  [
    "several that npm took are given back together",
    ["d", "9"],
    { ...underNpm, npm_config_port: "true", npm_config_data: "true", npm_config_host: "0.0.0.0" },
    "\n  npm start -- --data d --port 9 --host 0.0.0.0\n",
  ],
];

for (const [title, args, env, expected] of wrong) {
  test(title, () => {
    const { code, text } = run("start.mjs", args, env);
    assert.ok(text.includes(expected), text);
    assert.equal(code, 2);
  });
}

test("outside npm a variable called npm_config_port means nothing", () => {
  assert.equal(run("start.mjs", ["--help"], { npm_config_port: "9" }).code, 0);
});

test("--help lists every option", () => {
  const { code, text } = run("start.mjs", ["--help"]);
  assert.equal(code, 0);
  for (const option of ["--data", "--port", "--host", "--empty"]) assert.ok(text.includes(option), text);
});

test("a port in use is told before anything is installed or built", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  t.after(() => other.close());
  await new Promise((listening) => other.once("listening", listening));
  const { port } = other.address();
  const { code, text } = run("start.mjs", ["--port", String(port)]);
  assert.match(text, new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use .*npm start -- --port ${port + 1}`));
  assert.equal(code, 1);
});

test("an address of another machine is refused by name", () => {
  const { code, text } = run("start.mjs", ["--host", "192.0.2.1", "--port", "0"]);
  assert.match(text, /Cannot listen on 192\.0\.2\.1/);
  assert.equal(code, 1);
});

test("npm test knows its own options", () => {
  const { code, text } = run("test.mjs", ["--onyl", "nn"]);
  assert.match(text, /Did you mean --only\?/);
  assert.equal(code, 2);
});

test("a filter that fits no test file is an error, not a green run", () => {
  const { code, text } = run("test.mjs", ["--only", "no-such-file"]);
  assert.match(text, /No test file has "no-such-file" in its path/);
  assert.equal(code, 2);
});
