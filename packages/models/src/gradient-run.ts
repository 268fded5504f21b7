/** Runs nn's training for a method: its progress, stopping, checkpoints and budget in the words of the models package. */
import type { Weights } from "@sightline/nn/network";
import { type TrainingOptions, trainNetwork } from "@sightline/nn/training";
import { decodeCheckpoint } from "@sightline/nn/training/checkpoint";
import type { TrainingSummary } from "./manifest.js";
import type { CheckpointStore, NetContext } from "./method.js";
import { throwIfCancelled } from "./model-error.js";

/** What a validation found. */
export interface Judgement {
  /** What people are shown: accuracy, mAP50. */
  readonly metric: number;
  /** What decides which epoch was best, where the metric alone is too coarse; default: the metric. */
  readonly ranking?: number;
}

export interface GradientOrder
  extends Pick<
    TrainingOptions,
    "definition" | "source" | "batchSize" | "epochs" | "optimizer" | "schedule" | "groups" | "clipNorm" | "ema"
  > {
  readonly metricName: string;
  /** `isLast`: no epoch is planned after this one. `null`: this epoch is not judged, and is not the best unless none was. */
  readonly evaluate: (weights: Weights, epoch: number, isLast: boolean) => Promise<Judgement | null>;
  readonly patience?: number | undefined;
  /** Starting weights by name; what is missing is drawn from the seed. */
  readonly initial?: Weights | undefined;
  /** Share of the method's progress that this training is: 0–1 by default. */
  readonly progress?: readonly [number, number];
}

/** Below every metric. */
const notJudged = 1e9;

/**
 * Trains with the context's seed, threads, budget, signals and checkpoint. A person's wish to end soon gives the best
 * weights so far.
 *
 * @throws ModelError `TRAINING_CANCELLED`; NnError of `trainNetwork`
 */
export async function trainByGradient(
  context: NetContext,
  order: GradientOrder,
): Promise<{ weights: Weights; lastWeights: Weights; summary: TrainingSummary }> {
  const { signal, finishEarly, checkpoint } = context;
  const { metricName, evaluate, progress: [from, to] = [0, 1], ...training } = order;
  const startedAtMs = performance.now();
  throwIfCancelled(signal);
  // What people were shown, by epoch: the training itself only knows the ranking.
  let shown: number | null = null;
  let latest: number | null = null;
  let best: { ranking: number; metric: number } | null = null;
  let plannedEpochs = context.epochs ?? order.epochs;
  const epochs = context.epochs ?? order.epochs;
  const leftMs = context.leftMs();
  const result = await trainNetwork({
    ...training,
    epochs,
    seed: context.seed,
    threads: context.threads,
    // The loop's clock goes on where the checkpoint left it.
    budgetMs: leftMs === undefined ? undefined : leftMs + (await elapsedBefore(checkpoint)),
    maxBytes: context.maxMemoryBytes,
    checkpointEveryMs: context.checkpointEveryMs,
    signal: AbortSignal.any([signal, finishEarly].filter((one) => one !== undefined)),
    checkpoint: checkpoint && {
      load: () => checkpoint.load(),
      save: (parts) => checkpoint.save(new Uint8Array(Buffer.concat(parts))),
    },
    evaluate: async (weights, epoch) => {
      const judged = await evaluate(weights, epoch, epoch >= plannedEpochs);
      shown = judged?.metric ?? null;
      // While nothing was judged the later state is the better one; after that an epoch not judged changes nothing.
      if (judged === null) return { metric: epoch - notJudged };
      const { metric, ranking = metric } = judged;
      latest = metric;
      if (best === null || ranking > best.ranking) best = { ranking, metric };
      return { metric: ranking };
    },
    onEpoch: (point) => context.onEpoch({ ...point, metric: shown }),
    onProgress: ({ epoch, epochs: planned, step, steps, loss, picturesPerSecond, waitedShare, secondsLeft }) => {
      plannedEpochs = planned;
      context.onProgress(from + ((to - from) * step) / Math.max(1, steps), `Epoch ${epoch} of ${planned}`, {
        epoch,
        epochs: planned,
        loss,
        metric: latest,
        picturesPerSecond,
        waitedShare,
        secondsLeft,
      });
    },
  });
  throwIfCancelled(signal);
  const reached = best as { ranking: number; metric: number } | null;
  // The best epoch of a resumed training may lie before the break, where only its ranking is known.
  const isFromHere = result.bestMetric === null || reached?.ranking === result.bestMetric;
  // As the epoch that it was: later ones may not be judged any more.
  const bestEpoch = result.history.find(({ metric }) => metric === result.bestMetric)?.epoch;
  const bestMetric = isFromHere
    ? reached?.metric
    : (await evaluate(result.weights, bestEpoch ?? result.history.length, true))?.metric;
  return {
    weights: result.weights,
    lastWeights: result.lastWeights,
    summary: {
      metricName,
      best: bestMetric ?? null,
      epochs: result.history.length,
      seconds: result.history.at(-1)?.elapsedSeconds ?? (performance.now() - startedAtMs) / 1000,
      ended: result.stopped === "cancelled" ? "stopped" : result.stopped,
    },
  };
}

/** Milliseconds that the loop's own clock had counted when the checkpoint was made. @throws NnError `CHECKPOINT_INVALID` */
async function elapsedBefore(checkpoint: CheckpointStore | undefined): Promise<number> {
  const bytes = await checkpoint?.load();
  return bytes ? decodeCheckpoint<{ readonly elapsedMs: number }>(bytes).header.elapsedMs : 0;
}
