/** `sightline train`: from a folder of labelled pictures to one model file. */
import { availableParallelism } from "node:os";
import { basename, resolve } from "node:path";
import type { DatasetFormat } from "@sightline/dataset/dataset";
import type { Manifest } from "@sightline/models/model-file";
import type { MethodChoice } from "@sightline/models/registry";
import { type Command, Option } from "commander";
import { datasetFormats, noteSkipped } from "../dataset-folder.js";
import { wholeNumber } from "../flag-values.js";
import { counted, type Outcome, rounded, sized, table } from "../outcome.js";
import { type Act, type Context, withJson } from "../verb.js";
import { reserveFile } from "../whole-file.js";

const methods = ["auto", "patchcore", "classifier"] satisfies readonly MethodChoice[];

export function register(command: Command, act: Act): void {
  withJson(command)
    .description("Train a model from the training part of a dataset. Its test part is never opened.")
    .argument("<dataset>", "folder with a folder per label, or with train/ and test/, or in MVTec layout")
    .requiredOption("--out <file>", "where to write the model (an ONNX file)")
    .addOption(
      new Option("--method <method>", "auto tries what fits and takes the best").choices(methods).default("auto"),
    )
    .option("--seed <number>", "same seed, same model", wholeNumber(0, 2 ** 31 - 1), 0)
    .addOption(
      new Option("--format <format>", "how the dataset is laid out (default: recognised)").choices(datasetFormats),
    )
    .option("--threads <number>", "default: as many as the cores", wholeNumber(1, 256))
    .option("--backbone <file>", "another pretrained network, as an ONNX file (or SIGHTLINE_BACKBONE)")
    .option("--force", "overwrite an existing file")
    .action(act(train));
}

interface Options {
  readonly out: string;
  readonly method: MethodChoice;
  readonly seed: number;
  readonly format?: DatasetFormat;
  readonly threads?: number;
  readonly backbone?: string;
  readonly force?: true;
}

async function train(context: Context, dataset: string, options: Options): Promise<Outcome> {
  // Asked for first: to find after minutes of training that the file can't be written would be cruel.
  const target = await reserveFile(options.out, { overwrite: options.force === true });
  try {
    const { readTrainingPart } = await import("@sightline/dataset/training-part");
    const { train: trainModel } = await import("@sightline/models/train");
    const pictures = await readTrainingPart(dataset, { format: options.format });
    const startedMs = performance.now();
    const { bytes, manifest, skipped } = await trainModel({
      pictures,
      method: options.method,
      seed: options.seed,
      threads: options.threads ?? availableParallelism(),
      datasetName: basename(resolve(dataset)),
      signal: context.signal,
      onProgress: ({ progress, step }) => context.progress.report(progress, step),
      ...(options.backbone === undefined ? {} : { backboneFile: options.backbone }),
    });
    context.signal.throwIfAborted();
    const seconds = (performance.now() - startedMs) / 1000;
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
      seed: manifest.seed,
      bytes: bytes.length,
      seconds: Number(seconds.toFixed(1)),
    };
    return { json, text: report(manifest, target.path, bytes.length, seconds) };
  } finally {
    await target.release();
  }
}

function report(manifest: Manifest, path: string, bytes: number, seconds: number): string {
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
      : `on ${metrics.source === "heldOut" ? "pictures held out in turn" : "the test"} (${metrics.images}): ${measuresOf(metrics)}`;
  return [
    table(["candidate", "mean", "folds"], rows),
    "",
    `${manifest.method} (${manifest.task}: ${manifest.labels.join(", ")})`,
    measured,
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
  };
  return Object.entries(measures)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${rounded(value)}`)
    .join(", ");
}
