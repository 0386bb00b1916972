import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bars, type Column, sliceBars } from '../../src/core/bars.ts';
import { growBars, kept } from '../../src/core/growth.ts';
import { createPanel, type Panel } from '../../src/core/panel.ts';
import { createRandom } from '../../src/core/random.ts';
import { type IndicatorParameters, indicator, indicatorNames } from '../../src/indicators/catalogue.ts';
import { type FeatureSpecification, featureColumns, featureMatrix, featureNames, type OwnFeature } from '../../src/models/feature.ts';
import { crossover } from '../../src/strategies/crossover.ts';
import { momentum } from '../../src/strategies/momentum.ts';
import { createStrategy, type StrategyOptions } from '../../src/strategies/registry.ts';
import type { Sizing } from '../../src/strategies/sizing.ts';
import { type MarketInputs, prepareInputs } from '../../src/walk/inputs.ts';
import { sizingColumns } from '../../src/walk/sizing-columns.ts';
import { signalColumns } from '../../src/walk/walk.ts';
import { ridgeBot } from '../support/bots.ts';
import { appendRow, expectBits, growThrough, type Moment } from '../support/growth.ts';
import { randomBars } from '../support/markets.ts';
import { RULES } from '../support/runs.ts';

interface World {
  readonly markets: readonly Bars[];
  readonly start: number;
  readonly moments: readonly Moment[];
}

const worlds = (most: number, length: number): fc.Arbitrary<World> =>
  fc
    .record({
      seed: fc.integer({ min: 1, max: 1_000_000 }),
      count: fc.integer({ min: 1, max: most }),
      gaps: fc.constantFrom(0, 0.05, 0.4),
      silent: fc.constantFrom(0, 0.05, 0.5),
      start: fc.integer({ min: 0, max: length / 2 }),
      moments: fc.array(fc.record({ steps: fc.integer({ min: 0, max: 25 }), back: fc.integer({ min: 0, max: 12 }) }), { maxLength: 5 }),
    })
    .map(({ seed, count, gaps, silent, start, moments }) => ({
      markets: Array.from({ length: count }, (_, k) => randomBars({ seed: seed + k, length, market: `m${k}`, gaps, silent })),
      start,
      moments,
    }));

/** All indicators with their defaults and with others, that of one must never be taken for that of the other. */
const INDICATORS: readonly (readonly [string, IndicatorParameters])[] = [
  ...indicatorNames.map((name) => [name, {}] as const),
  ['sma', 3],
  ['ema', 3],
  ['rsi', 3],
  ['macd', { fast: 3, slow: 7, signal: 4 }],
  ['macd', { fast: 3, slow: 7, signal: 5 }],
  ['roc', 1],
  ['bollinger', { period: 4, width: 2 }],
  ['bollinger', { period: 4, width: 2.5 }],
  ['atr', 3],
  ['natr', 2],
  ['volatility', 2],
  ['return', 3],
  ['logReturn', 3],
  ['min', 4],
  ['max', 4],
  ['adx', 3],
  ['cci', 5],
  ['mfi', 3],
  ['stochastic', { period: 4, smoothing: 2, signal: 3 }],
  ['stochastic', { period: 4, smoothing: 3, signal: 2 }],
  ['williamsR', 4],
  ['psar', { step: 0.05, max: 0.2 }],
  ['psar', { step: 0.05, max: 0.1 }],
  ['ichimoku', { conversion: 2, base: 5, span: 9 }],
];

/** Spoils what it gets from an indicator, as a person's code may. */
const own: OwnFeature = {
  module: './own.ts',
  sha256: 'a'.repeat(64),
  columns: (bars) => {
    const [average] = indicator('sma', 3).compute(bars);
    for (let row = 0; row < bars.length; row++) average![row] = bars.close[row]! - average![row]!;
    return [average!, bars.volume];
  },
};

const FEATURES: readonly FeatureSpecification[] = [
  ...featureNames().filter((name) => name !== 'lag' && name !== 'on'),
  { lag: { of: 'close', bars: 1 } },
  { lag: { of: 'close', bars: 7 } },
  { lag: { of: { macd: { fast: 3, slow: 7, signal: 4 } }, bars: 2 } },
  { lag: { of: { on: { interval: '4h', of: 'close' } }, bars: 3 } },
  { on: { interval: '1h', of: 'open' } },
  { on: { interval: '4h', of: { rsi: 3 } } },
  { on: { interval: '1d', of: { rsi: 3 } } },
  { on: { interval: '4h', of: { lag: { of: 'range', bars: 2 } } } },
  { on: { interval: '4h', of: { on: { interval: '12h', of: 'volume' } } } },
  { on: { interval: '1d', of: own } },
  { bollinger: { period: 4, width: 2, output: 'lower' } },
  own,
];

const STRATEGIES: readonly StrategyOptions[] = [
  { kind: 'threshold', enter: 0.001 },
  { kind: 'threshold', enter: 0.001, filter: { kind: 'crossover', fast: 2, slow: 9, average: 'ema' } },
  { kind: 'threshold', enter: 0.001, filter: { kind: 'momentum', bars: 3, interval: '4h' } },
  { kind: 'proportional', window: 5 },
  { kind: 'proportional', window: 9 },
  { kind: 'probability', enter: 0.6 },
  { kind: 'quantile', costs: 0.001 },
  { kind: 'crossover', fast: 2, slow: 9 },
  { kind: 'crossover', fast: 3, slow: 9 },
  { kind: 'crossover', fast: 2, slow: 9, average: 'ema' },
  { kind: 'crossover', fast: 1, slow: 3, interval: '4h' },
  { kind: 'crossover', fast: 1, slow: 3, interval: '1d' },
  { kind: 'rank', hold: 1 },
  { kind: 'rank', hold: 1, by: { kind: 'momentum', bars: 4 }, every: 3 },
  { kind: 'mean-variance', window: 6 },
  { kind: 'buy-and-hold' },
  {
    kind: 'vote',
    of: [
      { kind: 'crossover', fast: 2, slow: 9 },
      { kind: 'proportional', window: 5 },
    ],
  },
];

const SIZINGS: readonly Sizing[] = [
  { kind: 'fraction' },
  { kind: 'equal' },
  { kind: 'amount', amount: 500 },
  { kind: 'volatility', target: 0.2 },
  { kind: 'volatility', target: 0.2, window: 7 },
  { kind: 'volatility', target: 0.2, halfLife: 7 },
  { kind: 'volatility', target: 0.2, halfLife: 2.5 },
  { kind: 'kelly', window: 7 },
  { kind: 'kelly', halfLife: 7 },
  { kind: 'risk', risk: 0.01 },
  { kind: 'inverse-volatility', window: 5 },
  { kind: 'weights', weights: { m0: 0.2, m1: 0.3, m2: 0.5 } },
  { kind: 'portfolio-volatility', target: 0.1, window: 6, base: 'inverse-volatility' },
];

/** Some numbers for every row, the same for a prefix. */
function said({ market, length }: Bars, seed: number): Column {
  const random = createRandom(seed + market.charCodeAt(1));
  return Float64Array.from({ length }, () => (random.uniform() < 0.1 ? Number.NaN : 0.01 * random.normal()));
}

function signalsOf(options: StrategyOptions, panel: Panel): readonly Column[] {
  const bot = ridgeBot({ strategy: createStrategy(options) });
  const forecasts = panel.markets.map((bars) => said(bars, 1));
  const outlooks = panel.markets.map((bars) => ({ horizon: 2, lower: said(bars, 2), upper: said(bars, 3), probability: said(bars, 4) }));
  return signalColumns(bot, panel, forecasts, outlooks).flat();
}

function sizesOf(sizing: Sizing, panel: Panel): readonly Column[] {
  const bot = ridgeBot({ sizing, rules: { ...RULES, guards: { trailingStop: { multiple: 2, period: 5 } } } }, { horizon: 3 });
  const ranges = panel.markets.map((bars) => indicator('atr', 5).compute(bars)[0]!);
  const { weights, volatilityTarget } = sizingColumns(
    bot,
    panel,
    panel.markets.map((bars) => said(bars, 1)),
    ranges,
  );
  return [...(weights ?? []), ...(volatilityTarget?.covariance.flat() ?? [])];
}

const valuesOf = ({ slot, features, complete, returns, plain, target }: MarketInputs) => [
  slot,
  features.values,
  complete,
  returns,
  plain.labels,
  plain.usable,
  target.labels,
  target.usable,
];

const text = (value: unknown) => JSON.stringify(value);

describe('the laws of growth, on seeded random markets: appended in any cuts and asked at any moment, also of older views', () => {
  it('a panel is the panel of its bars', () => {
    fc.assert(
      fc.property(worlds(4, 40), ({ markets, start, moments }) => {
        growThrough(markets, start, moments, (view, full) => expect(view).toEqual(full));
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('every indicator of the catalogue is what it is on all bars at once, carriers included', () => {
    fc.assert(
      fc.property(worlds(1, 130), ({ markets, start, moments }) => {
        growThrough(markets, start, moments, ({ markets: [view] }, { markets: [full] }) => {
          for (const [name, parameters] of INDICATORS) {
            const { compute, name: called } = indicator(name, parameters);
            expectBits(compute(view!), compute(full!), called);
          }
        });
      }),
      { seed: 2, numRuns: 40 },
    );
  });

  it('every kind of feature, alone and side by side, is what it is on all bars at once', () => {
    fc.assert(
      fc.property(worlds(2, 130), ({ markets, start, moments }) => {
        growThrough(markets, start, moments, (view, full) => {
          view.markets.forEach((bars, m) => {
            for (const feature of FEATURES) {
              expectBits(featureColumns(feature, bars), featureColumns(feature, full.markets[m]!), text(feature));
            }
            for (const features of [FEATURES, FEATURES.slice(0, 3), FEATURES.slice(1, 4)]) {
              const received = featureMatrix(features, bars);
              const expected = featureMatrix(features, full.markets[m]!);
              expect(received.width).toBe(expected.width);
              expectBits([received.values], [expected.values], text(features));
            }
          });
        });
      }),
      { seed: 3, numRuns: 25 },
    );
  });

  it('the inputs of models are what they are on all bars at once, of several models on the same bars', () => {
    const models = [
      { features: ['logReturn', { rsi: 5 }, own, { on: { interval: '4h', of: 'close' } }], lookback: 4 },
      { features: ['logReturn', { rsi: 5 }], lookback: 1, horizon: 3 },
      { features: ['logReturn', { rsi: 5 }], lookback: 6, target: 'direction' },
      { features: ['range'], target: ['close', 'high'] },
    ] as const;
    const bots = [
      // The target of a linear model is a return: only networks learn the others.
      ...models.map((model) => ridgeBot({}, { kind: 'target' in model ? 'gru' : 'linear', ...model })),
      ridgeBot({ anchor: Date.UTC(2020, 0, 1, 5) }),
    ];
    fc.assert(
      fc.property(worlds(3, 70), ({ markets, start, moments }) => {
        growThrough(markets, start, moments, (view, full) => {
          for (const [k, bot] of bots.entries()) {
            const expected = prepareInputs(bot, full)!;
            prepareInputs(bot, view)!.forEach((inputs, m) => {
              expect([inputs.features.width, inputs.target.width]).toEqual([expected[m]!.features.width, expected[m]!.target.width]);
              expectBits(valuesOf(inputs), valuesOf(expected[m]!), `inputs of bot ${k}`);
            });
          }
        });
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  it('the signals of every strategy are what they are on all bars at once', () => {
    fc.assert(
      fc.property(worlds(3, 60), ({ markets, start, moments }) => {
        growThrough(markets, start, moments, (view, full) => {
          for (const options of STRATEGIES) expectBits(signalsOf(options, view), signalsOf(options, full), text(options));
        });
      }),
      { seed: 5, numRuns: 30 },
    );
  });

  it('the sizes of every kind are what they are on all bars at once', () => {
    fc.assert(
      fc.property(worlds(3, 60), ({ markets, start, moments }) => {
        growThrough(markets, start, moments, (view, full) => {
          for (const sizing of SIZINGS) expectBits(sizesOf(sizing, view), sizesOf(sizing, full), text(sizing));
        });
      }),
      { seed: 6, numRuns: 30 },
    );
  });
});

describe('what a tick costs', () => {
  const WHOLE = randomBars({ seed: 9, length: 220 });

  it('is its new rows, of every column and however often it is asked', () => {
    fc.assert(
      fc.property(worlds(3, 60), ({ markets, start, moments }) => {
        const asked = new Map<string, number>();
        const rows = new Map<string, number>();
        growThrough(markets, start, moments, (view) => {
          for (const bars of [...view.markets, ...view.markets]) {
            kept(bars, 'counted', [1], ([column], from) => {
              asked.set(bars.market, (asked.get(bars.market) ?? 0) + column!.length - from);
            });
            rows.set(bars.market, Math.max(rows.get(bars.market) ?? 0, bars.length));
          }
        });
        for (const { market, length } of markets) expect([asked.get(market), rows.get(market)]).toEqual([length, length]);
      }),
      { seed: 7, numRuns: 40 },
    );
  });

  // A mark that is planted in a row from long ago, in memory that all views share, is wiped out if that row is worked out again.
  const MARK = -123_456;
  const columns: readonly (readonly [string, (bars: Bars) => readonly (Float64Array | Int32Array | Uint8Array)[]])[] = [
    ...indicatorNames.map((name) => [name, (bars: Bars) => indicator(name).compute(bars)] as const),
    ...FEATURES.filter((feature) => text(feature).includes('lag') && !text(feature).includes('"on"')).map(
      (feature) => [text(feature), (bars: Bars) => featureColumns(feature, bars)] as const,
    ),
    ...['range', 'adjustedClose', 'daySin', 'dayCos', 'yearSin', 'yearCos', 'hour', 'weekday'].map(
      (name) => [name, (bars: Bars) => featureColumns(name, bars)] as const,
    ),
    ['features', (bars) => [featureMatrix(['range', { sma: 3 }, own], bars).values]],
    ['crossover', (bars) => [crossover(2, 9).column(bars, bars.close)]],
    ['momentum', (bars) => [momentum(3).column(bars, bars.close)]],
    [
      'the slots, features and complete windows of a model',
      (bars) =>
        prepareInputs(ridgeBot(), createPanel([bars]))!.flatMap(({ slot, features, complete }) => [slot, features.values, complete]),
    ],
  ];

  it.each(columns)('works out no row of %s again', (_name, compute) => {
    const growing = growBars(sliceBars(WHOLE, 0, 200));
    for (const column of compute(growing.view())) column[10] = MARK;
    const planted = compute(growing.view()).map((column) => column[10]);
    expect(planted.length).toBeGreaterThan(0);
    for (let row = 200; row < 220; row++) {
      appendRow(growing, WHOLE, row);
      const later = compute(growing.view());
      expect(later.map((column) => column[10])).toEqual(planted);
      expect(later[0]!.length).toBeGreaterThan(row);
    }
  });

  it('is no label and no sample before a fit asks for them', () => {
    let read = 0;
    const bars = randomBars({ seed: 3, length: 80 });
    const counted = (column: Column) =>
      new Proxy(column, {
        get(target, key) {
          if (key === '0') read++;
          return Reflect.get(target, key, target) as unknown;
        },
      });
    const [inputs] = prepareInputs(ridgeBot({}, { features: ['open'] }), createPanel([{ ...bars, close: counted(bars.close) }]))!;
    expect(read).toBe(0);
    const { returns } = inputs!;
    expect(read).toBeGreaterThan(0);
    const once = read;
    expect(inputs!.returns).toBe(returns);
    expect(inputs!.target).toBe(inputs!.plain);
    expect(inputs!.plain.labels).toBe(returns);
    expect(read).toBe(once);
  });
});
