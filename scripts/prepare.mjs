/** Installs the packages and builds everything, each only when its stamp says so, and one process at a time. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild, wasStopped } from "./child.mjs";
import { takeLock } from "./lock.mjs";
import {
  clearBuildStamp,
  clearInstallStamp,
  isBuilt,
  isInstalled,
  sourcesHash,
  writeBuildStamp,
  writeInstallStamp,
} from "./stamp.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A step did not end well; it has already written to the terminal why. */
export class StepError extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs a script's main part; failures become an exit code and, where a person must do something, one clear line. */
export async function endWith(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    // A bug has no exit code of its own: let Node.js show it whole.
    if (error.exitCode === undefined) throw error;
    if (!wasStopped(error.exitCode)) console.error(`\n${error.message}`);
    process.exitCode = error.exitCode;
  }
}

/**
 * @param install "when changed" or "never" (for whoever looks after node_modules by other means)
 * @param build "when changed" or "always"
 */
export async function prepare({ install = "when changed", build = "when changed", say = console.error } = {}) {
  const needsInstall = () => install !== "never" && !isInstalled(root);
  const needsBuild = () => build === "always" || !isBuilt(root);
  if (!needsInstall() && !needsBuild()) return;
  const release = await takeLock(join(root, ".cache", "prepare.lock"), (pid) =>
    say(`Process ${pid} is installing or building here; waiting for it to finish.`),
  );
  try {
    // Asked again: whoever held the lock may have done it for us.
    if (needsInstall()) await installPackages(say);
    if (needsBuild()) await buildAll(say);
  } finally {
    release();
  }
}

async function installPackages(say) {
  const done = step(say, "Installing the packages (npm ci; the first time about a minute)");
  clearInstallStamp(root);
  // NODE_ENV=production in the environment would leave out what the build needs.
  const code = await runNpm(["ci", "--include=dev", "--prefer-offline", "--no-progress", "--loglevel=error"]);
  if (code !== 0) {
    throw new StepError(
      "npm could not install the packages; its own message is above. Without a network, copy the whole folder with node_modules from a machine of the same kind (docs/guide/offline-install.md).",
      code,
    );
  }
  writeInstallStamp(root);
  done();
}

function runNpm(args) {
  const npm = process.env.npm_execpath;
  if (npm !== undefined && basename(npm) === "npm-cli.js")
    return runChild(process.execPath, [npm, ...args], { cwd: root });
  const isWindows = process.platform === "win32";
  return runChild(isWindows ? "npm.cmd" : "npm", args, { cwd: root, shell: isWindows });
}

async function buildAll(say) {
  const sources = sourcesHash(root);
  clearBuildStamp(root);
  const projects = workspaces().filter(
    (folder) => existsSync(join(root, folder, "tsconfig.json")) && hasSources(folder),
  );

  const compiled = step(say, "Compiling TypeScript");
  await runNode(["node_modules/typescript/bin/tsc", "-b", ...projects]);
  for (const folder of projects.filter((name) => name !== "apps/web")) removeOrphans(folder);
  compiled();

  // Said as a check for the file: whoever builds one package alone has no converter yet.
  const converter = "packages/models/dist/build-backbone.js";
  if (existsSync(join(root, converter))) {
    const converted = step(say, "Converting the backbone");
    await runNode([converter]);
    converted();
  }

  if (existsSync(join(root, "apps/web/index.html"))) {
    const bundled = step(say, "Bundling the web pages");
    await runNode([join(root, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"], join(root, "apps/web"));
    bundled();
  } else {
    say("apps/web has no pages yet: nothing to bundle.");
  }
  const backbones = join(root, ".cache", "backbone");
  const converted = existsSync(backbones)
    ? readdirSync(backbones).map((name) => relative(root, join(backbones, name)))
    : [];
  writeBuildStamp(
    root,
    sources,
    converted.filter((name) => name.endsWith(".onnx")),
  );
}

async function runNode(args, cwd = root) {
  const code = await runChild(process.execPath, args, { cwd });
  if (code !== 0)
    throw new StepError(`The build stopped at: node ${args.map((arg) => relativeTo(arg)).join(" ")}`, code);
}

const relativeTo = (arg) => (arg.startsWith(root) ? relative(root, arg) : arg);

export function workspaces() {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8")).workspaces;
}

function hasSources(folder) {
  const source = join(root, folder, "src");
  return existsSync(source) && readdirSync(source, { recursive: true }).some((name) => /\.tsx?$/.test(name));
}

/** tsc leaves the output of a deleted or renamed source behind, where an old test would still be imported. */
function removeOrphans(folder) {
  const output = join(root, folder, "dist");
  for (const name of readdirSync(output, { recursive: true })) {
    const stem = /^(.*?)(\.d\.ts|\.js)(\.map)?$/.exec(name)?.[1];
    if (stem === undefined) continue;
    const source = join(root, folder, "src", stem);
    if (!existsSync(`${source}.ts`) && !existsSync(`${source}.tsx`)) rmSync(join(output, name));
  }
}

function step(say, what) {
  const startedAt = Date.now();
  say(`${what} …`);
  return () => say(`${what.replace(/ \(.*/, "")}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}
