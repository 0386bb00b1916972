import { periodsPerYear } from '../core/calendar.ts';
import { intervalMs } from '../core/interval.ts';
import { DataError } from '../data/data-error.ts';
import { instantOf } from '../data/instant.ts';
import { parseSynthetic } from '../data/synthetic.ts';
import { checkFeature, type FeatureSpecification, featureNames, isOwnFeature } from '../models/feature.ts';
import { canonicalJson } from '../models/key.ts';
import { createModel } from '../models/model.ts';
import { createSchedule } from '../models/schedule.ts';
import { createStrategy } from '../strategies/registry.ts';
import { unmetNeed } from '../walk/needs.ts';
import { checkExperiment } from './experiment.ts';
import { checkIntervals } from './interval-check.ts';
import { featuresOf, modelOptions, resolveModel, strategyOptions } from './options.ts';
import type { OwnCode } from './own-code.ts';
import { checkPaper } from './paper.ts';
import type { Path } from './position.ts';
import { type Problem, unknownName } from './problem.ts';
import type { BotConfig, ModelConfig, StrategyConfig } from './schema.ts';
import { checkSizing } from './sizing-check.ts';
import { checkTrading } from './trading-check.ts';

/** What is wrong between the values of a bot file, each of which is fine by itself. */
export function crossCheck(config: BotConfig, own: OwnCode): Problem[] {
  return [
    ...checkMarkets(config),
    ...checkTimes(config),
    ...checkModel(config),
    ...checkStrategy(config, own),
    ...checkTrading(config),
    ...checkSizing(config),
    ...checkIntervals(config),
    ...checkExperiment(config),
    ...checkPaper(config),
  ];
}

function checkMarkets({ markets, interval }: BotConfig): Problem[] {
  const found: Problem[] = [];
  markets.forEach(({ source }, k) => {
    const path = ['markets', k];
    if (markets.findIndex((other) => other.source === source) < k) {
      found.push(problem(path, `Expected each market once, received ${source} again`));
    }
    if (source.startsWith('synthetic:')) found.push(...refusals(path, () => parseSynthetic(source, intervalMs(interval))));
  });
  return found;
}

function checkTimes({ period, calendar, interval, schedule }: BotConfig): Problem[] {
  const found: Problem[] = [];
  if (period.from !== undefined && period.to !== undefined && instantOf(period.from) >= instantOf(period.to)) {
    found.push(problem(['period', 'to'], `Expected period.to to lie after period.from (${period.from}), received ${period.to}`));
  }
  if (calendar === 'nyse') found.push(...refusals(['calendar'], () => periodsPerYear(calendar, intervalMs(interval))));
  found.push(...refusals(['schedule', 'maxAge'], () => createSchedule(schedule)));
  return found;
}

function checkModel({ model, schedule, ensemble }: BotConfig): Problem[] {
  if (!model) return ensemble ? [problem(['ensemble'], 'Expected a model beside its ensemble, received none; add model: gru')] : [];
  if (schedule.frozen !== undefined) {
    return [problem(['model'], 'Expected no model beside schedule.frozen, which brings its own, received one; take one of them out')];
  }
  if (ensemble?.window !== undefined && ensemble.combine !== 'stacking') {
    const path = ['ensemble', 'window'];
    return [problem(path, `Expected a window with combine: stacking, which learns its weights, received one with ${ensemble.combine}`)];
  }
  const members = ensemble?.members ?? [];
  return [checkOneModel(model, ['model']), ...members.map((member, k) => checkMember([model, ...members.slice(0, k)], member, k))].flat();
}

function checkOneModel(model: ModelConfig, path: Path): Problem[] {
  const features = featuresOf(model).flatMap((feature, k) => checkFeatureAt(feature, [...path, 'features', k]));
  return features.length > 0 ? features : refusals(path, () => createModel(modelOptions(model)));
}

function checkMember(before: readonly ModelConfig[], member: ModelConfig, k: number): Problem[] {
  const path = ['ensemble', 'members', k];
  const model = before[0]!;
  const plain = canonicalJson(resolveModel(member));
  if (before.some((other) => canonicalJson(resolveModel(other)) === plain)) {
    return [
      problem(path, `Expected each model of an ensemble once, received ${member.kind} as before: with one seed both forecast the same`),
    ];
  }
  if (member.horizon !== model.horizon) {
    return [problem(path, `Expected the horizon of all members to be the same, received ${member.horizon} beside ${model.horizon}`)];
  }
  return checkOneModel(member, path);
}

function checkFeatureAt(feature: FeatureSpecification, path: Path): Problem[] {
  const name = typeof feature === 'string' ? feature : isOwnFeature(feature) ? undefined : Object.keys(feature)[0];
  if (name !== undefined && !featureNames().includes(name)) return [problem(path, unknownName('feature', name, featureNames()))];
  return refusals(path, () => checkFeature(feature));
}

function checkStrategy(config: BotConfig, own: OwnCode): Problem[] {
  const { strategy, markets, costs } = config;
  const options = strategyOptions(strategy, costs, own);
  const refused = refusals(['strategy'], () => createStrategy(options));
  if (refused.length > 0) return refused;
  const found = checkNeeds(config, strategy, ['strategy'], own);
  const spot = markets.findIndex(({ type }) => type === 'spot');
  const short = shortPath(strategy, ['strategy'], own);
  if (short && spot >= 0) {
    const source = markets[spot]?.source ?? '';
    const market = `{ source: ${JSON.stringify(source)}, type: margin }`;
    found.push(
      problem(
        short,
        `Expected side long on the spot market ${source}, received both; short selling needs type: margin, as in markets: [${market}]`,
      ),
    );
  }
  return found;
}

/** What a frozen model says is known once it is read. */
function checkNeeds(config: BotConfig, strategy: StrategyConfig, path: Path, own: OwnCode): Problem[] {
  if (config.schedule.frozen !== undefined || checkModel(config).length > 0) return [];
  if (strategy.kind === 'vote') return strategy.of.flatMap((member, k) => checkNeeds(config, member, [...path, 'of', k], own));
  const sections = config.model ? [config.model, ...(config.ensemble?.members ?? [])] : [];
  const models = sections.map((section) => createModel(modelOptions(section)));
  const words = unmetNeed(createStrategy(strategyOptions(strategy, config.costs, own)), models);
  return words ? [problem(path, words)] : [];
}

/** Where a strategy asks for short positions. */
function shortPath(strategy: StrategyConfig, path: Path, own: OwnCode): Path | undefined {
  if (strategy.kind === 'vote') {
    return strategy.of.map((member, k) => shortPath(member, [...path, 'of', k], own)).find((found) => found !== undefined);
  }
  if (strategy.kind === 'own') return own.strategyOf(strategy).short ? path : undefined;
  return 'side' in strategy && strategy.side === 'both' ? [...path, 'side'] : undefined;
}

/** The refusal of a constructor, which says in words what it expected, as a problem of the section it was given. */
function refusals(path: Path, build: () => unknown): Problem[] {
  try {
    build();
    return [];
  } catch (error) {
    if (error instanceof TypeError || error instanceof DataError) return [problem(path, error.message)];
    throw error;
  }
}

function problem(path: Path, message: string): Problem {
  return { path, part: 'value', message };
}
