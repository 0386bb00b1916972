import { describe, expect, it } from 'vitest';
import { createKernelRows } from '../../../src/models/baselines/kernel-rows.ts';
import { solveSupport } from '../../../src/models/baselines/minimal-optimisation.ts';
import { supportVector } from '../../../src/models/baselines/support-vector.ts';
import { ASKED, answers, fractions, learn, said, table } from './cases.ts';

describe('support vector regression', () => {
  it('is that of scikit-learn', async () => {
    // scikit-learn 1.9.1, SVR(tol=1e-10).
    const { weights } = await learn(supportVector, fractions());
    const [vectors, coefficients, rho, gamma] = weights.map(({ values }) => values);
    expect(coefficients!.length).toBe(35);
    expect(vectors!.length).toBe(35 * 3);
    expect(rho![0]).toBeCloseTo(-1.521674942, 4);
    expect(gamma![0]).toBeCloseTo(1.9899354159894524, 6);
    [-1, -1, 0.423502884, -1, -1].forEach((expected, k) => {
      expect(coefficients![k]).toBeCloseTo(expected, 4);
    });
    const expected = [1.051939241, 1.589880427, 2.388187562];
    (await answers(supportVector, fractions(), ASKED)).forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k]!, 5);
    });
  });

  it('keeps the optimality conditions: inside the tube 0, beyond it the bound, on its edge between', async () => {
    const { rows, targets } = fractions();
    const kernel = createKernelRows(rows, 3, 2);
    const tube = 0.2;
    const { coefficients, rho } = solveSupport({ kernel, targets, cost: 0.5, tube, tolerance: 1e-6, steps: 10_000 })!;
    expect(Math.abs(coefficients.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-12);
    let between = 0;
    coefficients.forEach((coefficient, k) => {
      const miss = targets[k]! - (coefficients.reduce((sum, value, j) => sum + value * kernel.row(k)[j]!, 0) - rho);
      if (coefficient === 0) expect(Math.abs(miss)).toBeLessThan(tube + 1e-5);
      else if (Math.abs(coefficient) === 0.5) expect(miss * Math.sign(coefficient)).toBeGreaterThan(tube - 1e-5);
      else {
        expect(miss).toBeCloseTo(tube * Math.sign(coefficient), 4);
        between++;
      }
    });
    expect(between).toBeGreaterThan(0);
  });

  it('says the middle of what it may where all targets lie in one tube', async () => {
    const { weights } = await learn(supportVector, table([[1], [2], [3]], [0.01, 0.02, 0.05]));
    expect(weights[0]).toMatchObject({ shape: [0, 1] });
    const [anywhere] = await answers(supportVector, table([[1], [2], [3]], [0.01, 0.02, 0.05]), [[7]]);
    expect(anywhere).toBeCloseTo(0.03, 7);
  });

  it('does not mind equal samples, also where they contradict each other', async () => {
    const samples = table([[1], [1], [1], [1]], [0, 0, 1, 1]);
    const { weights } = await learn(supportVector, samples);
    for (const value of said(supportVector, weights, samples)) expect(value).toBeCloseTo(0.5, 6);
  });

  it('gives up after the steps that it has', () => {
    const { rows, targets } = fractions();
    const problem = { kernel: createKernelRows(rows, 3, 2), targets, cost: 1, tube: 0.1, tolerance: 1e-6 };
    expect(solveSupport({ ...problem, steps: 3 })).toBeUndefined();
    expect(solveSupport({ ...problem, steps: 10_000 })).toBeDefined();
  });

  it('comes to the same bits where only two rows of its kernel find room', () => {
    const { rows, targets } = fractions();
    const solved = (kept?: number) =>
      solveSupport({ kernel: createKernelRows(rows, 3, 2, kept), targets, cost: 1, tube: 0.1, tolerance: 1e-6, steps: 10_000 });
    expect(solved(0)).toEqual(solved());
  });
});
