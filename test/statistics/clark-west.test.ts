import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { clarkWest } from '../../src/statistics/clark-west.ts';
import { dieboldMariano, squaredLossDifference } from '../../src/statistics/diebold-mariano.ts';

const column = (...values: number[]) => Float64Array.from(values);

describe('Clark-West', () => {
  it('of four bars by hand', () => {
    // f = a^2 - (a - l)^2 + l^2 = 2 a l: 4, 2, -2, 4. Mean 2, variance (4 + 0 + 16 + 4) / 4 = 6, statistic 2 / sqrt(6 / 4).
    const found = clarkWest(column(2, 1, -1, 2), new Float64Array(4), column(1, 1, 1, 1), 1);
    expect(found.statistic).toBeCloseTo(2 / Math.sqrt(1.5), 14);
    // Python: statistics.NormalDist().cdf(-2 / 1.5 ** 0.5)
    expect(found.pValue).toBeCloseTo(0.05123522, 8);
    expect(found).toMatchObject({ bars: 4, kernel: 'rectangular', reason: null });
  });

  it('with lags by hand, and with Bartlett where the variance is not positive', () => {
    // f = 2 a: 2, 2, -2, -2, 2, 2 of mean 2/3; deviations 4/3 and -8/3: g0 = (4 x 16 + 2 x 64) / 54, g1 = (16 - 32 + 64 - 32 + 16) / 54.
    const found = clarkWest(column(1, 1, -1, -1, 1, 1), new Float64Array(6), new Float64Array(6).fill(1), 2);
    expect(found.statistic).toBeCloseTo(2 / 3 / Math.sqrt((192 / 54 + (2 * 32) / 54) / 6), 13);
    const swings = clarkWest(column(1, -1, 1, -1, 1, -1), new Float64Array(6), new Float64Array(6).fill(1), 2);
    expect(swings.kernel).toBe('bartlett');
  });

  it('sees the better model where the noise of its estimate hides it from Diebold-Mariano', () => {
    const random = createRandom(2);
    const length = 2000;
    const truth = Float64Array.from({ length }, () => 0.15 * random.normal());
    const actual = truth.map((value) => value + random.normal());
    const large = truth.map((value) => value + 0.2 * random.normal());
    const small = new Float64Array(length);
    expect(clarkWest(actual, small, large, 1).pValue).toBeLessThan(0.001);
    expect(dieboldMariano(squaredLossDifference(actual, small, large), 1).pValueBetter).toBeGreaterThan(0.05);
  });

  it('rejects about as often as it says where there is nothing to know', () => {
    let rejected = 0;
    for (let seed = 0; seed < 400; seed++) {
      const random = createRandom(seed);
      const noise = () => Float64Array.from({ length: 100 }, () => random.normal());
      if (clarkWest(noise(), new Float64Array(100), noise(), 1).pValue! < 0.05) rejected++;
    }
    expect(rejected / 400).toBeGreaterThan(0.02);
    expect(rejected / 400).toBeLessThan(0.09);
  });

  it('says why it is undefined', () => {
    const zeros = new Float64Array(5);
    expect(clarkWest(column(1, 2, 3, 4, 5), zeros, zeros, 1).reason).toContain('never changes');
    expect(clarkWest(column(1, Number.NaN), column(0, 0), column(1, 1), 1)).toMatchObject({ statistic: null, bars: 1 });
    expect(() => clarkWest(zeros, zeros, zeros, 0)).toThrow('received 0');
  });
});
