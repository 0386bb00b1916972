import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { backtestBot } from '../../src/backtest/backtest.ts';
import { memoryTrials } from '../../src/backtest/trials.ts';
import type { Rules } from '../../src/core/rules.ts';
import { readCsv } from '../../src/data/csv.ts';
import { memoryFitStore } from '../../src/models/bundle.ts';
import { createSchedule } from '../../src/models/schedule.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import type { Bot } from '../../src/walk/bot.ts';

const REFERENCE = '../shared/reference/backtests.json';
const present = existsSync(REFERENCE);

interface Variant {
  readonly variant: string;
  readonly start: number;
  readonly final_equity: number;
  readonly sharpe: number;
  readonly sortino: number;
  readonly max_drawdown: number;
  readonly max_drawdown_bars: number;
  readonly cagr: number;
  readonly total_fees: number;
  readonly round_trips: number;
  readonly exposure: number;
  readonly win_rate: number;
  readonly profit_factor: number;
  readonly equity_index: readonly number[];
  readonly equity_at_index: readonly number[];
  readonly buy_and_hold?: { readonly final_equity: number; readonly sharpe: number; readonly max_drawdown: number };
  readonly fills: readonly (readonly [string, 'buy' | 'sell', number, number, number, string])[];
  readonly fills_count: number;
  readonly exits_by_reason: Readonly<Record<string, number>>;
  readonly ambiguous_bars: number | null;
}
interface Market {
  readonly file: string;
  readonly interval_seconds: number;
  readonly bars_per_year: number;
  readonly variants: readonly Variant[];
}

const { markets } = (present ? JSON.parse(readFileSync(REFERENCE, 'utf8')) : { markets: [] }) as { markets: readonly Market[] };
/** What each variant adds to the plain one. */
const RULES: Readonly<Record<string, Partial<Rules>>> = {
  plain: {},
  slippage5bp: { costs: { taker: 0.001, slippage: 0.0005 } },
  stop5_take10: { guards: { stopLoss: 0.05, takeProfit: 0.1 } },
  stop1_take2: { guards: { stopLoss: 0.01, takeProfit: 0.02 } },
  longshort: {},
  trail8: { guards: { trailingStop: { fraction: 0.08 } } },
  volcap_cash: { volumeCap: { share: 0.001, quantity: 'resolve' } },
  volcap_fixed: { volumeCap: { share: 0.001, quantity: 'fixed' } },
};
/** The reference's names for why a fill happened; entries and exits by the signal are one there. */
const REASONS: Readonly<Record<string, string>> = {
  stopLoss: 'stop',
  stopLossGap: 'stop-gap',
  takeProfit: 'target',
  takeProfitGap: 'target-gap',
  trailingStop: 'trail',
  trailingStopGap: 'trail-gap',
};
const cases = markets.flatMap((market) =>
  market.variants.map((variant) => ({ name: `${market.file}, ${variant.variant}`, market, variant })),
);

const close = (received: number | null, expected: number, tolerance = 1e-9) => {
  expect(Math.abs(received! - expected)).toBeLessThanOrEqual(tolerance * Math.max(Math.abs(expected), 1e-12));
};

describe.skipIf(!present)('golden backtests (skipped where ../shared is absent)', () => {
  it.each(cases)('$name: every fill, the equity curve and every figure', async ({ market, variant }) => {
    const { bars } = await readCsv(`../shared/data/${market.file}`, {
      market: market.file,
      intervalMs: market.interval_seconds * 1000,
      calendar: market.bars_per_year === 252 ? 'nyse' : '24/7',
    });
    const short = variant.variant === 'longshort';
    const bot: Bot = {
      name: 'golden',
      calendar: market.bars_per_year === 252 ? 'nyse' : '24/7',
      periodsPerYear: market.bars_per_year,
      period: {},
      evaluate: 'all',
      rules: {
        capital: variant.start,
        fill: 'next-open',
        costs: { taker: 0.001, slippage: 0 },
        share: 1,
        band: 0.05,
        ...RULES[variant.variant]!,
        ...(short && { markets: { [market.file]: { margin: true } } }),
      },
      strategy: createStrategy({ kind: 'crossover', fast: 10, slow: 30, side: short ? 'both' : 'long' }),
      schedule: createSchedule({ retrain: 1 }),
      seed: 1,
    };
    const { report, trace } = await backtestBot(bot, [{ bars, origin: 'file' }], {
      networkTrainer: () => Promise.reject(new Error('no network here')),
      fits: memoryFitStore(),
      trials: memoryTrials(),
      clock: () => 0,
      now: () => '',
      config: {},
    });
    const fills = trace.events.filter((event) => event.kind === 'fill');
    expect(fills).toHaveLength(variant.fills_count);
    // Long lists are stored in part: the first ones, then the last.
    const head = variant.fills.findIndex(([time], k) => Date.parse(time) !== fills[k]!.time);
    const aligned = head < 0 ? fills : [...fills.slice(0, head), ...fills.slice(fills.length - (variant.fills.length - head))];
    variant.fills.forEach(([time, side, quantity, price, fee, reason], k) => {
      const fill = aligned[k]!;
      expect([fill.time, fill.side, REASONS[fill.reason] ?? 'signal']).toEqual([Date.parse(time), side, reason]);
      close(fill.quantity, quantity);
      close(fill.price, price);
      close(fill.fee, fee);
    });
    const counted = fills.map(({ reason }) => REASONS[reason] ?? 'signal');
    for (const [reason, count] of Object.entries(variant.exits_by_reason)) {
      expect(
        counted.filter((name) => name === reason),
        reason,
      ).toHaveLength(count);
    }
    expect(report.assumptions.ambiguousBars).toBe(variant.ambiguous_bars ?? 0);
    variant.equity_index.forEach((index, k) => {
      close(trace.equity[index]!, variant.equity_at_index[k]!);
    });
    const { performance, buyAndHold } = report;
    close(performance.endEquity, variant.final_equity);
    close(performance.sharpe, variant.sharpe);
    close(performance.sortino, variant.sortino);
    close(performance.maxDrawdown, variant.max_drawdown);
    expect(performance.maxDrawdownBars).toBe(variant.max_drawdown_bars);
    close(performance.cagr, variant.cagr, 1e-7);
    close(performance.fees, variant.total_fees);
    expect(performance.roundTrips).toBe(variant.round_trips);
    close(performance.exposure, variant.exposure);
    if (variant.win_rate !== undefined) close(performance.winRate, variant.win_rate);
    if (variant.buy_and_hold) {
      close(buyAndHold.endEquity, variant.buy_and_hold.final_equity);
      close(buyAndHold.sharpe, variant.buy_and_hold.sharpe);
      close(buyAndHold.maxDrawdown, variant.buy_and_hold.max_drawdown);
    }
  });
});
