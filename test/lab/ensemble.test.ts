import { describe, expect, it } from 'vitest';
import { combine } from '../../src/lab/ensemble.ts';
import type { ModelForecast } from '../../src/lab/forecast.ts';

const of = (...levels: number[]): ModelForecast => ({ levels: [Float64Array.from(levels)] });
const NO = Number.NaN;

describe('an ensemble', () => {
  const actual = [Float64Array.of(10, 10, 10, 10)];
  const rows = Int32Array.of(0, 1);
  const members = [of(11, 9, 12, 20), of(12, 12, 15, 10), of(13, 10, 18, 60)];

  it('mean is the mean of its members', () => {
    expect(Array.from(combine('mean', members, actual, rows).levels[0]!)).toEqual([12, expect.closeTo(31 / 3, 12), 15, 30]);
  });

  it('median is the middle one, or the mean of the middle two', () => {
    expect(Array.from(combine('median', members, actual, rows).levels[0]!)).toEqual([12, 10, 15, 20]);
    expect(Array.from(combine('median', members.slice(0, 2), actual, rows).levels[0]!)).toEqual([11.5, 10.5, 13.5, 15]);
  });

  it('weighted weighs by the inverse mean squared error on the validation rows', () => {
    // Squared errors on rows 0 and 1: 1 + 1, 4 + 4, 9 + 0; weights are as 1/2 : 1/8 : 1/9, that is 36 : 9 : 8.
    const levels = combine('weighted', members, actual, rows).levels[0]!;
    expect(levels[2]).toBeCloseTo((36 * 12 + 9 * 15 + 8 * 18) / 53, 12);
    expect(levels[3]).toBeCloseTo((36 * 20 + 9 * 10 + 8 * 60) / 53, 12);
  });

  it('weighted looks at no row but those of the validation part', () => {
    const other = [Float64Array.of(10, 10, 1e6, -1e6)];
    expect(combine('weighted', members, other, rows)).toEqual(combine('weighted', members, actual, rows));
  });

  it('gives a member without any error all the weight', () => {
    expect(combine('weighted', [of(10, 10, 3, 4), of(11, 9, 5, 6)], actual, rows).levels[0]![2]).toBeCloseTo(3, 12);
  });

  it('says nothing where a member says nothing', () => {
    const partial = [of(11, NO, 12, 20), of(12, 12, 15, NO)];
    for (const kind of ['mean', 'median', 'weighted'] as const) {
      const { levels, spread } = combine(kind, partial, actual, Int32Array.of(0, 2));
      expect(Array.from(levels[0]!, Number.isNaN)).toEqual([false, true, false, true]);
      expect(Array.from(spread![0]!, Number.isNaN)).toEqual([false, true, false, true]);
    }
  });

  it('weighted takes the validation rows on which all members speak', () => {
    // On row 0 alone: squared errors 1 and 4, weights 4 : 1.
    const partial = [of(11, NO, 12, 20), of(12, 12, 17, 10)];
    expect(combine('weighted', partial, actual, rows).levels[0]![2]).toBeCloseTo((4 * 12 + 17) / 5, 12);
  });

  it('spreads by the standard deviation of its members, divisor n - 1', () => {
    // 11, 12, 13 about 12.
    expect(combine('mean', members, actual, rows).spread![0]![0]).toBeCloseTo(1, 12);
    // 9, 12, 10 about 31 / 3.
    expect(combine('mean', members, actual, rows).spread![0]![1]).toBeCloseTo(Math.sqrt(7 / 3), 12);
  });

  it('has an output only where all its members have it', () => {
    const both: ModelForecast = { levels: [Float64Array.of(1), Float64Array.of(2)] };
    const one: ModelForecast = { levels: [Float64Array.of(3), undefined] };
    expect(combine('mean', [both, one], [Float64Array.of(1), Float64Array.of(1)], Int32Array.of(0)).levels).toEqual([
      Float64Array.of(2),
      undefined,
    ]);
  });
});
