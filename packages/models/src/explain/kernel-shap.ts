/**
 * Shapley values of a picture's regions by KernelSHAP (Lundberg and Lee, "A Unified Approach to Interpreting Model
 * Predictions", 2017): the additive function nearest to the network's answers, weighted by Shapley's kernel. That the values
 * add up is a constraint of the fit, not a hope (its solution in closed form: Covert and Lee 2021, equation 7).
 */
import { type Coalition, planCoalitions } from "./coalitions.js";

export interface ShapleyValues {
  /** One per region; they add up to `full − base`. */
  readonly values: Float64Array;
  /** Standard errors from how the coalitions were drawn; 0 where all took part. */
  readonly errors: Float64Array;
  /** The answer with nothing shown, and with everything. */
  readonly base: number;
  readonly full: number;
  readonly evaluations: number;
}

/**
 * @param players regions
 * @param ask answers of many coalitions, in order
 * @param evaluations answers at most, those with nothing and with everything among them; where there are fewer than two a
 * region the values are rough
 * @param random at least 0, below 1; a seeded one makes the result repeatable
 */
export async function kernelShap(
  players: number,
  ask: (coalitions: readonly Coalition[]) => Promise<Float64Array>,
  evaluations: number,
  random: () => number,
): Promise<ShapleyValues> {
  const ends = [new Uint8Array(players), new Uint8Array(players).fill(1)];
  const plan = players < 2 ? null : planCoalitions(players, Math.max(2, evaluations - 2), random);
  const answers = await ask([...ends, ...(plan?.coalitions ?? [])]);
  const [base, full] = [answers[0] as number, answers[1] as number];
  const told = { base, full, evaluations: answers.length };
  if (plan === null) return { values: Float64Array.of(full - base), errors: Float64Array.of(0), ...told };
  return { ...fit(plan, answers.subarray(2), base, full), ...told };
}

type Plan = ReturnType<typeof planCoalitions>;

/** minimise Σ w (base + z·φ − v)² over φ with Σ φ = full − base. */
function fit(
  { coalitions, weights, draws }: Plan,
  answers: Float64Array,
  base: number,
  full: number,
): Pick<ShapleyValues, "values" | "errors"> {
  const n = coalitions[0]?.length ?? 0;
  const matrix = new Float64Array(n * n);
  const right = new Float64Array(n);
  coalitions.forEach((coalition, i) => {
    const weight = weights[i] as number;
    const gain = weight * ((answers[i] as number) - base);
    const members = membersOf(coalition);
    for (const a of members) {
      right[a] = (right[a] as number) + gain;
      for (const b of members) matrix[a * n + b] = (matrix[a * n + b] as number) + weight;
    }
  });
  // Fewer answers than regions leave the system open: a trace of ridge closes it.
  for (let a = 0; a < n; a++) matrix[a * n + a] = (matrix[a * n + a] as number) + 1e-9;
  const factor = cholesky(matrix, n);
  const free = solve(factor, n, right);
  const ones = solve(factor, n, new Float64Array(n).fill(1));
  const onesSum = total(ones);
  const excess = (total(free) - (full - base)) / onesSum;
  const values = free.map((value, a) => value - excess * (ones[a] as number));
  // Rounding leaves 1e-12 or so: spread, it disappears.
  const rest = (full - base - total(values)) / n;
  for (let a = 0; a < n; a++) values[a] = (values[a] as number) + rest;

  // The sandwich estimator: each draw pulls at the values by its residual.
  const pulls = new Map<number, Float64Array>();
  coalitions.forEach((coalition, i) => {
    const draw = draws[i] as number;
    if (draw < 0) return;
    const members = membersOf(coalition);
    let residual = (answers[i] as number) - base;
    for (const a of members) residual -= values[a] as number;
    const pull = pulls.get(draw) ?? new Float64Array(n);
    for (const a of members) pull[a] = (pull[a] as number) + (weights[i] as number) * residual;
    pulls.set(draw, pull);
  });
  const variances = new Float64Array(n);
  for (const pull of pulls.values()) {
    const moved = solve(factor, n, pull);
    const shift = total(moved) / onesSum;
    for (let a = 0; a < n; a++)
      variances[a] = (variances[a] as number) + ((moved[a] as number) - shift * (ones[a] as number)) ** 2;
  }
  // Of so many draws n numbers were fitted.
  const correction = pulls.size > n / 2 ? pulls.size / (pulls.size - n / 2) : Math.max(2, pulls.size);
  return { values, errors: variances.map((variance) => Math.sqrt(variance * correction)) };
}

function membersOf(coalition: Coalition): number[] {
  const members: number[] = [];
  for (let a = 0; a < coalition.length; a++) if (coalition[a] === 1) members.push(a);
  return members;
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The lower factor of a symmetric positive definite matrix, rows one after the other. */
function cholesky(matrix: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * n + column] as number;
      for (let k = 0; k < column; k++) sum -= (lower[row * n + k] as number) * (lower[column * n + k] as number);
      lower[row * n + column] =
        row === column ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (lower[column * n + column] as number);
    }
  }
  return lower;
}

/** x with (L Lᵀ) x = right. */
function solve(lower: Float64Array, n: number, right: Float64Array): Float64Array {
  const x = Float64Array.from(right);
  for (let row = 0; row < n; row++) {
    let sum = x[row] as number;
    for (let k = 0; k < row; k++) sum -= (lower[row * n + k] as number) * (x[k] as number);
    x[row] = sum / (lower[row * n + row] as number);
  }
  for (let row = n - 1; row >= 0; row--) {
    let sum = x[row] as number;
    for (let k = row + 1; k < n; k++) sum -= (lower[k * n + row] as number) * (x[k] as number);
    x[row] = sum / (lower[row * n + row] as number);
  }
  return x;
}
