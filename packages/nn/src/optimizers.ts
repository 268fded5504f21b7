/**
 * Optimisers as graph nodes over one flat vector of all trained parameters, in order of difficulty. What depends on the
 * step (learning rate, bias corrections) comes in as scalars, so that one graph serves all steps.
 */

import type { Tape } from "./tape.js";

export type OptimizerOptions = SgdOptions | AdamWOptions;

/** Stochastic gradient descent: v ← momentum·v + (g + weightDecay·p); p ← p - rate·v. */
export interface SgdOptions {
  readonly kind: "sgd";
  /** Default 0.9. */
  readonly momentum?: number;
  /** Looks ahead along the momentum (Sutskever et al. 2013). Default false. */
  readonly nesterov?: boolean;
  /** Default 0. */
  readonly weightDecay?: number;
}

/** Adam with decay apart from the gradient (Loshchilov and Hutter 2019). */
export interface AdamWOptions {
  readonly kind: "adamw";
  /** Default 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly epsilon?: number;
  /** Default 0.01. */
  readonly weightDecay?: number;
}

/** What an optimiser's nodes read: flat vectors, the step's scalars, and one number or one vector per element. */
export interface StepValues {
  readonly parameters: string;
  readonly gradients: string;
  readonly moments: readonly string[];
  /** The scalars of `stepScalars`, by name. */
  readonly scalars: Readonly<Record<string, string>>;
  /** The learning rate of each element, or of all. */
  readonly rate: string;
  /** 1 where weight decay pulls, 0 where not; a number where it is the same for all. */
  readonly decays: string | number;
}

interface Optimizer<Options> {
  /** How many flat vectors it keeps beside the parameters. */
  readonly moments: (options: Options) => number;
  /** What comes in with each step (counted from 1) beside the learning rate. */
  readonly stepScalars: (options: Options, step: number) => Record<string, number>;
  readonly update: (tape: Tape, options: Options, values: StepValues) => { parameters: string; moments: string[] };
}

const sgd: Optimizer<SgdOptions> = {
  moments: ({ momentum = 0.9 }) => (momentum === 0 ? 0 : 1),
  stepScalars: () => ({}),
  update: (tape, { momentum = 0.9, nesterov = false, weightDecay = 0 }, values) => {
    const { parameters, gradients, moments, rate, decays } = values;
    const pull =
      weightDecay === 0 ? gradients : tape.plus(gradients, tape.times(parameters, decayOf(tape, decays, weightDecay)));
    const [before] = moments;
    if (before === undefined) return { parameters: tape.minus(parameters, tape.times(pull, rate)), moments: [] };
    const velocity = tape.plus(tape.times(before, momentum), pull);
    const direction = nesterov ? tape.plus(pull, tape.times(velocity, momentum)) : velocity;
    return { parameters: tape.minus(parameters, tape.times(direction, rate)), moments: [velocity] };
  },
};

const adamw: Optimizer<AdamWOptions> = {
  moments: () => 2,
  stepScalars: ({ betas: [first, second] = [0.9, 0.999] }, step) => ({
    "first correction": 1 / (1 - first ** step),
    // Of the square root, so that the graph multiplies the vector once.
    "second correction": Math.sqrt(1 / (1 - second ** step)),
  }),
  update: (tape, { betas: [first, second] = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0.01 }, values) => {
    const { parameters, gradients, moments, scalars, rate, decays } = values;
    const [meanBefore = "", squareBefore = ""] = moments;
    const towards = (before: string, target: string, share: number) =>
      tape.plus(tape.times(before, share), tape.times(target, 1 - share));
    const mean = towards(meanBefore, gradients, first);
    const square = towards(squareBefore, tape.square(gradients), second);
    const deviation = tape.times(tape.emit("Sqrt", [square]), scalars["second correction"] ?? 1);
    const direction = tape.over(tape.times(mean, scalars["first correction"] ?? 1), tape.plus(deviation, epsilon));
    const pulled =
      weightDecay === 0 ? direction : tape.plus(direction, tape.times(parameters, decayOf(tape, decays, weightDecay)));
    return { parameters: tape.minus(parameters, tape.times(pulled, rate)), moments: [mean, square] };
  },
};

const optimizers = { sgd, adamw };

/** The optimiser that the options name, with them in place. */
export function optimizerOf(options: OptimizerOptions) {
  const optimizer = optimizers[options.kind] as Optimizer<OptimizerOptions>;
  return {
    moments: optimizer.moments(options),
    stepScalars: (step: number) => optimizer.stepScalars(options, step),
    update: (tape: Tape, values: StepValues) => optimizer.update(tape, options, values),
  };
}

function decayOf(tape: Tape, decays: string | number, weightDecay: number): string | number {
  return typeof decays === "number" ? decays * weightDecay : tape.times(decays, weightDecay);
}

/** The gradient shortened to `most` where its length (over all parameters) is greater. */
export function clippedByNorm(tape: Tape, gradients: string, length: string, most: number): string {
  return tape.times(gradients, tape.emit("Min", [tape.over(most, tape.plus(length, 1e-6)), 1]));
}
