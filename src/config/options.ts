import { type FeatureSpecification, standardFeatures } from '../models/feature.ts';
import { isBaseline, type ModelOptions } from '../models/model.ts';
import type { StrategyOptions } from '../strategies/registry.ts';
import { parseRate } from './rate.ts';
import type { ModelConfig, StrategyConfig } from './schema.ts';

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

export function strategyOptions(strategy: StrategyConfig): StrategyOptions {
  switch (strategy.kind) {
    case 'threshold': {
      const { enter, exit, ...rest } = strategy;
      return { ...rest, enter: fraction(enter), ...(exit !== undefined && { exit: fraction(exit) }) };
    }
    case 'vote':
      return { ...strategy, of: strategy.of.map(strategyOptions) };
    default:
      return strategy;
  }
}

function pick<T extends object, K extends keyof T>(section: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, section[key]])) as Pick<T, K>;
}
