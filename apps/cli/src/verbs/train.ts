/** `sightline train`: from a folder of labelled pictures to one model file. */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import type { DatasetFormat } from "@sightline/dataset/dataset";
import type { TilingWish } from "@sightline/models/anomaly-tiles";
import { isNetMethod, type MethodChoice, methodChoices, parseMethodChoice } from "@sightline/models/method-names";
import type { Manifest } from "@sightline/models/model-file";
import { readRun } from "@sightline/models/run-folder";
import { type Command, Option } from "commander";
import { CliError } from "../cli-error.js";
import { datasetFormats, noteSkipped } from "../dataset-folder.js";
import { defectFigures } from "../defect-figures.js";
import { assignment, duration, memorySize, wholeNumber } from "../flag-values.js";
import { counted, type Outcome, rounded, sized, table } from "../outcome.js";
import { dataFolderOf } from "../server-connection.js";
import { deliver } from "../trained-file.js";
import { lineOf } from "../training-line.js";
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
    .option(
      "--budget <time>",
      "end within about this time, such as 5m, with the best so far; a run that goes on has what is left of it",
      duration(10),
    )
    .option("--epochs <number>", "for methods with epochs (default: the method's own choice)", wholeNumber(1, 10_000))
    .option(
      "--batch <number>",
      "pictures a step, for methods with epochs (default: the method's own choice)",
      wholeNumber(1, 1024),
    )
    .option(
      "--max-memory <size>",
      "most memory for the steps of methods with epochs, such as 2G (default: 80 % of what is free)",
      memorySize,
    )
    .option("--option <name=value>", "an option of the method, as its README lists them; may be repeated", assignment)
    .option(
      "--teacher <models...>",
      "finished models whose answers `distilled` learns from; without any it trains one first",
    )
    .option("--unlabelled <folder>", "pictures without labels, which only the teachers say something of")
    .option("--resume <run>", "go on with a stopped or killed run of a method with epochs, with its own options")
    .option("--finish", "with --resume: learn no further and make the model of the best state so far")
    .option("--runs <folder>", "where methods with epochs keep their curves and checkpoints", "runs")
    .option(
      "--checkpoint-every <time>",
      "how much a power cut may cost, for methods with epochs (default: 20s)",
      duration(0.1),
    )
    .addOption(
      new Option("--format <format>", "how the dataset is laid out (default: recognised)").choices(datasetFormats),
    )
    .option("--threads <number>", "default: as many as the cores", wholeNumber(1, 256))
    .option(
      "--backbone <name>",
      "another pretrained network: one of `sightline backbone list`, or an ONNX file (or SIGHTLINE_BACKBONE)",
    )
    .option("--data <folder>", "with --backbone: the data folder that it was added to (or SIGHTLINE_DATA)")
    .option(
      "--tile <pixels>",
      "cut pictures into tiles of this side, for defects that are small in large pictures; auto: where masks tell that they need it; none",
      tileSide,
      "auto",
    )
    .option("--force", "overwrite an existing file")
    .action(act(train));
}

interface Options {
  readonly out?: string;
  readonly method: MethodChoice;
  readonly seed: number;
  readonly budget?: number;
  readonly epochs?: number;
  readonly batch?: number;
  readonly maxMemory?: number;
  readonly checkpointEvery?: number;
  readonly option?: Readonly<Record<string, string>>;
  readonly resume?: string;
  readonly finish?: true;
  readonly runs: string;
  readonly format?: DatasetFormat;
  readonly threads?: number;
  readonly backbone?: string;
  readonly data?: string;
  readonly tile: TilingWish;
  readonly teacher?: readonly string[];
  readonly unlabelled?: string;
  readonly force?: true;
}

async function train(context: Context, dataset: string | undefined, options: Options): Promise<Outcome> {
  const { resume } = options;
  const backboneFile = options.backbone === undefined ? null : await backboneOf(context, options.backbone, options);
  const order =
    resume === undefined
      ? newOrder(dataset, options, backboneFile)
      : await oldOrder(resume, dataset, options, backboneFile);
  // Asked for first: to find after minutes of training that the file can't be written would be cruel.
  const target = await reserveFile(order.out, { overwrite: options.force === true });
  try {
    const done = await trainInProcess(order, context.signal, (progress) =>
      context.progress.report(progress.progress, lineOf(progress)),
    );
    const { bytes, manifest, skipped, boxNotes, maskNotes, runId, seconds } = done;
    await deliver(target, done, order);
    noteSkipped(context, skipped, { boxNotes, maskNotes });
    for (const trouble of done.troubles) context.note(trouble);
    if (manifest.training?.ended === "budget" && manifest.training.epochs === 0)
      context.note("The budget ended within the first epoch: the model has learnt little. Give it more time.");
    const json = {
      model: target.path,
      method: manifest.method,
      task: manifest.task,
      labels: manifest.labels,
      images: manifest.dataset.images,
      skipped,
      ...(boxNotes.length > 0 && { boxNotes }),
      ...(maskNotes.length > 0 && { maskNotes }),
      candidates: manifest.candidates,
      metrics: manifest.metrics,
      ...(manifest.segmentation && { segmentation: manifest.segmentation }),
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

/** @returns the file; `null` for the built-in one, or where nothing is named */
async function backboneOf(context: Context, name: string, options: Options): Promise<string | null> {
  const { findBackbone } = await import("@sightline/models/backbone-store");
  return await findBackbone(dataFolderOf(options, context), name);
}

function newOrder(dataset: string | undefined, options: Options, backboneFile: string | null): TrainingOrder {
  if (dataset === undefined) throw new CliError("USAGE", "missing required argument 'dataset'.");
  if (options.out === undefined) throw new CliError("USAGE", "required option '--out <file>' not specified.");
  if (options.finish) throw new CliError("USAGE", "--finish goes with --resume RUN.");
  const { method, option: methodOptions = {}, epochs } = options;
  if (method === "auto" && Object.keys(methodOptions).length > 0)
    throw new CliError("USAGE", "--option goes with a --method.");
  const stray = flagsOfEpochs.find(({ key }) => options[key] !== undefined);
  if (method !== "auto" && !isNetMethod(method) && stray !== undefined)
    throw new CliError("USAGE", `${stray.flag} goes with methods that have epochs, not ${method}.`);
  return {
    dataset: resolve(dataset),
    format: options.format ?? null,
    method,
    seed: options.seed,
    threads: options.threads ?? availableParallelism(),
    epochs: epochs ?? null,
    batchSize: options.batch ?? null,
    budgetMs: options.budget ?? null,
    maxMemoryBytes: options.maxMemory ?? null,
    checkpointEveryMs: options.checkpointEvery ?? null,
    methodOptions,
    backboneFile,
    tiling: options.tile,
    teachers: (options.teacher ?? []).map((file) => resolve(file)),
    unlabelled: options.unlabelled === undefined ? null : resolve(options.unlabelled),
    out: resolve(options.out),
    runs: resolve(options.runs),
    resume: null,
    finish: false,
  };
}

const flagsOfEpochs = [
  { key: "epochs", flag: "--epochs" },
  { key: "batch", flag: "--batch" },
  { key: "maxMemory", flag: "--max-memory" },
  { key: "checkpointEvery", flag: "--checkpoint-every" },
] as const satisfies readonly { key: keyof Options; flag: string }[];

/** What makes a run the one it is; the defaults are what commander fills in. */
const flagsOfBeginning = [
  { flag: "--method", isGiven: ({ method }) => method !== "auto" },
  { flag: "--seed", isGiven: ({ seed }) => seed !== 0 },
  { flag: "--epochs", isGiven: ({ epochs }) => epochs !== undefined },
  { flag: "--batch", isGiven: ({ batch }) => batch !== undefined },
  { flag: "--option", isGiven: ({ option }) => option !== undefined },
  { flag: "--teacher", isGiven: ({ teacher }) => teacher !== undefined },
  { flag: "--unlabelled", isGiven: ({ unlabelled }) => unlabelled !== undefined },
  { flag: "--format", isGiven: ({ format }) => format !== undefined },
  { flag: "--tile", isGiven: ({ tile }) => tile !== "auto" },
] as const satisfies readonly { flag: string; isGiven: (options: Options) => boolean }[];

/** A resumed run goes on as it was begun; only time, memory, threads and where the model goes may be new. */
async function oldOrder(
  id: string,
  folder: string | undefined,
  options: Options,
  newBackbone: string | null,
): Promise<TrainingOrder> {
  const changed = flagsOfBeginning.find(({ isGiven }) => isGiven(options));
  if (changed !== undefined)
    throw new CliError("USAGE", `${changed.flag} can't change in a run that goes on. Leave it out with --resume.`);
  const runs = resolve(options.runs);
  const {
    dataset,
    out,
    method,
    seed,
    threads,
    epochs,
    batchSize,
    methodOptions,
    backboneFile,
    teachers,
    unlabelled,
    tiling,
    ...old
  } = await readRun(runs, id);
  if (options.finish && old.isResumable && old.history.length === 0)
    throw new CliError("USAGE", `The run "${id}" has no whole epoch yet. Go on with it: leave --finish out.`);
  if (folder !== undefined && resolve(folder) !== dataset.folder)
    throw new CliError(
      "USAGE",
      `The run "${id}" learns from "${dataset.folder}". Leave the dataset out with --resume.`,
    );
  const file = options.out ?? out;
  if (file === null) throw new CliError("USAGE", "required option '--out <file>' not specified.");
  return {
    dataset: dataset.folder,
    format: dataset.format as DatasetFormat | null,
    method: parseMethodChoice(method),
    seed,
    threads: options.threads ?? threads,
    epochs,
    batchSize,
    budgetMs: options.budget ?? old.budgetMs,
    maxMemoryBytes: options.maxMemory ?? old.maxMemoryBytes,
    checkpointEveryMs: options.checkpointEvery ?? old.checkpointEveryMs,
    methodOptions,
    backboneFile: newBackbone ?? backboneFile,
    tiling,
    teachers,
    unlabelled,
    out: resolve(file),
    runs,
    resume: id,
    finish: options.finish === true,
  };
}

/** For commander: a tile's side, `auto` or `none`. */
function tileSide(text: string): TilingWish {
  return text === "auto" || text === "none" ? text : wholeNumber(64, 8192)(text);
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
    // One network alone has no folds: its figures follow anyway.
    ...(rows.length > 1 || !manifest.training ? [table(["candidate", "mean", "folds"], rows), ""] : []),
    `${manifest.method} (${manifest.task}: ${manifest.labels.join(", ")})`,
    measured,
    ...(manifest.training
      ? [
          `${counted(manifest.training.epochs, "epoch")} (${manifest.training.ended}), best ${manifest.training.metricName} ${rounded(manifest.training.best)}`,
        ]
      : []),
    ...(metrics?.defects ? ["", ...defectFigures(metrics.defects), ""] : []),
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
