import type { Costs } from '../core/rules.ts';
import type { Trace } from '../core/trace.ts';

/** Performance of one equity curve; definitions in statistics. Fractions, not percents; null where undefined. */
export interface Performance {
  readonly startEquity: number;
  readonly endEquity: number;
  readonly totalReturn: number;
  readonly cagr: number | null;
  readonly sharpe: number | null;
  readonly sortino: number | null;
  readonly calmar: number | null;
  readonly volatility: number | null;
  readonly maxDrawdown: number;
  readonly maxDrawdownBars: number;
  readonly exposure: number;
  readonly turnover: number | null;
  readonly fees: number;
  readonly slippage: number;
  readonly funding: number;
  readonly roundTrips: number;
  readonly winRate: number | null;
  readonly profitFactor: number | null;
}

export interface TestResult {
  readonly statistic: number | null;
  readonly pValue: number | null;
}

/** Skill of a forecast on the scored bars. */
export interface Skill {
  readonly bars: number;
  readonly unscored: number;
  readonly horizon: number;
  readonly return: { readonly rmse: number | null; readonly mae: number | null; readonly r2: number | null; readonly bias: number | null };
  readonly price: {
    readonly rmse: number | null;
    readonly mae: number | null;
    readonly mape: number | null;
    readonly r2: number | null;
    readonly bias: number | null;
    readonly negativeShare: number | null;
  };
  readonly directionAccuracy: number | null;
  readonly majorityShare: number | null;
  readonly skillVsPersistence: number | null;
  /** Of the model against persistence (for a baseline: of the model against this baseline). Statistic > 0: the model is better. */
  readonly dieboldMariano: TestResult;
  readonly pesaranTimmermann: TestResult;
}

export interface BaselineSkill extends Skill {
  readonly name: string;
}

export interface FoldSkill extends Skill {
  readonly market: string;
  readonly from: string;
  readonly to: string;
  /** Key of the fit that served. */
  readonly fit: string;
}

export interface ForecastReport extends Skill {
  readonly model: string;
  readonly baselines: readonly BaselineSkill[];
  readonly folds: readonly FoldSkill[];
}

export interface FitSummary {
  readonly key: string;
  readonly market: string;
  readonly model: string;
  readonly requestedAt: string;
  readonly trainedFrom: string;
  readonly trainedTo: string;
  readonly samples: number;
  readonly validationSamples: number;
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly seconds: number;
  readonly cached: boolean;
  readonly losses: readonly number[];
  readonly validationLosses: readonly number[];
  /** Set where the fit was refused: why. */
  readonly refused?: string;
}

export interface TradeRow {
  readonly market: string;
  readonly side: 'long' | 'short';
  readonly entryTime: string;
  readonly exitTime: string | null;
  readonly quantity: number;
  readonly entryPrice: number;
  readonly exitPrice: number | null;
  readonly fees: number;
  readonly profit: number;
  readonly profitFraction: number;
  readonly exitReason: string | null;
}

export interface DataSummary {
  readonly market: string;
  readonly origin: string;
  readonly bars: number;
  readonly from: string;
  readonly to: string;
  readonly sha256: string;
  /** What a synthetic market is known to contain, in words. */
  readonly truth?: string;
  readonly warnings: readonly string[];
}

/** From the profit before costs to the profit, quote; slippage, funding and interest are costs where they are positive. */
export interface CostBreakdown {
  readonly gross: number;
  readonly fees: number;
  readonly slippage: number;
  readonly funding: number;
  readonly interest: number;
  /** Losses beyond the margin of liquidated positions, which the account did not bear. */
  readonly shortfall: number;
  readonly net: number;
  /** Flat fees of every fill at which the profit is 0, and that of buy & hold; null: not computed, nothing was traded or there are too many bars. */
  readonly breakEvenFee: { readonly profit: BreakEven | null; readonly buyAndHold: BreakEven | null };
}

/** Highest fee that is tried, a fraction. */
export const HIGHEST_FEE = 0.1;

/** A fee, a fraction, at which it is even; or behind even without a fee; or ahead even at the highest one that is tried. */
export type BreakEven = { readonly kind: 'fee'; readonly fee: number } | { readonly kind: 'behind' } | { readonly kind: 'ahead' };

/** The JSON of a run: `backtest --json` and `result.json`. The schema name is a contract. */
export interface RunResult {
  readonly schema: 'paperwalk/run@1';
  readonly runId: string;
  readonly name: string;
  readonly digest: string;
  readonly config: unknown;
  readonly engine: string | null;
  readonly data: readonly DataSummary[];
  readonly evaluation: { readonly from: string; readonly to: string; readonly bars: number; readonly periodsPerYear: number };
  readonly assumptions: {
    readonly fill: string;
    /** Fractions; slippage null where it depends on the fill. */
    readonly costs: Omit<Costs, 'slippage'> & { readonly slippage: number | null };
    /** Bars in which it cannot be known what happened first, and the total return with each of them taken for the worse and the better. */
    readonly ambiguousBars: number;
    readonly bounds: { readonly worst: number; readonly best: number } | null;
    /** Every further assumption, one sentence each. */
    readonly notes: readonly string[];
  };
  readonly performance: Performance;
  readonly buyAndHold: Performance;
  readonly costs: CostBreakdown;
  readonly forecast: ForecastReport | null;
  readonly fits: readonly FitSummary[];
  readonly trades: readonly TradeRow[];
  readonly rejections: readonly { readonly time: string; readonly market: string; readonly reason: string }[];
  /** What guards did beside the fills, which carry their reason. */
  readonly guards: readonly {
    readonly time: string;
    /** Null for the account. */
    readonly market: string | null;
    readonly guard: string;
    readonly action: 'acts' | 'ends';
    readonly reason: string;
  }[];
  readonly equity: { readonly times: readonly string[]; readonly strategy: readonly number[]; readonly buyAndHold: readonly number[] };
  readonly trials: number;
  readonly verdict: string;
  readonly timings: { readonly features: number; readonly training: number; readonly run: number };
}

/** Columns a report draws that are too long for the JSON; one entry per market, aligned with `closeTime` of that market's bars in the evaluation. */
export interface MarketColumns {
  readonly market: string;
  /** Close times, ms UTC. */
  readonly time: Float64Array;
  readonly close: Float64Array;
  readonly signal: Float64Array;
  /** Expected return over the horizon; NaN where unknown. */
  readonly forecast: Float64Array;
  /** Standard deviation of the forecasts of an ensemble's members. */
  readonly spread?: Float64Array;
  /** Of a model that learns several quantiles, the lowest and the highest; of one that learns the direction, the probability of a rise. */
  readonly lower?: Float64Array;
  readonly upper?: Float64Array;
  readonly probability?: Float64Array;
  /** What the return over the horizon turned out to be; NaN where not known by the end. */
  readonly actual: Float64Array;
  readonly exposure: Float64Array;
}

/** A finished backtest: the JSON, and the columns behind it. */
export interface Backtest {
  readonly report: RunResult;
  readonly trace: Trace;
  /** Equity of buy & hold, aligned with trace.equity. */
  readonly buyAndHold: Float64Array;
  readonly columns: readonly MarketColumns[];
}
