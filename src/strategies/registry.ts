import type { Strategy } from '../core/policy.ts';
import { buyAndHold } from './buy-and-hold.ts';
import { type Average, crossover } from './crossover.ts';
import { forecastReturn } from './forecast.ts';
import { type Entry, type ThresholdOptions, type TradeSide, threshold } from './threshold.ts';
import { vote } from './vote.ts';

/** A strategy as plain data, as a bot file names it. */
export type StrategyOptions =
  | ({ readonly kind: 'threshold' } & ThresholdOptions)
  | {
      readonly kind: 'crossover';
      readonly fast: number;
      readonly slow: number;
      readonly average?: Average;
      readonly side?: TradeSide;
      readonly entry?: Entry;
    }
  | { readonly kind: 'buy-and-hold' }
  | { readonly kind: 'vote'; readonly of: readonly StrategyOptions[]; readonly quorum?: number };

/** The strategy that the options name. Throws a TypeError that says which option is out of range. */
export function createStrategy(options: StrategyOptions): Strategy {
  switch (options.kind) {
    case 'threshold':
      return { name: 'threshold', signals: [forecastReturn], policy: threshold(options), short: options.side === 'both' };
    case 'crossover': {
      const { fast, slow, average, side = 'long', entry = 'cross' } = options;
      const signal = crossover(fast, slow, average);
      return { name: signal.name, signals: [signal], policy: threshold({ enter: 0, side, entry }), short: side === 'both' };
    }
    case 'buy-and-hold':
      return buyAndHold;
    case 'vote':
      return vote(options.of.map(createStrategy), options.quorum);
  }
}

/** Whether a strategy needs a model's forecast. */
export function needsForecast(options: StrategyOptions): boolean {
  return options.kind === 'threshold' || (options.kind === 'vote' && options.of.some(needsForecast));
}
