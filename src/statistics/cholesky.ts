// A pivot below this share of its diagonal is what rounding leaves of a singular matrix.
const SMALLEST_PIVOT = 1e-12;

/**
 * Factors a symmetric matrix into L L' in place: of `matrix` (row-major, n x n) the lower triangle is read and replaced by L. False
 * where it is not positive definite, as told by a pivot that is not above 1e-12 of its diagonal; the matrix is then of no use
 * (Golub & Van Loan, Matrix Computations, 4.2).
 */
export function cholesky(matrix: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) rest -= matrix[i * n + k]! * matrix[j * n + k]!;
      if (j < i) {
        matrix[i * n + j] = rest / matrix[j * n + j]!;
      } else {
        if (!(rest > SMALLEST_PIVOT * matrix[i * n + i]!) || rest === Infinity) return false;
        matrix[i * n + i] = Math.sqrt(rest);
      }
    }
  }
  return true;
}

/** Replaces `vector` by the solution x of L L' x = vector, L being what `cholesky` left. */
export function solveCholesky(factor: Float64Array, n: number, vector: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let rest = vector[i]!;
    for (let k = 0; k < i; k++) rest -= factor[i * n + k]! * vector[k]!;
    vector[i] = rest / factor[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    let rest = vector[i]!;
    for (let k = i + 1; k < n; k++) rest -= factor[k * n + i]! * vector[k]!;
    vector[i] = rest / factor[i * n + i]!;
  }
}
