import { checkSizing as checkOptions, sizesByForecast } from '../strategies/sizing.ts';
import { fraction, sizingOptions } from './options.ts';
import { type Problem, valueProblem } from './problem.ts';
import type { BotConfig } from './schema.ts';

/** Sizings whose positions make sense as multiples of a market's share, which strategies across markets ask for. */
const ACROSS: Readonly<Record<string, readonly string[]>> = {
  rank: ['fraction', 'equal', 'volatility', 'kelly', 'portfolio-volatility'],
  'mean-variance': ['fraction', 'equal', 'portfolio-volatility'],
};

/** Sizes that the bot's markets, model, guards or capital do not allow. */
export function checkSizing(config: BotConfig): Problem[] {
  const { sizing, capital, markets, model, schedule } = config;
  const found: Problem[] = [];
  const at = (key: string, message: string) => found.push(valueProblem(['sizing', key], message));
  const options = sizingOptions(sizing);
  try {
    checkOptions(options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    at('window', error.message);
  }
  if (sizesByForecast(options) && !model && schedule.frozen === undefined) {
    at('kind', `Expected a model for the sizing ${sizing.kind}, which goes by forecasts, received none; add model: gru`);
  }
  if ('of' in sizing) found.push(...checkMost(config, sizing.of, ['sizing', 'of']));
  if ('most' in sizing) found.push(...checkMost(config, sizing.most, ['sizing', 'most']));
  const affordable = capital * leverageOf(config);
  if (sizing.kind === 'amount' && sizing.amount > affordable) {
    at(
      'amount',
      `Expected an amount of at most ${affordable}, all that the account can hold in its markets, received ${sizing.amount}; more needs type: margin and leverage`,
    );
  }
  if (sizing.kind === 'risk') {
    const bare = markets.find(({ source }) => !hasStop(config, source));
    if (bare) at('kind', `Expected a stop to size positions by, received none for ${bare.source}; add guards: { stopLoss: 5% }`);
  }
  if (sizing.kind === 'weights') found.push(...checkWeights(config, sizing.weights));
  return [...found, ...checkAcross(config)];
}

function checkWeights(config: BotConfig, weights: Readonly<Record<string, string>>): Problem[] {
  const sources = config.markets.map(({ source }) => source);
  const path = ['sizing', 'weights'];
  const stray = Object.keys(weights).find((name) => !sources.includes(name));
  if (stray !== undefined) {
    return [
      { path: [...path, stray], part: 'key', message: `Expected weights of the bot's markets (${sources.join(', ')}), received ${stray}` },
    ];
  }
  const missing = sources.find((source) => !Object.hasOwn(weights, source));
  if (missing !== undefined) return [valueProblem(path, `Expected a weight for every market, received none for ${missing}; 0% is one`)];
  const negative = sources.find((source) => fraction(weights[source]!) < 0);
  if (negative !== undefined) {
    return [valueProblem([...path, negative], `Expected a weight >= 0%, received ${weights[negative]}; the strategy says which side`)];
  }
  const sum = sources.reduce((total, source) => total + fraction(weights[source]!), 0);
  const most = leverageOf(config);
  // Rates in percent do not add up exactly.
  if (sum <= most + 1e-12) return [];
  return [
    valueProblem(
      path,
      `Expected weights that sum to at most ${percent(most)}, received ${percent(sum)}; more needs type: margin and leverage`,
    ),
  ];
}

/** Strategies across markets: enough of them, and a sizing whose shares they can divide anew. */
function checkAcross(config: BotConfig): Problem[] {
  const { strategy, markets, sizing } = config;
  const found: Problem[] = [];
  if (strategy.kind === 'rank' && markets.length < 2) {
    found.push(valueProblem(['strategy', 'kind'], 'Expected at least two markets to rank, received one; add markets'));
  } else if (strategy.kind === 'rank' && strategy.hold > markets.length) {
    found.push(
      valueProblem(['strategy', 'hold'], `Expected at most as many as there are markets, ${markets.length}, received ${strategy.hold}`),
    );
  }
  if (strategy.kind === 'mean-variance') found.push(...checkMost(config, strategy.most, ['strategy', 'most']));
  const fitting = ACROSS[strategy.kind];
  if (fitting && !fitting.includes(sizing.kind)) {
    const message = `Expected a sizing whose shares the strategy ${strategy.kind} can divide anew (${fitting.join(', ')}), received ${sizing.kind}`;
    found.push(valueProblem(['sizing', 'kind'], message));
  }
  return found;
}

function checkMost(config: BotConfig, most: string, path: readonly string[]): Problem[] {
  const limit = leverageOf(config);
  if (fraction(most) <= limit) return [];
  const message = `Expected at most ${percent(limit)}, all that the account can hold in its markets, received ${most}; more needs type: margin and leverage`;
  return [valueProblem(path, message)];
}

/** What positions may come to as a multiple of the account: as much as the market that lends least. */
function leverageOf({ markets }: BotConfig): number {
  return Math.min(...markets.map(({ type, leverage = 1 }) => (type === 'spot' ? 1 : Math.max(1, leverage))));
}

/** Whether a guard gives up a market's position at a distance that is known when it is entered. */
function hasStop({ guards }: BotConfig, market: string): boolean {
  return [guards, guards?.markets?.[market]].some((own) => own?.stopLoss !== undefined || own?.trailingStop !== undefined);
}

function percent(fraction: number): string {
  return `${Number((100 * fraction).toPrecision(12))}%`;
}
