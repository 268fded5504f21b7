/** `sightline runs`: the trainings whose folders lie here, with what became of them. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { listRuns, type Run } from "@sightline/models/run-folder";
import { runsPage } from "@sightline/models/runs-page";
import type { Command } from "commander";
import { about } from "../cli-error.js";
import { type Outcome, rounded, table } from "../outcome.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description("List the trainings by epochs whose run folders lie here, newest first.")
    .option("--runs <folder>", "the folder given to `sightline train --runs`", "runs")
    .option("--plot <file>", "also write their curves and figures as an HTML page")
    .action(act(runs));
}

interface Options {
  readonly runs: string;
  readonly plot?: string;
}

async function runs(_context: Context, options: Options): Promise<Outcome> {
  const root = resolve(options.runs);
  const found = await listRuns(root);
  if (options.plot !== undefined) await about(options.plot, writeFile(options.plot, runsPage(found)));
  const titles = ["run", "status", "epochs", "loss", "metric", "best", "dataset"];
  const rows = found.map((run) => [
    run.id,
    run.isResumable ? `${run.status} (can go on)` : run.status,
    run.epochs === null ? String(run.history.length) : `${run.history.length} of ${run.epochs}`,
    rounded(run.history.at(-1)?.loss),
    run.metricName ?? "held out",
    rounded(bestOf(run)),
    run.dataset.folder,
  ]);
  return {
    text: found.length === 0 ? `no runs in "${root}"` : table(titles, rows),
    json: {
      runs: found.map(({ history, ...run }) => ({ ...run, epochsDone: history.length, best: bestOf(run, history) })),
    },
  };
}

/** The best that the curve reached on held-out pictures; `null` before it was measured. */
export function bestOf(run: Partial<Run>, history = run.history ?? []): number | null {
  const values = history.map(({ metric }) => metric).filter((metric) => metric !== null);
  return values.length === 0 ? null : Math.max(...values);
}
