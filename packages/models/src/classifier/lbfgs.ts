/** Limited-memory BFGS (Liu and Nocedal 1989): finds the minimum of a smooth function of many parameters. */

export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface LbfgsOptions {
  /** Steps after which it ends where it is. */
  readonly maxIterations: number;
  /** Ends when no gradient component is larger. */
  readonly gradientTolerance: number;
  /** Ends when a step lowers the value by a smaller share than this. */
  readonly valueTolerance: number;
  /** Pairs of steps and gradient changes kept. */
  readonly history?: number;
  /** Called before each step; may throw to end early. */
  readonly onIteration?: (iteration: number, value: number) => void;
}

export interface Minimum {
  readonly parameters: Float64Array;
  readonly value: number;
  readonly iterations: number;
}

interface Pair {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** 1 / (step · change) */
  readonly rho: number;
}

/**
 * Minimises `evaluate` from `start`. The function must be smooth and bounded below; a convex one ends at its minimum.
 * The evaluation may be asynchronous (it usually runs on ONNX Runtime).
 */
export async function minimise(
  evaluate: (parameters: Float64Array) => Promise<Evaluation>,
  start: Float64Array,
  options: LbfgsOptions,
): Promise<Minimum> {
  const { maxIterations, gradientTolerance, valueTolerance, history = 10 } = options;
  let parameters: Float64Array = Float64Array.from(start);
  let current = await evaluate(parameters);
  const pairs: Pair[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    options.onIteration?.(iteration, current.value);
    if (largest(current.gradient) <= gradientTolerance)
      return { parameters, value: current.value, iterations: iteration };
    let direction = descentDirection(current.gradient, pairs);
    let slope = dot(direction, current.gradient);
    if (!(slope < 0)) {
      // Rounding spoilt the curvature estimate: forget it and go straight downhill.
      pairs.length = 0;
      direction = descentDirection(current.gradient, pairs);
      slope = dot(direction, current.gradient);
    }
    const found = await lineSearch(evaluate, parameters, current, direction, slope, pairs.length === 0);
    if (!found) return { parameters, value: current.value, iterations: iteration };
    const step = subtract(found.parameters, parameters);
    const change = subtract(found.evaluation.gradient, current.gradient);
    const curvature = dot(step, change);
    if (curvature > 1e-12 * dot(change, change)) {
      pairs.push({ step, change, rho: 1 / curvature });
      if (pairs.length > history) pairs.shift();
    }
    const gain = current.value - found.evaluation.value;
    parameters = found.parameters;
    current = found.evaluation;
    if (gain <= valueTolerance * Math.max(1e-12, Math.abs(current.value)))
      return { parameters, value: current.value, iterations: iteration + 1 };
  }
  return { parameters, value: current.value, iterations: maxIterations };
}

/** The two-loop recursion: minus the inverse Hessian's estimate times the gradient. */
function descentDirection(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const weights: number[] = [];
  for (const { step, change, rho } of pairs.toReversed()) {
    const weight = rho * dot(step, direction);
    weights.push(weight);
    addScaled(direction, change, -weight);
  }
  const newest = pairs.at(-1);
  if (newest) {
    const scale = 1 / (newest.rho * dot(newest.change, newest.change));
    for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] as number) * scale;
  }
  for (const { step, change, rho } of pairs) {
    const weight = weights.pop() as number;
    addScaled(direction, step, weight - rho * dot(change, direction));
  }
  return direction;
}

/** A step along the direction that meets the weak Wolfe conditions, by bisection (Lewis and Overton 2013). */
async function lineSearch(
  evaluate: (parameters: Float64Array) => Promise<Evaluation>,
  from: Float64Array,
  at: Evaluation,
  direction: Float64Array,
  slope: number,
  isFirst: boolean,
): Promise<{ parameters: Float64Array; evaluation: Evaluation } | null> {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let length = isFirst ? Math.min(1, 1 / Math.sqrt(dot(direction, direction))) : 1;
  let best: { parameters: Float64Array; evaluation: Evaluation } | null = null;
  for (let attempt = 0; attempt < 25; attempt++) {
    const parameters = Float64Array.from(from);
    addScaled(parameters, direction, length);
    const evaluation = await evaluate(parameters);
    if (!(evaluation.value <= at.value + 1e-4 * length * slope)) {
      high = length;
    } else {
      best = { parameters, evaluation };
      if (dot(evaluation.gradient, direction) >= 0.9 * slope) return best;
      low = length;
    }
    length = high < Number.POSITIVE_INFINITY ? (low + high) / 2 : 2 * length;
  }
  return best;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addScaled(target: Float64Array, source: Float64Array, scale: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] as number) + scale * (source[i] as number);
}

function subtract(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - (b[i] as number));
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
