import { defined } from './defined.ts';
import { maxDrawdown, ulcerIndex } from './drawdown.ts';
import { cagr, calmar, totalReturn, yearsBetween } from './growth.ts';
import { kurtosis, mean, skew } from './moments.ts';
import { returns } from './returns.ts';
import { type Fill, roundTrips } from './round-trip.ts';
import { sharpe, sharpeStandardError, sharpeStandardErrorAdjusted, sortino, volatility } from './sharpe.ts';
import { conditionalValueAtRisk, valueAtRisk } from './tail-risk.ts';
import { averageLoss, averageWin, closedProfits, expectancy, longestLosingRun, profitFactor, winRate } from './trip-profits.ts';

/** What a run left behind; the columns have one value per bar, marked at its close. */
export interface Curve {
  /** Quote; `equity[0]` is the first bar's mark. */
  readonly equity: Float64Array;
  /** ms UTC, ascending. */
  readonly closeTime: Float64Array;
  /** Whether a position was held at the close. */
  readonly positionHeld: ArrayLike<number | boolean>;
  /** Declared, never estimated. */
  readonly periodsPerYear: number;
  /** Oldest first. */
  readonly fills: readonly Fill[];
  /** Total lost to slippage, quote. */
  readonly slippage: number;
  /** Total paid for funding, quote; negative where more was received. */
  readonly funding: number;
}

/** Figures of one equity curve: fractions, not percents; amounts in quote; null where undefined (each function says when). */
export interface Performance {
  readonly startEquity: number;
  readonly endEquity: number;
  readonly totalReturn: number;
  readonly cagr: number | null;
  readonly sharpe: number | null;
  readonly sharpeStandardError: number | null;
  readonly sharpeStandardErrorAdjusted: number | null;
  readonly sortino: number | null;
  readonly calmar: number | null;
  readonly volatility: number | null;
  /** Of the returns per bar. */
  readonly skew: number | null;
  /** Of the returns per bar; 3 for the normal. */
  readonly kurtosis: number | null;
  /** Per bar, a return. */
  readonly valueAtRisk95: number | null;
  readonly conditionalValueAtRisk95: number | null;
  /** 0 or negative. */
  readonly maxDrawdown: number;
  readonly maxDrawdownBars: number;
  readonly ulcerIndex: number | null;
  readonly exposure: number;
  readonly turnover: number | null;
  readonly fees: number;
  readonly slippage: number;
  readonly funding: number;
  /** Closed ones. */
  readonly roundTrips: number;
  readonly winRate: number | null;
  readonly profitFactor: number | null;
  readonly expectancy: number | null;
  readonly averageWin: number | null;
  readonly averageLoss: number | null;
  readonly longestLosingRun: number;
}

/**
 * All figures of one curve. Null for a curve without a bar, or one that does not start above zero: there is nothing to measure.
 * One bar gives what it has, its equity and exposure, and null for all that needs a return. Throws a RangeError where columns differ in length.
 */
export function performance(curve: Curve): Performance | null {
  const { equity, closeTime, positionHeld, periodsPerYear } = curve;
  if (closeTime.length !== equity.length || positionHeld.length !== equity.length) {
    throw new RangeError(
      `Expected columns of ${equity.length} bars, as in equity, received ${closeTime.length} in closeTime and ${positionHeld.length} in positionHeld`,
    );
  }
  const total = totalReturn(equity);
  const drawdown = maxDrawdown(equity);
  const held = exposure(positionHeld);
  if (total === null || drawdown === null || held === null) return null;
  const startEquity = equity[0]!;
  const endEquity = equity[equity.length - 1]!;
  const years = yearsBetween(closeTime);
  const growth = cagr(startEquity, endEquity, years);
  const series = returns(equity);
  const profits = closedProfits(roundTrips(curve.fills));
  return {
    startEquity,
    endEquity,
    totalReturn: total,
    cagr: growth,
    sharpe: sharpe(series, periodsPerYear),
    sharpeStandardError: sharpeStandardError(series, periodsPerYear),
    sharpeStandardErrorAdjusted: sharpeStandardErrorAdjusted(series, periodsPerYear),
    sortino: sortino(series, periodsPerYear),
    calmar: calmar(growth, drawdown.depth),
    volatility: volatility(series, periodsPerYear),
    skew: skew(series),
    kurtosis: kurtosis(series),
    valueAtRisk95: valueAtRisk(series),
    conditionalValueAtRisk95: conditionalValueAtRisk(series),
    maxDrawdown: drawdown.depth,
    maxDrawdownBars: drawdown.bars,
    ulcerIndex: ulcerIndex(equity),
    exposure: held,
    turnover: turnover(curve.fills, equity, years),
    fees: fees(curve.fills),
    slippage: curve.slippage,
    funding: curve.funding,
    roundTrips: profits.length,
    winRate: winRate(profits),
    profitFactor: profitFactor(profits),
    expectancy: expectancy(profits),
    averageWin: averageWin(profits),
    averageLoss: averageLoss(profits),
    longestLosingRun: longestLosingRun(profits),
  };
}

/** Share of the bars with a position at their close; null without bars. */
export function exposure(positionHeld: ArrayLike<number | boolean>): number | null {
  let held = 0;
  for (let i = 0; i < positionHeld.length; i++) if (positionHeld[i]) held++;
  return defined(held / positionHeld.length);
}

/** Summed notional of the fills / mean equity / years. Null where no time passed or mean equity is not positive: there is no "per year" or "per capital" then. */
export function turnover(fills: readonly Fill[], equity: Float64Array, years: number): number | null {
  const capital = mean(equity);
  if (capital === null || !(capital > 0 && years > 0)) return null;
  let notional = 0;
  for (const fill of fills) notional += fill.quantity * fill.price;
  return defined(notional / capital / years);
}

/** Fees of all fills, quote. */
export function fees(fills: readonly Fill[]): number {
  let sum = 0;
  for (const fill of fills) sum += fill.fee;
  return sum;
}
