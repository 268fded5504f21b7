/** What `npm test` does: format and lint, layers, build, then every test file there is, with the counts at the end. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { runChild } from "./child.mjs";
import { parseOptions } from "./options.mjs";
import { endWith, prepare, root, StepError, workspaces } from "./prepare.mjs";

const table = {
  only: { value: "TEXT" },
  "no-install": {},
  "no-lint": {},
  list: {},
  help: {},
};

const help = `npm test [-- OPTIONS]

  --only TEXT     only the test files whose path contains TEXT (for example packages/nn or bad-input); skips format, lint and layers
  --no-install    leave node_modules as it is
  --no-lint       skip format, lint and layers
  --list          print the test files and stop
  --help          print this`;

/**
 * Reasons for a skip that no Debian package can take away. With CI=true any other skip fails the run, because .ci/run has
 * installed what the test needs.
 */
const lastingReasons = [/shared\/data/, /on this platform/i, /not permitted/i];

/**
 * A file that takes longer hangs and is ended, so that the others are still told. Node.js counts it for each file; the longest one
 * takes four minutes on two cores that do nothing else.
 */
const longestFileMs = 25 * 60_000;

export function main(argv = process.argv.slice(2)) {
  return endWith(async () => {
    const options = parseOptions(argv, table, "npm test");
    if (options.help) {
      console.log(help);
      return 0;
    }
    const files = testFiles().filter((file) => file.includes(options.only ?? ""));
    if (files.length === 0)
      throw new StepError(`No test file has "${options.only}" in its path. See: npm test -- --list`, 2);
    if (options.list) {
      for (const file of files) console.log(file);
      return 0;
    }
    await prepare({ install: options["no-install"] ? "never" : "when changed", say: console.log });
    if (!options["no-lint"] && options.only === undefined) {
      await check("Format and lint", [
        "node_modules/@biomejs/biome/bin/biome",
        "ci",
        "--error-on-warnings",
        ...(process.stdout.isTTY ? [] : ["--colors=off"]),
        ".",
      ]);
      await check("Layers", ["scripts/check-layers.mjs"]);
    }
    return runTests(files);
  });
}

async function check(what, args) {
  console.log(`${what} …`);
  const code = await runChild(process.execPath, args, { cwd: root });
  if (code !== 0) throw new StepError(`${what}: failed. To try again: node ${args.join(" ")}`, code);
}

/** Listed from the sources, so that what an older build left behind is never run. */
export function testFiles() {
  const built = workspaces().flatMap((folder) => {
    const { rootDir = "src", outDir = "dist" } = compilerOptions(folder);
    return ["src", "test"]
      .flatMap((inside) => list(join(folder, inside), /\.test\.tsx?$/))
      .map((file) => join(folder, outDir, relative(join(folder, rootDir), file).replace(/\.tsx?$/, ".js")));
  });
  return [...built, ...list("tests", /\.test\.mjs$/)];
}

function compilerOptions(folder) {
  return JSON.parse(readFileSync(join(root, folder, "tsconfig.json"), "utf8")).compilerOptions ?? {};
}

function list(folder, pattern) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true })
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name))
    .sort();
}

async function runTests(files) {
  console.log(`Tests: ${files.length} files …`);
  const report = join(root, ".cache", "test-report.tap");
  mkdirSync(join(root, ".cache"), { recursive: true });
  const args = ["--test", "--test-concurrency=2", `--test-timeout=${longestFileMs}`];
  args.push("--test-reporter=spec", "--test-reporter-destination=stdout");
  args.push("--test-reporter=tap", `--test-reporter-destination=${report}`, ...files);
  const code = await runChild(process.execPath, args, { cwd: root, env: { ...process.env, NODE_ENV: "test" } });
  const tap = readFileSync(report, "utf8");
  const skipped = [...tap.matchAll(/^\s*ok \d+ - (.*) # SKIP ?(.*)$/gm)].map(([, title, reason]) => ({
    title,
    reason,
  }));
  const counts = tap.match(/^# (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) .*$/gm) ?? [];
  if (skipped.length > 0)
    console.log(
      `\nSkipped:\n${skipped.map(({ title, reason }) => `  ${title}: ${reason || "no reason given"}`).join("\n")}`,
    );
  console.log(`\n${counts.join("\n")}`);
  if (code !== 0) return code;
  const ran = Number(/^# tests (\d+)$/m.exec(counts.join("\n"))?.[1] ?? 0);
  if (ran === 0) throw new StepError("Not one test ran.", 1);
  const unexcused = skipped.filter(({ reason }) => !lastingReasons.some((lasting) => lasting.test(reason)));
  if (process.env.CI === "true" && unexcused.length > 0) {
    throw new StepError(
      `With CI=true ${unexcused.length} skipped tests count as failed: .ci/run installs what they need.`,
      1,
    );
  }
  return 0;
}
