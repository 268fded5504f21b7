/**
 * The training loop: batches in, weights out. It computes on the calling thread and blocks it for one step at a time, so
 * it belongs in a process or worker of its own; between steps it lets the event loop run, so that messages and the abort
 * signal arrive.
 */

import { setImmediate } from "node:timers/promises";
import { NnError } from "../errors.js";
import type { Target } from "../lowering.js";
import type { Weights } from "../network.js";
import type { OptimizerOptions } from "../optimizers.js";
import { learningRateAt, type ScheduleOptions } from "../schedules.js";
import type { Tensor } from "../tensor.js";
import type { BatchSource } from "./batch-source.js";
import { type CheckpointStore, encodeCheckpoint } from "./checkpoint.js";
import { plannedEpochs, TrainingClock } from "./clock.js";
import type { TrainingDefinition } from "./definition.js";
import { findCulprit, TrainingDiverged } from "./divergence.js";
import { type OpenTraining, openTraining } from "./open-training.js";
import type { EpochPoint, StopReason } from "./position.js";
import { type GroupOptions, stateNames } from "./step-graph.js";
import { isFiniteReport, type State, type StepReport } from "./stepper.js";

export type { BatchSource } from "./batch-source.js";
export type { InputSpec, TrainingDefinition } from "./definition.js";
export type { EpochPoint, StopReason } from "./position.js";

export interface TrainingOptions {
  readonly definition: TrainingDefinition;
  readonly source: BatchSource;
  readonly batchSize: number;
  /** Passes through all pictures. */
  readonly epochs: number;
  readonly optimizer: OptimizerOptions;
  readonly schedule: ScheduleOptions;
  /** By group name: learning rates of their own, frozen ones. */
  readonly groups?: Readonly<Record<string, GroupOptions>> | undefined;
  /** Greatest length of the gradient over all parameters. Default: not clipped. */
  readonly clipNorm?: number | undefined;
  /** Also averages the weights over steps with this decay (0.99 to 0.9999); then the average is what is judged and kept. */
  readonly ema?: { readonly decay: number } | undefined;
  /**
   * Judges the weights after each epoch; a greater metric is better. They are windows into the state: valid until the
   * promise settles. The best state is what the training returns.
   */
  readonly evaluate?: ((weights: Weights, epoch: number) => Promise<{ readonly metric: number }>) | undefined;
  /** Stops after so many epochs without a better metric. */
  readonly patience?: number | undefined;
  /** Starting weights by name; what is missing is drawn from the seed. */
  readonly initial?: Weights | undefined;
  readonly seed: number;
  readonly threads: number;
  /** Whether idle threads wait by spinning: some 15 % faster where nothing else runs, slower where something does. */
  readonly spinning?: boolean | undefined;
  /** Default: the fastest form that computes rightly on this machine. */
  readonly target?: Target | undefined;
  /** Where the training is kept, and looked for: with one there it goes on from it. */
  readonly checkpoint?: CheckpointStore | undefined;
  /** Milliseconds between two checkpoints. Default 20,000. There is one after each epoch's end too, if this time has passed. */
  readonly checkpointEveryMs?: number | undefined;
  /** Milliseconds that the whole training may take, those before a break included: fewer epochs are made to fit. */
  readonly budgetMs?: number | undefined;
  /** Memory that the training may take. Default: 80 % of what is free. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each step. */
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  /** Called after each epoch. */
  readonly onEpoch?: ((point: EpochPoint) => void) | undefined;
  /** Told of what doesn't stop the training: a checkpoint that couldn't be written. */
  readonly onWarning?: ((warning: NnError) => void) | undefined;
}

export interface TrainingProgress {
  /** Counted from 1. */
  readonly epoch: number;
  /** Planned now: fewer than wanted when the budget of time is short. */
  readonly epochs: number;
  /** Steps made, of `steps` planned. */
  readonly step: number;
  readonly steps: number;
  /** Mean over the epoch so far. */
  readonly loss: number;
  /** The parts of the last step's loss by name. */
  readonly losses: Readonly<Record<string, number>>;
  /** Of the last epoch judged. */
  readonly metric: number | null;
  readonly picturesPerSecond: number;
  /** Share of the time in which the step waited for its batch. */
  readonly waitedShare: number;
  readonly secondsLeft: number;
  readonly learningRate: number;
}

export interface TrainingResult {
  /** The best by the metric; without one the last. */
  readonly weights: Weights;
  readonly lastWeights: Weights;
  readonly bestMetric: number | null;
  readonly history: readonly EpochPoint[];
  readonly stopped: StopReason;
  readonly target: Target;
}

const defaultCheckpointEveryMs = 20_000;

/**
 * Trains until the epochs are made, the metric stands still, the time is used up, or the signal says so.
 *
 * @throws NnError `TRAINING_DIVERGED` (a `TrainingDiverged` with the best weights before it), `TRAINING_OUT_OF_MEMORY`
 *   (says which batch would fit), `CHECKPOINT_INVALID` (another training's, or damaged), `CHECKPOINT_WRITE_FAILED` (only
 *   when the very first one can't be written; later ones are warnings), `WRONG_INPUT` (starting weights, batches),
 *   `GRAPH_INVALID` (the model function).
 */
export async function trainNetwork(options: TrainingOptions): Promise<TrainingResult> {
  const opened = await openTraining(options);
  try {
    return await new TrainingRun(options, opened).train();
  } finally {
    await opened.dispose();
  }
}

class TrainingRun {
  readonly #options: TrainingOptions;
  readonly #opened: OpenTraining;
  readonly #clock: TrainingClock;
  #best: State | null;
  #savedAtMs: number;

  constructor(options: TrainingOptions, opened: OpenTraining) {
    this.#options = options;
    this.#opened = opened;
    this.#clock = new TrainingClock(opened.position.elapsedMs);
    this.#best = opened.best;
    this.#savedAtMs = this.#clock.nowMs;
  }

  async train(): Promise<TrainingResult> {
    const { position, isResumed } = this.#opened;
    // Nothing is lost yet: a disk that can't take the first checkpoint is the user's to answer.
    if (!isResumed) await this.#save();
    if (position.stopped === "cancelled" || position.stopped === "budget") position.stopped = null;
    while (position.stopped === null && position.epoch < position.epochs) {
      position.stopped = (await this.#trainEpoch()) ?? (await this.#endEpoch());
    }
    position.stopped ??= position.epochs < this.#options.epochs ? "budget" : "finished";
    await this.#saveOrWarn();
    return {
      weights: this.#weights(this.#best ?? this.#judged()),
      lastWeights: this.#weights(this.#judged()),
      bestMetric: position.best?.metric ?? null,
      history: [...position.history],
      stopped: position.stopped,
      target: this.#opened.target,
    };
  }

  /** Makes the steps that are left of the epoch. Gives a reason where it stops before its end. */
  async #trainEpoch(): Promise<StopReason | null> {
    const { source, signal, budgetMs = Number.POSITIVE_INFINITY, onProgress } = this.#options;
    const { position } = this.#opened;
    while (position.batch < source.batches) {
      if (signal?.aborted) return "cancelled";
      // A first epoch longer than the budget still gives a model: as good as the time allowed.
      if (this.#clock.elapsedMs >= budgetMs) return "budget";
      const startMs = this.#clock.nowMs;
      const batch = await source.batch(position.epoch, position.batch);
      const waitedMs = this.#clock.nowMs - startMs;
      const learningRate = this.#learningRate();
      const report = await this.#opened.stepper.step(batch, position.step + 1, learningRate);
      if (!isFiniteReport(report)) throw await this.#diverged(batch, learningRate);
      const stepMs = this.#clock.nowMs - startMs;
      this.#clock.addStep(stepMs);
      position.step++;
      position.batch++;
      position.lossSum += report.losses.loss ?? 0;
      position.epochMs += stepMs;
      position.waitedMs += waitedMs;
      onProgress?.(this.#progress(report, learningRate));
      if (this.#isCheckpointDue()) await this.#saveOrWarn();
      await setImmediate();
    }
    return null;
  }

  /** Judges the weights, notes the epoch, plans the next ones. Gives a reason where there are none. */
  async #endEpoch(): Promise<StopReason | null> {
    const { source, evaluate, patience, onEpoch, epochs, budgetMs } = this.#options;
    const { position } = this.#opened;
    const learningRate = this.#learningRate();
    const startMs = this.#clock.nowMs;
    const judged = evaluate && (await evaluate(this.#weights(this.#judged()), position.epoch + 1));
    this.#clock.addEvaluation(this.#clock.nowMs - startMs);
    position.epoch++;
    position.metric = judged?.metric ?? null;
    if (judged && (position.best === null || judged.metric > position.best.metric)) {
      position.best = { epoch: position.epoch, metric: judged.metric };
      this.#best = copied(this.#judged());
    }
    const point: EpochPoint = {
      epoch: position.epoch,
      loss: position.lossSum / source.batches,
      metric: position.metric,
      learningRate,
      picturesPerSecond: (1000 * source.batches * this.#options.batchSize) / position.epochMs,
      waitedShare: position.waitedMs / position.epochMs,
      elapsedSeconds: this.#clock.elapsedMs / 1000,
    };
    position.history.push(point);
    onEpoch?.(point);
    Object.assign(position, { batch: 0, lossSum: 0, epochMs: 0, waitedMs: 0 });
    if (patience !== undefined && position.best && position.epoch - position.best.epoch >= patience) return "patience";
    if (budgetMs !== undefined) {
      position.epochs = plannedEpochs(epochs, position.epoch, this.#clock.elapsedMs, budgetMs);
    }
    if (this.#isCheckpointDue()) await this.#saveOrWarn();
    return null;
  }

  /** In the middle of the step, so that neither the first nor the last one is wasted on a rate of 0. */
  #learningRate(): number {
    const { step, epochs } = this.#opened.position;
    return learningRateAt(this.#options.schedule, (step + 0.5) / (epochs * this.#options.source.batches));
  }

  /** The state that is judged and kept: the average where there is one. */
  #judged(): State {
    const { state } = this.#opened.stepper;
    const pick = (average: string, plain: string) => state.get(average) ?? state.get(plain) ?? new Float32Array();
    return new Map([
      [stateNames.parameters, pick(stateNames.averageParameters, stateNames.parameters)],
      [stateNames.statistics, pick(stateNames.averageStatistics, stateNames.statistics)],
    ]);
  }

  /** All weights by name: those trained from the state, the frozen ones as they were. */
  #weights(state: State): Weights {
    const { graph, starting } = this.#opened;
    const trained = (name: string, vector: typeof graph.parameters) =>
      vector.tensors(state.get(name) ?? new Float32Array());
    return {
      parameters: new Map([...starting.parameters, ...trained(stateNames.parameters, graph.parameters)]),
      statistics: new Map([...starting.statistics, ...trained(stateNames.statistics, graph.statistics)]),
    };
  }

  #progress({ losses }: StepReport, learningRate: number): TrainingProgress {
    const { batchSize, source, budgetMs = Number.POSITIVE_INFINITY } = this.#options;
    const { position } = this.#opened;
    const steps = position.epochs * source.batches;
    const workMs = this.#clock.remainingMs(steps - position.step, position.epochs - position.epoch);
    return {
      epoch: position.epoch + 1,
      epochs: position.epochs,
      step: position.step,
      steps,
      loss: position.lossSum / position.batch,
      losses,
      metric: position.metric,
      picturesPerSecond: (1000 * position.batch * batchSize) / position.epochMs,
      waitedShare: position.waitedMs / position.epochMs,
      secondsLeft: Math.max(0, Math.min(workMs, budgetMs - this.#clock.elapsedMs)) / 1000,
      learningRate,
    };
  }

  #isCheckpointDue(): boolean {
    const { checkpoint, checkpointEveryMs = defaultCheckpointEveryMs } = this.#options;
    return checkpoint !== undefined && this.#clock.nowMs - this.#savedAtMs >= checkpointEveryMs;
  }

  async #save(): Promise<void> {
    const { position, stepper } = this.#opened;
    const header = { ...position, elapsedMs: this.#clock.elapsedMs };
    const best = [...(this.#best ?? [])].map(([name, values]) => [`best ${name}`, values] as const);
    await this.#options.checkpoint?.save(encodeCheckpoint({ header, vectors: new Map([...stepper.state, ...best]) }));
    this.#savedAtMs = this.#clock.nowMs;
  }

  /** Later on a failed checkpoint is no reason to lose the training: it goes on, and tries again when the next is due. */
  async #saveOrWarn(): Promise<void> {
    try {
      await this.#save();
    } catch (error) {
      if (!(error instanceof NnError) || error.code !== "CHECKPOINT_WRITE_FAILED") throw error;
      this.#savedAtMs = this.#clock.nowMs;
      this.#options.onWarning?.(error);
    }
  }

  async #diverged(batch: Readonly<Record<string, Tensor>>, learningRate: number): Promise<TrainingDiverged> {
    const { definition } = this.#options;
    const { position, stepper, stepOptions } = this.#opened;
    const weights = this.#weights(stepper.state);
    const feeds = stepper.feeds(batch, position.step + 1, learningRate);
    return new TrainingDiverged({
      step: position.step + 1,
      epoch: position.epoch + 1,
      culprit: await findCulprit(definition, weights, stepOptions, feeds),
      weights: this.#weights(this.#best ?? copied(this.#judged())),
      history: [...position.history],
    });
  }
}

function copied(state: State): State {
  return new Map([...state].map(([name, values]) => [name, values.slice()]));
}
