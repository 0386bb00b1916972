import { expectedMaximumSharpe } from '../statistics/luck.ts';
import { mean } from '../statistics/moments.ts';
import type { CellFigures } from './sweep.ts';

/** One cell of a grid: the values of its axes, and what it came to, or why it was left out. */
export type SearchCell = { readonly values: readonly unknown[] } & (CellFigures | { readonly refused: string });

/** The JSON of a sweep: `search --json` and `backtest --sweep costs --json`. The schema name is a contract. */
export interface SearchResult {
  readonly schema: 'paperwalk/search@1';
  readonly searchId: string;
  readonly name: string;
  /** Many cells on the same bars: the best of them is better than it will be. */
  readonly exploratory: true;
  readonly axes: readonly { readonly path: string; readonly values: readonly unknown[] }[];
  readonly evaluation: { readonly from: string; readonly to: string; readonly bars: number; readonly periodsPerYear: number };
  readonly buyAndHold: CellFigures;
  /** In the order of the grid, the last axis fastest. */
  readonly cells: readonly SearchCell[];
  /** Highest Sharpe ratio a year to expect of as many cells without skill whose ratios differ as much; null for fewer than two. */
  readonly expectedBestSharpe: number | null;
  /** Backtests in the workspace so far, these included. */
  readonly trials: number;
  readonly seconds: { readonly forecasts: number; readonly cells: number };
}

/** Cells that were computed. */
export function computed(cells: readonly SearchCell[]): readonly (CellFigures & { readonly values: readonly unknown[] })[] {
  return cells.flatMap((cell) => ('refused' in cell ? [] : [cell]));
}

/**
 * The best Sharpe ratio a year that luck alone would bring among as many cells (Bailey and Lopez de Prado 2014). How much the ratios of cells
 * without skill vary is seen in how much these differ, but it is no less than the error of any one of them over so many years, 1 / years.
 */
export function expectedBestSharpe(cells: readonly SearchCell[], years: number): number | null {
  const ratios = Float64Array.from(computed(cells).flatMap(({ sharpe }) => (sharpe === null ? [] : [sharpe])));
  const centre = mean(ratios);
  if (ratios.length < 2 || centre === null || !(years > 0)) return null;
  const variance = ratios.reduce((sum, ratio) => sum + (ratio - centre) * (ratio - centre), 0) / (ratios.length - 1);
  return expectedMaximumSharpe(Math.max(variance, 1 / years), ratios.length);
}
