/** `sightline train`: from a folder of labelled pictures to one model file. */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import type { DatasetFormat } from "@sightline/dataset/dataset";
import { isNetMethod, type MethodChoice, methodChoices, parseMethodChoice } from "@sightline/models/method-names";
import type { Manifest } from "@sightline/models/model-file";
import { readRun } from "@sightline/models/run-folder";
import type { Progress } from "@sightline/models/train";
import { type Command, Option } from "commander";
import { CliError } from "../cli-error.js";
import { datasetFormats, noteSkipped } from "../dataset-folder.js";
import { assignment, duration, wholeNumber } from "../flag-values.js";
import { counted, type Outcome, rounded, sized, table } from "../outcome.js";
import type { TrainingOrder } from "../training-order.js";
import { trainInProcess } from "../training-process.js";
import { type Act, type Context, withJson } from "../verb.js";
import { reserveFile } from "../whole-file.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description(
      "Train a model from the training part of a dataset. Its test part is never opened. Training runs in a process of its own; Ctrl-C ends it, and a method with epochs leaves a checkpoint to go on from.",
    )
    .argument("[dataset]", "folder in one of the formats; not needed with --resume")
    .option("--out <file>", "where to write the model (an ONNX file); needed but with --resume")
    .addOption(
      new Option("--method <method>", "auto tries what fits the task and takes the best")
        .choices(methodChoices)
        .default("auto"),
    )
    .option("--seed <number>", "same seed, same model", wholeNumber(0, 2 ** 31 - 1), 0)
    .option("--budget <time>", "end within about this time, such as 5m, with the best so far", duration)
    .option("--epochs <number>", "for methods with epochs (default: the method's own choice)", wholeNumber(1, 10_000))
    .option("--option <name=value>", "an option of the method, as its README lists them; may be repeated", assignment)
    .option("--resume <run>", "go on with a stopped or killed run of a method with epochs, with its own options")
    .option("--runs <folder>", "where methods with epochs keep their curves and checkpoints", "runs")
    .addOption(
      new Option("--format <format>", "how the dataset is laid out (default: recognised)").choices(datasetFormats),
    )
    .option("--threads <number>", "default: as many as the cores", wholeNumber(1, 256))
    .option("--backbone <file>", "another pretrained network, as an ONNX file (or SIGHTLINE_BACKBONE)")
    .option("--force", "overwrite an existing file")
    .action(act(train));
}

interface Options {
  readonly out?: string;
  readonly method: MethodChoice;
  readonly seed: number;
  readonly budget?: number;
  readonly epochs?: number;
  readonly option?: Readonly<Record<string, string>>;
  readonly resume?: string;
  readonly runs: string;
  readonly format?: DatasetFormat;
  readonly threads?: number;
  readonly backbone?: string;
  readonly force?: true;
}

async function train(context: Context, dataset: string | undefined, options: Options): Promise<Outcome> {
  const order = options.resume === undefined ? newOrder(dataset, options) : await oldOrder(options.resume, options);
  // Asked for first: to find after minutes of training that the file can't be written would be cruel.
  const target = await reserveFile(order.out, { overwrite: options.force === true });
  try {
    const { bytes, manifest, skipped, runId, seconds } = await trainInProcess(order, context.signal, (progress) =>
      context.progress.report(progress.progress, lineOf(progress)),
    );
    await target.commit(bytes);
    noteSkipped(context, skipped);
    const json = {
      model: target.path,
      method: manifest.method,
      task: manifest.task,
      labels: manifest.labels,
      images: manifest.dataset.images,
      skipped,
      candidates: manifest.candidates,
      metrics: manifest.metrics,
      ...(manifest.training && { training: manifest.training, parameters: manifest.parameters }),
      ...(runId !== null && { run: runId }),
      seed: manifest.seed,
      bytes: bytes.length,
      seconds: Number(seconds.toFixed(1)),
    };
    return { json, text: report(manifest, target.path, bytes.length, seconds, runId) };
  } finally {
    await target.release();
  }
}

function newOrder(dataset: string | undefined, options: Options): TrainingOrder {
  if (dataset === undefined) throw new CliError("USAGE", "missing required argument 'dataset'.");
  if (options.out === undefined) throw new CliError("USAGE", "required option '--out <file>' not specified.");
  const { method, option: methodOptions = {}, epochs } = options;
  if (method === "auto" ? Object.keys(methodOptions).length > 0 : !isNetMethod(method) && epochs !== undefined)
    throw new CliError(
      "USAGE",
      method === "auto"
        ? "--option goes with a --method."
        : `--epochs goes with methods that have epochs, not ${method}.`,
    );
  return {
    dataset: resolve(dataset),
    format: options.format ?? null,
    method,
    seed: options.seed,
    threads: options.threads ?? availableParallelism(),
    epochs: epochs ?? null,
    budgetMs: options.budget ?? null,
    methodOptions,
    backboneFile: options.backbone ?? null,
    out: resolve(options.out),
    runs: resolve(options.runs),
    resume: null,
  };
}

/** A resumed run goes on as it was begun; only its time and its place of writing may be new. */
async function oldOrder(id: string, options: Options): Promise<TrainingOrder> {
  const runs = resolve(options.runs);
  const { dataset, out, method, seed, threads, epochs, budgetMs, methodOptions, backboneFile } = await readRun(
    runs,
    id,
  );
  const file = options.out ?? out;
  if (file === null) throw new CliError("USAGE", "required option '--out <file>' not specified.");
  return {
    dataset: dataset.folder,
    format: dataset.format as DatasetFormat | null,
    method: parseMethodChoice(method),
    seed,
    threads: options.threads ?? threads,
    epochs: options.epochs ?? epochs,
    budgetMs: options.budget ?? budgetMs,
    methodOptions,
    backboneFile: options.backbone ?? backboneFile,
    out: resolve(file),
    runs,
    resume: id,
  };
}

/** What happens now, in one line: for a network its epoch, loss, metric, speed and time left. */
function lineOf({ step, live }: Progress): string {
  if (live === undefined) return step;
  const { epoch, epochs, loss, metric, picturesPerSecond, waitedShare, secondsLeft } = live;
  return [
    `epoch ${epoch} of ${epochs}`,
    `loss ${loss.toPrecision(3)}`,
    ...(metric === null ? [] : [`held out ${rounded(metric)}`]),
    `${Math.round(picturesPerSecond)} pictures/s`,
    `waited ${Math.round(waitedShare * 100)} %`,
    ...(secondsLeft === null ? [] : [`${timeOf(secondsLeft)} left`]),
  ].join(", ");
}

function timeOf(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

function report(manifest: Manifest, path: string, bytes: number, seconds: number, runId: string | null): string {
  const { candidates, metrics } = manifest;
  const tried = candidates.map((one) => [
    one.chosen ? `${one.method} *` : one.method,
    one.meanScore,
    one.foldScores.map((score) => rounded(score)).join(" "),
  ]);
  const rows = tried.map(([method, mean, folds]) => [String(method), rounded(Number(mean)), String(folds)]);
  const measured =
    metrics === null
      ? "no held-out measures"
      : `on ${metrics.source === "test" ? "the test" : manifest.training ? "pictures held out" : "pictures held out in turn"} (${metrics.images}): ${measuresOf(metrics)}`;
  return [
    table(["candidate", "mean", "folds"], rows),
    "",
    `${manifest.method} (${manifest.task}: ${manifest.labels.join(", ")})`,
    measured,
    ...(manifest.training
      ? [
          `${counted(manifest.training.epochs, "epoch")} (${manifest.training.ended}), best ${manifest.training.metricName} ${rounded(manifest.training.best)}`,
        ]
      : []),
    ...(runId === null ? [] : [`run ${runId}`]),
    `saved ${path} (${sized(bytes)}) after ${counted(Math.round(seconds), "second")}`,
  ].join("\n");
}

function measuresOf(metrics: NonNullable<Manifest["metrics"]>): string {
  const measures = {
    accuracy: metrics.accuracy,
    precision: metrics.precision,
    recall: metrics.recall,
    f1: metrics.f1,
    auroc: metrics.auroc,
    ece: metrics.ece,
    mAP50: metrics.mAP50,
    "mAP50-95": metrics.mAP50_95,
  };
  return Object.entries(measures)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${rounded(value)}`)
    .join(", ");
}
