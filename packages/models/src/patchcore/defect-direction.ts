/**
 * What known defects have in common, as one direction of patch space: how far a patch lies that way is added to its distance
 * from the bank, so that a handful of defects makes the next ones of their kind stand out.
 */
import { factorise, solve } from "../cholesky.js";
import { patchCount, patchDimensions } from "./patch-features.js";
import { covariance } from "./principal-axes.js";

export interface DefectDirection {
  /** `[patchDimensions]`; a patch's lean is `weights · patch + offset`, 0 on average and with a deviation of 1 over good patches. */
  readonly weights: Float32Array;
  readonly offset: number;
}

/** Strangest patches of a defective picture that count as its defect. */
const patchesEach = 8;
/** Share of the covariance's mean added to its diagonal: few defects must not follow where good patches hardly vary. */
const ridge = 1;

/**
 * Fisher's linear discriminant between good patches and the strangest patches of defective pictures, with a strong ridge;
 * `null` without defects.
 *
 * @param pool `[count, patchDimensions]`, good patches
 * @param usual distance from the bank that held-out good patches rarely exceed: what is nearer shows no defect
 */
export function defectDirection(
  pool: Float32Array,
  defects: readonly { readonly patches: Float32Array; readonly distances: Float32Array }[],
  usual: number,
): DefectDirection | null {
  if (defects.length === 0) return null;
  const good = meanOf(
    pool,
    Array.from({ length: pool.length / patchDimensions }, (_, i) => i),
  );
  const shift = new Float64Array(patchDimensions);
  for (const { patches, distances } of defects) {
    const order = Array.from({ length: patchCount }, (_, p) => p).sort(
      (a, b) => (distances[b] as number) - (distances[a] as number),
    );
    // The strangest counts whatever its distance: every defective picture has its say.
    const shown = order.slice(0, patchesEach).filter((p, rank) => rank === 0 || (distances[p] as number) > usual);
    const mean = meanOf(patches, shown);
    for (let d = 0; d < patchDimensions; d++)
      shift[d] = (shift[d] as number) + ((mean[d] as number) - (good[d] as number)) / defects.length;
  }
  const matrix = covariance(pool, patchDimensions);
  let trace = 0;
  for (let d = 0; d < patchDimensions; d++) trace += matrix[d * patchDimensions + d] as number;
  const added = Math.max((ridge * trace) / patchDimensions, 1e-9);
  const ridged = matrix.slice();
  for (let d = 0; d < patchDimensions; d++)
    ridged[d * patchDimensions + d] = (ridged[d * patchDimensions + d] as number) + added;
  factorise(ridged, patchDimensions);
  const direction = shift;
  solve(ridged, patchDimensions, direction);
  const spread = Math.sqrt(Math.max(quadratic(matrix, direction), 1e-12));
  const weights = Float32Array.from(direction, (value) => value / spread);
  const offset = -weights.reduce((sum, value, d) => sum + value * (good[d] as number), 0);
  return { weights, offset };
}

function meanOf(rows: Float32Array, places: readonly number[]): Float64Array {
  const mean = new Float64Array(patchDimensions);
  for (const place of places)
    for (let d = 0; d < patchDimensions; d++)
      mean[d] = (mean[d] as number) + (rows[place * patchDimensions + d] as number) / places.length;
  return mean;
}

function quadratic(matrix: Float64Array, vector: Float64Array): number {
  const size = vector.length;
  let sum = 0;
  for (let a = 0; a < size; a++)
    for (let b = 0; b < size; b++)
      sum += (vector[a] as number) * (matrix[a * size + b] as number) * (vector[b] as number);
  return sum;
}
