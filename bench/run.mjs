/**
 * `npm run bench`: runs the named workloads and writes what they measured, next to what was asked, to bench/RESULTS.md.
 *
 * A workload module is a file beside this one with
 *   export const asks = "one line on what it measures";
 *   export async function run({ say, args }) → [{ what, asked, measured, isMet }]   isMet: true, false, or null where nothing is asked
 * It runs on built output, may take minutes, prints progress with `say`, and leaves nothing behind.
 * `npm run bench -- models kill` runs some; rows of the others stay as they were. So do the rows of a workload that a run
 * with arguments, such as `--only=NAME`, did not measure.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireNodeVersion } from "../scripts/node-version.mjs";
import { mark, withResults } from "./results.mjs";

requireNodeVersion("npm run bench");
const { endWith, prepare, root, StepError } = await import("../scripts/prepare.mjs");
const resultsFile = join(root, "bench/RESULTS.md");

/** This file, and what workloads share. */
const notWorkloads = new Set([
  "run.mjs",
  "results.mjs",
  "bench-server.mjs",
  "anomaly-sets.mjs",
  "training-step-contenders.mjs",
  "training-step-tfjs-net.mjs",
]);
const names = readdirSync(import.meta.dirname)
  .filter((name) => /^[a-z-]+\.mjs$/.test(name) && !notWorkloads.has(name))
  .map((name) => name.replace(/\.mjs$/, ""));

await endWith(async () => {
  const chosen = process.argv.slice(2).filter((word) => !word.startsWith("--"));
  const args = process.argv.slice(2).filter((word) => word.startsWith("--"));
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new StepError(`There is no workload "${unknown}". There are: ${names.join(", ")}.`, 2);
  await prepare({ say: console.error });
  let failures = 0;
  for (const name of chosen.length > 0 ? chosen : names) {
    const workload = await import(`./${name}.mjs`);
    if (typeof workload.run !== "function") continue;
    console.log(`\n${name}: ${workload.asks ?? ""}`);
    const startedAt = Date.now();
    try {
      const rows = await workload.run({ say: (line) => console.log(`  ${line}`), args });
      for (const row of rows) console.log(`  ${mark(row.isMet)} ${row.what}: ${row.measured} (asked: ${row.asked})`);
      failures += rows.filter((row) => row.isMet === false).length;
      // Written after each, so that an interrupted run keeps what it has.
      keepResults(name, rows, args);
    } catch (error) {
      failures += 1;
      console.error(`  ${name} broke off: ${error.stack}`);
    }
    console.log(`  took ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
  }
  console.log(
    `\nWrote bench/RESULTS.md. ${failures === 0 ? "Every figure asked for is met." : `${failures} not met.`}`,
  );
  return failures === 0 ? 0 : 1;
});

function keepResults(workload, rows, args) {
  const table = existsSync(resultsFile) ? readFileSync(resultsFile, "utf8") : "";
  writeFileSync(resultsFile, withResults(table, { workload, rows, args, order: names }));
}
