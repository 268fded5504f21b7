/** The directions in which vectors differ most: turned along them, their distances show after few numbers. */

/** Vectors that the axes are found from at most: they need not be exact. */
const looked = 2000;
/** Jacobi's sweeps; each squares what is left beside the diagonal. */
const sweeps = 6;

/**
 * The principal axes of `points` (`[count, dimensions]`) as the columns of a `[dimensions, dimensions]` matrix, the widest
 * first. Multiplied with it, points keep their distances.
 */
export function principalAxes(points: Float32Array, dimensions: number): Float32Array {
  return eigenvectors(covariance(points, dimensions), dimensions);
}

/** `[dimensions, dimensions]`, of at most 2,000 of the points. */
export function covariance(points: Float32Array, dimensions: number): Float64Array {
  const count = points.length / dimensions;
  const step = Math.max(1, Math.ceil(count / looked));
  const mean = new Float64Array(dimensions);
  const taken = Math.ceil(count / step);
  for (let i = 0; i < count; i += step)
    for (let d = 0; d < dimensions; d++) mean[d] = (mean[d] as number) + (points[i * dimensions + d] as number) / taken;
  const matrix = new Float64Array(dimensions * dimensions);
  const row = new Float64Array(dimensions);
  for (let i = 0; i < count; i += step) {
    for (let d = 0; d < dimensions; d++) row[d] = (points[i * dimensions + d] as number) - (mean[d] as number);
    for (let a = 0; a < dimensions; a++) {
      const value = (row[a] as number) / taken;
      for (let b = 0; b <= a; b++) {
        const at = a * dimensions + b;
        matrix[at] = (matrix[at] as number) + value * (row[b] as number);
      }
    }
  }
  for (let a = 0; a < dimensions; a++)
    for (let b = 0; b < a; b++) matrix[b * dimensions + a] = matrix[a * dimensions + b] as number;
  return matrix;
}

/** Eigenvectors as columns, by falling eigenvalue: cyclic Jacobi rotations (Golub and Van Loan, section 8.5). */
function eigenvectors(matrix: Float64Array, size: number): Float32Array {
  // Row k of `vectors` is eigenvector k while we turn, so that both matrices are read along their rows.
  const vectors = new Float64Array(size * size);
  for (let k = 0; k < size; k++) vectors[k * size + k] = 1;
  const trace = Array.from({ length: size }, (_, k) => matrix[k * size + k] as number).reduce((a, b) => a + b, 0);
  const small = (1e-4 * trace) / size;
  for (let sweep = 0; sweep < sweeps; sweep++)
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        const beside = matrix[p * size + q] as number;
        if (Math.abs(beside) < small) continue;
        const theta = ((matrix[q * size + q] as number) - (matrix[p * size + p] as number)) / (2 * beside);
        const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const cosine = 1 / Math.sqrt(tangent * tangent + 1);
        const sine = tangent * cosine;
        turnRows(matrix, size, p, q, cosine, sine);
        for (let k = 0; k < size; k++) {
          const [a, b] = [matrix[k * size + p] as number, matrix[k * size + q] as number];
          matrix[k * size + p] = cosine * a - sine * b;
          matrix[k * size + q] = sine * a + cosine * b;
        }
        turnRows(vectors, size, p, q, cosine, sine);
      }
  const order = Array.from({ length: size }, (_, k) => k).sort(
    (a, b) => (matrix[b * size + b] as number) - (matrix[a * size + a] as number),
  );
  const axes = new Float32Array(size * size);
  order.forEach((from, to) => {
    for (let d = 0; d < size; d++) axes[d * size + to] = vectors[from * size + d] as number;
  });
  return axes;
}

function turnRows(matrix: Float64Array, size: number, p: number, q: number, cosine: number, sine: number): void {
  for (let k = 0; k < size; k++) {
    const [a, b] = [matrix[p * size + k] as number, matrix[q * size + k] as number];
    matrix[p * size + k] = cosine * a - sine * b;
    matrix[q * size + k] = sine * a + cosine * b;
  }
}
