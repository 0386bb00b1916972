import { describe, expect, it } from 'vitest';
import { createPanel } from '../../src/core/panel.ts';
import { backtest, type Model } from '../../src/index.ts';
import { type ForecastStore, memoryFitStore } from '../../src/models/bundle.ts';
import { createModel, type ModelOptions } from '../../src/models/model.ts';
import { spokenColumns } from '../../src/models/outlook.ts';
import { createSchedule } from '../../src/models/schedule.ts';
import { createStrategy, type StrategyOptions } from '../../src/strategies/registry.ts';
import type { Bot } from '../../src/walk/bot.ts';
import { predict } from '../../src/walk/predictions.ts';
import { backtestOf, ridgeBot, surroundings } from '../support/bots.ts';
import { poisoned, randomBars } from '../support/markets.ts';

const network = (options: Partial<ModelOptions>): Model =>
  createModel({
    kind: 'gru',
    units: [3],
    lookback: 4,
    features: ['logReturn', { rsi: 5 }],
    ...options,
    train: { window: 60, validation: 0.2, epochs: 3, learningRate: 0.01, ...options.train },
  });
const QUANTILES = network({ train: { loss: 'quantile', quantile: [0.1, 0.5, 0.9] } });
const DIRECTION = network({ target: 'direction' });

const bot = (model: Model, strategy: StrategyOptions, more: Partial<Bot> = {}): Bot =>
  ridgeBot({ model, strategy: createStrategy(strategy), schedule: createSchedule({ retrain: 60 }), ...more });
const MARKETS = [randomBars({ seed: 4, length: 220, market: 'a' }), randomBars({ seed: 5, length: 200, market: 'b' })] as const;

async function forecastsOf(of: Bot, markets = MARKETS as readonly (typeof MARKETS)[number][], forecasts?: ForecastStore) {
  const panel = createPanel(markets);
  const ranges = panel.markets.map((bars) => ({ from: 0, to: bars.length }));
  return (await predict(of, of.model!, panel, ranges, surroundings({ ...(forecasts && { forecasts }) }))).forecasts;
}

const known = (column: Float64Array) => column.filter((value) => !Number.isNaN(value)).length;

describe('what a model says beyond its expected return', () => {
  it('is an interval around the median where it learns several quantiles, and no probability', async () => {
    const { columns, outlooks } = await forecastsOf(bot(QUANTILES, { kind: 'quantile', costs: 0 }));
    for (const [m, { lower, upper, probability, horizon }] of outlooks.entries()) {
      expect(horizon).toBe(1);
      expect(known(lower)).toBeGreaterThan(80);
      expect(known(probability)).toBe(0);
      columns[m]!.forEach((median, row) => {
        expect(Number.isNaN(lower[row]!)).toBe(Number.isNaN(median));
        if (Number.isNaN(median)) return;
        expect(lower[row]).toBeLessThanOrEqual(median);
        expect(upper[row]).toBeGreaterThanOrEqual(median);
      });
    }
  });

  it('is a probability where it learns the direction, whose expected return has its sign', async () => {
    const { columns, outlooks } = await forecastsOf(bot(DIRECTION, { kind: 'probability', enter: 0.5 }));
    const { probability, lower } = outlooks[0]!;
    expect(known(probability)).toBeGreaterThan(80);
    expect(known(lower)).toBe(0);
    probability.forEach((likely, row) => {
      if (Number.isNaN(likely)) return;
      expect(likely).toBeGreaterThan(0);
      expect(likely).toBeLessThan(1);
      expect(Math.sign(columns[0]![row]!)).toBe(Math.sign(likely - 0.5));
    });
  });

  it('is nothing for other models: one quantile, a return, a baseline', () => {
    for (const model of [
      network({}),
      network({ train: { loss: 'quantile', quantile: 0.5 } }),
      createModel({ kind: 'linear', train: { loss: 'quantile', quantile: [0.1, 0.5, 0.9] } }),
    ]) {
      expect(spokenColumns(model)).toEqual([]);
    }
  });

  it.each([
    ['quantiles', QUANTILES],
    ['a direction', DIRECTION],
  ])('of %s is the same from the store of forecasts, and rests on nothing later', async (_, model) => {
    const kept = new Map<string, Float64Array>();
    let found = 0;
    const store: ForecastStore = {
      get(key) {
        if (kept.has(key)) found++;
        return kept.get(key);
      },
      put: (key, said) => void kept.set(key, said),
    };
    const of = bot(model, { kind: 'threshold', enter: 0 });
    const plain = await forecastsOf(of);
    expect(await forecastsOf(of, MARKETS, store)).toEqual(plain);
    expect([kept.size > 3, found]).toEqual([true, 0]);
    expect(await forecastsOf(of, MARKETS, store)).toEqual(plain);
    expect(found).toBe(kept.size);
    const changed = await forecastsOf(of, [poisoned(MARKETS[0], 150)]);
    for (const name of ['lower', 'upper', 'probability'] as const) {
      expect(changed.outlooks[0]![name].subarray(0, 150)).toEqual(plain.outlooks[0]![name].subarray(0, 150));
    }
  });

  it('of a frozen model is that of the fit, after it was made', async () => {
    const [bars] = MARKETS;
    const fits = memoryFitStore();
    const once = bot(
      QUANTILES,
      { kind: 'quantile', costs: 0 },
      { schedule: createSchedule({ retrain: 1000 }), anchor: bars.openTime[100]! },
    );
    const trained = await backtestOf(once, [bars], { fits });
    const frozen = fits.get(trained.report.fits[0]!.key)!;
    const again = await backtestOf({ ...once, frozen, model: frozen.model }, [bars]);
    expect(again.report.digest).toBe(trained.report.digest);
    expect(again.report.trades.length).toBeGreaterThan(0);
  });
});

describe('strategies on what a model says', () => {
  it.each<[string, Model, StrategyOptions]>([
    ['quantile', QUANTILES, { kind: 'quantile', costs: 0, side: 'both' }],
    ['probability', DIRECTION, { kind: 'probability', enter: 0.505, exit: 0.5, confirm: 2 }],
    ['proportional', QUANTILES, { kind: 'proportional', scale: 0.2, window: 20, least: 0.1 }],
    [
      'vote',
      QUANTILES,
      {
        kind: 'vote',
        of: [
          { kind: 'quantile', costs: 0 },
          { kind: 'threshold', enter: 0 },
          { kind: 'crossover', fast: 3, slow: 9, entry: 'level' },
        ],
      },
    ],
  ])('%s trades along a walk, in the same way the second time', async (_, model, strategy) => {
    const [one, again] = [await backtestOf(bot(model, strategy), MARKETS), await backtestOf(bot(model, strategy), MARKETS)];
    expect(one.report.trades.length).toBeGreaterThan(1);
    expect(again.report.digest).toBe(one.report.digest);
  });

  it('run in code', async () => {
    const [bars] = MARKETS;
    const { quantile, probability, proportional, riseProbability, threshold } = await import('../../src/index.ts');
    const schedule = { retrain: 60 };
    const sure = await backtest({ bars, model: QUANTILES, strategy: quantile({ costs: 0 }), schedule, seed: 3 });
    const likely = await backtest({ bars, model: DIRECTION, strategy: probability({ enter: 0.5 }), schedule, seed: 3 });
    const same = await backtest({ bars, model: DIRECTION, signal: riseProbability, policy: threshold({ enter: 0.5 }), schedule, seed: 3 });
    const stacked = await backtest({
      bars,
      model: network({}),
      ensemble: { members: [createModel({ kind: 'drift', lookback: 4, train: { window: 60 } })], combine: 'stacking', window: 20 },
      strategy: proportional({ window: 20 }),
      schedule,
    });
    for (const { report } of [sure, likely, stacked]) expect(report.performance.roundTrips).toBeGreaterThan(0);
    expect(same.report.digest).toBe(likely.report.digest);
    expect(stacked.report.forecast!.model).toBe('stacking of gru, drift');
  });

  it('are refused with a model that does not say it, before anything is fitted', async () => {
    const refusal = async (model: Model, strategy: StrategyOptions, more: Partial<Bot> = {}) =>
      backtestOf(bot(model, strategy, more), MARKETS).then(
        () => 'accepted',
        (error: Error) => error.message,
      );
    expect(await refusal(QUANTILES, { kind: 'probability', enter: 0.6 })).toBe(
      'Expected a model that says a probability for the strategy probability, received gru with target return; write a network with target: direction',
    );
    expect(await refusal(DIRECTION, { kind: 'quantile', costs: 0 })).toMatch(/received gru with loss binary-cross-entropy; write/);
    const outer = network({ train: { loss: 'quantile', quantile: [0.1, 0.9] } });
    expect(await refusal(outer, { kind: 'quantile', costs: 0 })).toMatch(
      /quantiles on both sides of it .* received gru with quantile \[0\.1, 0\.9\]/,
    );
    const ensemble = { members: [createModel({ kind: 'linear' })], combine: 'mean' } as const;
    expect(await refusal(QUANTILES, { kind: 'quantile', costs: 0 }, { ensemble })).toMatch(/received linear with loss mse/);
  });
});

describe('a stacking along a walk', () => {
  const members = [createModel({ kind: 'drift', lookback: 7, features: ['logReturn'], train: { window: 40, validation: 0.2 } })];
  const stacking = ridgeBot({ ensemble: { members, combine: 'stacking', window: 30 } });
  const [bars] = MARKETS;
  const forecastsFrom = async (of: Bot, from: number) => {
    const { columns } = await backtestOf({ ...of, period: { from: bars.openTime[from]! } }, [bars]);
    return new Map([...columns[0]!.time].map((time, i) => [time, columns[0]!.forecast[i]!]));
  };

  it('says the same of a bar wherever the evaluation starts', async () => {
    const early = await forecastsFrom(stacking, 80);
    const late = await forecastsFrom(stacking, 170);
    const times = [...late.keys()];
    expect(times.length).toBeGreaterThan(40);
    for (const time of times) expect(late.get(time)).toBe(early.get(time));
    const mean = await forecastsFrom({ ...stacking, ensemble: { members, combine: 'mean' } }, 80);
    expect(times.filter((time) => mean.get(time) !== early.get(time)).length).toBe(times.length);
  });

  it('is moved by nothing that comes later', async () => {
    const whole = await forecastsOf(stacking, [bars]);
    const changed = await forecastsOf(stacking, [poisoned(bars, 150)]);
    expect(changed.columns[0]!.subarray(0, 150)).toEqual(whole.columns[0]!.subarray(0, 150));
    expect(known(whole.columns[0]!.subarray(100, 150))).toBeGreaterThan(30);
  });

  it('says how it weighs', async () => {
    const { report } = await backtestOf(stacking, [bars]);
    expect(report.assumptions.notes.join(' ')).toMatch(
      /the weighted sum of 2 models.*forecasts of the last 30 bars whose outcome was known/,
    );
  });
});
