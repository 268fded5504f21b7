/**
 * The training process: does one order and ends. A process of its own, since a network's step blocks the thread that it
 * runs on: the terminal stays live, Ctrl-C is heard at once, and running out of memory ends this process alone.
 */
import { readFile } from "node:fs/promises";
import { basename, relative } from "node:path";
import { readTrainingPart } from "@sightline/dataset/training-part";
import { isNetMethod } from "@sightline/models/method-names";
import { readManifest } from "@sightline/models/model-file";
import { createRun, type OpenRun, resumeRun } from "@sightline/models/run-folder";
import { type TrainingResult, train } from "@sightline/models/train";
import { about } from "./cli-error.js";
import { filesBelow } from "./files-below.js";
import type { FromTraining, ToTraining, TrainingDone, TrainingOrder } from "./training-order.js";

const stop = new AbortController();
// A terminal sends Ctrl-C to this process, too; the command tells it what to do.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => stop.abort());
// Without its command a training has nobody to work for. What it has saved is there to go on from.
process.on("disconnect", () => process.exit(1));
process.on("message", (message: ToTraining) => {
  if (message.kind === "stop") stop.abort();
  else void obey(message.order);
});

let run: OpenRun | null = null;
/** Epochs that were told. */
let points = 0;

async function obey(order: TrainingOrder): Promise<void> {
  const report = await work(order).then((done): FromTraining => ({ kind: "done", ...done }), failure);
  // Ends only when the report has left: a process that exits earlier loses it.
  process.send?.(report, () => process.exit(0));
}

async function work(order: TrainingOrder): Promise<TrainingDone> {
  const teachers = await Promise.all(order.teachers.map((file) => about(file, modelBytes(file))));
  const pictures = await readTrainingPart(order.dataset, order.format === null ? {} : { format: order.format });
  if (order.resume !== null) ({ run } = await resumeRun(order.runs, order.resume));
  else if (hasEpochs(order, pictures.task)) {
    const { dataset, format, ...rest } = order;
    run = await createRun(order.runs, { ...rest, dataset: { folder: dataset, format } });
  }
  if (run !== null) tell({ kind: "run", id: run.id });
  // One after the other, so that a line never lands inside another.
  let written: Promise<void> = Promise.resolve();
  const trained = await train({
    pictures,
    method: order.method,
    seed: order.seed,
    threads: order.threads,
    datasetName: basename(order.dataset),
    signal: stop.signal,
    methodOptions: order.methodOptions,
    onProgress: (progress) => tell({ kind: "progress", ...progress }),
    onEpoch: (point) => {
      points++;
      written = written.then(() => run?.addPoint(point));
      // Told when the run ends; until then it must not count as unhandled.
      written.catch(() => {});
    },
    epochs: order.epochs ?? undefined,
    batchSize: order.batchSize ?? undefined,
    budgetMs: order.budgetMs ?? undefined,
    maxMemoryBytes: order.maxMemoryBytes ?? undefined,
    checkpointEveryMs: order.checkpointEveryMs ?? undefined,
    tiling: order.tiling,
    teachers,
    unlabelled: order.unlabelled === null ? [] : await picturesBelow(order.unlabelled),
    ...(order.backboneFile !== null && { backboneFile: order.backboneFile }),
    ...(run !== null && { checkpoint: run.checkpoint }),
    ...(order.finish && { finishEarly: AbortSignal.abort() }),
  });
  if (run !== null && trained.manifest.training === undefined && points === 0) {
    await run.discard();
    run = null;
  }
  // A model that took minutes is handed over even where its run's record can't be finished.
  const trouble = run === null ? null : await written.then(() => finish(run as OpenRun, trained)).catch(troubleOf);
  return { ...trained, runId: run?.id ?? null, troubles: trouble ? [trouble] : [] };
}

/** Read as a model before any picture is: a wrong file is told at once, and by its name. */
async function modelBytes(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file);
  readManifest(bytes);
  return bytes;
}

async function picturesBelow(folder: string): Promise<{ name: string; file: string }[]> {
  const files = await filesBelow(folder);
  return files.map((file) => ({ name: relative(folder, file), file }));
}

async function finish(open: OpenRun, { manifest, bytes }: TrainingResult): Promise<null> {
  await open.saveModel(bytes);
  await open.end({
    status: "succeeded",
    metricName: manifest.training?.metricName ?? null,
    metrics: manifest.metrics,
    parameters: manifest.parameters ?? null,
  });
  return null;
}

function troubleOf(error: unknown): string {
  if (error instanceof Error && "code" in error && error.code === "RUN_WRITE_FAILED")
    return `${error.message} The model is whole.`;
  throw error;
}

/** `auto` takes a method with epochs for several labels and for boxes, and may where it has time for it. */
function hasEpochs({ method, budgetMs }: TrainingOrder, task: string): boolean {
  return (
    isNetMethod(method) || (method === "auto" && (task === "multilabel" || task === "detection" || budgetMs !== null))
  );
}

async function failure(error: unknown): Promise<FromTraining> {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
  const isStopped = stop.signal.aborted;
  const hasCheckpoint = (await run?.checkpoint.load().catch(() => null)) != null;
  // Neither a checkpoint nor an epoch: there is nothing to go on from or to look at.
  if (run !== null && points === 0 && !hasCheckpoint) {
    await run.discard().catch(() => {});
    run = null;
  }
  await run
    ?.end(isStopped ? { status: "stopped" } : { status: "failed", error: { code: code ?? "INTERNAL", message } })
    // A full disk, most likely: the first error is the one to tell.
    .catch(() => {});
  // Also where a full disk left its record saying that it runs: with this process gone it counts as interrupted.
  const isResumable = hasCheckpoint && code !== "CHECKPOINT_INVALID";
  return { kind: "failed", code, message, stack, runId: run?.id ?? null, isResumable };
}

function tell(message: FromTraining): void {
  process.send?.(message);
}
