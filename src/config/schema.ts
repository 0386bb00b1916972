import { z } from 'zod';
import { engineKinds } from '../models/engine.ts';
import { baselineKinds, type ModelKind, networkKinds } from '../models/model.ts';
import { presetNames } from '../models/preset.ts';
import { scalerKinds } from '../models/scaler.ts';
import { priceColumns, targetKinds } from '../models/target.ts';
import { STACKING_WINDOW } from '../walk/stacking.ts';
import {
  anyRate,
  choice,
  cost,
  flag,
  instant,
  interval,
  notNegative,
  number,
  positive,
  positiveRate,
  rate,
  section,
  text,
  whole,
} from './fields.ts';
import { MODULE_PATH } from './module.ts';
import { paper } from './paper-schema.ts';
import { sizing } from './sizing-schema.ts';
import { costs, guards, marketFields, orders, volumeCap } from './trading-schema.ts';

// The schema of a bot file; `fields.ts` says how its errors read.

const marketWords = 'a market such as coinbase:BTC/USD, csv:bars.csv or synthetic:planted, or { source, type }';
const marketSection = section({
  source: text('the text of a market, such as csv:bars.csv').min(1, { error: 'the text of a market, such as csv:bars.csv' }),
  class: text('the name of a class, such as shares').exactOptional(),
  ...marketFields,
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
const confirm = whole(1).default(1);
const anyShare = rate(', from 0% to 100%', (fraction) => fraction >= 0 && fraction <= 1);
const crossoverSignal = {
  kind: z.literal('crossover'),
  fast: whole(1),
  slow: whole(2),
  average: choice(['sma', 'ema']).default('sma'),
  interval: interval.exactOptional(),
};
const momentumSignal = section({ kind: z.literal('momentum'), bars: whole(1), interval: interval.exactOptional() });
const filter = z.discriminatedUnion('kind', [section(crossoverSignal), momentumSignal], {
  error: ({ code }: { readonly code?: string }) => (code === 'invalid_type' ? 'a signal with its kind' : 'one of crossover, momentum'),
});
const moduleWords = 'the path of a module such as ./my-strategy.ts';
const module = text(moduleWords).regex(MODULE_PATH, { error: moduleWords });
const ownCode = {
  module,
  options: z.record(z.string(), z.unknown(), { error: 'a section of keys and values' }).exactOptional(),
  sha256: text('a sha256').exactOptional(),
};
const signalWords = 'a module such as ./my-signal.ts, or { module, options }';
const signal = z.union([module.transform((path) => ({ module: path })), section(ownCode)], { error: signalWords }).exactOptional();
// The kind is filled in where a module is opened.
const own = section({ kind: z.literal('own').default('own'), ...ownCode, signal });
const threshold = section({
  kind: z.literal('threshold'),
  signal,
  enter: anyRate,
  exit: anyRate.exactOptional(),
  side,
  entry: entry.default('level'),
  confirm,
  filter: filter.exactOptional(),
});
const crossover = section({
  ...crossoverSignal,
  side,
  entry: entry.default('cross'),
  confirm,
});
const proportional = section({
  kind: z.literal('proportional'),
  scale: positive('a number').default(1),
  window: whole(2).default(100),
  side,
  least: anyShare.default('0%'),
});
const probability = section({
  kind: z.literal('probability'),
  enter: anyShare,
  exit: anyShare.default('50%'),
  side,
  entry: entry.default('level'),
  confirm,
});
const autoWords = 'auto, or a rate with its unit such as 0.3%';
const quantile = section({
  kind: z.literal('quantile'),
  costs: z.union([z.literal('auto', { error: autoWords }), cost], { error: autoWords }).default('auto'),
  exit: anyRate.default('0%'),
  side,
});
const buyAndHold = section({ kind: z.literal('buy-and-hold') });
const scoreWords = 'forecast, or momentum such as { kind: momentum, bars: 90 }';
const rank = section({
  kind: z.literal('rank'),
  by: z.union([z.literal('forecast', { error: scoreWords }), momentumSignal], { error: scoreWords }).default('forecast'),
  hold: whole(1),
  buffer: whole(0).default(0),
  positive: flag.default(false),
  every: whole(1).default(1),
});
const meanVariance = section({
  kind: z.literal('mean-variance'),
  aversion: positive('a number').default(1),
  window: whole(2).default(60),
  shrinkage: anyShare.default('50%'),
  most: positiveRate.default('100%'),
  side,
  every: whole(1).default(1),
});
const kindError = (names: string) => ({ error: strategyWords(names) });
const single = [threshold, proportional, probability, quantile, crossover, buyAndHold, own] as const;
const singleNames = 'threshold, proportional, probability, quantile, crossover, buy-and-hold';
const member = z.discriminatedUnion('kind', single, kindError(singleNames));
const vote = section({
  kind: z.literal('vote'),
  of: z.array(member, { error: 'a list of strategies' }).min(2, { error: 'a list of at least two strategies' }),
  quorum: whole(1).exactOptional(),
});
const strategySection = z.discriminatedUnion(
  'kind',
  [...single, rank, meanVariance, vote],
  kindError(`${singleNames}, rank, mean-variance, vote`),
);
const strategyShort = 'a strategy section with its kind, buy-and-hold, or a module such as ./my-strategy.ts';
const strategy = z.union(
  [
    z.literal('buy-and-hold', { error: strategyShort }).transform((kind) => ({ kind })),
    module.transform((path) => ({ kind: 'own' as const, module: path })),
    strategySection,
  ],
  { error: strategyShort },
);

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
  costs: costs.prefault({}),
  fill: choice(['next-open', 'next-close', 'this-close']).default('next-open'),
  orders: orders.exactOptional(),
  volumeCap: volumeCap.exactOptional(),
  guards: guards.exactOptional(),
  detail: interval.exactOptional(),
  model: model.exactOptional(),
  ensemble: section({
    members: list(model, 'a list of at least one model'),
    combine: choice(['mean', 'median', 'stacking']).default('mean'),
    window: whole(2).exactOptional(),
  })
    .transform((ensemble) => (ensemble.combine === 'stacking' ? { window: STACKING_WINDOW, ...ensemble } : ensemble))
    .exactOptional(),
  experiment: experimentSection.exactOptional(),
  schedule: section({
    retrain: whole(1).default(180),
    delay: whole(0).default(1),
    maxAge: whole(0).exactOptional(),
    anchor: instant.exactOptional(),
    frozen: text(frozenWords).min(1, { error: frozenWords }).exactOptional(),
  }).prefault({}),
  strategy,
  sizing: sizing.prefault({}),
  evaluate: choice(['decision', 'all']).default('decision'),
  paper: paper.exactOptional(),
  seed: z.int({ error: 'a whole number' }).default(1),
});

/** A bot file with every default filled in: plain JSON that is itself a valid bot file. */
export type BotConfig = z.output<typeof botSchema>;
export type StrategyConfig = BotConfig['strategy'];
export type ExperimentConfig = z.output<typeof experimentSection>;
export type ModelConfig = NonNullable<BotConfig['model']>;
