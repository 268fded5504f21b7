/** `sightline prune`: a smaller, faster copy of a finished model: channels go, then it learns again what it answered before. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import type { DatasetFormat } from "@sightline/dataset/dataset";
import { readModel } from "@sightline/models/model-file";
import { networkCost } from "@sightline/models/network-cost";
import { type Command, Option } from "commander";
import { about } from "../cli-error.js";
import { datasetFormats, noteSkipped } from "../dataset-folder.js";
import { duration, realNumber, wholeNumber } from "../flag-values.js";
import { msPerImage } from "../network-time.js";
import { counted, type Outcome, rounded, sized, table } from "../outcome.js";
import { deliver } from "../trained-file.js";
import { lineOf } from "../training-line.js";
import type { TrainingOrder } from "../training-order.js";
import { trainInProcess } from "../training-process.js";
import { type Act, type Context, withJson } from "../verb.js";
import { reserveFile } from "../whole-file.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description(
      "Make a smaller, faster copy of a model of tiny or distilled, or of classifier or finetune with several classes: the channels that matter least go, then what is left learns to answer as the model did. The same as `sightline train --method pruned --teacher MODEL`, with figures before and after.",
    )
    .argument("<model>", "the model file; it stays as it is")
    .argument("<dataset>", "folder in one of the formats, such as the model learnt from; its test part is never opened")
    .requiredOption("--out <file>", "where to write the smaller model")
    .option("--keep <share>", "of its parameters and multiply-accumulates, at most", realNumber(0.05, 0.95), 0.6)
    .option("--seed <number>", "same seed, same pictures held out", wholeNumber(0, 2 ** 31 - 1), 0)
    .option("--budget <time>", "end within about this time, such as 5m", duration(10))
    .option("--epochs <number>", "default: the method's own choice", wholeNumber(1, 10_000))
    .option("--unlabelled <folder>", "pictures without labels, of which the model itself says something")
    .option("--runs <folder>", "where curves and checkpoints are kept", "runs")
    .option("--threads <number>", "default: as many as the cores", wholeNumber(1, 256))
    .addOption(
      new Option("--format <format>", "how the dataset is laid out (default: recognised)").choices(datasetFormats),
    )
    .option("--force", "overwrite an existing file")
    .action(act(prune));
}

interface Options {
  readonly out: string;
  readonly keep: number;
  readonly seed: number;
  readonly budget?: number;
  readonly epochs?: number;
  readonly unlabelled?: string;
  readonly runs: string;
  readonly threads?: number;
  readonly format?: DatasetFormat;
  readonly force?: true;
}

async function prune(context: Context, model: string, dataset: string, options: Options): Promise<Outcome> {
  const whole = await about(model, readFile(model));
  await about(
    model,
    Promise.resolve().then(() => readModel(whole)),
  );
  const target = await reserveFile(options.out, { overwrite: options.force === true });
  const order: TrainingOrder = {
    ...{ dataset: resolve(dataset), format: options.format ?? null, method: "pruned", seed: options.seed },
    ...{ threads: options.threads ?? availableParallelism(), epochs: options.epochs ?? null, batchSize: null },
    ...{ budgetMs: options.budget ?? null, maxMemoryBytes: null, checkpointEveryMs: null },
    ...{ methodOptions: { keep: options.keep }, backboneFile: null, tiling: "none", teachers: [resolve(model)] },
    unlabelled: options.unlabelled === undefined ? null : resolve(options.unlabelled),
    ...{ out: resolve(options.out), runs: resolve(options.runs), resume: null, finish: false },
  };
  try {
    const done = await trainInProcess(order, context.signal, (progress) =>
      context.progress.report(progress.progress, lineOf(progress)),
    );
    await deliver(target, done, order);
    noteSkipped(context, done.skipped, done);
    for (const trouble of done.troubles) context.note(trouble);
    const { manifest, seconds, runId } = done;
    const [before, after] = [
      { ...(await figuresOf(whole)), accuracy: manifest.prunedFrom?.accuracy ?? null },
      { ...(await figuresOf(done.bytes)), accuracy: manifest.metrics?.accuracy ?? null },
    ];
    return {
      json: {
        ...{ model: target.path, keep: options.keep, before, after },
        ...{ images: manifest.metrics?.images ?? null, skipped: done.skipped, run: runId },
        seconds: Number(seconds.toFixed(1)),
      },
      text: [
        table(
          ["", "before", "after", "share"],
          rows.map(({ title, of, show }) => [
            title,
            show(of(before)),
            show(of(after)),
            title === accuracyTitle ? "" : `${Math.round((100 * (of(after) ?? 0)) / (of(before) || 1))} %`,
          ]),
        ),
        "",
        `${accuracyTitle}: on ${manifest.metrics?.images ?? 0} pictures, which the model before may have learnt from`,
        `saved ${target.path} after ${counted(Math.round(seconds), "second")}; on the test part: sightline evaluate`,
      ].join("\n"),
    };
  } finally {
    await target.release();
  }
}

interface Figures {
  readonly parameters: number;
  readonly multiplyAccumulates: number;
  readonly msPerImage: number;
  readonly bytes: number;
  readonly accuracy: number | null;
}

const accuracyTitle = "accuracy held out";

const rows: readonly {
  readonly title: string;
  readonly of: (figures: Figures) => number | null;
  readonly show: (value: number | null) => string;
}[] = [
  { title: "parameters", of: ({ parameters }) => parameters, show: (value) => (value ?? 0).toLocaleString("en") },
  {
    title: "M multiply-accumulates",
    of: ({ multiplyAccumulates }) => multiplyAccumulates,
    show: (value) => ((value ?? 0) / 1e6).toFixed(2),
  },
  { title: "ms a picture, one thread", of: ({ msPerImage: ms }) => ms, show: (value) => (value ?? 0).toFixed(2) },
  { title: "file", of: ({ bytes }) => bytes, show: (value) => sized(value ?? 0) },
  { title: accuracyTitle, of: ({ accuracy }) => accuracy, show: (value) => rounded(value) },
];

async function figuresOf(bytes: Uint8Array): Promise<Omit<Figures, "accuracy">> {
  return { ...networkCost(readModel(bytes).graph), msPerImage: await msPerImage(bytes), bytes: bytes.length };
}
