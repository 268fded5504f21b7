/** A fresh clone installs with the lockfile alone, without any install script, and every native library then loads. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { folderMegabytes } from "../scripts/folder-size.mjs";
import { isInstalled } from "../scripts/stamp.mjs";

const root = join(import.meta.dirname, "..");
/** DuckDB's library, which counts over the result files, is 70 of them. */
const maxMegabytes = 780;

/** Each native library with one call that really enters its binary. */
const nativeLibraries = {
  "onnxruntime-node": 'const ort = await import("onnxruntime-node"); ort.listSupportedBackends();',
  sharp:
    'const { default: sharp } = await import("sharp"); await sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } }).png().toBuffer();',
  libsql: 'const { default: Database } = await import("libsql"); new Database(":memory:").prepare("select 1").get();',
  "@duckdb/node-api":
    'const { DuckDBInstance } = await import("@duckdb/node-api"); await DuckDBInstance.create(":memory:");',
  vite: 'const { build } = await import("vite"); if (typeof build !== "function") throw new Error("no build");',
  rolldown:
    'const { rolldown } = await import("rolldown"); if (typeof rolldown !== "function") throw new Error("no rolldown");',
};

let clone;
before(() => {
  clone = mkdtempSync(join(tmpdir(), "sightline-clone-"));
  execFileSync("git", ["clone", "--quiet", root, clone]);
  execFileSync("npm", ["ci", "--include=dev", "--prefer-offline", "--no-progress", "--loglevel=error"], {
    cwd: clone,
    env: outsideNpm(),
  });
});
after(() => rmSync(clone, { recursive: true, force: true }));

/** As a person's shell has it: without what the npm that runs these tests has put there. */
function outsideNpm() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD|NODE_ENV)/i.test(name)));
}

for (const [name, script] of Object.entries(nativeLibraries)) {
  test(`${name} loads after a plain npm ci`, () => {
    const result = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
      cwd: join(clone, home(name)),
      encoding: "utf8",
    });
    assert.equal(result.status, 0, result.stderr);
  });
}

/** Where the library is imported from in the product: npm may put it into that workspace's own node_modules. */
function home(name) {
  return {
    "onnxruntime-node": "packages/nn",
    sharp: "packages/dataset",
    libsql: "apps/server",
    "@duckdb/node-api": "apps/server",
    vite: "apps/web",
    rolldown: "node_modules/vite",
  }[name];
}

test("biome's binary runs after a plain npm ci", () => {
  const result = spawnSync(process.execPath, ["node_modules/@biomejs/biome/bin/biome", "--version"], {
    cwd: clone,
    encoding: "utf8",
  });
  assert.equal(result.status, 0, result.stderr);
});

test("every package with an install script is one whose binary is known to load without it", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const scripted = Object.keys(packages).filter((path) => packages[path].hasInstallScript);
  const known = new Set(Object.keys(nativeLibraries).map((name) => `node_modules/${name}`));
  // fsevents is for macOS only and optional: Vite watches files without it.
  known.add("node_modules/fsevents");
  assert.deepEqual(
    scripted.filter((path) => !known.has(path)),
    [],
  );
});

test("npm is told to run no install script", () => {
  assert.match(readFileSync(join(root, ".npmrc"), "utf8"), /^ignore-scripts=true$/m);
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  assert.deepEqual(
    Object.keys(scripts).filter((name) => /^(pre|post|prepare|install)/.test(name)),
    [],
  );
});

test("the command line is linked though nothing is built yet, and says what to run", () => {
  const result = spawnSync("npx", ["--no-install", "sightline", "--version"], {
    cwd: clone,
    encoding: "utf8",
    env: outsideNpm(),
  });
  assert.notEqual(result.status, 0);
  assert.match(result.stderr, /npm run build|npm start/);
});

test("npm's own record of the install counts as installed", () => {
  assert.equal(isInstalled(clone), true);
});

test(`node_modules stays within ${maxMegabytes} MB`, () => {
  const megabytes = folderMegabytes(join(clone, "node_modules"));
  assert.ok(megabytes <= maxMegabytes, `${megabytes.toFixed(0)} MB`);
});
