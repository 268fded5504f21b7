/** The training process: reads one order, trains, tests on the pictures kept apart, writes the model file, ends. Started by training-run.ts. */
import { writeFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { evaluateSamples } from "@sightline/models/evaluate";
import { withManifest } from "@sightline/models/model-file";
import { openPredictor } from "@sightline/models/predictor";
import { parseMethodChoice } from "@sightline/models/registry";
import { checkpointIn } from "@sightline/models/run-folder";
import { train } from "@sightline/models/train";
import type { StopOrder, TrainingOrder, TrainingReport } from "./training-messages.js";

/** Inspection comes first: the scheduler gives this process what is left. */
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

// Without its service a training has nobody to work for.
process.on("disconnect", () => process.exit(1));
process.once("message", (order: TrainingOrder) => {
  process.on("message", stop);
  void obey(order);
});

/** Aborted with what to keep when the service asks for an early end. */
const stopping = { checkpoint: new AbortController(), model: new AbortController() };

function stop(message: StopOrder): void {
  if (message.kind === "stop") stopping[message.keep].abort();
}

/** Share of the progress bar that the training takes; the rest is the test. */
const TRAINING_SHARE = 0.92;

async function obey(order: TrainingOrder): Promise<void> {
  const report = await work(order).catch(failure);
  // Ends only when the report has left: a process that exits earlier loses it.
  process.send?.(report, () => process.exit(report.kind === "done" ? 0 : 1));
}

async function work(order: TrainingOrder): Promise<TrainingReport> {
  if (order.finish) stopping.model.abort();
  let epochs: number | null = null;
  let trained: Awaited<ReturnType<typeof train>>;
  try {
    trained = await train({
      pictures: order.training,
      datasetName: order.datasetName,
      method: parseMethodChoice(order.method),
      seed: order.seed,
      threads: order.threads,
      signal: stopping.checkpoint.signal,
      finishEarly: stopping.model.signal,
      checkpoint: checkpointIn(order.checkpointFile),
      ...(order.budgetSeconds === null ? {} : { budgetMs: order.budgetSeconds * 1000 }),
      tiling: order.tile,
      ...(order.backboneFile === null ? {} : { backboneFile: order.backboneFile }),
      onProgress: ({ progress, step, live }) => {
        epochs = live?.epochs ?? epochs;
        tell(progress * TRAINING_SHARE, step, live?.secondsLeft ?? null);
      },
      onEpoch: (point) => {
        const metricName = metricNames[order.training.task];
        process.send?.({ kind: "epoch", point, metricName, epochs } satisfies TrainingReport);
      },
    });
  } catch (error) {
    if (stopping.checkpoint.signal.aborted && isCancellation(error)) return { kind: "stopped" };
    throw error;
  }
  const bytes = order.test === null ? trained.bytes : await tested(trained.bytes, order.test, order.threads);
  // No care for a half-written file: the service reads it only after "done", and keeps its own copy safely.
  await writeFile(order.outputFile, bytes);
  return { kind: "done", skipped: trained.skipped };
}

/** What the curves show of the pictures held out. */
const metricNames = {
  anomaly: "accuracy",
  classification: "accuracy",
  multilabel: "accuracy",
  detection: "mAP50",
} as const satisfies Record<TrainingOrder["training"]["task"], string>;

function isCancellation(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "TRAINING_CANCELLED";
}

/** Runs the finished model on the pictures kept apart and writes what it reached into its manifest. */
async function tested(model: Uint8Array, pictures: NonNullable<TrainingOrder["test"]>, threads: number) {
  tell(TRAINING_SHARE, `Tests the model on ${pictures.samples.length} pictures that were kept apart`);
  const predictor = await openPredictor(model, { threads });
  try {
    const { metrics, scores, roc } = await evaluateSamples({
      predictor,
      pictures,
      onProgress: ({ progress, step }) => tell(TRAINING_SHARE + progress * (1 - TRAINING_SHARE), step),
    });
    return withManifest(model, (manifest) => ({ ...manifest, metrics, scores, roc })).bytes;
  } finally {
    await predictor.close();
  }
}

function tell(progress: number, step: string, secondsLeft: number | null = null): void {
  process.send?.({ kind: "progress", progress, step, secondsLeft } satisfies TrainingReport);
}

/** An error with a code was made for people (too few pictures, one class only, …); any other is a bug. */
function failure(error: unknown): TrainingReport {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const isForPeople = /^[A-Z][A-Z0-9_]+$/.test(code) && !code.startsWith("ERR_");
  if (!isForPeople) console.error(error);
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "failed", code, message, isBug: !isForPeople };
}
