import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rollingMax, rollingMin } from '../../src/indicators/extremes.ts';
import { standardDeviation } from '../../src/indicators/standard-deviation.ts';

const windowed = (values: Float64Array, period: number, of: (window: Float64Array) => number) =>
  values.map((_, i) => (i < period - 1 ? Number.NaN : of(values.subarray(i - period + 1, i + 1))));

const valuesOf = fc.array(
  fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(Number.NaN), fc.integer({ min: -3, max: 3 })),
  {
    maxLength: 60,
  },
);
const periods = fc.integer({ min: 1, max: 20 });

describe('windows', () => {
  it('have the least and the greatest of their values as extremes, and NaN where they hold one', () => {
    fc.assert(
      fc.property(valuesOf, periods, (list, period) => {
        const values = Float64Array.from(list);
        expect(rollingMin(values, period)).toEqual(windowed(values, period, (window) => Math.min(...window)));
        expect(rollingMax(values, period)).toEqual(windowed(values, period, (window) => Math.max(...window)));
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  it('deviate as the textbook sum over two passes says, for population and sample', () => {
    fc.assert(
      fc.property(valuesOf, fc.integer({ min: 2, max: 20 }), fc.constantFrom(0 as const, 1 as const), (list, period, freedom) => {
        const values = Float64Array.from(list);
        const expected = windowed(values, period, (window) => {
          const mean = window.reduce((sum, value) => sum + value, 0) / period;
          return Math.sqrt(window.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (period - freedom));
        });
        const largest = Math.max(1, ...list.filter(Number.isFinite).map(Math.abs));
        standardDeviation(values, period, freedom).forEach((value, i) => {
          if (Number.isNaN(expected[i]!)) expect(value).toBeNaN();
          else expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-13 * largest);
        });
      }),
      { seed: 1, numRuns: 400 },
    );
  });

  // Mean 5, squares 32: the common classroom sample; its deviations are 2 and sqrt(32 / 7).
  it('of 2 4 4 4 5 5 7 9 deviate by 2 as a population', () => {
    const values = Float64Array.of(2, 4, 4, 4, 5, 5, 7, 9);
    expect(standardDeviation(values, 8, 0)[7]).toBeCloseTo(2, 15);
    expect(standardDeviation(values, 8, 1)[7]).toBeCloseTo(Math.sqrt(32 / 7), 15);
  });

  it('keep their deviation on top of a large level, where sums of squares lose it', () => {
    const values = Float64Array.from({ length: 50 }, (_, i) => 1e9 + (i % 2));
    for (const deviation of standardDeviation(values, 10, 0).subarray(9)) expect(deviation).toBeCloseTo(0.5, 14);
  });

  it('of equal values do not deviate at all', () => {
    const deviations = standardDeviation(new Float64Array(100).fill(0.1), 7, 1);
    expect(deviations.subarray(6)).toEqual(new Float64Array(94));
  });

  it('need a period above the degrees of freedom', () => {
    expect(() => standardDeviation(Float64Array.of(1, 2), 1, 1)).toThrow('a whole number of bars >= 2, received 1');
    expect(() => rollingMin(Float64Array.of(1, 2), 0)).toThrow(TypeError);
  });
});
