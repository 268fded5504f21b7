/**
 * `npm run bench`: runs the named workloads and writes what they measured, next to what was asked, to bench/RESULTS.md.
 *
 * A workload module is a file beside this one with
 *   export const asks = "one line on what it measures";
 *   export async function run({ say, args }) → [{ what, asked, measured, isMet }]   isMet: true, false, or null where nothing is asked
 * It runs on built output, may take minutes, prints progress with `say`, and leaves nothing behind.
 * `npm run bench -- models kill` runs some; rows of the others stay as they were.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { requireNodeVersion } from "../scripts/node-version.mjs";

requireNodeVersion("npm run bench");
const { endWith, prepare, root, StepError } = await import("../scripts/prepare.mjs");
const resultsFile = join(root, "bench/RESULTS.md");

/** Modules named like this are what workloads share, or this file. */
const notWorkloads = new Set(["run.mjs"]);
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
      record(name, rows);
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

/** Replaces one workload's rows and keeps the others'. */
function record(name, rows) {
  const kept = readRows().filter((row) => row.workload !== name);
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
  const fresh = rows.map((row) => ({ workload: name, ...row, command: `npm run bench -- ${name}`, date, machine }));
  const all = [...kept, ...fresh].sort((a, b) => names.indexOf(a.workload) - names.indexOf(b.workload));
  const cells = (row) => [
    row.what,
    row.asked,
    row.measured,
    mark(row.isMet),
    `\`${row.command}\``,
    row.date,
    row.machine,
  ];
  const lines = all.map(
    (row) =>
      `| ${cells(row)
        .map((text) => String(text).replace(/(?<!\\)\|/g, "\\|"))
        .join(" | ")} |`,
  );
  writeFileSync(
    resultsFile,
    `<!-- Written by bench/run.mjs. Do not edit. -->
# What was measured

| what | asked | measured | met | command | date | machine |
|---|---|---|---|---|---|---|
${lines.join("\n")}
`,
  );
}

function readRows() {
  let text = "";
  try {
    text = readFileSync(resultsFile, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return text
    .split("\n")
    .filter((line) => line.startsWith("| ") && line.includes("`npm run bench -- "))
    .map((line) => {
      const [what, asked, measured, met, command, date, machine] = line.slice(2, -2).split(/ (?<!\\)\| /);
      const isMet = met === "yes" ? true : met === "no" ? false : null;
      return {
        workload: command.replace(/^`npm run bench -- |`$/g, ""),
        what,
        asked,
        measured,
        isMet,
        command: command.slice(1, -1),
        date,
        machine,
      };
    });
}

function mark(isMet) {
  return isMet === null ? "–" : isMet ? "yes" : "no";
}
