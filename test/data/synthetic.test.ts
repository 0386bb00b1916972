import { describe, expect, test } from 'vitest';
import { createBars, sliceBars } from '../../src/core/bars.ts';
import { DataError } from '../../src/data/data-error.ts';
import { parseSynthetic, SYNTHETIC_KINDS, type SyntheticKind, type SyntheticOptions, synthetic } from '../../src/data/synthetic.ts';
import { HOUR, START } from './market.ts';

const LONG = 200_000;
const market = (kind: SyntheticKind, options: Partial<SyntheticOptions> = {}) =>
  synthetic(kind, { bars: 2000, intervalMs: HOUR, start: START, seed: 5, ...options });
const returnsOf = (kind: SyntheticKind, options: Partial<SyntheticOptions> = {}) => {
  const { bars } = market(kind, { bars: LONG, ...options });
  return bars.close.map((close, i) => Math.log(close / bars.open[i]!));
};
const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

function correlation(a: Float64Array, b: Float64Array): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    both += (a[i]! - meanA) * (b[i]! - meanB);
    squaresA += (a[i]! - meanA) * (a[i]! - meanA);
    squaresB += (b[i]! - meanB) * (b[i]! - meanB);
  }
  return both / Math.sqrt(squaresA * squaresB);
}
const autocorrelation = (returns: Float64Array, lag: number, of = (value: number) => value) =>
  correlation(returns.subarray(lag), returns.subarray(0, -lag).map(of));
const deviation = (values: Float64Array) => Math.sqrt(mean(values.map((value) => value * value)) - mean(values) * mean(values));

// Four standard errors, 1 / sqrt(n) each, of a correlation that is zero.
const ZERO = 4 / Math.sqrt(LONG);

describe.each(SYNTHETIC_KINDS)('a %s market', (kind) => {
  test('is made of possible bars that open at the close before, evenly in time', () => {
    const { bars } = market(kind);
    expect(() => createBars('again', HOUR, bars)).not.toThrow();
    for (let i = 1; i < bars.length; i++) {
      expect(bars.open[i]).toBe(bars.close[i - 1]);
      expect(bars.openTime[i]).toBe(START + i * HOUR);
      expect(bars.volume[i]).toBeGreaterThan(0);
    }
  });

  test('begins the same however long it is', () => {
    const long = market(kind).bars;
    for (const count of [1, 2, 777]) expect(market(kind, { bars: count }).bars).toEqual({ ...sliceBars(long, 0, count), length: count });
  });

  test('is another one with another seed', () => {
    expect(market(kind).bars).toEqual(market(kind).bars);
    expect(market(kind, { seed: 6 }).bars.close).not.toEqual(market(kind).bars.close);
  });

  test('has the volatility asked for, and bars whose range is that of Brownian motion', () => {
    expect(deviation(returnsOf(kind)) / 0.01).toBeCloseTo(1, 1);
    expect(deviation(returnsOf(kind, { volatility: 0.03 })) / 0.03).toBeCloseTo(1, 1);
    // Feller (1951): the expected range of Brownian motion is sqrt(8 / pi) deviations.
    const { bars } = market(kind, { bars: LONG });
    const ranges = bars.high.map((high, i) => Math.log(high / bars.low[i]!) / 0.01);
    expect(mean(ranges) / Math.sqrt(8 / Math.PI)).toBeCloseTo(1, 1);
  });

  test('says what there is to learn', () => {
    expect(market(kind).truth).toMatch(kind === 'white-noise' ? /^Nothing to learn/ : /10 %/);
  });
});

describe('what can be predicted', () => {
  test('in white noise is nothing, neither from returns nor from their size', () => {
    const returns = returnsOf('white-noise');
    for (const lag of [1, 2, 3]) {
      expect(Math.abs(autocorrelation(returns, lag))).toBeLessThan(ZERO);
      expect(Math.abs(autocorrelation(returns, lag, Math.abs))).toBeLessThan(ZERO);
    }
  });

  test.each([0.05, 0.1])('in a planted market is a share of %d, by the size of the last move', (share) => {
    expect(autocorrelation(returnsOf('planted', { share }), 1, Math.abs)).toBeCloseTo(Math.sqrt(share), 2);
  });

  test.each([0.05, 0.1, 0.5])('in a planted market with a share of %d is nothing by a linear function of past returns', (share) => {
    const returns = returnsOf('planted', { share });
    for (const lag of [1, 2, 3, 4, 5]) expect(Math.abs(autocorrelation(returns, lag))).toBeLessThan(ZERO);
  });

  test.each([0.02, 0.1, 0.3, 0.5])('in a planted market is a share of %d to one who knows the mean after each size', (share) => {
    const returns = returnsOf('planted', { share });
    // The mean return after moves of each of 50 equally frequent sizes, and its variance over that of all returns.
    const before = [...returns.keys()].slice(0, -1).sort((a, b) => Math.abs(returns[a]!) - Math.abs(returns[b]!));
    const groups = Array.from({ length: 50 }, (_, group) => before.slice((group * before.length) / 50, ((group + 1) * before.length) / 50));
    const means = Float64Array.from(groups, (rows) => mean(Float64Array.from(rows, (row) => returns[row + 1]!)));
    expect(Math.abs((deviation(means) / deviation(returns)) * (deviation(means) / deviation(returns)) - share)).toBeLessThan(0.01);
  });

  test('in a planted market is the direction as often as its truth says', () => {
    const returns = returnsOf('planted');
    const truth = market('planted').truth;
    let right = 0;
    // The lean changes sign where a size equals its mean, sqrt(2 / pi) deviations.
    for (let i = 1; i < returns.length; i++) if (Math.abs(returns[i - 1]!) > 0.01 * Math.sqrt(2 / Math.PI) === returns[i]! > 0) right++;
    const told = Number(/calls ([\d.]+) % of the directions right/.exec(truth)?.[1]);
    expect(Math.abs((100 * right) / (returns.length - 1) - told)).toBeLessThan(0.5);
  });

  test('in the shuffled control is nothing, though its moves have the same sizes', () => {
    const planted = returnsOf('planted');
    const shuffled = returnsOf('planted', { shuffled: true });
    for (const lag of [1, 2, 3]) {
      expect(Math.abs(autocorrelation(shuffled, lag))).toBeLessThan(ZERO);
      expect(Math.abs(autocorrelation(shuffled, lag, Math.abs))).toBeLessThan(ZERO);
    }
    for (let i = 0; i < LONG; i += 97) expect(Math.abs(shuffled[i]!)).toBeCloseTo(Math.abs(planted[i]!), 10);
    expect(market('planted', { shuffled: true }).truth).toMatch(/^Nothing to learn/);
  });

  test('in a trend follows the sign of past returns, in a reverting market its opposite', () => {
    // share * persistence for the trend; -share for the reversion: corr(dx[t], dx[t-1]) = -(1 - p) / 2.
    expect(Math.abs(autocorrelation(returnsOf('trend'), 1) - 0.095)).toBeLessThan(0.01);
    expect(Math.abs(autocorrelation(returnsOf('mean-reverting'), 1) + 0.1)).toBeLessThan(0.01);
  });

  test('in regimes is a direction that lasts', () => {
    // share * (1 - 2 / length) ^ lag, as each bar leaves the regime with probability 1 / length.
    const returns = returnsOf('regime', { length: 50 });
    for (const [lag, expected] of [
      [1, 0.096],
      [10, 0.0665],
      [50, 0.013],
    ] as const) {
      expect(Math.abs(autocorrelation(returns, lag) - expected)).toBeLessThan(0.02);
    }
  });

  test.each(['trend', 'mean-reverting', 'regime', 'planted'] as const)('is nothing with a share of 0 in a %s market', (kind) => {
    expect(Math.abs(autocorrelation(returnsOf(kind, { share: 0 }), 1))).toBeLessThan(ZERO);
  });
});

describe('the text of a synthetic market', () => {
  test('names a kind, and parameters where they differ from the usual', () => {
    expect(parseSynthetic('synthetic:trend')).toEqual({
      kind: 'trend',
      options: { bars: 4000, intervalMs: HOUR, start: Date.UTC(2020, 0, 1), seed: 1 },
    });
    expect(
      parseSynthetic('synthetic:planted?share=0.05&bars=500&seed=3&interval=4h&start=2021-06-01&shuffled=true&volatility=0.02'),
    ).toEqual({
      kind: 'planted',
      options: { bars: 500, intervalMs: 4 * HOUR, start: Date.UTC(2021, 5, 1), seed: 3, share: 0.05, volatility: 0.02, shuffled: true },
    });
    expect(parseSynthetic('synthetic:regime?length=40', 60_000).options).toMatchObject({ length: 40, intervalMs: 60_000 });
  });

  test.each([
    ['synthetic:sideways', /one of trend, mean-reverting, regime, white-noise, planted, received "synthetic:sideways"/],
    ['trend', /received "trend"/],
    [
      'synthetic:trend?speed=3',
      /parameters of synthetic:trend \(bars, interval, start, seed, volatility, share, persistence\), received "speed"/,
    ],
    ['synthetic:white-noise?share=0.1', /parameters of synthetic:white-noise/],
    ['synthetic:trend?bars=10&bars=20', /bars once/],
    ['synthetic:trend?bars=ten', /bars of a synthetic market to be a number, received ten/],
    ['synthetic:trend?bars=', /bars of a synthetic market to be a number/],
    ['synthetic:trend?interval=soon', /interval such as/],
    ['synthetic:planted?shuffled=yes', /true or false, received "yes"/],
    ['synthetic:trend?start=tomorrow', /start of a synthetic market to be an ISO 8601 date or time, received tomorrow/],
  ])('is refused as %s', (text, message) => {
    const make = () => {
      const { kind, options } = parseSynthetic(text);
      synthetic(kind, options);
    };
    expect(make).toThrow(DataError);
    expect(make).toThrow(message);
  });

  test.each<Partial<SyntheticOptions>>([
    { bars: 0 },
    { bars: 1.5 },
    { bars: 1_000_001 },
    { seed: 0.5 },
    { volatility: 0 },
    { volatility: 0.2 },
    { share: -0.1 },
    { share: 0.51 },
    { share: Number.NaN },
    { persistence: 1 },
    { length: 1 },
    { start: Number.NaN },
  ])('or the option %j is refused', (options) => {
    expect(() => market('trend', options)).toThrow(DataError);
  });
});
