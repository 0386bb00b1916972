import { describe, expect, it } from 'vitest';
import { indicator } from '../../src/indicators/catalogue.ts';
import { logReturn, simpleReturn } from '../../src/indicators/returns.ts';
import { roc } from '../../src/indicators/roc.ts';
import { rsi } from '../../src/indicators/rsi.ts';
import { barsOf, flatBars } from '../support/markets.ts';

const still = flatBars(new Array(60).fill(0.1));

describe('where nothing moves', () => {
  // The answers of TA-Lib: a ratio without a denominator is 0.
  it.each(['rsi', 'roc', 'natr', 'atr', 'volatility', 'return', 'logReturn', 'adx', 'cci', 'mfi', 'stochastic', 'williamsR', 'macd'])(
    '%s is 0',
    (name) => {
      const { outputs, warmup, compute } = indicator(name);
      for (const column of compute(still).slice(0, outputs.length)) {
        expect(column.subarray(warmup)).toEqual(new Float64Array(60 - warmup));
      }
    },
  );

  it('all bands are the price', () => {
    for (const column of indicator('bollinger').compute(still).slice(0, 3)) {
      expect(column.subarray(19)).toEqual(new Float64Array(41).fill(0.1));
    }
  });
});

describe('the relative strength index', () => {
  it('is 100 where prices only rise and 0 where they only fall', () => {
    const rising = Float64Array.from({ length: 30 }, (_, i) => 10 + i);
    expect(rsi(rising, 14).subarray(14)).toEqual(new Float64Array(16).fill(100));
    expect(rsi(rising.toReversed(), 14).subarray(14)).toEqual(new Float64Array(16));
  });

  // By hand: gains 1, 3 and losses 0, 0 give 100; then a fall of 2 gives gain (2 + 0) / 2 = 1 and loss (0 + 2) / 2 = 1.
  it('smooths as Wilder does', () => {
    expect([...rsi(Float64Array.of(1, 2, 5, 3), 2)]).toEqual([Number.NaN, Number.NaN, 100, 50]);
  });
});

describe('changes', () => {
  const values = Float64Array.of(100, 110, Number.NaN, 121, 133.1);
  it('are percent in the rate of change, fractions in returns and logarithms in log returns', () => {
    expect(roc(values, 1)[1]).toBeCloseTo(10, 12);
    expect(simpleReturn(values)[1]).toBeCloseTo(0.1, 14);
    expect(logReturn(values)[1]).toBeCloseTo(Math.log(1.1), 14);
  });

  it('need their two ends only', () => {
    expect([...simpleReturn(values, 2).map(Number.isNaN as unknown as () => number)]).toEqual([1, 1, 1, 0, 1]);
  });
});

describe('the true range', () => {
  // By hand: row 1 reaches from the close 10 up to 14 (range 1, true range 4), row 2 from 13 down to 9 (4), row 3 is 2.
  it('reaches from the close before', () => {
    const bars = barsOf([
      [10, 11, 9, 10],
      [13.5, 14, 13, 13],
      [10, 10.5, 9, 10],
      [10, 11, 9, 10],
    ]);
    expect([...indicator('atr', 2).compute(bars)[0]!]).toEqual([Number.NaN, Number.NaN, 4, 3]);
  });
});

describe('on-balance volume', () => {
  it('starts with the first volume, adds it after a rise, takes it off after a fall and passes over an equal close', () => {
    const bars = barsOf([
      [5, 5, 5, 5, 100],
      [6, 6, 6, 6, 10],
      [6, 6, 6, 6, 7],
      [5, 5, 5, 5, 30],
    ]);
    expect([...indicator('obv').compute(bars)[0]!]).toEqual([100, 110, 110, 80]);
  });
});

describe('the money flow index', () => {
  // By hand: a rise with 20 * 1 and a fall with 10 * 2; the unchanged price counts for neither.
  it('weighs rising against falling money and passes over an equal price', () => {
    const bars = barsOf([
      [10, 10, 10, 10, 9],
      [20, 20, 20, 20, 1],
      [20, 20, 20, 20, 5],
      [10, 10, 10, 10, 2],
    ]);
    expect(indicator('mfi', 3).compute(bars)[0]![3]).toBe(50);
  });
});
