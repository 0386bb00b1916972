import { describe, expect, it } from 'vitest';
import { type BacktestOptions, backtest } from '../../src/backtest/options.ts';
import { resample } from '../../src/core/resample.ts';
import type { Rules } from '../../src/core/rules.ts';
import { checkRules } from '../../src/core/rules-check.ts';
import { constantFunding } from '../../src/data/funding.ts';
import { synthetic } from '../../src/data/synthetic.ts';
import { crossover } from '../../src/strategies/crossover.ts';
import { threshold } from '../../src/strategies/threshold.ts';
import { RULES } from '../support/runs.ts';

const HOUR = 3_600_000;
const fine = synthetic('trend', { bars: 4000, intervalMs: HOUR, start: 0, seed: 4, volatility: 0.006 }).bars;
const { bars } = resample(fine, 4 * HOUR);
const { market } = bars;
const base: BacktestOptions = { bars, signal: crossover(5, 20), policy: threshold({ enter: 0, side: 'both' }) };

describe('the rules of trading in code', () => {
  it('are the defaults where nothing is said: spot, market orders, a taker fee of 0.1 %', async () => {
    const { report } = await backtest(base);
    expect(report.config).toMatchObject({
      rules: { capital: 10_000, fill: 'next-open', costs: { taker: 0.001, slippage: 0 }, band: 0.05 },
    });
    expect(report.trades.every(({ side }) => side === 'long')).toBe(true);
    expect(report.costs.interest).toBe(0);
  });

  it('reach the engine, all of them', async () => {
    const options: BacktestOptions = {
      ...base,
      costs: { taker: 0.002, maker: 0.0001, minimum: 0.5 },
      markets: { [market]: { margin: true, leverage: 3, maintenance: 0.05, lot: 0.1, borrow: 0.1 } },
      entry: { kind: 'limit', offset: 0.004, timeInForce: 2 },
      exit: { kind: 'stop', offset: 0.002 },
      volumeCap: { share: 0.5, quantity: 'resolve' },
      optimistic: true,
      guards: { stopLoss: 0.03, takeProfit: 0.05, maxDrawdown: { limit: 0.2, pause: 20 } },
      marketGuards: { [market]: { cooldown: 2 } },
      funding: { [market]: constantFunding(bars, 0.0001, 8 * HOUR) },
      detail: { [market]: fine },
    };
    const { report, trace } = await backtest(options);
    const { rules } = report.config as { readonly rules: Rules };
    const { costs, markets, entry, exit, volumeCap, optimistic, guards, marketGuards } = options;
    expect(rules).toMatchObject({ costs: { ...costs, slippage: 0 }, markets, entry, exit, volumeCap, optimistic, guards, marketGuards });
    expect(trace.events.some((event) => event.kind === 'fill' && event.maker)).toBe(true);
    const reasons = new Set(report.trades.map(({ exitReason }) => exitReason));
    expect(reasons).toContain('stopLoss');
    expect(reasons).toContain('takeProfit');
    expect(new Set(report.guards.map(({ guard }) => guard))).toContain('cooldown');
    expect(report.trades.some(({ side }) => side === 'short')).toBe(true);
    expect(report.costs.funding).not.toBe(0);
    expect(report.costs.interest).toBeGreaterThan(0);
    // Bars of a lower interval tell most of what the others leave open.
    const { detail: _detail, ...coarse } = options;
    const without = (await backtest(coarse)).report;
    expect(without.digest).not.toBe(report.digest);
  });

  it('are told in words among the assumptions', async () => {
    const { report } = await backtest({
      ...base,
      guards: { stopLoss: 0.05, trailingStop: { multiple: 3, period: 14 }, maxDrawdown: { limit: 0.25, pause: 100 }, losses: { limit: 4 } },
      marketGuards: { [market]: { cooldown: 3, expiredModel: 'flat', trailingStop: { fraction: 0.08, intrabar: true } } },
    });
    expect(report.assumptions.notes).toContain(
      'Guards: stop loss 5 %, trailing stop 3 average true ranges of 14 bars from the best close, maximum drawdown 25 % (a pause of 100 bar(s)), 4 losses in a row (for good).',
    );
    expect(report.assumptions.notes).toContain(
      `Guards of ${market}: trailing stop 8 % from the best price, cooldown of 3 bar(s), flat without a forecast.`,
    );
  });

  it('let a market be sold short by its name alone', async () => {
    const { report } = await backtest({ ...base, margin: [market] });
    expect(report.trades.some(({ side }) => side === 'short')).toBe(true);
    expect(report.config).toMatchObject({ rules: { markets: { [market]: { margin: true } } } });
  });

  it.each<[string, Partial<BacktestOptions>, string]>([
    ['a guard', { guards: { stopLoss: 5 } }, 'Expected guards.stopLoss to be a fraction > 0 and < 1, received 5'],
    ['a market', { marketGuards: { other: { stopLoss: 0.1 } } }, `Expected marketGuards of ${market}, received other`],
    ['funding of another market', { funding: { other: constantFunding(bars, 0, HOUR) } }, `Expected funding of ${market}, received other`],
    [
      'funding on spot',
      { funding: { [market]: constantFunding(bars, 0, HOUR) } },
      `Expected funding only for a market with margin: true, received it for ${market}, which is spot`,
    ],
    [
      'detail of a higher interval',
      { detail: { [market]: resample(fine, 24 * HOUR).bars } },
      `Expected detail of ${market} at a lower interval that divides 14400000 ms, received 86400000 ms`,
    ],
  ])('are refused with the field: %s', async (_, options, message) => {
    await expect(backtest({ ...base, ...options })).rejects.toThrow(new TypeError(message));
  });
});

/** Every field of the rules, with what it is refused for. */
const REFUSED: readonly (readonly [path: string, rules: object, expected: string])[] = [
  ['capital', { capital: 0 }, 'a finite number > 0, received 0'],
  ['fill', { fill: 'now' }, 'one of next-open, next-close, this-close, received "now"'],
  ['share', { share: Number.NaN }, 'a finite number > 0, received NaN'],
  ['band', { band: -0.1 }, 'a number >= 0, received -0.1'],
  ['keepSize', { keepSize: 1 }, 'one of true, false, received 1'],
  ['amount', { amount: -1 }, 'a finite number > 0, received -1'],
  ['optimistic', { optimistic: 'yes' }, 'one of true, false, received "yes"'],
  ['ambiguity', { ambiguity: 'both' }, 'one of worst, best, received "both"'],
  ['costs', { costs: 0.001 }, 'an object, received 0.001'],
  ['costs.taker', { costs: { slippage: 0 } }, 'a fraction >= 0 and < 1, received undefined'],
  ['costs.maker', { costs: { taker: 0, slippage: 0, maker: 1 } }, 'a fraction >= 0 and < 1, received 1'],
  ['costs.minimum', { costs: { taker: 0, slippage: 0, minimum: -1 } }, 'a finite number >= 0, received -1'],
  ['costs.perUnit', { costs: { taker: 0, slippage: 0, perUnit: Infinity } }, 'a finite number >= 0, received Infinity'],
  ['costs.currency', { costs: { taker: 0, slippage: 0, currency: 'EUR' } }, 'one of quote, base, received "EUR"'],
  ['costs.slippage', { costs: { taker: 0, slippage: '2bp' } }, 'a fraction >= 0 and < 1, received "2bp"'],
  ['costs.slippage.kind', { costs: { taker: 0, slippage: { kind: 'spread' } } }, 'one of volume-share, measured, received "spread"'],
  ['costs.slippage.impact', { costs: { taker: 0, slippage: { kind: 'volume-share', impact: 2 } } }, 'a fraction >= 0 and < 1, received 2'],
  [
    'costs.slippage.sample',
    { costs: { taker: 0, slippage: { kind: 'measured', sample: [] } } },
    'a list of at least one fraction > -1 and < 1, received []',
  ],
  ['volumeCap.share', { volumeCap: { share: 2, quantity: 'fixed' } }, 'a fraction > 0 and <= 1, received 2'],
  ['volumeCap.quantity', { volumeCap: { share: 1 } }, 'one of resolve, fixed, received undefined'],
  ['entry.kind', { entry: { kind: 'trailing-stop' } }, 'one of market, limit, stop, stop-limit, received "trailing-stop"'],
  ['entry.offset', { entry: { kind: 'limit', offset: 1 } }, 'a fraction >= 0 and < 1, received 1'],
  ['exit.offset', { exit: { kind: 'stop' } }, '> 0 for a stop order, whose trigger has to lie beyond the close, received undefined'],
  ['exit.limitOffset', { exit: { kind: 'stop-limit', limitOffset: -1 } }, 'a fraction >= 0 and < 1, received -1'],
  ['entry.timeInForce', { entry: { kind: 'limit', timeInForce: 1.5 } }, 'a whole number >= 1, received 1.5'],
  ['entry.postOnly', { entry: { kind: 'limit', postOnly: 'yes' } }, 'one of true, false, received "yes"'],
  ['entry.kind', { fill: 'this-close', entry: { kind: 'limit' } }, 'market with the fill this-close, received "limit"'],
  ['guards.stopLoss', { guards: { stopLoss: 1 } }, 'a fraction > 0 and < 1, received 1'],
  ['guards.takeProfit', { guards: { takeProfit: 0 } }, 'a finite number > 0, received 0'],
  [
    'guards.trailingStop',
    { guards: { trailingStop: { multiple: 3 } } },
    'either a fraction, or a multiple and a period, received {"multiple":3}',
  ],
  [
    'guards.trailingStop',
    { guards: { trailingStop: { fraction: 0.1, multiple: 3, period: 14 } } },
    'either a fraction, or a multiple and a period, received {"fraction":0.1,"multiple":3,"period":14}',
  ],
  ['guards.trailingStop.fraction', { guards: { trailingStop: { fraction: 8 } } }, 'a fraction > 0 and < 1, received 8'],
  ['guards.trailingStop.multiple', { guards: { trailingStop: { multiple: 0, period: 14 } } }, 'a finite number > 0, received 0'],
  ['guards.trailingStop.period', { guards: { trailingStop: { multiple: 3, period: 0 } } }, 'a whole number >= 1, received 0'],
  ['guards.trailingStop.intrabar', { guards: { trailingStop: { fraction: 0.1, intrabar: 1 } } }, 'one of true, false, received 1'],
  ['guards.timeStop', { guards: { timeStop: 0 } }, 'a whole number >= 1, received 0'],
  ['guards.cooldown', { guards: { cooldown: 2.5 } }, 'a whole number >= 1, received 2.5'],
  ['guards.staleData', { guards: { staleData: -1 } }, 'a whole number >= 1, received -1'],
  ['guards.expiredModel', { guards: { expiredModel: 'sell' } }, 'one of flat, hold, received "sell"'],
  ['guards.maxDrawdown', { guards: { maxDrawdown: 0.2 } }, 'an object, received 0.2'],
  ['guards.maxDrawdown.limit', { guards: { maxDrawdown: { limit: 20 } } }, 'a fraction > 0 and < 1, received 20'],
  ['guards.maxDrawdown.pause', { guards: { maxDrawdown: { limit: 0.2, pause: 0 } } }, 'a whole number >= 1, received 0'],
  ['guards.dailyLoss', { guards: { dailyLoss: 3 } }, 'a fraction > 0 and < 1, received 3'],
  ['guards.losses.limit', { guards: { losses: { limit: 0.5 } } }, 'a whole number >= 1, received 0.5'],
  ['guards.maxExposure', { guards: { maxExposure: 0 } }, 'a finite number > 0, received 0'],
  ['guards', { guards: { stopLos: 0.1 } }, 'made of stopLoss, takeProfit, '],
  ['marketGuards["a"].dailyLoss', { marketGuards: { a: { dailyLoss: 3 } } }, 'a fraction > 0 and < 1, received 3'],
  ['markets["a"].margin', { markets: { a: { margin: 'yes' } } }, 'one of true, false, received "yes"'],
  ['markets["a"].lot', { markets: { a: { lot: 0 } } }, 'a finite number > 0, received 0'],
  ['markets["a"].tick', { markets: { a: { tick: -1 } } }, 'a finite number > 0, received -1'],
  ['markets["a"].minimumQuantity', { markets: { a: { minimumQuantity: 0 } } }, 'a finite number > 0, received 0'],
  ['markets["a"].minimumNotional', { markets: { a: { minimumNotional: '10' } } }, 'a finite number > 0, received "10"'],
  ['markets["a"].leverage', { markets: { a: { margin: true, leverage: 0.5 } } }, 'a finite number >= 1, received 0.5'],
  [
    'markets["a"].maintenance',
    { markets: { a: { margin: true, leverage: 4, maintenance: 0.25 } } },
    'below the initial margin, 0.25, received 0.25',
  ],
  ['markets["a"].liquidationFee', { markets: { a: { margin: true, liquidationFee: 1 } } }, 'a fraction >= 0 and < 1, received 1'],
  ['markets["a"].borrow', { markets: { a: { margin: true, borrow: -0.1 } } }, 'a fraction >= 0 and < 1, received -0.1'],
  ['markets', { markets: 3 }, 'an object with markets for keys, received 3'],
  ['the rules', { capitall: 3 }, 'made of capital, fill, '],
];

describe('rules out of range', () => {
  it.each(REFUSED)('are refused by their field: %s', (path, rules, expected) => {
    expect(() => checkRules({ ...RULES, ...rules } as Rules, ['a'])).toThrow(`Expected ${path} to be ${expected}`);
    expect(() => checkRules({ ...RULES, ...rules } as Rules, ['a'])).toThrow(TypeError);
  });

  it.each<[object, string]>([
    [{ markets: { a: { leverage: 3 } } }, 'Expected markets["a"].leverage only with margin: true, received it on a spot market'],
    [{ entry: { kind: 'market', offset: 0.1 } }, 'Expected no entry.offset of a market order, received 0.1'],
    [
      { entry: { kind: 'limit', limitOffset: 0.1 } },
      'Expected entry.limitOffset with a stop-limit order only, received it with a limit order',
    ],
    [{ exit: { kind: 'market', postOnly: true } }, 'Expected exit.postOnly with a limit order only, received it with a market order'],
    [{ markets: { b: {} } }, 'Expected markets of a, received b'],
    [
      { costs: { taker: 0, slippage: 0, currency: 'base' }, markets: { a: { margin: true } } },
      'Expected costs.currency quote for a, which is on margin and buys no base, received base',
    ],
  ])('are refused where they contradict each other: %j', (rules, message) => {
    expect(() => checkRules({ ...RULES, ...rules } as Rules, ['a'])).toThrow(new TypeError(message));
  });

  it('are none of those of a bot file with all there is', () => {
    const all: Rules = {
      ...RULES,
      costs: { taker: 0, maker: 0, minimum: 0, perUnit: 0, currency: 'quote', slippage: { kind: 'measured', sample: [-0.001, 0.002] } },
      band: Infinity,
      keepSize: true,
      amount: 5000,
      markets: { a: { margin: true, lot: 1, tick: 1, minimumQuantity: 1, minimumNotional: 1, leverage: 3, maintenance: 0.1, borrow: 0 } },
      volumeCap: { share: 1, quantity: 'fixed' },
      entry: { kind: 'stop-limit', offset: 0.01, limitOffset: 0, timeInForce: 1 },
      exit: { kind: 'limit', postOnly: true },
      optimistic: false,
      ambiguity: 'best',
      guards: { takeProfit: 3, trailingStop: { multiple: 3, period: 14, intrabar: true }, losses: { limit: 3, pause: 5 }, maxExposure: 2 },
      marketGuards: { a: { expiredModel: 'flat', trailingStop: { fraction: 0.1 } } },
    };
    expect(() => checkRules(all, ['a'])).not.toThrow();
  });
});

describe('what nobody knows', () => {
  it.each([
    [{ slippage: 0.01 }, /^Expected one of the options bars, strategy, .*, received slippage$/],
    [{ sizing: { kind: 'volatilty', target: 0.2 } }, /^Expected the kind of a sizing to be one of fraction, .*, received volatilty$/],
    [{ sizing: { kind: 'volatility' } }, /^Expected target of the sizing volatility, received none$/],
  ])('is refused: %j', async (options, message) => {
    await expect(backtest({ ...base, ...(options as object) })).rejects.toThrow(message);
  });
});

describe('detail', () => {
  const one = { ...base, guards: { stopLoss: 0.02 } };

  it('of another market is refused', async () => {
    const other = synthetic('regime', { bars: 4000, intervalMs: HOUR, start: 0, seed: 9, volatility: 0.02 }).bars;
    await expect(backtest({ ...one, detail: { [market]: other } })).rejects.toThrow(
      /^Expected bars of a lower interval of .* itself, received some beyond the range of their bar in \d+ of \d+, first /,
    );
  });

  it('of another time is refused', async () => {
    const other = synthetic('trend', { bars: 400, intervalMs: HOUR, start: Date.UTC(2030, 0, 1), seed: 4, volatility: 0.006 }).bars;
    await expect(backtest({ ...one, detail: { [market]: other } })).rejects.toThrow(
      /^Expected bars of a lower interval within those of .*, received none in its period/,
    );
  });

  it('says in how many bars it decided', async () => {
    const half = {
      ...fine,
      length: 2000,
      ...Object.fromEntries(
        (['openTime', 'open', 'high', 'low', 'close', 'volume'] as const).map((name) => [name, fine[name].subarray(0, 2000)]),
      ),
    };
    const { report } = await backtest({ ...one, detail: { [market]: half } });
    expect(report.assumptions.notes.join(' ')).toContain(`Bars of 1h decide what came first in 500 of 1000 bars of ${market}.`);
  });
});
