import { describe, expect, it } from 'vitest';
import { BarError, createBars, firstRowAt, sliceBars } from '../../src/core/bars.ts';
import { barsOf, flatBars, HOUR } from '../support/markets.ts';

describe('bars', () => {
  it('refuses a row whose high lies below its low, naming market and row', () => {
    expect(() =>
      barsOf([
        [1, 2, 0.5, 1],
        [1, 0.9, 1.1, 1],
      ]),
    ).toThrow(new BarError('test, row 1: expected high >= low, received high 0.9 < low 1.1', 1));
  });

  it.each([
    ['a price of zero', [0, 1, 0, 1], 'expected a finite open > 0, received 0'],
    ['a negative price', [1, 1, -1, 1], 'expected a finite low > 0, received -1'],
    ['an infinite price', [1, Infinity, 1, 1], 'expected a finite high > 0, received Infinity'],
    ['a price that is not a number', [1, 1, 1, Number.NaN], 'expected a finite close > 0, received NaN'],
    ['a close above the high', [1, 2, 1, 3], 'expected high >= open and close, received high 2, open 1, close 3'],
    ['an open below the low', [1, 3, 2, 3], 'expected low <= open and close, received low 2, open 1, close 3'],
    ['a negative volume', [1, 1, 1, 1, -5], 'expected a finite volume >= 0, received -5'],
  ])('refuses %s', (_, row, message) => {
    expect(() => barsOf([row])).toThrow(message);
  });

  it('refuses times that repeat or run backwards', () => {
    const one = Float64Array.of(1, 1);
    const columns = { open: one, high: one, low: one, close: one, volume: one };
    expect(() => createBars('m', HOUR, { ...columns, openTime: Float64Array.of(HOUR, HOUR) })).toThrow('one bar per opening time');
    expect(() => createBars('m', HOUR, { ...columns, openTime: Float64Array.of(HOUR, 0) })).toThrow('oldest first');
  });

  it('refuses columns of different lengths and an interval that is no whole number of ms', () => {
    const one = Float64Array.of(1);
    const columns = { openTime: Float64Array.of(0), open: one, high: one, low: one, close: one, volume: one };
    expect(() => createBars('m', HOUR, { ...columns, volume: new Float64Array(2) })).toThrow('1 values, received 2 in volume');
    expect(() => createBars('m', 0.5, columns)).toThrow('a whole number of ms > 0');
  });

  it('finds the first row at or after an instant', () => {
    const bars = flatBars([1, 2, 3]);
    const start = bars.openTime[0]!;
    expect(firstRowAt(bars, start - 1)).toBe(0);
    expect(firstRowAt(bars, start + 1)).toBe(1);
    expect(firstRowAt(bars, start + 2 * HOUR)).toBe(2);
    expect(firstRowAt(bars, start + 3 * HOUR)).toBe(3);
  });

  it('cuts rows without copying them', () => {
    const bars = flatBars([1, 2, 3, 4]);
    const middle = sliceBars(bars, 1, 3);
    expect([...middle.close]).toEqual([2, 3]);
    expect(middle.length).toBe(2);
    expect(middle.close.buffer).toBe(bars.close.buffer);
  });
});
