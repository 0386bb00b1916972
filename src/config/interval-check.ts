import { intervalMs, intervalName } from '../core/interval.ts';
import { type FeatureSpecification, featureIntervals } from '../models/feature.ts';
import { featuresOf } from './options.ts';
import type { Path } from './position.ts';
import { type Problem, valueProblem } from './problem.ts';
import type { BotConfig, ModelConfig, StrategyConfig } from './schema.ts';

/** Signals and features on intervals that cannot be made of the bot's bars. */
export function checkIntervals({ interval, strategy, model, ensemble, experiment }: BotConfig): Problem[] {
  return [
    ...strategyIntervals(strategy, ['strategy']).flatMap(({ path, interval: higher }) => checkInterval(higher, interval, path)),
    ...(model ? checkFeatures(model, interval, ['model']) : []),
    ...(ensemble?.members ?? []).flatMap((member, k) => checkFeatures(member, interval, ['ensemble', 'members', k])),
    ...(experiment?.models ?? []).flatMap((one, k) => checkFeatures(one, interval, ['experiment', 'models', k])),
  ];
}

interface Place {
  readonly path: Path;
  readonly interval: string;
}

function strategyIntervals(strategy: StrategyConfig, path: Path): Place[] {
  if (strategy.kind === 'vote') return strategy.of.flatMap((member, k) => strategyIntervals(member, [...path, 'of', k]));
  const signals: readonly (readonly [Path, { readonly interval?: string | undefined } | undefined])[] = [
    [path, strategy.kind === 'crossover' ? strategy : undefined],
    [[...path, 'filter'], 'filter' in strategy ? strategy.filter : undefined],
    [[...path, 'by'], strategy.kind === 'rank' && strategy.by !== 'forecast' ? strategy.by : undefined],
  ];
  return signals.flatMap(([at, signal]) =>
    signal?.interval === undefined ? [] : [{ path: [...at, 'interval'], interval: signal.interval }],
  );
}

function checkFeatures(model: ModelConfig, interval: string, path: Path): Problem[] {
  return featuresOf(model).flatMap((feature, k) => {
    let base = interval;
    return intervalsOf(feature).flatMap((higher) => {
      const found = checkInterval(higher, base, [...path, 'features', k]);
      base = higher;
      return found;
    });
  });
}

/** What is no feature at all is told where features are checked. */
function intervalsOf(feature: FeatureSpecification): readonly string[] {
  try {
    return featureIntervals(feature);
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}

function checkInterval(higher: string, base: string, path: Path): Problem[] {
  const lower = intervalMs(base);
  const multiples = intervalMs(higher) / lower;
  if (multiples >= 1 && Number.isInteger(multiples)) return [];
  const nearest = intervalName(Math.max(1, Math.round(multiples)) * lower);
  return [
    valueProblem(
      path,
      `Expected an interval that is a multiple of the bars' ${base}, of which higher ones are made, received ${higher}; write ${nearest}`,
    ),
  ];
}
