import type { ComparedRun } from '../backtest/comparison.ts';
import { count, money, percent, ratio, share } from './format.ts';

/** The figures of a comparison, in one order wherever they are shown. */
export const COMPARISON_COLUMNS: readonly (readonly [heading: string, text: (run: ComparedRun) => string])[] = [
  ['Return', ({ performance }) => percent(performance.totalReturn)],
  ['Buy & hold', ({ buyAndHold }) => percent(buyAndHold.totalReturn)],
  ['Difference', ({ difference }) => percent(difference)],
  ['CAGR', ({ performance }) => percent(performance.cagr)],
  ['Sharpe', ({ performance }) => ratio(performance.sharpe)],
  ['Sortino', ({ performance }) => ratio(performance.sortino)],
  ['Drawdown', ({ performance }) => percent(performance.maxDrawdown)],
  ['Exposure', ({ performance }) => share(performance.exposure)],
  ['Fees', ({ performance }) => money(performance.fees)],
  ['Round trips', ({ performance }) => count(performance.roundTrips)],
];

/** The same over the period that all runs share, where their own ones differ. */
export const COMMON_COLUMNS: typeof COMPARISON_COLUMNS = [
  ['Return', ({ common }) => percent(common?.totalReturn)],
  ['Buy & hold', ({ common }) => percent(common?.buyAndHold)],
  ['Difference', ({ common }) => percent(common?.difference)],
];

/** Whether the runs have one period, so that the one they share tells nothing new. */
export function samePeriod(runs: readonly ComparedRun[]): boolean {
  return runs.every(({ from, to }) => from === runs[0]!.from && to === runs[0]!.to);
}
