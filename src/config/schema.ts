import { z } from 'zod';
import { intervalMs } from '../core/interval.ts';
import { parseInstant } from '../data/instant.ts';
import { engineKinds } from '../models/engine.ts';
import { baselineKinds, type ModelKind, networkKinds } from '../models/model.ts';
import { presetNames } from '../models/preset.ts';
import { scalerKinds } from '../models/scaler.ts';
import { priceColumns, targetKinds } from '../models/target.ts';
import { parseRate, RATE_PATTERN, RATE_WORDS } from './rate.ts';

/*
 * The schema of a bot file. The error of a value says what it is expected to be, so that messages read
 * "Expected costs.taker to be <error>, received ...". Rates stay text: the resolved config shows them as they were written.
 */

const text = (expected: string) => z.string({ error: expected });

function whole(least: number) {
  const error = `a whole number >= ${least}`;
  return z.int({ error }).min(least, { error });
}

function number(expected: string, valid: (value: number) => boolean) {
  return z.number({ error: expected }).refine(valid, { error: expected });
}

function rate(range: string, valid: (fraction: number) => boolean) {
  const error = `${RATE_WORDS} such as 0.1% or 5bp${range}`;
  return z
    .string({ error })
    .regex(new RegExp(RATE_PATTERN), { error, abort: true })
    .refine((value) => valid(parseRate(value) ?? Number.NaN), { error });
}

function choice<const T extends readonly [string, ...string[]]>(names: T) {
  return z.enum(names, { error: `one of ${names.join(', ')}` });
}

const section = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape, { error: sectionWords });

/** Only a wrong type is worded here; unknown keys are worded where the nearest name is looked up. */
function sectionWords(issue: { readonly code?: string | undefined }): string | undefined {
  return issue.code === 'invalid_type' ? 'a section of keys and values' : undefined;
}

const cost = rate(', >= 0% and < 100%', (fraction) => fraction >= 0 && fraction < 1);
const anyRate = rate('', Number.isFinite);

const instantWords = 'a date or time in ISO 8601 such as 2018-01-01 or 2018-01-01T04:00Z';
const instant = text(instantWords).refine((value) => !Number.isNaN(instantOf(value)), { error: instantWords });

/** The instant of a date or time in a bot file, ms UTC. */
export function instantOf(value: string): number {
  const bytes = new TextEncoder().encode(value);
  return parseInstant(bytes, 0, bytes.length);
}

const intervalWords = 'an interval such as 1m, 15m, 1h, 4h, 1d or 1w';
const interval = text(intervalWords).refine(isInterval, { error: intervalWords });

function isInterval(value: string): boolean {
  try {
    return intervalMs(value) > 0;
  } catch {
    return false;
  }
}

const durationWords = 'a duration such as 30s, 5m or 2h';
const duration = text(durationWords).regex(/^\d+[smh]$/, { error: durationWords });

const marketWords = 'a market such as coinbase:BTC/USD, csv:bars.csv or synthetic:planted, or { source, type }';
const marketSection = section({
  source: text('the text of a market, such as csv:bars.csv').min(1, { error: 'the text of a market, such as csv:bars.csv' }),
  class: text('the name of a class, such as shares').exactOptional(),
  type: choice(['spot', 'margin']).default('spot'),
});
const marketText = text(marketWords)
  .min(1, { error: marketWords })
  .transform((source) => marketSection.parse({ source }));
const market = z.union([marketText, marketSection], { error: marketWords });
const marketsWords = 'a list of markets such as [csv:bars.csv]';
const markets = z.array(market, { error: marketsWords }).min(1, { error: 'a list of at least one market' });

const featureWords = 'a feature such as close or { rsi: 14 }';
const feature = z.union([text(featureWords), z.record(z.string(), z.unknown(), { error: featureWords })], { error: featureWords });

const featuresWords = 'standard or a list of features';

const positive = (name: string) => number(`${name} > 0`, (value) => value > 0 && value < Infinity);
const notNegative = number('a finite number >= 0', (value) => value >= 0 && value < Infinity);
const flag = z.boolean({ error: 'true or false' });
const units = (least: number) =>
  z.array(whole(1), { error: 'a list of whole numbers such as [64, 32]' }).min(least, { error: 'a list of at least one whole number' });

const openShare = number('a number > 0 and < 1', (value) => value > 0 && value < 1);
const quantileWords = 'a number > 0 and < 1, or an ascending list of them such as [0.1, 0.5, 0.9]';
const training = section({
  window: whole(2).default(1000),
  expanding: flag.default(false),
  validation: cost.default('15%'),
  embargo: whole(0).default(0),
  epochs: whole(1).default(50),
  patience: whole(0).default(5),
  batchSize: whole(1).default(32),
  learningRate: positive('a number').default(0.001),
  optimiser: choice(['adam', 'adamw', 'rmsprop', 'sgd']).default('adam'),
  weightDecay: notNegative.default(0),
  loss: choice(['mse', 'mae', 'huber', 'binary-cross-entropy', 'quantile']).exactOptional(),
  quantile: z
    .union([openShare, z.array(openShare, { error: quantileWords }).min(1, { error: quantileWords })], { error: quantileWords })
    .exactOptional(),
  clipNorm: notNegative.default(0),
  shuffle: z.union([flag, z.literal('once', { error: 'true, false or once' })], { error: 'true, false or once' }).default(true),
  noise: notNegative.default(0),
  plateau: section({
    factor: openShare.default(0.5),
    patience: whole(1).default(3),
    minimum: notNegative.default(0),
  }).exactOptional(),
});

const modelKinds = [...networkKinds, ...baselineKinds] as const;
// Presets are spelled out before a file is checked; here they are names that a person may have meant.
const anyKind = choice([...modelKinds, ...presetNames]) as unknown as z.ZodType<ModelKind, ModelKind>;
const targetWords = `one of ${targetKinds.join(', ')}, or a list of ${priceColumns.join(', ')}`;
const dropoutWords = 'a share such as 20% or 0.2, less than 100%';
// A dropout is a bare fraction everywhere else, so that one has a single reading.
const share = z.union([number(dropoutWords, (value) => value >= 0 && value < 1), cost], { error: dropoutWords });
const modelSection = section({
  preset: choice(presetNames).exactOptional(),
  kind: anyKind,
  engine: choice(engineKinds).default('wasm'),
  units: units(1).default([64, 32]),
  lookback: whole(1).default(30),
  horizon: whole(1).default(1),
  features: z
    .union([z.literal('standard'), z.array(feature).min(1, { error: 'a list of at least one feature' })], {
      error: featuresWords,
    })
    .default('standard'),
  target: z
    .union([choice(targetKinds), z.array(choice(priceColumns)).min(1, { error: targetWords })], { error: targetWords })
    .default('return'),
  scaling: section({ inputs: choice(scalerKinds).default('standard'), target: choice(scalerKinds).default('standard') }).prefault({}),
  dropout: share.default(0),
  dropoutLast: flag.default(true),
  batchNorm: flag.default(false),
  activation: choice(['tanh', 'relu']).default('tanh'),
  resetAfter: flag.exactOptional(),
  l2: notNegative.default(0),
  recurrentL2: notNegative.exactOptional(),
  dense: units(0).default([]),
  denseDropout: share.default(0),
  bidirectional: flag.default(false),
  attention: whole(0).default(0),
  convolution: section({ units: whole(1), kernelSize: whole(1).default(3) }).exactOptional(),
  train: training.prefault({}),
});
const model = z.union([anyKind.transform((kind) => modelSection.parse({ kind })), modelSection], {
  error: 'a kind of model, or a section with its kind',
});

const splitWords = 'shares of the rows in percent such as 70/15/15 or 85/15, or { validation, test } with the date each begins';
const splitShares = text(splitWords).refine((value) => splitShare(value) !== undefined, { error: splitWords });

/** Shares of training, validation and test (0 where there is none) of a split such as 70/15/15; undefined for another text. */
export function splitShare(value: string): readonly [number, number, number] | undefined {
  const parts = /^(\d{1,2})\/(\d{1,2})(?:\/(\d{1,2}))?$/
    .exec(value)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  const [train = 0, validation = 0, test = 0] = parts ?? [];
  return train > 0 && validation > 0 && train + validation + test === 100 ? [train / 100, validation / 100, test / 100] : undefined;
}

const list = <T extends z.ZodType>(item: T, words: string) => z.array(item, { error: words }).min(1, { error: words });
const experimentSection = section({
  models: list(model, 'a list of at least one model').exactOptional(),
  split: z.union([splitShares, section({ validation: instant, test: instant.exactOptional() })], { error: splitWords }).default('70/15/15'),
  windows: choice(['overlapping', 'inside']).default('overlapping'),
  dropLast: flag.default(false),
  score: choice(['validation', 'test']).exactOptional(),
  seeds: whole(1).default(1),
  baselines: z.array(choice(baselineKinds), { error: 'a list of baselines' }).default([...baselineKinds]),
  baselineInputs: choice(['window', 'row']).default('window'),
  pool: choice(['market', 'class']).default('market'),
  ensemble: z.array(choice(['mean', 'median', 'weighted']), { error: 'a list of mean, median and weighted' }).default([]),
  grid: section({
    units: list(units(1), 'a list of lists such as [[64, 32], [32]]').exactOptional(),
    dropout: list(share, 'a list of shares').exactOptional(),
    learningRate: list(positive('a number'), 'a list of numbers').exactOptional(),
    lookback: list(whole(1), 'a list of whole numbers').exactOptional(),
  }).exactOptional(),
});

const side = choice(['long', 'both']).default('long');
const entry = choice(['level', 'cross']);
const threshold = section({
  kind: z.literal('threshold'),
  enter: anyRate,
  exit: anyRate.exactOptional(),
  side,
  entry: entry.default('level'),
});
const crossover = section({
  kind: z.literal('crossover'),
  fast: whole(1),
  slow: whole(2),
  average: choice(['sma', 'ema']).default('sma'),
  side,
  entry: entry.default('cross'),
});
const buyAndHold = section({ kind: z.literal('buy-and-hold') });
const kindError = (names: string) => ({ error: strategyWords(names) });
const member = z.discriminatedUnion('kind', [threshold, crossover, buyAndHold], kindError('threshold, crossover, buy-and-hold'));
const vote = section({
  kind: z.literal('vote'),
  of: z.array(member, { error: 'a list of strategies' }).min(2, { error: 'a list of at least two strategies' }),
  quorum: whole(1).exactOptional(),
});
const strategySection = z.discriminatedUnion(
  'kind',
  [threshold, crossover, buyAndHold, vote],
  kindError('threshold, crossover, buy-and-hold, vote'),
);
const strategyShort = 'a strategy section with its kind, or buy-and-hold';
const strategy = z.union([z.literal('buy-and-hold', { error: strategyShort }).transform((kind) => ({ kind })), strategySection], {
  error: strategyShort,
});

function strategyWords(names: string): (issue: { readonly code?: string | undefined }) => string {
  return ({ code }) => (code === 'invalid_type' ? 'a strategy section with its kind' : `one of ${names}`);
}

const frozenWords = 'the key of a stored model in quotes, or a model file such as model.paperwalk-model.json';
const periodsPerYear = positive('a number of bars a year');

/** The section experiment as it is where a bot file has none. */
export function experimentDefaults(): ExperimentConfig {
  return experimentSection.parse({});
}

export const botSchema = section({
  name: text('a name').regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
    error: 'a name of 1 to 64 letters, digits, dots, dashes and underscores',
  }),
  markets,
  interval,
  calendar: z.union([choice(['24/7', 'nyse']), section({ periodsPerYear })], { error: '24/7, nyse or { periodsPerYear }' }).default('24/7'),
  history: section({ from: instant }).exactOptional(),
  period: section({ from: instant.exactOptional(), to: instant.exactOptional() }).prefault({}),
  capital: positive('an amount of money').default(10_000),
  costs: section({ taker: cost.default('0.1%'), maker: cost.default('0.1%'), slippage: cost.default('0%') }).prefault({}),
  fill: choice(['next-open', 'next-close', 'this-close']).default('next-open'),
  model: model.exactOptional(),
  ensemble: section({
    members: list(model, 'a list of at least one model'),
    combine: choice(['mean', 'median']).default('mean'),
  }).exactOptional(),
  experiment: experimentSection.exactOptional(),
  schedule: section({
    retrain: whole(1).default(180),
    delay: whole(0).default(1),
    maxAge: whole(0).exactOptional(),
    anchor: instant.exactOptional(),
    frozen: text(frozenWords).min(1, { error: frozenWords }).exactOptional(),
  }).prefault({}),
  strategy,
  sizing: section({
    kind: choice(['fraction']).default('fraction'),
    of: rate(', > 0% and <= 100%', (fraction) => fraction > 0 && fraction <= 1).default('100%'),
    band: cost.default('5%'),
  }).prefault({}),
  evaluate: choice(['decision', 'all']).default('decision'),
  paper: section({
    cron: text('auto or a cron expression').exactOptional(),
    grace: duration.exactOptional(),
    maxLateness: duration.exactOptional(),
    missed: choice(['skip', 'replay']).exactOptional(),
    onExpired: choice(['flat', 'hold']).exactOptional(),
    notify: z
      .array(z.record(z.string(), z.unknown(), { error: 'a section with one notifier' }), { error: 'a list of notifiers' })
      .exactOptional(),
  }).exactOptional(),
  seed: z.int({ error: 'a whole number' }).default(1),
});

/** A bot file with every default filled in: plain JSON that is itself a valid bot file. */
export type BotConfig = z.output<typeof botSchema>;
export type StrategyConfig = BotConfig['strategy'];
export type ExperimentConfig = z.output<typeof experimentSection>;
export type ModelConfig = NonNullable<BotConfig['model']>;
