/** Runs the training step again and again: two sets of state vectors, of which each step reads one and writes the other. */

import { randomStream } from "../random.js";
import type { GraphSession } from "../session/session.js";
import { elementCount, floatTensor, type Tensor } from "../tensor.js";
import { learningRateInput, type StepGraph, stateNames } from "./step-graph.js";

export interface StepReport {
  /** `loss` and its parts by name. */
  readonly losses: Readonly<Record<string, number>>;
  /** Length of the gradient over all parameters, before clipping. */
  readonly gradientLength: number;
}

export type State = ReadonlyMap<string, Float32Array>;

export class Stepper {
  readonly #session: GraphSession;
  readonly #graph: Pick<StepGraph, "report" | "noises" | "scalars">;
  readonly #seed: number;
  readonly #report: Float32Array;
  #state: State;
  #spare: State;

  constructor(session: GraphSession, graph: StepGraph, state: State, seed: number) {
    this.#session = session;
    this.#graph = graph;
    this.#seed = seed;
    this.#state = state;
    this.#spare = new Map([...state].map(([name, { length }]) => [name, new Float32Array(length)]));
    this.#report = new Float32Array(graph.report.length);
  }

  /** The state after the last good step. Valid until the next one. */
  get state(): State {
    return this.#state;
  }

  /**
   * Makes step number `step`, counted from 1. Where the loss or the gradient isn't finite the state stays as it was.
   */
  async step(batch: Readonly<Record<string, Tensor>>, step: number, learningRate: number): Promise<StepReport> {
    const outputs: Record<string, Tensor> = { report: vector(this.#report) };
    for (const [name, values] of this.#spare) outputs[`next ${name}`] = vector(values);
    await this.#session.runInto({ ...this.feeds(batch, step, learningRate), ...vectors(this.#state) }, outputs);
    const named = this.#graph.report.map((name, index) => [name, this.#report[index] ?? Number.NaN] as const);
    const report = { losses: Object.fromEntries(named.slice(0, -1)), gradientLength: named.at(-1)?.[1] ?? Number.NaN };
    if (isFiniteReport(report)) [this.#state, this.#spare] = [this.#spare, this.#state];
    return report;
  }

  /** Everything that a step is given but its state. */
  feeds(batch: Readonly<Record<string, Tensor>>, step: number, learningRate: number): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = { ...batch, [learningRateInput]: floatTensor([], [learningRate]) };
    for (const [name, value] of Object.entries(this.#graph.scalars(step))) feeds[name] = floatTensor([], [value]);
    for (const { name, dims } of this.#graph.noises) {
      const random = randomStream(this.#seed, name, step);
      feeds[name] = floatTensor(dims, Float32Array.from({ length: elementCount(dims) }, random));
    }
    return feeds;
  }
}

export function isFiniteReport({ losses, gradientLength }: StepReport): boolean {
  return Number.isFinite(gradientLength) && Object.values(losses).every(Number.isFinite);
}

/** The state before the first step: given parameters and statistics, their averages the same, moments zero. */
export function firstState({ state }: StepGraph, parameters: Float32Array, statistics: Float32Array): State {
  const initial: Readonly<Record<string, Float32Array>> = {
    [stateNames.parameters]: parameters,
    [stateNames.statistics]: statistics,
    [stateNames.averageParameters]: parameters,
    [stateNames.averageStatistics]: statistics,
  };
  return new Map([...state].map(([name, length]) => [name, initial[name]?.slice() ?? new Float32Array(length)]));
}

function vector(values: Float32Array): Tensor {
  return floatTensor([values.length], values);
}

function vectors(state: State): Record<string, Tensor> {
  return Object.fromEntries([...state].map(([name, values]) => [name, vector(values)]));
}
