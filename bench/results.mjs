/** The table of bench/RESULTS.md: reading its rows, and putting a workload's new figures into it. */
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

const commandPrefix = "npm run bench -- ";

/**
 * The table with one workload's new rows. A run with arguments replaces the rows that it measured; a whole one replaces
 * all rows of the workload; one that measured nothing, as its data is missing, none.
 *
 * @param {string} table text of bench/RESULTS.md, empty where there is none
 * @param {{ workload: string, rows: readonly object[], args: readonly string[], order: readonly string[] }} measured
 *   `order`: the workloads as the table lists them
 */
export function withResults(table, { workload, rows, args, order }) {
  const isWhole = args.length === 0;
  const isReplaced = (old) =>
    old.workload === workload && (isWhole || rows.some(({ what }) => escaped(what) === old.what));
  const old = readRows(table).filter((row) => rows.length === 0 || !isReplaced(row));
  const typed = args.map((arg) => (/\s/.test(arg) ? `'${arg}'` : arg));
  const command = commandPrefix + [workload, ...typed].join(" ");
  const date = new Date().toISOString().slice(0, 10);
  const fresh = rows.map((row) => ({ workload, ...row, command, date, machine: machine() }));
  const all = [...old, ...fresh].sort((a, b) => order.indexOf(a.workload) - order.indexOf(b.workload));
  return `<!-- Written by bench/run.mjs. Do not edit. -->
# What was measured

| what | asked | measured | met | command | date | machine |
|---|---|---|---|---|---|---|
${all.map((row) => `| ${cells(row).map(escaped).join(" | ")} |`).join("\n")}
`;
}

export function mark(isMet) {
  return isMet === null ? "–" : isMet ? "yes" : "no";
}

function cells({ what, asked, measured, isMet, command, date, machine }) {
  return [what, asked, measured, mark(isMet), `\`${command}\``, date, machine];
}

function escaped(text) {
  return String(text).replace(/(?<!\\)\|/g, "\\|");
}

function readRows(table) {
  return table
    .split("\n")
    .filter((line) => line.startsWith("| ") && line.includes(`\`${commandPrefix}`))
    .map((line) => {
      const [what, asked, measured, met, code, date, machine] = line.slice(2, -2).split(/ (?<!\\)\| /);
      const command = code.slice(1, -1);
      const isMet = met === "yes" ? true : met === "no" ? false : null;
      const workload = command.slice(commandPrefix.length).split(" ")[0];
      return { workload, what, asked, measured, isMet, command, date, machine };
    });
}

/** In words: the instructions tell which kernels run, and so how fast. */
function machine() {
  const model = cpus()[0]?.model.trim() ?? "unknown CPU";
  return `${model}${instructions()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}

function instructions() {
  if (process.platform !== "linux") return "";
  const flags = readFileSync("/proc/cpuinfo", "utf8");
  if (/\bavx512f\b/.test(flags)) return " (AVX-512)";
  return /\bavx2\b/.test(flags) ? " (AVX2)" : "";
}
