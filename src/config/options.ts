import { type FeatureSpecification, standardFeatures } from '../models/feature.ts';
import { isBaseline, type ModelOptions } from '../models/model.ts';
import type { StrategyOptions } from '../strategies/registry.ts';
import type { Sizing } from '../strategies/sizing.ts';
import type { OwnCode } from './own-code.ts';
import { parseRate } from './rate.ts';
import type { BotConfig, ModelConfig, StrategyConfig } from './schema.ts';
import { slippageOf } from './slippage.ts';

/** What a baseline has of a model's section; the rest shapes networks only. */
const BASELINE_KEYS = ['kind', 'lookback', 'horizon', 'features', 'target', 'scaling', 'train'] as const;
const BASELINE_TRAIN_KEYS = ['window', 'expanding', 'validation', 'embargo'] as const;

/** The fraction of a rate that the schema has checked. */
export function fraction(rate: string): number {
  return parseRate(rate) ?? Number.NaN;
}

/** A model's section with its features spelled out; for a baseline only what it uses. */
export type ResolvedModel = Partial<ModelConfig> & Pick<ModelConfig, (typeof BASELINE_KEYS)[number]>;

export function resolveModel(model: ModelConfig): ResolvedModel {
  const resolved = { ...model, features: featuresOf(model) as ModelConfig['features'] };
  if (!isBaseline(model.kind)) return resolved;
  return { ...pick(resolved, BASELINE_KEYS), train: pick(model.train, BASELINE_TRAIN_KEYS) as ModelConfig['train'] };
}

export function featuresOf({ features }: ModelConfig): readonly FeatureSpecification[] {
  // Names and parameters are checked by the features themselves.
  return features === 'standard' ? standardFeatures : (features as readonly FeatureSpecification[]);
}

export function modelOptions(model: ModelConfig): ModelOptions {
  const { dropout = 0, denseDropout = 0, train, ...rest } = resolveModel(model);
  return {
    ...rest,
    features: featuresOf(model),
    dropout: shareOf(dropout),
    denseDropout: shareOf(denseDropout),
    train: { ...train, validation: fraction(train.validation) },
  };
}

/** A share that may be a bare fraction. */
export function shareOf(share: number | string): number {
  return typeof share === 'number' ? share : fraction(share);
}

/** What a round trip costs: the fee and the slippage of its two fills, a fraction of the price; slippage that depends on the fill is left aside. */
function roundTripCosts({ taker, slippage }: BotConfig['costs']): number {
  const fixed = slippageOf(slippage);
  return 2 * (fraction(taker) + (typeof fixed === 'number' ? fixed : 0));
}

/** A strategy's section as data, with what its modules export; `costs` are the bot's. */
export function strategyOptions(strategy: StrategyConfig, costs: BotConfig['costs'], own: OwnCode): StrategyOptions {
  switch (strategy.kind) {
    case 'threshold': {
      const { enter, exit, signal, ...rest } = strategy;
      return {
        ...rest,
        enter: fraction(enter),
        ...(exit !== undefined && { exit: fraction(exit) }),
        ...(signal && { signal: own.signalOf(signal) }),
      };
    }
    case 'proportional':
      return { ...strategy, least: fraction(strategy.least) };
    case 'probability':
      return { ...strategy, enter: fraction(strategy.enter), exit: fraction(strategy.exit) };
    case 'quantile':
      return {
        ...strategy,
        costs: strategy.costs === 'auto' ? roundTripCosts(costs) : fraction(strategy.costs),
        exit: fraction(strategy.exit),
      };
    case 'mean-variance':
      return { ...strategy, shrinkage: fraction(strategy.shrinkage), most: fraction(strategy.most) };
    case 'vote':
      return { ...strategy, of: strategy.of.map((member) => strategyOptions(member, costs, own)) };
    case 'own':
      return { kind: 'own', strategy: own.strategyOf(strategy) };
    default:
      return strategy;
  }
}

/** How large positions are, of a section that the schema has checked. */
export function sizingOptions({ band: _band, ...sizing }: BotConfig['sizing']): Sizing {
  switch (sizing.kind) {
    case 'fraction':
    case 'equal':
    case 'inverse-volatility':
      return { ...sizing, of: fraction(sizing.of) };
    case 'amount':
      return sizing;
    case 'volatility':
    case 'portfolio-volatility':
      return { ...sizing, target: fraction(sizing.target), most: fraction(sizing.most) };
    case 'kelly':
      return { ...sizing, fraction: fraction(sizing.fraction), most: fraction(sizing.most) };
    case 'risk':
      return { ...sizing, risk: fraction(sizing.risk), most: fraction(sizing.most) };
    case 'weights':
      return { ...sizing, weights: Object.fromEntries(Object.entries(sizing.weights).map(([market, rate]) => [market, fraction(rate)])) };
  }
}

function pick<T extends object, K extends keyof T>(section: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, section[key]])) as Pick<T, K>;
}
