import type { Column } from './bars.ts';
import type { Panel } from './panel.ts';
import type { Policy } from './policy.ts';
import type { Rules } from './rules.ts';

/** What a run folds: slices `from .. to-1` of the panel, and the columns that were computed before it. */
export interface Setup {
  /** The bot's name, the first part of order ids. */
  readonly name: string;
  readonly panel: Panel;
  readonly policy: Policy;
  /** Signals of the strategy, [market][signal], aligned with the market's bars. */
  readonly signals: readonly (readonly Column[])[];
  /** Expected returns, [market]. */
  readonly forecasts: readonly Column[];
  readonly rules: Rules;
  readonly from: number;
  readonly to: number;
  /** Exposure that a target of 1 stands for, [market], aligned with its bars, in place of `rules.share`; NaN: not known, nothing is entered. */
  readonly weights?: readonly Column[];
  /** Volatility that the account aims at, and what is known of how its markets move together. */
  readonly volatilityTarget?: VolatilityTarget;
  /** Average true range, [market], aligned with its bars, where the trailing stop keeps a multiple of it away. */
  readonly trueRange?: readonly Column[];
  /** Codes of `Restraint`, one a slice of the panel, of a session that could not do all it wanted. */
  readonly restraint?: Uint8Array;
}

/** All exposures are scaled by one factor so that the account's volatility, sqrt(w' C w), is what it aims at. */
export interface VolatilityTarget {
  /** Standard deviation of the account's returns a bar, and the most that the sum of its exposures may come to. */
  readonly volatility: number;
  readonly most: number;
  /** Covariance of the markets' returns a bar, [i][j] for j <= i, aligned with the panel's slices; NaN: not known, nothing is entered. */
  readonly covariance: readonly (readonly Column[])[];
}
