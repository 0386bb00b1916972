import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { coverage } from '../../src/statistics/coverage.ts';
import { kupiecTest } from '../../src/statistics/kupiec.ts';
import { normalQuantile } from '../../src/statistics/normal.ts';

const column = (...values: number[]) => Float64Array.from(values);

describe('coverage', () => {
  // Ten outcomes 1 .. 10 by hand: 2 at or below 2, 5 at or below 5.5, 9 at or below 9.
  const actual = column(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  const constant = (value: number) => new Float64Array(10).fill(value);
  const found = coverage([0.1, 0.5, 0.9], [constant(2), constant(5.5), constant(9)], actual);

  it('counts outcomes at or below each quantile, and within the outermost two', () => {
    expect(found.quantiles.map(({ share }) => share)).toEqual([0.2, 0.5, 0.9]);
    expect(found.interval).toEqual({ nominal: 0.8, share: 0.8 });
  });

  it('gives the mean pinball loss', () => {
    // q .1: .9 x 1 below, .1 x (1 + .. + 8) above; q .5: half of 2 x (.5 + 1.5 + 2.5 + 3.5 + 4.5); q .9: .1 x (1 + .. + 8), .9 x 1.
    expect(found.pinball).toBeCloseTo((0.9 + 3.6 + 12.5 + 3.6 + 0.9) / 30, 14);
  });

  it('loses half the absolute error at the median', () => {
    const random = createRandom(4);
    const outcome = Float64Array.from({ length: 50 }, () => random.normal());
    const forecast = Float64Array.from({ length: 50 }, () => random.normal());
    const absolute = outcome.reduce((sum, value, i) => sum + Math.abs(value - forecast[i]!), 0) / 50;
    expect(coverage([0.5], [forecast], outcome).pinball).toBeCloseTo(absolute / 2, 14);
  });

  it('tests every share as Kupiec does', () => {
    // Two of ten at 10 %: Python, math.erfc(sqrt(lr / 2)) with lr = 2 (2 log(2) + 8 log(.8 / .9)).
    expect(found.quantiles[0]!.pValue).toBeCloseTo(0.34600353025617425, 12);
    expect(found.quantiles.map(({ pValue }) => pValue).slice(1)).toEqual([1, 1]);
  });

  it('is no worse for true quantiles than for others, and finds them right', () => {
    const random = createRandom(11);
    const outcome = Float64Array.from({ length: 4000 }, () => random.normal());
    const quantiles = [0.05, 0.5, 0.95];
    const at = (shift: number) => quantiles.map((quantile) => new Float64Array(4000).fill(normalQuantile(quantile) + shift));
    const right = coverage(quantiles, at(0), outcome);
    const wrong = coverage(quantiles, at(0.3), outcome);
    expect(right.pinball).toBeLessThan(wrong.pinball!);
    for (const { pValue } of right.quantiles) expect(pValue).toBeGreaterThan(0.01);
    for (const { pValue } of wrong.quantiles) expect(pValue).toBeLessThan(1e-6);
  });

  it('takes quantiles in any order and skips rows in which anything is not known', () => {
    const high = column(3, 3, Number.NaN, 3, 3);
    const low = column(1, 1, 1, Number.NaN, 1);
    const outcome = column(2, 4, 2, 2, Number.NaN);
    const { quantiles, interval } = coverage([0.9, 0.1], [high, low], outcome);
    expect(quantiles.map(({ quantile, share }) => [quantile, share])).toEqual([
      [0.9, 0.5],
      [0.1, 0],
    ]);
    expect(interval).toEqual({ nominal: 0.8, share: 0.5 });
  });

  it('is null where nothing is scored, and has no interval of one quantile', () => {
    const nothing = column(Number.NaN);
    expect(coverage([0.5], [nothing], column(1))).toEqual({
      quantiles: [{ quantile: 0.5, share: null, pValue: null }],
      interval: null,
      pinball: null,
    });
    expect(coverage([0.1, 0.9], [nothing, nothing], column(1)).interval).toEqual({ nominal: 0.8, share: null });
  });

  it('refuses what does not fit', () => {
    expect(() => coverage([0.5], [], column(1))).toThrow('each of 1 quantiles, received 0');
    expect(() => coverage([0.5], [column(1, 2)], column(1))).toThrow('columns of 1 rows');
    expect(() => coverage([1], [column(1)], column(1))).toThrow('received 1');
  });
});

describe("Kupiec's test", () => {
  it.each([
    // Python: lr by logarithms, p = math.erfc(sqrt(lr / 2)).
    [3, 20, 0.1, 0.48940457809073123, 0.48419302878615134],
    [0, 20, 0.1, 4.214420626313052, 0.04008175214527536],
    [7, 50, 0.05, 5.855126640691374, 0.015531740377315003],
  ])('%d hits of %d at %d', (hits, count, probability, statistic, pValue) => {
    const found = kupiecTest(hits, count, probability)!;
    expect(found.statistic).toBeCloseTo(statistic, 12);
    expect(found.pValue).toBeCloseTo(pValue, 12);
  });

  it.each([
    // Kupiec (1995), table 3: failures that are not rejected at 95 %, exclusive ends, of 255, 510 and 1,000 trials.
    [
      0.01,
      [
        [0, 7],
        [1, 11],
        [4, 17],
      ],
    ],
    [
      0.025,
      [
        [2, 12],
        [6, 21],
        [15, 36],
      ],
    ],
    [
      0.05,
      [
        [6, 21],
        [16, 36],
        [37, 65],
      ],
    ],
    [
      0.075,
      [
        [11, 28],
        [27, 51],
        [59, 92],
      ],
    ],
    [
      0.1,
      [
        [16, 36],
        [38, 65],
        [81, 120],
      ],
    ],
  ] as const)('does not reject the published numbers of failures at %d', (probability, regions) => {
    [255, 510, 1000].forEach((count, k) => {
      const kept = Array.from({ length: count }, (_, hits) => hits).filter((hits) => kupiecTest(hits, count, probability)!.pValue > 0.05);
      expect([kept[0]! - 1, kept.at(-1)! + 1]).toEqual(regions[k]);
    });
  });

  it('is undefined without trials and for what is certain', () => {
    expect(kupiecTest(0, 0, 0.1)).toBeNull();
    expect(kupiecTest(1, 2, 0)).toBeNull();
    expect(kupiecTest(1, 2, 1)).toBeNull();
  });
});
