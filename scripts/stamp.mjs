/** Says whether the installed packages and the built files still fit the lockfile and the sources. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const notSources = new Set(["node_modules", "dist", "dist-test", ".cache", "screenshots", "coverage"]);

/** What a build leaves behind: with one of these gone, the stamp means nothing. */
const outputs = ["apps/server/dist/main.js", "apps/cli/dist/main.js", "apps/web/dist/index.html"];

export function installStamp(root) {
  return {
    lockfile: sha256(readFileSync(join(root, "package-lock.json"))),
    abi: process.versions.modules,
    platform: process.platform,
    arch: process.arch,
  };
}

/** node_modules fits when the stamp that we write after a whole `npm ci` is the one expected. */
export function isInstalled(root) {
  const expected = installStamp(root);
  const found = readStamp(installStampFile(root));
  if (same(found, expected)) return true;
  // Somebody who adds a dependency runs `npm install` by hand: npm's own record says that it is complete.
  const isForeign = found !== undefined && !same({ ...found, lockfile: expected.lockfile }, expected);
  if (isForeign || !npmRecordAgrees(root)) return false;
  writeInstallStamp(root);
  return true;
}

export function writeInstallStamp(root) {
  writeStamp(installStampFile(root), installStamp(root));
}

export function clearInstallStamp(root) {
  rmSync(installStampFile(root), { force: true });
}

/** npm writes node_modules/.package-lock.json last, after a whole install. */
function npmRecordAgrees(root) {
  const wanted = readStamp(join(root, "package-lock.json"))?.packages ?? {};
  const present = readStamp(join(root, "node_modules", ".package-lock.json"))?.packages;
  if (present === undefined) return false;
  const isAsWanted = ([path, entry]) => {
    const other = present[path];
    return other === undefined
      ? entry.optional === true
      : other.version === entry.version && other.integrity === entry.integrity;
  };
  return Object.entries(wanted).every((pair) => pair[0] === "" || isAsWanted(pair));
}

/** One hash over the names and contents of everything that a build reads; about 30 ms for some hundred files. */
export function sourcesHash(root) {
  const hash = createHash("sha256");
  const files = ["package-lock.json", "tsconfig.json", "tsconfig.base.json", "scripts/prepare.mjs"].map((name) =>
    join(root, name),
  );
  for (const folder of ["packages", "apps"]) listSources(join(root, folder), files);
  for (const file of files.sort()) {
    if (!existsSync(file)) continue;
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function listSources(folder, files) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (notSources.has(entry.name) || entry.name.endsWith(".tsbuildinfo")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) listSources(path, files);
    else if (entry.isFile()) files.push(path);
  }
}

export function isBuilt(root, sources = sourcesHash(root)) {
  const found = readStamp(buildStampFile(root));
  return (
    found?.sources === sources &&
    Array.isArray(found.outputs) &&
    found.outputs.every((name) => existsSync(join(root, name)))
  );
}

export function writeBuildStamp(root, sources, moreOutputs = []) {
  const present = [...outputs, ...moreOutputs].filter((name) => existsSync(join(root, name)));
  writeStamp(buildStampFile(root), { sources, outputs: present });
}

export function clearBuildStamp(root) {
  rmSync(buildStampFile(root), { force: true });
}

const installStampFile = (root) => join(root, "node_modules", ".sightline-install.json");
const buildStampFile = (root) => join(root, ".cache", "build.json");

function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function writeStamp(file, stamp) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(stamp));
  renameSync(`${file}.new`, file);
}

const same = (a, b) => a !== undefined && JSON.stringify(a) === JSON.stringify(b);
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
