/** `sightline compare`: runs or model files side by side, and which one is better by how much. */
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type Manifest, readManifest } from "@sightline/models/model-file";
import { modelOf, type Run, readRun } from "@sightline/models/run-folder";
import type { Command } from "commander";
import { about, CliError } from "../cli-error.js";
import { type Outcome, rounded, sized, table } from "../outcome.js";
import { type Act, type Context, withJson } from "../verb.js";
import { bestOf } from "./runs.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description(
      "Compare runs or model files side by side: options, figures, the ends of the curves, and which is better by how much.",
    )
    .argument("<run_or_model...>", "two or more: ids of runs, or model files")
    .option("--runs <folder>", "where the run folders lie", "runs")
    .action(act(compare));
}

interface Side {
  readonly name: string;
  readonly run: Run | null;
  readonly manifest: Manifest | null;
  readonly bytes: number | null;
}

async function compare(
  _context: Context,
  names: readonly string[],
  options: { readonly runs: string },
): Promise<Outcome> {
  if (names.length < 2) throw new CliError("USAGE", "Name two or more runs or model files to compare.");
  const sides = await Promise.all(names.map((name) => sideOf(name, resolve(options.runs))));
  const facts = sides.map(factsOf);
  const verdict = better(sides);
  const keys = [...new Set(facts.flatMap((one) => Object.keys(one)))];
  const rows = keys
    .filter((key) => facts.some((one) => one[key] !== undefined && one[key] !== null))
    .map((key) => [key, ...facts.map((one) => shown(one[key]))]);
  // A dataset that has grown is a fair comparison, another one isn't: people have to know.
  const hashes = new Set(sides.flatMap(({ manifest }) => (manifest ? [manifest.dataset.hash] : [])));
  const remark = hashes.size > 1 ? "\nThey learnt from different pictures and were measured on different ones." : "";
  return {
    json: {
      sides: sides.map(({ name }, i) => ({ name, ...facts[i] })),
      ...verdict.json,
      samePictures: hashes.size <= 1,
    },
    text: `${table(["", ...names], rows)}\n\n${verdict.text}${remark}`,
  };
}

/** A file that exists is a model; else the name of a run, whose model is looked at, too, once it is there. */
async function sideOf(name: string, runs: string): Promise<Side> {
  if ((await stat(name).catch(() => null))?.isFile()) {
    const bytes = await readFile(name);
    const manifest = await about(
      name,
      Promise.resolve().then(() => readManifest(bytes)),
    );
    return { name, run: null, manifest, bytes: bytes.length };
  }
  const run = await readRun(runs, name);
  const bytes = await readFile(modelOf(run)).catch(() => null);
  return { name, run, manifest: bytes === null ? null : readManifest(bytes), bytes: bytes?.length ?? null };
}

type Fact = string | number | null | undefined;

function factsOf({ run, manifest, bytes }: Side): Record<string, Fact> {
  const last = run?.history.at(-1);
  const metrics = manifest?.metrics;
  const settings = Object.entries(run?.methodOptions ?? {}).map(([key, value]) => [`option ${key}`, String(value)]);
  return {
    method: manifest?.method ?? run?.method,
    task: manifest?.task,
    status: run?.status,
    dataset: manifest?.dataset.name ?? run?.dataset.folder,
    images: manifest?.dataset.images,
    seed: manifest?.seed ?? run?.seed,
    ...Object.fromEntries(settings),
    input: manifest && `${manifest.input.width}x${manifest.input.height}`,
    parameters: manifest?.parameters,
    multiplyAccumulates: manifest?.multiplyAccumulates,
    size: bytes === null ? null : sized(bytes),
    epochs: run ? run.history.length : manifest?.training?.epochs,
    loss: last?.loss,
    bestOnHeldOut: run ? bestOf(run) : manifest?.training?.best,
    picturesPerSecond: last?.picturesPerSecond,
    seconds: last?.elapsedSeconds ?? manifest?.training?.seconds,
    measuredOn: metrics && `${metrics.source} (${metrics.images})`,
    accuracy: metrics?.accuracy,
    precision: metrics?.precision,
    recall: metrics?.recall,
    f1: metrics?.f1,
    auroc: metrics?.auroc,
    ece: metrics?.ece,
    mAP50: metrics?.mAP50,
    mAP50_95: metrics?.mAP50_95,
  };
}

function shown(value: Fact): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(4) : String(value);
}

/** The figure that tells most of a task, the same for all sides, or nothing where they don't compare. */
function better(sides: readonly Side[]): { text: string; json: object } {
  const none = (why: string) => ({ text: why, json: { better: null, reason: why } });
  const measured = sides.map(({ name, manifest, run }) => {
    if (manifest?.metrics) return { name, kind: `${manifest.task}, ${manifest.metrics.source}`, figures: manifest };
    return { name, kind: `curve of ${run?.metricName ?? run?.method}`, figures: null, best: run ? bestOf(run) : null };
  });
  if (new Set(measured.map(({ kind }) => kind)).size > 1)
    return none(`Not the same measure: ${measured.map(({ name, kind }) => `${name}: ${kind}`).join("; ")}.`);
  const task = sides[0]?.manifest?.task;
  const figure = task === "detection" ? "mAP50_95" : task === "anomaly" ? "auroc" : "accuracy";
  const scored = measured.map(({ name, figures, best }) => ({
    name,
    value: figures ? (figures.metrics?.[figure] ?? figures.metrics?.accuracy ?? null) : (best ?? null),
  }));
  if (scored.some(({ value }) => value === null)) return none("Not all have been measured yet.");
  const [first, second] = scored.toSorted((a, b) => (b.value as number) - (a.value as number));
  if (!first || !second) return none("There is nothing to compare.");
  const by = (first.value as number) - (second.value as number);
  const what = measured[0]?.figures ? figure : "best on held-out pictures";
  if (by === 0)
    return { text: `Equal in ${what} (${rounded(first.value)}).`, json: { better: null, figure: what, by: 0 } };
  return {
    text: `${first.name} is better: ${what} ${rounded(first.value)} against ${rounded(second.value)} (+${rounded(by)}).`,
    json: { better: first.name, figure: what, by },
  };
}
