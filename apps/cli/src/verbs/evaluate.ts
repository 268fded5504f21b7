/** `sightline evaluate`: measures a model on the test part of a dataset. */
import type { DatasetFormat } from "@sightline/dataset/dataset";
import { type Evaluation, evaluate as evaluateModel } from "@sightline/models/evaluate";
import { openPredictor } from "@sightline/models/predictor";
import { type Command, Option } from "commander";
import { about } from "../cli-error.js";
import { datasetFormats, noteSkipped } from "../dataset-folder.js";
import { defectFigures } from "../defect-figures.js";
import { wholeNumber } from "../flag-values.js";
import { counted, type Outcome, rounded, table } from "../outcome.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description("Measure a model on the test part of a dataset; of a folder without its own split, on all of it.")
    .argument("<model>", "model file made by `sightline train`")
    .argument("<dataset>", "folder in one of the formats")
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
    const evaluation = await evaluateModel({
      predictor,
      folder: dataset,
      signal: context.signal,
      onProgress: ({ progress, step }) => context.progress.report(progress, step),
      ...(options.format === undefined ? {} : { format: options.format }),
    });
    noteSkipped(context, evaluation.skipped, evaluation);
    return { json: figuresAlone(evaluation), text: report(evaluation) };
  } finally {
    await predictor.close();
  }
}

/** What `--json` prints: of detectors the figures by which detectors are compared everywhere. */
function figuresAlone(evaluation: Evaluation): object {
  const { skipped: _, boxNotes: __, maskNotes: ___, ...figures } = evaluation;
  if (figures.task !== "detection") return figures;
  const { task, images, mAP50, mAP50_95, perClass, perSize, imagesPerSecond, msPerImage } = figures;
  return { task, images, mAP50, mAP50_95, perClass, perSize, imagesPerSecond, msPerImage };
}

function report(evaluation: Evaluation): string {
  const { images, imagesPerSecond, msPerImage } = evaluation;
  return [
    `${counted(images, "picture")} (${meaningOf(evaluation)})`,
    "",
    ...figuresOf(evaluation),
    "",
    `${imagesPerSecond.toFixed(1)} pictures per second; ${msPerImage.p50.toFixed(1)} ms for one (95 % within ${msPerImage.p95.toFixed(1)} ms)`,
  ].join("\n");
}

function meaningOf(evaluation: Evaluation): string {
  if (evaluation.task === "anomaly") return `anomaly, positive = anomaly, threshold ${evaluation.threshold}`;
  if (evaluation.task === "classification") return "classification, means over the classes";
  return evaluation.task === "multilabel" ? "multilabel, means over the labels" : "detection";
}

function figuresOf(evaluation: Evaluation): string[] {
  if (evaluation.task === "detection") {
    const { mAP50, mAP50_95, scoreThreshold, perClass, perSize } = evaluation;
    const { precision, recall, f1 } = evaluation;
    const classes = perClass.map((row) => [
      row.label,
      row.truths,
      rounded(row.ap50),
      rounded(row.ap50_95),
      rounded(row.precision),
      rounded(row.recall),
    ]);
    // Sides as COCO divides them, in pixels of the picture.
    const sides = { small: "up to 32", medium: "32 to 96", large: "over 96" } as const;
    const sizes = Object.entries(perSize).map(([size, row]) => [
      `${size} (${sides[size as keyof typeof sides]})`,
      row.truths,
      rounded(row.ap50),
      rounded(row.ap50_95),
    ]);
    return [
      measures({ mAP50, "mAP50-95": mAP50_95, precision, recall, f1 }),
      `precision, recall and f1: of boxes with a score of at least ${scoreThreshold.toFixed(2)}`,
      "",
      table(["label", "boxes", "AP50", "AP50-95", "precision", "recall"], classes),
      "",
      table(["size in pixels", "boxes", "AP50", "AP50-95"], sizes),
    ];
  }
  if (evaluation.task === "multilabel") {
    const { accuracy, exactMatch, precision, recall, f1, auroc, meanAveragePrecision, perLabel } = evaluation;
    const rows = perLabel.map((row) => [
      row.label,
      row.truths,
      rounded(row.precision),
      rounded(row.recall),
      rounded(row.averagePrecision),
    ]);
    return [
      measures({ accuracy, exactMatch, precision, recall, f1, auroc, meanAveragePrecision }),
      "",
      table(["label", "pictures", "precision", "recall", "average precision"], rows),
    ];
  }
  const { accuracy, precision, recall, f1, auroc, ece, pixelAuroc, aupro, confusion, defects } = evaluation;
  const answers = confusion.labels.map((label, truth) => [label, ...(confusion.counts[truth] ?? [])]);
  return [
    measures({ accuracy, precision, recall, f1, auroc, ece, pixelAuroc, aupro }),
    "",
    table(["is \\ answered", ...confusion.labels], answers),
    ...(defects ? ["", ...defectFigures(defects)] : []),
  ];
}

function measures(figures: Readonly<Record<string, number | null | undefined>>): string {
  const rows = Object.entries(figures)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, rounded(value)]);
  return table(["measure", "value"], rows);
}
