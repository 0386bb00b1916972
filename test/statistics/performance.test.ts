import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxDrawdown, ulcerIndex } from '../../src/statistics/drawdown.ts';
import { cagr } from '../../src/statistics/growth.ts';
import { kurtosis, mean, skew, standardDeviation } from '../../src/statistics/moments.ts';
import { type Curve, performance } from '../../src/statistics/performance.ts';
import { relative } from '../../src/statistics/relative.ts';
import { returns } from '../../src/statistics/returns.ts';
import { sharpe, sharpeStandardError, sharpeStandardErrorAdjusted, sortino } from '../../src/statistics/sharpe.ts';
import { conditionalValueAtRisk, valueAtRisk } from '../../src/statistics/tail-risk.ts';
import { curveOf, expectClose, present, reference, titled } from './reference.ts';

const HOUR = 3_600_000;

function curve(equity: ArrayLike<number>, more: Partial<Curve> = {}): Curve {
  const values = Float64Array.from(equity);
  return {
    equity: values,
    closeTime: values.map((_, i) => i * HOUR),
    positionHeld: new Uint8Array(values.length),
    periodsPerYear: 8766,
    fills: [],
    slippage: 0,
    funding: 0,
    ...more,
  };
}

const someReturns = fc
  .array(fc.double({ min: -0.3, max: 0.3, noNaN: true }), { minLength: 2, maxLength: 60 })
  .map((values) => Float64Array.from(values));

describe('Performance', () => {
  it('of hand-made bars is the hand calculation', () => {
    const found = performance(
      curve([100, 110, 99, 121], {
        closeTime: Float64Array.of(0, 1, 2, 3).map((i) => i * 8766 * HOUR),
        positionHeld: [true, true, false, true],
        periodsPerYear: 1,
        fills: [
          { market: 'A', time: 0, side: 'buy', quantity: 2, price: 43, fee: 0.5 },
          { market: 'A', time: 1, side: 'sell', quantity: 2, price: 50, fee: 0.25 },
        ],
        slippage: 3,
        funding: -1,
      }),
    )!;
    expect(found.totalReturn).toBeCloseTo(0.21, 14);
    // Three years from 100 to 121: the cube root of 1.21, less 1.
    expectClose(found.cagr, 0.06560223676661071, 1e-13);
    expect(found.maxDrawdown).toBeCloseTo(-0.1, 14);
    expect(found.maxDrawdownBars).toBe(2);
    expectClose(found.calmar, 0.6560223676661071, 1e-13);
    expect(found.exposure).toBe(0.75);
    // (86 + 100) / 107.5 / 3 years.
    expectClose(found.turnover, 186 / 107.5 / 3, 1e-14);
    expect(found).toMatchObject({ startEquity: 100, endEquity: 121, fees: 0.75, slippage: 3, funding: -1 });
    expect(found).toMatchObject({ roundTrips: 1, winRate: 1, profitFactor: null, expectancy: 13.25, averageWin: 13.25, averageLoss: null });
  });

  it('of no bar, or of a curve that starts at zero, is null', () => {
    expect(performance(curve([]))).toBeNull();
    expect(performance(curve([0, 1, 2]))).toBeNull();
    expect(performance(curve([-5, 1, 2]))).toBeNull();
  });

  it('of one bar has equity and exposure, and null for all that needs a return', () => {
    expect(performance(curve([100], { positionHeld: [true] }))).toEqual({
      startEquity: 100,
      endEquity: 100,
      totalReturn: 0,
      cagr: null,
      sharpe: null,
      sharpeStandardError: null,
      sharpeStandardErrorAdjusted: null,
      sortino: null,
      calmar: null,
      volatility: null,
      skew: null,
      kurtosis: null,
      valueAtRisk95: null,
      conditionalValueAtRisk95: null,
      maxDrawdown: 0,
      maxDrawdownBars: 0,
      ulcerIndex: 0,
      exposure: 1,
      turnover: null,
      fees: 0,
      slippage: 0,
      funding: 0,
      roundTrips: 0,
      winRate: null,
      profitFactor: null,
      expectancy: null,
      averageWin: null,
      averageLoss: null,
      longestLosingRun: 0,
    });
  });

  it('of a flat curve has no ratios, but true zeros', () => {
    const found = performance(curve(new Array(50).fill(1000)))!;
    expect(found).toMatchObject({ sharpe: null, sortino: null, calmar: null, skew: null, kurtosis: null, sharpeStandardError: null });
    expect(found).toMatchObject({ totalReturn: 0, cagr: 0, volatility: 0, maxDrawdown: 0, exposure: 0, turnover: 0, valueAtRisk95: 0 });
  });

  it('of growth at one constant rate has no Sharpe ratio, whatever the rounding of its returns', () => {
    fc.assert(
      fc.property(fc.double({ min: -0.01, max: 0.01, noNaN: true }), (rate) => {
        expect(sharpe(returns(curveOf(new Array(100).fill(rate))), 252)).toBeNull();
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('of a curve that falls through zero has no ratios of returns, and is finite or null throughout', () => {
    const found = performance(curve([100, 50, -20, -10, 30]))!;
    expect(found).toMatchObject({ sharpe: null, sortino: null, valueAtRisk95: null, skew: null, totalReturn: -0.7, maxDrawdown: -1.2 });
    for (const value of Object.values(found)) expect(value === null || Number.isFinite(value)).toBe(true);
    expect(performance(curve([100, 50, 0]))!.cagr).toBe(-1);
    expect(performance(curve([100, 50, -1]))!.cagr).toBeNull();
  });

  it('is finite or null throughout for any curve, short or long', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -10, max: 1000 }), { maxLength: 30 }), (equity) => {
        for (const value of Object.values(performance(curve(equity)) ?? {})) expect(value === null || Number.isFinite(value)).toBe(true);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('is the same to the last bit for capital times a power of two, amounts apart', () => {
    fc.assert(
      fc.property(someReturns, fc.integer({ min: -20, max: 20 }), (values, power) => {
        const equity = curveOf(values).map((value) => value * 1000);
        const scale = 2 ** power;
        const { startEquity, endEquity, ...first } = performance(curve(equity))!;
        const second = performance(curve(equity.map((value) => value * scale)))!;
        expect(second).toEqual({ ...first, startEquity: startEquity * scale, endEquity: endEquity * scale });
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('refuses columns of different lengths', () => {
    expect(() => performance(curve([1, 2], { closeTime: new Float64Array(3) }))).toThrow('Expected columns of 2 bars');
  });
});

describe('The Sharpe ratio', () => {
  it('changes its sign with the returns, as the Sortino ratio does not', () => {
    fc.assert(
      fc.property(someReturns, (values) => {
        const negated = sharpe(
          values.map((value) => -value),
          252,
        );
        const ratio = sharpe(values, 252);
        if (ratio === null || ratio === 0) expect(negated === null || Math.abs(negated) === 0).toBe(true);
        else expect(negated).toBe(-ratio);
      }),
      { seed: 1, numRuns: 200 },
    );
    expect(sortino(Float64Array.of(0.02, -0.01), 1)).not.toBe(-sortino(Float64Array.of(-0.02, 0.01), 1)!);
  });

  // Lo (2002), "The Statistics of Sharpe Ratios", table 1: standard errors for independent returns.
  it.each([
    [0.5, 60, 0.137],
    [1, 60, 0.158],
    [3, 12, 0.677],
  ])("of %d over %d bars has Lo's standard error %d", (ratio, count, expected) => {
    const size = Math.sqrt((count - 1) / count);
    const values = Float64Array.from({ length: count }, (_, i) => 0.01 * (ratio + (i % 2 === 0 ? size : -size)));
    expectClose(sharpe(values, 1), ratio, 1e-12);
    expect(Math.abs(sharpeStandardError(values, 1)! - expected)).toBeLessThan(5e-4);
  });

  it.skipIf(!present)(
    titled("has Lo's adjusted standard error by his matrix product (mpmath, on the series of forecast-tests.json)"),
    () => {
      const { series } = reference<{ series: Record<string, number[]> }>('forecast-tests.json');
      const first = Float64Array.from(series.nw0 ?? []);
      const second = Float64Array.from(series.nw1 ?? []);
      expectClose(sharpeStandardErrorAdjusted(first, 252, 0), 1.4322801839580659, 1e-12);
      expectClose(sharpeStandardErrorAdjusted(first, 252), 2.0666419435645094, 1e-12);
      expectClose(sharpeStandardErrorAdjusted(second, 252), 0.7828312965070912, 1e-12);
      expectClose(skew(first), 0.21441591104506905, 1e-12);
      expectClose(kurtosis(first), 2.9570397093057625, 1e-12);
    },
  );
});

describe('Moments', () => {
  it('are the published ones', () => {
    // The example of scipy.stats.skew; the kurtosis of 1 to 5 is 6.8 / 2^2.
    expectClose(skew(Float64Array.of(2, 8, 0, 4, 1, 9, 9, 0)), 0.2650554122698573, 1e-12);
    expectClose(kurtosis(Float64Array.of(1, 2, 3, 4, 5)), 1.7, 1e-14);
    expectClose(standardDeviation(Float64Array.of(1, 2, 3, 4, 5)), Math.sqrt(2.5), 1e-15);
  });

  it('are null where undefined', () => {
    const none = new Float64Array(0);
    expect([mean(none), standardDeviation(none), skew(none), kurtosis(none), valueAtRisk(none), conditionalValueAtRisk(none)]).toEqual(
      new Array(6).fill(null),
    );
    expect(standardDeviation(Float64Array.of(1))).toBeNull();
    expect(mean(Float64Array.of(1, Number.NaN))).toBeNull();
  });
});

describe('Tail risk', () => {
  it('is a hand-made quantile, and the mean of what lies below', () => {
    const values = Float64Array.from({ length: 41 }, (_, i) => (20 - i) / 100);
    // Position 40 x 0.05 = 2: the third lowest of -0.20, -0.19, -0.18.
    expect(valueAtRisk(values)).toBeCloseTo(-0.18, 15);
    expect(conditionalValueAtRisk(values)).toBeCloseTo(-0.19, 15);
  });

  it('is the quantile that sorting gives', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const values = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(values, share, (integers, at) => {
        const sorted = Float64Array.from(integers).sort();
        const position = (sorted.length - 1) * at;
        const low = sorted[Math.floor(position)]!;
        const high = sorted[Math.ceil(position)]!;
        expectClose(valueAtRisk(Float64Array.from(integers), at)!, low + (position - Math.floor(position)) * (high - low), 1e-12);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('is never better in the mean of the tail than at its edge', () => {
    fc.assert(
      fc.property(someReturns, (values) => {
        expect(conditionalValueAtRisk(values)!).toBeLessThanOrEqual(valueAtRisk(values)! + 1e-16);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('Drawdown', () => {
  it('counts its bars from the last bar at the peak to the first at or above it', () => {
    const equity = Float64Array.of(100, 120, 120, 90, 100, 120, 130, 125);
    expect(maxDrawdown(equity)).toEqual({ depth: -0.25, peak: 2, trough: 3, bars: 3, recovered: true });
    expect(maxDrawdown(equity.subarray(0, 5))).toEqual({ depth: -0.25, peak: 2, trough: 3, bars: 2, recovered: false });
  });

  it('has the start as a peak', () => {
    expect(maxDrawdown(Float64Array.of(100, 60, 54))).toMatchObject({ peak: 0, depth: 54 / 100 - 1, recovered: false });
  });

  it('lies between the whole and nothing, and is nothing just where equity never falls', () => {
    fc.assert(
      fc.property(someReturns, (values) => {
        const equity = curveOf(values);
        const found = maxDrawdown(equity)!;
        expect(found.depth).toBeGreaterThanOrEqual(-1);
        expect(found.depth).toBeLessThanOrEqual(0);
        const falls = equity.some((value, i) => i > 0 && value < equity[i - 1]! && value / equity[i - 1]! < 1);
        expect(found.depth < 0).toBe(falls);
        expect(ulcerIndex(equity)!).toBeLessThanOrEqual(-found.depth + 1e-15);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('makes an ulcer index of its mean square', () => {
    // Drawdowns 0, -0.1, -0.05, 0: the root of 0.0125 / 4.
    expectClose(ulcerIndex(Float64Array.of(100, 90, 95, 110)), 0.05590169943749474, 1e-14);
  });
});

describe('Growth', () => {
  it('over no time, from nothing or to a debt has no rate', () => {
    expect([cagr(1, 2, 0), cagr(0, 2, 1), cagr(1, -1, 1), cagr(1, 0, 1)]).toEqual([null, null, null, -1]);
  });
});

describe('A strategy against holding', () => {
  it('that is holding has beta 1, no alpha and no information ratio', () => {
    const values = Float64Array.of(0.01, -0.02, 0.03, 0.005);
    expect(relative(values, values, 252)).toEqual({ alpha: 0, beta: 1, informationRatio: null });
  });

  it('that is a share of holding plus a constant has that share as beta, and the constant compounded as alpha', () => {
    const constant = fc.double({ min: -0.01, max: 0.01, noNaN: true });
    fc.assert(
      fc.property(someReturns, fc.double({ min: -2, max: 2, noNaN: true }), constant, (values, share, extra) => {
        fc.pre((standardDeviation(values) ?? 0) > 1e-3);
        const found = relative(
          values.map((value) => share * value + extra),
          values,
          12,
        );
        expect(Math.abs(found.beta! - share)).toBeLessThan(1e-9);
        let factor = 1;
        for (let month = 0; month < 12; month++) factor *= 1 + extra;
        expect(Math.abs(found.alpha! - (factor - 1))).toBeLessThan(1e-9);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('is null where holding never moved or there are no bars, and refused where they do not align', () => {
    const flat = new Float64Array(4);
    const values = Float64Array.of(0.01, -0.02, 0.03, 0.005);
    expect(relative(values, flat, 252)).toMatchObject({ alpha: null, beta: null });
    expect(relative(new Float64Array(0), new Float64Array(0), 252)).toEqual({ alpha: null, beta: null, informationRatio: null });
    expect(() => relative(values, new Float64Array(3), 252)).toThrow('Expected returns of holding for the same 4 bars, received 3');
  });
});
