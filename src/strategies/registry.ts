import type { Signal, Strategy } from '../core/policy.ts';
import { buyAndHold } from './buy-and-hold.ts';
import { filtered } from './filter.ts';
import { forecastReturn } from './forecast.ts';
import { type MeanVarianceOptions, meanVariance } from './mean-variance.ts';
import { type ProbabilityOptions, probability } from './probability.ts';
import { type ProportionalOptions, proportional } from './proportional.ts';
import { type QuantileOptions, quantile } from './quantile.ts';
import { type RankOptions, rank } from './rank.ts';
import { type CrossoverSignal, createSignal, type MomentumSignal, type SignalOptions } from './signal-options.ts';
import { type EntryOptions, type ThresholdOptions, threshold } from './threshold.ts';
import { vote } from './vote.ts';

/** A strategy as plain data, as a bot file names it. */
export type StrategyOptions =
  /** On the forecast or another signal; with a filter, entries only on the side that its signal speaks for. */
  | ({ readonly kind: 'threshold'; readonly signal?: Signal; readonly filter?: SignalOptions } & ThresholdOptions)
  | ({ readonly kind: 'proportional' } & ProportionalOptions)
  | ({ readonly kind: 'probability' } & ProbabilityOptions)
  | ({ readonly kind: 'quantile' } & QuantileOptions)
  | (CrossoverSignal & EntryOptions)
  /** Across markets, by the forecast (default) or by momentum. */
  | ({ readonly kind: 'rank'; readonly by?: 'forecast' | MomentumSignal } & RankOptions)
  | ({ readonly kind: 'mean-variance' } & MeanVarianceOptions)
  | { readonly kind: 'buy-and-hold' }
  | { readonly kind: 'vote'; readonly of: readonly StrategyOptions[]; readonly quorum?: number }
  /** One in code. */
  | { readonly kind: 'own'; readonly strategy: Strategy };

/** The strategy that the options name. Throws a TypeError that says which option is out of range. */
export function createStrategy(options: StrategyOptions): Strategy {
  switch (options.kind) {
    case 'threshold': {
      const { signal, filter } = options;
      const name = signal ? `threshold on ${signal.name}` : 'threshold';
      const strategy = { name, signals: [signal ?? forecastReturn], policy: threshold(options), short: options.side === 'both' };
      return filter ? filtered(strategy, createSignal(filter)) : strategy;
    }
    case 'proportional':
      return proportional(options);
    case 'probability':
      return probability(options);
    case 'quantile':
      return quantile(options);
    case 'crossover': {
      const signal = createSignal(options);
      const policy = threshold({ entry: 'cross', ...options, enter: 0 });
      return { name: signal.name, signals: [signal], policy, short: options.side === 'both' };
    }
    case 'buy-and-hold':
      return buyAndHold;
    case 'rank': {
      const { by = 'forecast' } = options;
      return rank(by === 'forecast' ? forecastReturn : createSignal(by), options);
    }
    case 'mean-variance':
      return meanVariance(options);
    case 'vote':
      return vote(options.of.map(createStrategy), options.quorum);
    case 'own':
      return options.strategy;
  }
}
