import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nonNegativeLeastSquares } from '../../src/statistics/non-negative-least-squares.ts';

function normalEquations(rows: readonly (readonly number[])[], y: readonly number[]) {
  const count = rows[0]!.length;
  const gram = Float64Array.from({ length: count * count }, (_, at) =>
    rows.reduce((sum, row) => sum + row[Math.floor(at / count)]! * row[at % count]!, 0),
  );
  const moment = Float64Array.from({ length: count }, (_, k) => rows.reduce((sum, row, j) => sum + row[k]! * y[j]!, 0));
  return { gram, moment };
}

// A of the cases below; expected values by scipy 1.17.1, `scipy.optimize.nnls(A, y)[0]`.
const A = [
  [1, 2, -1, 3],
  [2, -1, 0, 1],
  [0, 3, 2, -2],
  [4, 1, 1, 0],
  [-1, 2, 3, 1],
  [3, 0, -2, 2],
];

describe('non-negative least squares', () => {
  it.each([
    ['which bind nothing', [3, 1, -2, 5, 0, 4], [0.985787997900209, 0.060253767460917006, 0.021689307709050858, 0.6450200376426002]],
    ['of which one is held at 0', [1, 4, 2, 3, 5, -1], [0.4999340630357378, 0, 1.6902281418963474, 0.7643412897270208]],
    ['all held at 0', A.map((row) => -row.reduce((sum, value) => sum + value, 0)), [0, 0, 0, 0]],
  ])('finds weights %s', (_, y, expected) => {
    const { gram, moment } = normalEquations(A, y);
    const weights = nonNegativeLeastSquares(gram, moment)!;
    expected.forEach((weight, k) => {
      if (weight === 0) expect(weights[k]).toBe(0);
      else expect(weights[k]).toBeCloseTo(weight, 12);
    });
  });

  it('meets the conditions of Karush, Kuhn and Tucker on any matrix', () => {
    const number = fc.integer({ min: -9, max: 9 });
    const system = fc.integer({ min: 1, max: 6 }).chain((width) =>
      fc.record({
        rows: fc.array(fc.array(number, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }),
        y: fc.array(number, { minLength: 12, maxLength: 12 }),
      }),
    );
    fc.assert(
      fc.property(system, ({ rows, y }) => {
        const { gram, moment } = normalEquations(rows, y);
        const count = moment.length;
        for (let k = 0; k < count; k++) gram[k * count + k]! += 1e-3;
        const weights = nonNegativeLeastSquares(gram, moment)!;
        weights.forEach((weight, k) => {
          const slope = moment[k]! - weights.reduce((sum, other, j) => sum + gram[k * count + j]! * other, 0);
          expect(weight).toBeGreaterThanOrEqual(0);
          expect(weight === 0 ? Math.max(0, slope) : Math.abs(slope)).toBeLessThan(1e-7);
        });
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('has no answer where sums have overflowed', () => {
    expect(nonNegativeLeastSquares(Float64Array.of(Infinity), Float64Array.of(1))).toBeUndefined();
  });
});
