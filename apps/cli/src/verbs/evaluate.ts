/** `sightline evaluate`: measures a model on the test part of a dataset. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, resolve } from "node:path";
import type { DatasetFormat, LabelledPictures } from "@sightline/dataset/dataset";
import { readTrainingPart } from "@sightline/dataset/training-part";
import { answeredPictures } from "@sightline/models/answered-picture";
import { buildReport } from "@sightline/models/build-report";
import { type Evaluation, evaluateFolder, type SampleEvaluation } from "@sightline/models/evaluate";
import type { CostRule, EvaluationReport, Repeats } from "@sightline/models/evaluation-report";
import { parseMethodChoice } from "@sightline/models/method-names";
import { mistakePictures } from "@sightline/models/mistake-pictures";
import { openPredictor, type Predictor } from "@sightline/models/predictor";
import { repeatTraining } from "@sightline/models/repeats";
import { type SlicesOf, slicesByFolder, slicesFromCsv } from "@sightline/models/slice-columns";
import { type Command, Option } from "commander";
import { about, CliError } from "../cli-error.js";
import { datasetFormats, noteSkipped } from "../dataset-folder.js";
import { defectFigures } from "../defect-figures.js";
import { assignment, duration, realNumber, wholeNumber } from "../flag-values.js";
import { modelNameOf, reportText, reserveReports } from "../measured-report.js";
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
    .option(
      "--report <file>",
      "write a report: a page that needs nothing else (.html) or data (.json); may be repeated",
      (file: string, before: readonly string[] | undefined) => [...(before ?? []), file],
    )
    .option(
      "--slices <csv>",
      "a table with a line of titles: the picture's name and what to tell pictures apart by, such as camera,time",
    )
    .option("--threshold <score>", "of an anomaly model, in place of its own", realNumber(0.001, 0.999))
    .option("--escape-cost <number>", "what a defect costs that is not found", realNumber(0, 1e12))
    .option("--false-reject-cost <number>", "what a good part costs that is rejected", realNumber(0, 1e12))
    .option("--defect-rate <share>", "of the line's parts (default: as among the pictures)", realNumber(0, 1))
    .option(
      "--folds <number>",
      "also train the model's method again on the training part, without each fold in turn, and measure it there",
      wholeNumber(2, 20),
    )
    .option("--seeds <number>", "so many times with other folds and another start (default: 1)", wholeNumber(1, 20))
    .option("--budget <time>", "of each of these trainings, such as 5m", duration(10))
    .option("--option <name=value>", "an option of their method; may be repeated", assignment)
    .option("--mistakes <number>", "worst mistakes shown with their pictures (default: 24)", wholeNumber(0, 500))
    .option("--force", "overwrite an existing report")
    .action(act(evaluate));
}

interface Options {
  readonly format?: DatasetFormat;
  readonly threads?: number;
  readonly report?: readonly string[];
  readonly slices?: string;
  readonly threshold?: number;
  readonly escapeCost?: number;
  readonly falseRejectCost?: number;
  readonly defectRate?: number;
  readonly folds?: number;
  readonly seeds?: number;
  readonly budget?: number;
  readonly option?: Readonly<Record<string, string>>;
  readonly mistakes?: number;
  readonly force?: true;
}

/** Any of these asks for more than the plain figures. */
const asksForReport = ["report", "slices", "threshold", "escapeCost", "folds"] as const satisfies (keyof Options)[];
const usualMistakes = 24;

async function evaluate(context: Context, model: string, dataset: string, options: Options): Promise<Outcome> {
  const cost = costOf(options);
  const tellApart = await slicesOf(options.slices);
  const reports = await reserveReports(options.report ?? [], { overwrite: options.force === true });
  try {
    return await measure(context, model, dataset, options, { cost, tellApart, reports });
  } finally {
    await reports.release();
  }
}

interface Extras {
  readonly cost: CostRule | null;
  readonly tellApart: SlicesOf | null;
  readonly reports: Awaited<ReturnType<typeof reserveReports>>;
}

async function measure(
  context: Context,
  model: string,
  dataset: string,
  options: Options,
  { cost, tellApart, reports }: Extras,
): Promise<Outcome> {
  const predictor = await about(
    model,
    openPredictor(model, options.threads === undefined ? {} : { threads: options.threads }),
  );
  try {
    const { task } = predictor.manifest;
    if (task !== "anomaly" && (options.threshold !== undefined || cost !== null))
      throw new CliError("USAGE", `--threshold and costs are for models of normal or anomaly; this one does ${task}.`);
    const share = options.folds === undefined ? 1 : 0.1;
    const measured = await evaluateFolder({
      predictor,
      folder: dataset,
      signal: context.signal,
      onProgress: ({ progress, step }) => context.progress.report(share * progress, step),
      ...(options.format === undefined ? {} : { format: options.format }),
    });
    const { evaluation } = measured;
    noteSkipped(context, evaluation.skipped, evaluation);
    if (!asksForReport.some((flag) => options[flag] !== undefined))
      return { json: figuresAlone(evaluation), text: report(evaluation) };
    const repeats = await repeated(context, predictor, dataset, options, share);
    const found = documentOf(model, dataset, predictor, measured, { options, cost, tellApart, repeats });
    const fileOf = new Map(measured.answered.map(({ sample }) => [sample.name, sample] as const));
    const pictures = reports.hasPage
      ? await mistakePictures({
          predictor,
          mistakes: found.mistakes,
          sampleOf: ({ name }) => fileOf.get(name),
          most: options.mistakes ?? usualMistakes,
          signal: context.signal,
        })
      : new Map();
    const written = await reports.write(found, pictures);
    return {
      json: { ...figuresAlone(evaluation), ...(written.length === 0 ? { report: found } : { written }) },
      text: `${report(evaluation)}\n\n${reportText(found, written)}`,
    };
  } finally {
    await predictor.close();
  }
}

/** @throws CliError `USAGE` where one of two costs is missing */
function costOf({ escapeCost, falseRejectCost, defectRate }: Options): CostRule | null {
  if (escapeCost === undefined && falseRejectCost === undefined && defectRate === undefined) return null;
  if (escapeCost === undefined || falseRejectCost === undefined)
    throw new CliError("USAGE", "--escape-cost and --false-reject-cost go together.");
  return { escape: escapeCost, falseReject: falseRejectCost, defectRate: defectRate ?? null };
}

async function slicesOf(file: string | undefined): Promise<SlicesOf | null> {
  return file === undefined ? null : slicesFromCsv(await about(file, readFile(file, "utf8")), file);
}

async function repeated(
  context: Context,
  { manifest }: Predictor,
  dataset: string,
  { folds, seeds = 1, budget, option, format, threads }: Options,
  from: number,
): Promise<Repeats | null> {
  if (folds === undefined) return null;
  return repeatTraining({
    pictures: await readTrainingPart(dataset, { format }),
    method: parseMethodChoice(manifest.method),
    methodOptions: option,
    folds,
    seeds: Array.from({ length: seeds }, (_, i) => manifest.seed + i),
    threads: threads ?? availableParallelism(),
    budgetMs: budget,
    signal: context.signal,
    onProgress: ({ progress, step }) => context.progress.report(from + (1 - from) * progress, step),
  });
}

function documentOf(
  model: string,
  dataset: string,
  { manifest }: Predictor,
  { answered, maps, evaluation, pictures }: SampleEvaluation & { readonly pictures: LabelledPictures },
  { options, cost, tellApart, repeats }: Omit<Extras, "reports"> & { options: Options; repeats: Repeats | null },
): EvaluationReport {
  const byFolder = slicesByFolder(pictures.samples, pictures.normalLabel);
  return buildReport({
    ...{ modelName: modelNameOf(model), manifest, maps, cost, repeats, picturesName: basename(resolve(dataset)) },
    pictures: answeredPictures(answered, (sample) => ({ ...byFolder(sample), ...tellApart?.(sample) })),
    skipped: evaluation.skipped,
    threshold: options.threshold,
    msPerImage: evaluation.msPerImage,
  });
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
