import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimate, spread } from '../../src/report/decimation.ts';

const values = fc.array(fc.oneof({ weight: 9, arbitrary: fc.double({ noNaN: true }) }, fc.constant(Number.NaN)), { maxLength: 400 });

describe('a decimated line', () => {
  it('keeps every row of a short series', () => {
    expect(decimate(new Float64Array([3, 1, 2]), 4)).toEqual([0, 1, 2]);
  });

  it('keeps the lowest and the highest of each bucket, in the order of time', () => {
    expect(decimate(new Float64Array([5, 1, 9, 4, 7, 7, 8, 2]), 4)).toEqual([1, 2, 6, 7]);
  });

  it('shows a bucket without a known value as a gap', () => {
    const column = new Float64Array(12).fill(1);
    column.fill(Number.NaN, 4, 8);
    expect(decimate(column, 6).map((row) => column[row])).toEqual([1, Number.NaN, 1]);
  });

  it('never loses the extremes, never exceeds the limit and never goes back in time', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 60 }), (list, limit) => {
        const column = Float64Array.from(list);
        const rows = decimate(column, limit);
        const known = list.filter((value) => !Number.isNaN(value));
        const shown = rows.map((row) => column[row]!).filter((value) => !Number.isNaN(value));
        expect(rows.length).toBeLessThanOrEqual(limit);
        expect(rows.every((row, i) => i === 0 || row > rows[i - 1]!)).toBe(true);
        expect(Math.max(...shown)).toBe(Math.max(...known));
        expect(Math.min(...shown)).toBe(Math.min(...known));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('an even choice', () => {
  it('keeps the first and the last, in order', () => {
    expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8], 3)).toEqual([0, 4, 8]);
    expect(spread([0, 1], 3)).toEqual([0, 1]);
  });
});
