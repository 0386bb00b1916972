import { run } from '../core/engine.ts';
import type { Setup } from '../core/setup.ts';
import { maxDrawdown } from '../statistics/drawdown.ts';
import { totalReturn } from '../statistics/growth.ts';
import { fees } from '../statistics/performance.ts';
import { returns } from '../statistics/returns.ts';
import { roundTrips } from '../statistics/round-trip.ts';
import { sharpe } from '../statistics/sharpe.ts';
import type { Bot } from '../walk/bot.ts';
import { holdAll, sumOf } from '../walk/holding.ts';
import { wholeSetup } from '../walk/walk.ts';
import { evaluationStart, type Prepared } from './preparation.ts';

/** What one cell of a sweep came to: fractions, quote; null where undefined. */
export interface CellFigures {
  readonly endEquity: number;
  readonly totalReturn: number;
  readonly sharpe: number | null;
  /** 0 or negative. */
  readonly maxDrawdown: number;
  readonly fees: number;
  /** Closed ones. */
  readonly roundTrips: number;
}

/** What cells share: the bars, and what the models say of them. */
export type SweepData = Pick<Prepared, 'panel' | 'forecasts' | 'outlooks'>;

/** Values of columns that are kept from finding the start until they are folded; beyond so many they are computed twice. */
const KEPT = 16_000_000;

/**
 * The figures of bots that make something else of the same bars and forecasts: strategies, rules, sizes. All from the first slice at which
 * each of them can decide, one fold of the engine for each. Throws a DataError where a bot never can.
 */
export function sweepBots(bots: readonly Bot[], data: SweepData): readonly CellFigures[] {
  const rows = data.panel.markets.reduce((sum, { length }) => sum + length, 0);
  const values = rows * bots.reduce((sum, { strategy, sizing }) => sum + strategy.signals.length + (sizing ? 1 : 0), 0);
  const kept = values <= KEPT ? bots.map((bot) => wholeSetup(bot, data)) : undefined;
  const from = latestStart(bots, data, kept);
  return bots.map((bot, k) => cellFigures(bot, data, from, kept?.[k]));
}

/** The first slice at which each of the bots can decide: all cells are measured from there. Throws a DataError where a bot never can. */
export function sweepStart(bots: readonly Bot[], data: SweepData): number {
  return latestStart(bots, data, undefined);
}

function latestStart(bots: readonly Bot[], data: SweepData, kept: readonly Setup[] | undefined): number {
  return bots.reduce((latest, bot, k) => Math.max(latest, evaluationStart(bot, kept?.[k] ?? wholeSetup(bot, data))), 0);
}

/** The figures of a bot from a slice on: the same fold as a backtest's, and of its figures those that a table of many cells shows. */
export function cellFigures(bot: Bot, data: SweepData, from: number, whole = wholeSetup(bot, data)): CellFigures {
  const { trace } = run({ ...whole, from });
  return figuresOfCurve(
    bot,
    trace.equity,
    trace.events.filter((event) => event.kind === 'fill'),
  );
}

/** Buy & hold over the same slices, by the rules of a bot. */
export function holdFigures(bot: Bot, { panel }: SweepData, from: number): CellFigures {
  const traces = holdAll(bot, panel, from, panel.closeTime.length).map(({ trace }) => trace);
  return figuresOfCurve(
    bot,
    sumOf(traces),
    traces.flatMap(({ events }) => events.filter((event) => event.kind === 'fill')),
  );
}

function figuresOfCurve({ periodsPerYear }: Bot, equity: Float64Array, fills: Parameters<typeof roundTrips>[0]): CellFigures {
  return {
    endEquity: equity[equity.length - 1]!,
    totalReturn: totalReturn(equity) ?? Number.NaN,
    sharpe: sharpe(returns(equity), periodsPerYear),
    maxDrawdown: maxDrawdown(equity)?.depth ?? Number.NaN,
    fees: fees(fills),
    roundTrips: roundTrips(fills).filter(({ open }) => !open).length,
  };
}
