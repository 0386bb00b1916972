import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bars, type Column, createBars, sliceBars } from '../../src/core/bars.ts';
import { createPanel, type Panel } from '../../src/core/panel.ts';
import type { Rules } from '../../src/core/rules.ts';
import { exponentialDeviation } from '../../src/indicators/exponential-deviation.ts';
import { logReturn } from '../../src/indicators/returns.ts';
import { buyAndHold } from '../../src/strategies/buy-and-hold.ts';
import { covarianceColumns } from '../../src/strategies/covariance.ts';
import { type Sizing, sizingRules } from '../../src/strategies/sizing.ts';
import type { Bot } from '../../src/walk/bot.ts';
import { sizingColumns } from '../../src/walk/sizing-columns.ts';
import { ridgeBot } from '../support/bots.ts';
import { flatBars, HOUR, poisoned, randomBars } from '../support/markets.ts';
import { RULES } from '../support/runs.ts';

/*
 * Expected numbers: numpy 2.4.6 on the closes below, r = c[1:]/c[:-1]-1, lr = diff(log(c)), the last 8 returns:
 * S = cov(r); sd = std(lr, ddof=1); volatility min(1, 0.2/(sd*sqrt(365.25)))/4; inverse (1/sd)/sum(1/sd);
 * Kelly over two bars min(1, 0.5*|f|/var(c[2:]/c[:-2]-1, ddof=1))/4; ewm sqrt(sum(k*lr^2)/sum(k)), k = 0.5**(age/3).
 */
const CLOSES: Readonly<Record<string, readonly number[]>> = {
  a: [100, 102, 101, 105, 107, 104, 108, 110, 109, 113],
  b: [50, 50.5, 49, 51, 52, 50, 53, 53.5, 52, 55],
  c: [20, 19.8, 20.4, 20.1, 19.9, 20.6, 20.2, 20.5, 21, 20.7],
  d: [10, 10.5, 10.2, 10.9, 10.4, 11, 11.3, 10.8, 11.5, 11.9],
};
const FOUR = createPanel(Object.entries(CLOSES).map(([market, closes]) => flatBars(closes, market)));
const LAST = 9;

function botOf(sizing: Sizing, rules: Partial<Rules> = {}): Bot {
  const { model: _model, ...rest } = ridgeBot();
  return { ...rest, periodsPerYear: 365.25, strategy: buyAndHold, sizing, rules: { ...RULES, ...rules } };
}

const unknown = (panel: Panel) => panel.markets.map((bars) => new Float64Array(bars.length).fill(Number.NaN));
const weightsOf = (sizing: Sizing, panel = FOUR, forecasts: readonly Column[] = unknown(panel), bot = botOf(sizing)) =>
  sizingColumns(bot, panel, forecasts).weights!;
const last = (columns: readonly Column[]) => columns.map((column) => column[LAST]!);

function expectNear(received: readonly number[], expected: readonly number[]): void {
  expect(received.length).toBe(expected.length);
  for (const [k, value] of received.entries())
    expect(Math.abs(value - expected[k]!)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value)));
}

describe('how large positions are', () => {
  it('fraction and equal share the account, and need no columns', () => {
    for (const kind of ['fraction', 'equal'] as const) {
      expect(sizingRules({ kind, of: 0.5 }, 4)).toEqual({ share: 0.125 });
      expect(sizingRules({ kind }, 4)).toEqual({ share: 0.25 });
      expect(sizingColumns(botOf({ kind }), FOUR, unknown(FOUR))).toEqual({});
    }
  });

  it('amount is an amount that keeps its quantity', () => {
    expect(sizingRules({ kind: 'amount', amount: 500 }, 4)).toEqual({ share: 0.25, amount: 500, keepSize: true });
  });

  it("volatility aims at a volatility a year, up to the market's share", () => {
    const sizing = { kind: 'volatility', target: 0.2, window: 8 } as const;
    expectNear(last(weightsOf(sizing)), [0.10202941113345529, 0.06614092889293813, 0.11619998261753721, 0.053847824431213116]);
    expect(weightsOf(sizing)[0]![LAST - 2]).toBeNaN();
    expect(last(weightsOf({ ...sizing, target: 9 }))).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(last(weightsOf({ ...sizing, target: 9, most: 2 }))).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it('volatility may weigh the latest returns most', () => {
    const returns = logReturn(Float64Array.from(CLOSES.a!));
    expect(exponentialDeviation(returns, 3)[LAST]).toBeCloseTo(0.027384050915332598, 14);
    expect(exponentialDeviation(logReturn(Float64Array.from(CLOSES.b!)), 3)[LAST]).toBeCloseTo(0.04023556963009897, 14);
    expect([...exponentialDeviation(returns, 3).subarray(0, 4)].map(Number.isNaN)).toEqual([true, true, true, false]);
    const expected = 0.2 / (0.027384050915332598 * Math.sqrt(365.25)) / 4;
    expect(weightsOf({ kind: 'volatility', target: 0.2, halfLife: 3 })[0]![LAST]).toBeCloseTo(expected, 13);
    expect(() => exponentialDeviation(returns, 0)).toThrow('Expected halfLife to be a finite number of bars > 0, received 0');
  });

  it("kelly is the expected return over its variance, over the model's horizon, halved and capped, whatever its sign", () => {
    const forecasts = [0.0004, -0.001, 0.0002, 0.01].map((value) => new Float64Array(10).fill(value));
    const sizing = { kind: 'kelly', window: 8 } as const;
    const { model } = ridgeBot({}, { horizon: 2 });
    const weights = sizingColumns({ ...botOf(sizing), model: model! }, FOUR, forecasts).weights!;
    expectNear(last(weights), [0.0837212849314711, 0.09795119963717203, 0.0664610985277932, 0.25]);
    expect(last(weightsOf(sizing, FOUR)).every(Number.isNaN)).toBe(true);
  });

  it('risk divides by the distance of the nearest stop, and keeps its quantity', () => {
    const sizing = { kind: 'risk', risk: 0.01 } as const;
    expect(sizingRules(sizing, 4)).toEqual({ share: 0.25, keepSize: true });
    const of = (rules: Partial<Rules>, trueRange?: readonly Column[]) =>
      sizingColumns(botOf(sizing, rules), FOUR, unknown(FOUR), trueRange).weights!.map((column) => column[LAST]!);
    expectNear(of({ guards: { stopLoss: 0.05 } }), [0.2, 0.2, 0.2, 0.2]);
    expectNear(of({ guards: { stopLoss: 0.05, trailingStop: { fraction: 0.1 } } }), [0.2, 0.2, 0.2, 0.2]);
    expectNear(of({ guards: { stopLoss: 0.01 } }), [0.25, 0.25, 0.25, 0.25]);
    expectNear(of({ guards: { stopLoss: 0.05 }, marketGuards: { b: { stopLoss: 0.1 } } }), [0.2, 0.1, 0.2, 0.2]);
    const ranges = FOUR.markets.map(({ close }) => close.map((price) => price / 32));
    const weights = of({ guards: { trailingStop: { multiple: 2 } } }, ranges);
    expect(weights).toEqual([0.16, 0.16, 0.16, 0.16]);
    expect(() => of({})).toThrow('Expected a stop for a to size positions by, received none; set guards.stopLoss');
    expect(() => of({ guards: { trailingStop: { multiple: 2 } } })).toThrow('Expected the average true range of a');
  });

  it('inverse-volatility divides the account so that calm markets have more', () => {
    const sizing = { kind: 'inverse-volatility', window: 8 } as const;
    expectNear(last(weightsOf(sizing)), [0.3016674652610727, 0.19555700799887368, 0.3435651919402196, 0.15921033479983393]);
    expect(weightsOf(sizing)[0]![LAST - 2]).toBeNaN();
    const still = createPanel([
      flatBars(CLOSES.a!, 'a'),
      flatBars(
        CLOSES.a!.map(() => 7),
        'still',
      ),
    ]);
    expect(weightsOf(sizing, still).map((column) => column[LAST])).toEqual([1, Number.NaN]);
  });

  it("weights are constants by the markets' names, one for each", () => {
    const weights = { a: 0.4, b: 0.3, c: 0.3, d: 0 };
    expect(weightsOf({ kind: 'weights', weights }).map((column) => new Set(column))).toEqual([0.4, 0.3, 0.3, 0].map((w) => new Set([w])));
    expect(() => weightsOf({ kind: 'weights', weights: { a: 1, toString: 1 } as never })).toThrow('for the market b, received none');
  });

  it('portfolio-volatility hands over the covariances of the markets, a bar', () => {
    const sizing = { kind: 'portfolio-volatility', target: 0.2, window: 8 } as const;
    const { weights, volatilityTarget } = sizingColumns(botOf(sizing), FOUR, unknown(FOUR));
    expect(weights).toBeUndefined();
    expect(volatilityTarget!.volatility).toBeCloseTo(0.2 / Math.sqrt(365.25), 15);
    expect(volatilityTarget!.most).toBe(1);
    expectNear(
      volatilityTarget!.covariance.flatMap((row) => row.map((column) => 1e3 * column[LAST]!)),
      [
        0.6680711466673621, 1.001498259068508, 1.5960605185659973, -0.5548333296923255, -0.872955138706559, 0.5141122423579344,
        -0.04978236391376329, 0.05771353748617926, -0.03877425426418327, 2.4014088912032836,
      ],
    );
    expect(volatilityTarget!.covariance[1]![0]![LAST - 2]).toBeNaN();
    const based = sizingColumns(botOf({ ...sizing, base: 'inverse-volatility' }), FOUR, unknown(FOUR)).weights!;
    expect(based.map((column) => [...column])).toEqual(weightsOf({ kind: 'inverse-volatility', window: 8 }).map((column) => [...column]));
  });

  it('covariances pair returns between slices that both markets have', () => {
    const bars = flatBars(CLOSES.a!, 'a');
    // The second market lacks the bars 3 and 4: where it has them, both returns run over three bars.
    const rows = [0, 1, 2, 5, 6, 7, 8, 9];
    const pick = (column: Float64Array) => Float64Array.from(rows, (row) => column[row]!);
    const { openTime, open, high, low, close, volume } = flatBars(CLOSES.a!, 'b');
    const gapped = createBars('b', HOUR, {
      openTime: pick(openTime),
      open: pick(open),
      high: pick(high),
      low: pick(low),
      close: pick(close),
      volume: pick(volume),
    });
    const covariance = covarianceColumns(createPanel([bars, gapped]), 3);
    expect([...covariance[1]![0]!]).toEqual([...covariance[1]![1]!]);
    expect([...covariance[1]![0]!.subarray(0, 6)].map(Number.isNaN)).toEqual([true, true, true, true, true, false]);
    expect(covariance[0]![0]![3]).not.toBeNaN();
  });

  it('refuses what is out of range', () => {
    expect(() => sizingRules({ kind: 'volatility', target: 0 }, 1)).toThrow(
      'target of the sizing volatility to be a finite number > 0, received 0',
    );
    expect(() => sizingRules({ kind: 'kelly', window: 1 }, 1)).toThrow(
      'window of the sizing kelly to be a whole number of bars >= 2, received 1',
    );
    expect(() => sizingRules({ kind: 'kelly', window: 20, halfLife: 10 }, 1)).toThrow(
      'Expected a window or a halfLife, received both (20 and 10)',
    );
  });
});

const market = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  count: fc.integer({ min: 1, max: 4 }),
  length: fc.integer({ min: 2, max: 150 }),
  gaps: fc.constantFrom(0, 0.05, 0.5),
});
type Drawn = typeof market extends fc.Arbitrary<infer T> ? T : never;
const drawn = ({ seed, count, length, gaps }: Drawn) =>
  Array.from({ length: count }, (_, k) => randomBars({ seed: seed + k, length, gaps, market: `m${k}` }));
const options = { seed: 1, numRuns: 100 };

const SIZINGS: readonly Sizing[] = [
  { kind: 'volatility', target: 0.3, window: 7 },
  { kind: 'volatility', target: 0.3, halfLife: 4.5 },
  { kind: 'kelly', window: 5 },
  { kind: 'risk', risk: 0.01 },
  { kind: 'inverse-volatility', window: 6 },
  { kind: 'inverse-volatility', halfLife: 3 },
  { kind: 'portfolio-volatility', target: 0.2, window: 9, base: 'inverse-volatility' },
];

/** All columns of a sizing on the clock of slices, the first `slices` of them. */
function columnsOf(sizing: Sizing, markets: readonly Bars[], slices: number): number[][] {
  const panel = createPanel(markets);
  const forecasts = panel.markets.map(({ close }) => close.map((price, i) => (i === 0 ? Number.NaN : price / close[i - 1]! - 1)));
  const ranges = panel.markets.map(({ high, low }) => high.map((price, i) => price - low[i]!));
  const bot = botOf(sizing, { guards: { stopLoss: 0.2, trailingStop: { multiple: 3 } } });
  const { weights = [], volatilityTarget } = sizingColumns(bot, panel, forecasts, ranges);
  const onClock = weights.map((column, m) => [...panel.row[m]!.subarray(0, slices)].map((row) => (row < 0 ? -1 : column[row]!)));
  return [...onClock, ...(volatilityTarget?.covariance.flat() ?? []).map((column) => [...column.subarray(0, slices)])];
}

const rowsUntil = (bars: Bars, time: number) => bars.openTime.filter((opens) => opens + HOUR <= time).length;

describe('laws of the columns of a sizing', () => {
  it('nothing depends on what follows, and the column of a prefix is the prefix of the column', () => {
    fc.assert(
      fc.property(market, fc.constantFrom(...SIZINGS), fc.double({ min: 0, max: 0.99, noNaN: true }), (market, sizing, share) => {
        const bars = drawn(market);
        const { closeTime } = createPanel(bars);
        const slices = 1 + Math.floor(share * closeTime.length);
        const time = closeTime[slices - 1]!;
        const expected = columnsOf(sizing, bars, slices);
        const wild = bars.map((one) => poisoned(one, rowsUntil(one, time)));
        const short = bars.map((one) => sliceBars(one, 0, rowsUntil(one, time)));
        expect(columnsOf(sizing, wild, slices)).toEqual(expected);
        expect(columnsOf(sizing, short, slices)).toEqual(expected);
      }),
      options,
    );
  });

  it('inverse-volatility weights sum to what is shared wherever all markets have a bar', () => {
    fc.assert(
      fc.property(market, fc.constantFrom(1, 0.5), (market, of) => {
        const panel = createPanel(drawn(market));
        const weights = weightsOf({ kind: 'inverse-volatility', window: 5, of }, panel);
        for (let slice = 0; slice < panel.closeTime.length; slice++) {
          const here = weights.map((column, m) => (panel.row[m]![slice]! < 0 ? Number.NaN : column[panel.row[m]![slice]!]!));
          if (here.every((weight) => !Number.isNaN(weight))) expect(here.reduce((sum, weight) => sum + weight)).toBeCloseTo(of, 12);
        }
      }),
      options,
    );
  });

  it('prices of any market times a power of two change nothing, to the last bit', () => {
    fc.assert(
      fc.property(market, fc.constantFrom(...SIZINGS), fc.integer({ min: -9, max: 9 }), (market, sizing, power) => {
        const bars = drawn(market);
        const scale = 2 ** power;
        const times = (column: Float64Array) => column.map((price) => price * scale);
        const scaled = bars.map((one, k) =>
          k > 0
            ? one
            : createBars(one.market, HOUR, {
                ...one,
                open: times(one.open),
                high: times(one.high),
                low: times(one.low),
                close: times(one.close),
              }),
        );
        const slices = createPanel(bars).closeTime.length;
        expect(columnsOf(sizing, scaled, slices)).toEqual(columnsOf(sizing, bars, slices));
      }),
      options,
    );
  });
});
