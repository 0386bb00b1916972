import { type BacktestSurroundings, backtestBot } from '../../src/backtest/backtest.ts';
import type { MarketData } from '../../src/backtest/preparation.ts';
import { memoryTrials } from '../../src/backtest/trials.ts';
import type { Bars } from '../../src/core/bars.ts';
import { memoryFitStore } from '../../src/models/bundle.ts';
import { loadTrainer } from '../../src/models/engines/load.ts';
import { createModel, type ModelOptions } from '../../src/models/model.ts';
import { createSchedule } from '../../src/models/schedule.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import type { Bot } from '../../src/walk/bot.ts';
import { RULES } from './runs.ts';

/** A bot whose ridge regression is refitted every 20 bars: the whole walk, in milliseconds. */
export function ridgeBot(options: Partial<Bot> = {}, model: Partial<ModelOptions> = {}): Bot {
  return {
    name: 'ridge',
    calendar: '24/7',
    periodsPerYear: 8766,
    period: {},
    evaluate: 'decision',
    rules: RULES,
    strategy: createStrategy({ kind: 'threshold', enter: 0.0005, exit: -0.0005 }),
    model: createModel({
      kind: 'linear',
      lookback: 4,
      features: ['logReturn', { rsi: 5 }, { ema: 3 }],
      train: { window: 40, validation: 0.2 },
      ...model,
    }),
    schedule: createSchedule({ retrain: 20, delay: 1, maxAge: 45 }),
    seed: 3,
    ...options,
  };
}

export function surroundings(options: Partial<BacktestSurroundings> = {}): BacktestSurroundings {
  return {
    networkTrainer: loadTrainer,
    fits: memoryFitStore(),
    trials: memoryTrials(),
    clock: () => 0,
    now: () => '2026-01-01T00:00:00.000Z',
    config: {},
    ...options,
  };
}

export function backtestOf(bot: Bot, markets: readonly Bars[], options: Partial<BacktestSurroundings> = {}) {
  const data: MarketData[] = markets.map((bars) => ({ bars, origin: 'test' }));
  return backtestBot(bot, data, surroundings(options));
}
