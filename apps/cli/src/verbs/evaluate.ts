/** `sightline evaluate`: measures a model on the test part of a dataset. */
import type { DatasetFormat } from "@sightline/dataset/dataset";
import { type Evaluation, evaluate as evaluateModel } from "@sightline/models/evaluate";
import { openPredictor } from "@sightline/models/predictor";
import { type Command, Option } from "commander";
import { about } from "../cli-error.js";
import { datasetFormats, noteSkipped } from "../dataset-folder.js";
import { wholeNumber } from "../flag-values.js";
import { counted, type Outcome, rounded, table } from "../outcome.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description("Measure a model on the test part of a dataset; of a folder without its own split, on all of it.")
    .argument("<model>", "model file made by `sightline train`")
    .argument("<dataset>", "folder with a folder per label, or with train/ and test/, or in MVTec layout")
    .addOption(
      new Option("--format <format>", "how the dataset is laid out (default: recognised)").choices(datasetFormats),
    )
    .option("--threads <number>", "default: one less than the cores", wholeNumber(1, 256))
    .action(act(evaluate));
}

interface Options {
  readonly format?: DatasetFormat;
  readonly threads?: number;
}

async function evaluate(context: Context, model: string, dataset: string, options: Options): Promise<Outcome> {
  const predictor = await about(
    model,
    openPredictor(model, options.threads === undefined ? {} : { threads: options.threads }),
  );
  try {
    const { skipped, ...evaluation } = await evaluateModel({
      predictor,
      folder: dataset,
      signal: context.signal,
      onProgress: ({ progress, step }) => context.progress.report(progress, step),
      ...(options.format === undefined ? {} : { format: options.format }),
    });
    noteSkipped(context, skipped);
    return { json: evaluation, text: report(evaluation) };
  } finally {
    await predictor.close();
  }
}

function report(evaluation: Omit<Evaluation, "skipped">): string {
  const { task, images, confusion, threshold, imagesPerSecond, msPerImage } = evaluation;
  const { accuracy, precision, recall, f1, auroc, ece, pixelAuroc, aupro } = evaluation;
  const measures = { accuracy, precision, recall, f1, auroc, ece, pixelAuroc, aupro };
  const rows = Object.entries(measures)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, rounded(value)]);
  const answers = confusion.labels.map((label, truth) => [label, ...(confusion.counts[truth] ?? [])]);
  const meaning = task === "anomaly" ? `, positive = anomaly, threshold ${threshold}` : ", means over the classes";
  return [
    `${counted(images, "picture")} (${task}${meaning})`,
    "",
    table(["measure", "value"], rows),
    "",
    table(["is \\ answered", ...confusion.labels], answers),
    "",
    `${imagesPerSecond.toFixed(1)} pictures per second; ${msPerImage.p50.toFixed(1)} ms for one (95 % within ${msPerImage.p95.toFixed(1)} ms)`,
  ].join("\n");
}
