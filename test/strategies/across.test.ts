import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bars, type Column, createBars, sliceBars } from '../../src/core/bars.ts';
import { run } from '../../src/core/engine.ts';
import { createPanel, type Panel } from '../../src/core/panel.ts';
import { reasonName, type Signal, type Strategy } from '../../src/core/policy.ts';
import { meanVariance } from '../../src/strategies/mean-variance.ts';
import { momentum } from '../../src/strategies/momentum.ts';
import { rank } from '../../src/strategies/rank.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import { flatBars, HOUR, poisoned, randomBars } from '../support/markets.ts';
import { RULES } from '../support/runs.ts';

const free = { costs: { taker: 0, slippage: 0 } };

/** A score that is what a market's list says. */
const given = (scores: Readonly<Record<string, readonly number[]>>): Signal => ({
  name: 'score',
  column: ({ market, close }) => close.map((_, i) => scores[market]![i] ?? Number.NaN),
});

const columnsOf = ({ signals, across }: Strategy, panel: Panel, forecasts: readonly Column[] = panel.markets.map(({ close }) => close)) =>
  across!(
    panel,
    panel.markets.map((bars, m) => signals.map((signal) => signal.column(bars, forecasts[m]!))),
  );

function traceOf(strategy: Strategy, panel: Panel, forecasts: readonly Column[] = panel.markets.map(({ close }) => close)) {
  const signals = panel.markets.map((bars, m) => strategy.signals.map((signal) => signal.column(bars, forecasts[m]!)));
  const more = strategy.across!(panel, signals);
  return run({
    name: 'b',
    panel,
    policy: strategy.policy,
    signals: signals.map((columns, m) => [...columns, more[m]!]),
    forecasts,
    rules: { ...RULES, ...free, share: 1 / panel.markets.length },
    from: 0,
    to: panel.closeTime.length,
  }).trace;
}

const marketsOf = (length: number, names: readonly string[]) => createPanel(names.map((name) => flatBars(Array(length).fill(10), name)));
const targets = (columns: readonly Column[]) => columns.map((column) => [...column]);

describe('rank', () => {
  const SCORES = { a: [3, 3, 1, 1, -1], b: [2, 1, 2, 3, -2], c: [1, 2, 3, 2, -3] };

  it('holds the best, each with the same share of the whole account', () => {
    const panel = marketsOf(5, ['a', 'b', 'c']);
    const columns = columnsOf(rank(given(SCORES), { hold: 2 }), panel);
    expect(targets(columns)).toEqual([
      [1.5, 1.5, 0, 0, 1.5],
      [1.5, 0, 1.5, 1.5, 1.5],
      [0, 1.5, 1.5, 1.5, 0],
    ]);
    const { market } = traceOf(rank(given(SCORES), { hold: 2 }), panel);
    for (let slice = 1; slice < 5; slice++) expect(market.reduce((sum, { exposure }) => sum + exposure[slice]!, 0)).toBeCloseTo(1, 12);
    expect([...market[2]!.reason].map(reasonName)).toEqual(['belowThreshold', 'enterLong', 'holding', 'holding', 'exit']);
  });

  it('drops a held market only when it falls below the buffer, and never holds more than it has places', () => {
    const panel = marketsOf(4, ['a', 'b', 'c']);
    const scores = { a: [3, 2, 1, 1], b: [2, 3, 3, 2], c: [1, 1, 2, 3] };
    expect(targets(columnsOf(rank(given(scores), { hold: 1, buffer: 1 }), panel))).toEqual([
      [3, 3, 0, 0],
      [0, 0, 3, 3],
      [0, 0, 0, 0],
    ]);
    expect(targets(columnsOf(rank(given(scores), { hold: 1 }), panel))[1]).toEqual([0, 3, 3, 0]);
  });

  it('with positive leaves the share of what does not rise in cash', () => {
    const columns = columnsOf(
      rank(given({ a: [1, -1], b: [-1, -1], c: [0, 2] }), { hold: 2, positive: true }),
      marketsOf(2, ['a', 'b', 'c']),
    );
    expect(targets(columns)).toEqual([
      [1.5, 0],
      [0, 0],
      [0, 1.5],
    ]);
  });

  it('ranks ties by name, and the unknown not at all', () => {
    const panel = marketsOf(2, ['b', 'a', 'c']);
    expect(targets(columnsOf(rank(given({ a: [1, Number.NaN], b: [1, 0], c: [1, Number.NaN] }), { hold: 1 }), panel))).toEqual([
      [3, 0],
      [0, 3],
      [0, 0],
    ]);
    const none = given({ a: [], b: [], c: [] });
    expect(columnsOf(rank(none, { hold: 1 }), panel).every((column) => column.every(Number.isNaN))).toBe(true);
  });

  it('decides at multiples of its period since 1970, wherever the bars begin, and leaves what it holds between them', () => {
    const panel = marketsOf(10, ['a', 'b']);
    const scores = { a: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], b: [0, 0, 0, 0, 0, 2, 2, 2, 2, 2] };
    const strategy = rank(given(scores), { hold: 1, every: 4 });
    const whole = columnsOf(strategy, panel);
    // Bars close at 01:00, 02:00, ...: 04:00 and 08:00 are the rows 3 and 7.
    expect([...whole[0]!]).toEqual([NaN, NaN, NaN, 2, NaN, NaN, NaN, 0, NaN, NaN]);
    const later = createPanel(panel.markets.map((bars) => sliceBars(bars, 2, 10)));
    const shifted = rank(given({ a: scores.a.slice(2), b: scores.b.slice(2) }), { hold: 1, every: 4 });
    expect(targets(columnsOf(shifted, later))).toEqual(targets(whole.map((column) => column.subarray(2))));
  });

  it('takes the next slice where that of a decision is missing, and tells a market at its next bar', () => {
    const bars = (rows: readonly number[], market: string): Bars => {
      const flat = flatBars(Array(10).fill(10), market);
      const pick = (column: Float64Array) => Float64Array.from(rows, (row) => column[row]!);
      const { openTime, open, high, low, close, volume } = flat;
      return createBars(market, HOUR, {
        openTime: pick(openTime),
        open: pick(open),
        high: pick(high),
        low: pick(low),
        close: pick(close),
        volume: pick(volume),
      });
    };
    const panel = createPanel([bars([0, 1, 2, 4, 5], 'a'), bars([0, 1, 2, 6], 'b')]);
    const columns = columnsOf(rank(given({ a: [1, 1, 1, 1, 1], b: [2, 2, 2, 2] }), { hold: 1, every: 4 }), panel);
    expect(targets(columns)).toEqual([
      [NaN, NaN, NaN, 0, NaN],
      [NaN, NaN, NaN, 2],
    ]);
  });

  it('refuses places that are no places', () => {
    expect(() => rank(momentum(5), { hold: 0 })).toThrow('Expected hold to be a whole number >= 1, received 0');
    expect(() => columnsOf(rank(momentum(1), { hold: 3 }), marketsOf(3, ['a', 'b']))).toThrow('received hold 3 of 2');
  });

  it('is made by its name, of the forecast or of momentum', () => {
    const byForecast = createStrategy({ kind: 'rank', hold: 2 });
    expect([byForecast.name, byForecast.signals[0]!.needs]).toEqual(['the 2 best by forecast', 'forecast']);
    const options = { kind: 'rank', hold: 1, by: { kind: 'momentum', bars: 20, interval: '1d' } } as const;
    const byMomentum = createStrategy(options);
    expect([byMomentum.name, byMomentum.signals[0]!.needs]).toEqual(['the 1 best by momentum(20) on 1d', undefined]);
  });
});

describe('mean-variance', () => {
  /*
   * numpy 2.4.6: r = c[1:]/c[:-1]-1 of the closes below, S = cov(r[:,-8:]), C = (1-d)*S + d*diag(diag(S)), mu = [0.002,-0.001,0.0015,0.004],
   * w = solve(C, mu)/2, then max(w, 0) where long, times min(1, 1/sum|w|).
   */
  const CLOSES = [
    [100, 102, 101, 105, 107, 104, 108, 110, 109, 113],
    [50, 50.5, 49, 51, 52, 50, 53, 53.5, 52, 55],
    [20, 19.8, 20.4, 20.1, 19.9, 20.6, 20.2, 20.5, 21, 20.7],
    [10, 10.5, 10.2, 10.9, 10.4, 11, 11.3, 10.8, 11.5, 11.9],
  ];
  const panel = createPanel(CLOSES.map((closes, k) => flatBars(closes, 'abcd'[k])));
  const forecasts = [0.002, -0.001, 0.0015, 0.004].map((value) => new Float64Array(10).fill(value));
  const weights = (options: Parameters<typeof meanVariance>[0]) =>
    columnsOf(meanVariance({ aversion: 2, window: 8, ...options }), panel, forecasts).map((column) => column[9]! / 4);

  function expectNear(received: readonly number[], expected: readonly number[]): void {
    for (const [k, value] of received.entries()) expect(value).toBeCloseTo(expected[k]!, 10);
  }

  it('gives the weights that numpy gives', () => {
    expectNear(weights({ side: 'both', most: 100 }), [3.0567018032030457, -0.5589869671306221, 2.6673225262931552, 0.8927789045778104]);
    expectNear(weights({ side: 'both' }), [0.42597424360175734, -0.07789901201916165, 0.37171133094796716, 0.1244154134311139]);
    expectNear(weights({}), [0.4619605110005687, 0, 0.4031134721609163, 0.13492601683851496]);
    expectNear(weights({ shrinkage: 0 }), [0.6372542685410099, 0, 0.32623531100606123, 0.03651042045292894]);
    expectNear(
      weights({ shrinkage: 0, side: 'both' }),
      [0.5191567747117314, -0.18532240529304256, 0.2657765984788941, 0.02974422151633185],
    );
  });

  it('uses all of the account where its weights sum to one', () => {
    const { market } = traceOf(meanVariance({ aversion: 2, window: 8 }), panel, forecasts);
    expect(market.reduce((sum, { target }) => sum + target[9]!, 0)).toBeCloseTo(1, 12);
    expect(market[1]!.target[9]).toBe(0);
  });

  it('leaves out a market without a forecast, and waits for covariances', () => {
    const part = forecasts.map((column, m) => (m === 2 ? column.map(() => Number.NaN) : column));
    const columns = columnsOf(meanVariance({ window: 8 }), panel, part);
    expect(columns[2]![9]).toBe(0);
    expect(columns[0]![9]).toBeGreaterThan(0);
    expect(columns[0]![7]).toBeNaN();
  });

  it('leaves what it holds where covariances cannot be inverted', () => {
    const twins = createPanel([flatBars(CLOSES[0]!, 'a'), flatBars(CLOSES[0]!, 'b')]);
    expect(columnsOf(meanVariance({ window: 8, shrinkage: 0 }), twins, forecasts)[0]![9]).toBeNaN();
    const shrunk = columnsOf(meanVariance({ window: 8 }), twins, [forecasts[0]!, forecasts[0]!]);
    expectNear(
      shrunk.map((column) => column[9]! / 2),
      [0.5, 0.5],
    );
  });

  it('takes a forecast over a horizon for as many bars of it', () => {
    const [signal] = meanVariance().signals;
    const nothing = new Float64Array(0);
    const outlook = { horizon: 4, lower: nothing, upper: nothing, probability: nothing };
    expect(signal!.column(panel.markets[0]!, Float64Array.of(0.02, 0.04), outlook)).toEqual(Float64Array.of(0.005, 0.01));
  });

  it('refuses options out of range', () => {
    expect(() => meanVariance({ aversion: 0 })).toThrow('Expected aversion to be a finite number > 0, received 0');
    expect(() => meanVariance({ shrinkage: 1.5 })).toThrow('Expected shrinkage to be a fraction from 0 to 1, received 1.5');
  });
});

describe('laws of strategies across markets', () => {
  const strategies: Readonly<Record<string, Strategy>> = {
    rank: rank(momentum(5), { hold: 2, buffer: 1 }),
    slow: rank(momentum(3), { hold: 1, positive: true, every: 7 }),
    meanVariance: meanVariance({ window: 6 }),
    both: meanVariance({ window: 5, side: 'both', shrinkage: 0, every: 3, most: 2 }),
  };
  const market = fc.record({
    seed: fc.integer({ min: 1, max: 1_000_000 }),
    count: fc.integer({ min: 2, max: 4 }),
    length: fc.integer({ min: 2, max: 120 }),
    gaps: fc.constantFrom(0, 0.05, 0.5),
  });
  const rowsUntil = (bars: Bars, time: number) => bars.openTime.filter((opens) => opens + HOUR <= time).length;
  const until = (bars: readonly Bars[], strategy: Strategy, time: number) => {
    const panel = createPanel(bars);
    const forecasts = panel.markets.map(({ close, open }) => close.map((price, i) => price / open[i]! - 1));
    return columnsOf(strategy, panel, forecasts).map((column, m) => [...column.subarray(0, rowsUntil(panel.markets[m]!, time))]);
  };

  it('nothing depends on what follows, and the columns of a prefix are prefixes of the columns', () => {
    fc.assert(
      fc.property(
        market,
        fc.constantFrom(...Object.keys(strategies)),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (options, name, share) => {
          const strategy = strategies[name]!;
          const bars = Array.from({ length: options.count }, (_, k) => randomBars({ ...options, seed: options.seed + k, market: `m${k}` }));
          const { closeTime } = createPanel(bars);
          const time = closeTime[Math.floor(share * closeTime.length)]!;
          const expected = until(bars, strategy, time);
          expect(
            until(
              bars.map((one) => poisoned(one, rowsUntil(one, time))),
              strategy,
              time,
            ),
          ).toEqual(expected);
          expect(
            until(
              bars.map((one) => sliceBars(one, 0, rowsUntil(one, time))),
              strategy,
              time,
            ),
          ).toEqual(expected);
        },
      ),
      { seed: 1, numRuns: 150 },
    );
  });

  it('sizes never sum to more than the whole, or than most', () => {
    fc.assert(
      fc.property(market, fc.constantFrom(...Object.keys(strategies)), (options, name) => {
        const bars = Array.from({ length: options.count }, (_, k) =>
          randomBars({ ...options, gaps: 0, seed: options.seed + k, market: `m${k}` }),
        );
        const columns = until(bars, strategies[name]!, Infinity);
        for (let i = 0; i < options.length; i++) {
          const sum = columns.reduce((total, column) => total + Math.abs(column[i]!), 0) / options.count;
          if (!Number.isNaN(sum)) expect(sum).toBeLessThanOrEqual((name === 'both' ? 2 : 1) + 1e-12);
        }
      }),
      { seed: 1, numRuns: 150 },
    );
  });
});
