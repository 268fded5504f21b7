/** Solves symmetric, positive definite systems by Cholesky's decomposition. */

/** Replaces a `[size, size]` matrix's lower triangle by its factor. */
export function factorise(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j] as number;
      for (let k = 0; k < j; k++) sum -= (matrix[i * size + k] as number) * (matrix[j * size + k] as number);
      matrix[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (matrix[j * size + j] as number);
    }
  }
}

/** Replaces the right side by the solution. */
export function solve(factor: Float64Array, size: number, side: Float64Array): void {
  for (let i = 0; i < size; i++) {
    let sum = side[i] as number;
    for (let k = 0; k < i; k++) sum -= (factor[i * size + k] as number) * (side[k] as number);
    side[i] = sum / (factor[i * size + i] as number);
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = side[i] as number;
    for (let k = i + 1; k < size; k++) sum -= (factor[k * size + i] as number) * (side[k] as number);
    side[i] = sum / (factor[i * size + i] as number);
  }
}
