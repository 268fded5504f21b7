/** `sightline search`: small networks of many sizes within a time, and which of them are worth their cost. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import type { DatasetFormat } from "@sightline/dataset/dataset";
import { frontPage } from "@sightline/models/front-page";
import { readModel } from "@sightline/models/model-file";
import { networkCost } from "@sightline/models/network-cost";
import { candidatesWithin, type SearchPoint, search } from "@sightline/models/search";
import { type Command, Option } from "commander";
import { about, CliError } from "../cli-error.js";
import { datasetFormats } from "../dataset-folder.js";
import { duration, wholeNumber } from "../flag-values.js";
import { msPerImage } from "../network-time.js";
import { type Outcome, rounded, table } from "../outcome.js";
import type { TrainingDone, TrainingOrder } from "../training-order.js";
import { trainInProcess } from "../training-process.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description(
      "Train small networks of many sizes within a time, the promising ones longer, and show which are worth their cost: each a model file, beside search.json and search.html.",
    )
    .argument("<dataset>", "folder in one of the formats; its test part is never opened")
    .requiredOption("--out <folder>", "where the models and the front go")
    .option("--budget <time>", "for all of it, such as 30m", duration(60), 30 * 60_000)
    .option("--teacher <models...>", "models that teach; without any a large network is fine-tuned first")
    .option("--seed <number>", "same seed, same pictures held out", wholeNumber(0, 2 ** 31 - 1), 0)
    .option("--threads <number>", "default: as many as the cores", wholeNumber(1, 256))
    .addOption(
      new Option("--format <format>", "how the dataset is laid out (default: recognised)").choices(datasetFormats),
    )
    .action(act(run));
}

interface Options {
  readonly out: string;
  readonly budget: number;
  readonly teacher?: readonly string[];
  readonly seed: number;
  readonly threads?: number;
  readonly format?: DatasetFormat;
}

/** Of the time, where a teacher is to be made first. */
const teacherShare = 0.35;

async function run(context: Context, dataset: string, options: Options): Promise<Outcome> {
  const startedMs = performance.now();
  const out = resolve(options.out);
  await about(out, mkdir(out, { recursive: true }));
  const order = {
    ...{ dataset: resolve(dataset), format: options.format ?? null, seed: options.seed },
    threads: options.threads ?? availableParallelism(),
    ...{ epochs: null, batchSize: null, maxMemoryBytes: null, checkpointEveryMs: null, backboneFile: null },
    ...{ tiling: "none", unlabelled: null, runs: join(out, "runs"), resume: null, finish: false },
  } satisfies Partial<TrainingOrder>;
  const trained = (
    one: Pick<TrainingOrder, "method" | "methodOptions" | "budgetMs" | "teachers">,
    file: string,
    told: (share: number) => void,
  ) => trainInProcess({ ...order, ...one, out: join(out, file) }, context.signal, ({ progress }) => told(progress));
  const isTeacherGiven = options.teacher !== undefined && options.teacher.length > 0;
  const from = isTeacherGiven ? 0 : teacherShare;
  const tell = (share: number, step: string): void => context.progress.report(from + (1 - from) * share, step);

  const teachers = (options.teacher ?? []).map((file) => resolve(file));
  if (!isTeacherGiven) {
    const making = {
      method: "finetune",
      methodOptions: {},
      budgetMs: teacherShare * options.budget,
      teachers: [],
    } as const;
    const done = await trained(making, "teacher.onnx", (share) =>
      context.progress.report(teacherShare * share, "Fine-tuning the teacher"),
    );
    await writeFile(join(out, "teacher.onnx"), done.bytes);
    teachers.push(join(out, "teacher.onnx"));
  }
  const teacher = await teacherFigures(teachers);
  const budgetMs = Math.max(1, options.budget - (performance.now() - startedMs));
  const { points, best } = await search({
    candidates: candidatesWithin(budgetMs),
    budgetMs,
    onProgress: tell,
    train: async ({ candidate, round, budgetMs: ms, onProgress }) => {
      const { method, options: methodOptions, name } = candidate;
      const file = `${name}.onnx`;
      const taught = method === "distilled" ? teachers : [];
      const done = await trained({ method, methodOptions, budgetMs: ms, teachers: taught }, file, onProgress);
      await writeFile(join(out, file), done.bytes);
      return { candidate, round, file, ...(await figuresOf(done)) };
    },
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const json = {
    dataset: order.dataset,
    seed: options.seed,
    seconds,
    teacher,
    front: best.map(({ file }) => file),
    points,
  };
  await writeFile(join(out, "search.json"), `${JSON.stringify(json, null, 2)}\n`);
  await writeFile(
    join(out, "search.html"),
    frontPage({ dataset: basename(order.dataset), points, best, teacher, seconds }),
  );
  return { json, text: report(points, best, out) };
}

async function figuresOf({ bytes, manifest, seconds }: TrainingDone) {
  const { metrics } = manifest;
  if (metrics?.accuracy == null) throw new CliError("USAGE", "A search needs pictures with labels, not boxes.");
  return {
    ...networkCost(readModel(bytes).graph),
    ...{ accuracy: metrics.accuracy, auroc: metrics.auroc, images: metrics.images, seconds },
    msPerImage: await msPerImage(bytes),
  };
}

async function teacherFigures(files: readonly string[]) {
  const [file] = files;
  if (file === undefined || files.length > 1) return null;
  const { graph, manifest } = readModel(await about(file, readFile(file)));
  const accuracy = manifest.metrics?.accuracy;
  return accuracy == null ? null : { accuracy, parameters: networkCost(graph).parameters };
}

function report(points: readonly SearchPoint[], best: readonly SearchPoint[], out: string): string {
  const titles = ["model", "accuracy", "parameters", "M mult.-acc.", "ms", "round", "front"];
  const rows = points.map((point) => [
    point.file,
    rounded(point.accuracy),
    point.parameters,
    Number((point.multiplyAccumulates / 1e6).toFixed(2)),
    Number(point.msPerImage.toFixed(2)),
    point.round,
    best.includes(point) ? "*" : "",
  ]);
  return `${table(titles, rows)}\n\nthe front is drawn in ${join(out, "search.html")}`;
}
