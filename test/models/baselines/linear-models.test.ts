import { describe, expect, it } from 'vitest';
import { leastSquares } from '../../../src/models/baselines/least-squares.ts';
import { ASKED, answers, fractions, learn, said, table } from './cases.ts';

describe('least squares', () => {
  it('finds a line exactly', async () => {
    expect(await answers(leastSquares, table([[0], [1], [3]], [1, 3, 7]), [[2], [-1]])).toEqual([5, -1]);
  });

  it('finds, of the solutions where columns depend on each other, the one of least norm', async () => {
    // scikit-learn 1.9.1, LinearRegression: rank 2 of 3.
    const { weights } = await learn(leastSquares, fractions());
    [1.248031193, -0.508486503, 0.739544715].forEach((expected, j) => {
      expect(weights[0]!.values[j]).toBeCloseTo(expected, 5);
    });
    expect(weights[1]!.values[0]).toBeCloseTo(0.415974784, 5);
    const expected = [1.028397867, 1.438645015, 2.452620857];
    (await answers(leastSquares, fractions(), ASKED)).forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k]!, 5);
    });
  });

  it('gives equal columns equal shares, and a constant column none', async () => {
    const { weights } = await learn(
      leastSquares,
      table(
        [
          [0, 0, 7],
          [1, 1, 7],
          [2, 2, 7],
          [5, 5, 7],
        ],
        [0, 1, 2, 5],
      ),
    );
    const [first, second, third] = weights[0]!.values;
    expect(first).toBeCloseTo(0.5, 6);
    expect(second).toBeCloseTo(0.5, 6);
    expect(third).toBeCloseTo(0, 6);
  });

  it('meets every target where there are fewer samples than columns', async () => {
    const samples = table(
      [
        [1, 0, 2, 1],
        [0, 3, 1, 1],
        [2, 1, 0, 1],
      ],
      [0.5, -1, 2],
    );
    const { weights } = await learn(leastSquares, samples);
    said(leastSquares, weights, samples).forEach((value, k) => {
      expect(value).toBeCloseTo(samples.targets[k]!, 5);
    });
  });

  it('is not led astray by the rounding of large numbers', async () => {
    // Two columns of prices near 60,000 that differ by what float32 cannot show: 0.004 apart, their common move is all there is.
    const rows = Array.from({ length: 30 }, (_, k) => [60_000 + ((k * 7) % 31), 60_000 + ((k * 7) % 31) + 0.001 * ((k * 11) % 5)]);
    const targets = rows.map(([price]) => (price! - 60_000) / 31);
    const { weights } = await learn(leastSquares, table(rows, targets));
    for (const value of weights[0]!.values) expect(Math.abs(value)).toBeLessThan(0.1);
  });
});
