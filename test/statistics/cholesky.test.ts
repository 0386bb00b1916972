import { describe, expect, it } from 'vitest';
import { cholesky, solveCholesky } from '../../src/statistics/cholesky.ts';

describe('the Cholesky factor', () => {
  it('solves what it is a factor of', () => {
    // By hand: L = [[2], [1, 2], [-1, 1, 3]], A = L L', A [1, 2, 3] = [2, 15, 33].
    const matrix = Float64Array.of(4, 0, 0, 2, 5, 0, -2, 1, 11);
    expect(cholesky(matrix, 3)).toBe(true);
    expect([...matrix]).toEqual([2, 0, 0, 1, 2, 0, -1, 1, 3]);
    const vector = Float64Array.of(2, 15, 33);
    solveCholesky(matrix, 3, vector);
    expect([...vector]).toEqual([1, 2, 3]);
  });

  it('says so where there is none', () => {
    expect(cholesky(Float64Array.of(1, 0, 1, 1), 2)).toBe(false);
    expect(cholesky(Float64Array.of(1, 0, 2, 1), 2)).toBe(false);
    expect(cholesky(Float64Array.of(0), 1)).toBe(false);
    expect(cholesky(Float64Array.of(Number.NaN), 1)).toBe(false);
  });
});
