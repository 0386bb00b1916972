import { describe, expect, it } from 'vitest';
import { sliceBars } from '../../src/core/bars.ts';
import type { ForecastStore } from '../../src/models/bundle.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import type { Bot } from '../../src/walk/bot.ts';
import { backtestOf, ridgeBot } from '../support/bots.ts';
import { flatBars, HOUR, randomBars } from '../support/markets.ts';
import { RULES } from '../support/runs.ts';

const crossing: Bot = (() => {
  const { model: _model, ...bot } = ridgeBot({ strategy: createStrategy({ kind: 'crossover', fast: 1, slow: 2 }) });
  return bot;
})();

describe('a backtest', () => {
  it('scores forecasts of a horizon above 1 against the returns over that horizon', async () => {
    const bars = randomBars({ seed: 31, length: 200 });
    const { report, columns } = await backtestOf(ridgeBot({}, { horizon: 3 }), [bars]);
    const [market] = columns;
    const first = bars.length - market!.close.length;
    const rows = [...market!.forecast.keys()].filter((i) => !Number.isNaN(market!.forecast[i]) && first + i + 3 < bars.length);
    const actual = (i: number) => bars.close[first + i + 3]! / bars.close[first + i]! - 1;
    rows.forEach((i) => {
      expect(market!.actual[i]).toBe(actual(i));
    });
    expect(report.forecast).toMatchObject({ bars: rows.length, horizon: 3 });
    expect(report.forecast!.folds.every(({ horizon }) => horizon === 3)).toBe(true);
    const squares = rows.reduce((sum, i) => sum + (market!.forecast[i]! - actual(i)) * (market!.forecast[i]! - actual(i)), 0);
    expect(report.forecast!.return.rmse).toBeCloseTo(Math.sqrt(squares / rows.length), 12);
    // The last three bars have no outcome yet.
    expect(market!.actual.slice(-3)).toEqual(new Float64Array(3).fill(Number.NaN));
  });

  it('finds a model that knows the rule better than every baseline', async () => {
    // Returns that alternate with noise: a ridge regression on the last return knows nearly all.
    const noise = randomBars({ seed: 5, length: 300, gaps: 0, silent: 0 });
    let price = 100;
    const prices = Array.from({ length: 300 }, (_, i) => {
      price *= 1 + (i % 2 === 0 ? 0.01 : -0.009) + 0.001 * ((noise.volume[i]! % 7) / 7);
      return price;
    });
    const { report } = await backtestOf(ridgeBot(), [flatBars(prices, 'm')]);
    expect(report.forecast!.dieboldMariano.statistic).toBeGreaterThan(3);
    for (const { name, dieboldMariano } of report.forecast!.baselines) expect(dieboldMariano.statistic, name).toBeGreaterThan(3);
  });

  it('never takes the forecasts of one fit for those of another', async () => {
    const kept = new Map<string, Float64Array>();
    const forecasts: ForecastStore = { get: (key) => kept.get(key), put: (key, values) => void kept.set(key, values) };
    const bars = randomBars({ seed: 3, length: 200 });
    const network = (seed: number) => ridgeBot({ seed }, { kind: 'gru', units: [2], train: { window: 40, validation: 0.2, epochs: 1 } });
    const one = await backtestOf(network(1), [bars], { forecasts });
    const other = await backtestOf(network(2), [bars], { forecasts });
    const again = await backtestOf(network(1), [bars], { forecasts });
    expect(other.columns[0]!.forecast).not.toEqual(one.columns[0]!.forecast);
    expect(again.columns[0]!.forecast).toEqual(one.columns[0]!.forecast);
  });

  it('gives every market its share of the capital in buy & hold, in cash until the market begins', async () => {
    const early = flatBars([10, 10, 10, 20, 20, 20], 'a');
    const late = sliceBars(flatBars([10, 10, 10, 10, 10, 30], 'b'), 3, 6);
    const rules = { ...RULES, costs: { taker: 0, slippage: 0 }, share: 0.5 };
    const { report } = await backtestOf({ ...crossing, rules, evaluate: 'all' }, [early, late]);
    // a is bought at 10 in the second bar; b in the fifth, at 10, after its first bar has closed.
    expect(report.equity.buyAndHold).toEqual([10_000, 10_000, 10_000, 15_000, 15_000, 25_000]);
  });

  it('reports an order that still waits when the bars end', async () => {
    const { report } = await backtestOf({ ...crossing, evaluate: 'all' }, [flatBars([100, 99, 98, 110])]);
    expect(report.rejections).toEqual([
      { time: new Date(Date.UTC(2020, 0, 1) + 4 * HOUR).toISOString(), market: 'test', reason: 'still open when the bars ended' },
    ]);
  });

  it.each([
    ['too few bars', ridgeBot(), 40, 'Expected at least 45 bars before a forecast'],
    [
      'a warm-up that is too long',
      ridgeBot({}, { features: [{ rsi: 90 }] }),
      120,
      'Expected at least 40 samples with complete windows (train.window), received 26 of 120 bars',
    ],
    [
      'a schedule that comes too late',
      ridgeBot({ schedule: { retrain: 1000, delay: 1, maxAge: 2000 } }),
      120,
      'with schedule.retrain 1000, delay 1 and its anchor no request comes early enough',
    ],
  ])('says why there is no forecast: %s', async (_, bot, length, message) => {
    await expect(backtestOf(bot, [randomBars({ seed: 1, length })])).rejects.toThrow(message);
  });

  it('refuses bars of a shorter interval than the one named, but not a day that a clock change shortened', async () => {
    const hourly = flatBars([1, 2, 3]);
    await expect(backtestOf(crossing, [{ ...hourly, intervalMs: 24 * HOUR }])).rejects.toThrow('Expected bars of test about 1d apart');
    const day = { ...hourly, intervalMs: 24 * HOUR, openTime: Float64Array.of(0, 23 * HOUR, 47 * HOUR) };
    expect((await backtestOf({ ...crossing, evaluate: 'all' }, [day])).report.evaluation.bars).toBe(3);
  });

  it('never trades before its period, whatever is evaluated', async () => {
    const bars = randomBars({ seed: 2, length: 200 });
    for (const evaluate of ['all', 'decision'] as const) {
      const { trace } = await backtestOf({ ...crossing, evaluate, period: { from: bars.openTime[120]! } }, [bars]);
      expect(trace.closeTime[0]).toBe(bars.openTime[120]! + HOUR);
      expect(trace.events.length).toBeGreaterThan(0);
    }
  });

  it('keeps its slots when the first bars of the history are filled in later', async () => {
    const bars = randomBars({ seed: 12, length: 220, gaps: 0 });
    const bot = ridgeBot({ historyFrom: bars.openTime[0]! });
    const requested = async (from: number) =>
      (await backtestOf(bot, [sliceBars(bars, from, 220)])).report.fits.map(({ requestedAt }) => requestedAt);
    const [whole, later] = [await requested(0), await requested(3)];
    expect(later.every((time) => whole.includes(time))).toBe(true);
  });

  it('says of a market that no fit ever served that it was not traded', async () => {
    const { report } = await backtestOf(ridgeBot(), [
      randomBars({ seed: 1, length: 200, market: 'long' }),
      sliceBars(randomBars({ seed: 1, length: 200, market: 'short' }), 170, 200),
    ]);
    expect(report.data.map(({ warnings }) => warnings)).toEqual([
      [],
      ['no fit served this market, so it was never traded (fewer than 40 samples)'],
    ]);
  });

  it('does not take one market under four names for four times the evidence', async () => {
    const copies = ['a', 'b', 'c', 'd'].map((market) => ({ ...randomBars({ seed: 14, length: 220 }), market }));
    const one = (await backtestOf(ridgeBot(), copies.slice(0, 1))).report.forecast!;
    const four = (await backtestOf(ridgeBot(), copies)).report.forecast!;
    expect(four.pesaranTimmermann).toEqual(one.pesaranTimmermann);
    expect(four.dieboldMariano.statistic).toBeCloseTo(one.dieboldMariano.statistic!, 12);
    expect(four.price.rmse).toBeNull();
  });
});
