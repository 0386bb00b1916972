import type { DataSummary, FitSummary, TestResult } from '../backtest/result.ts';
import type { Band } from '../statistics/band.ts';
import type { Calibration } from '../statistics/calibration.ts';
import type { Coverage } from '../statistics/coverage.ts';
import type { Skill } from '../statistics/skill.ts';

export type { Band, Calibration, Coverage };

/** Which rows a figure is about. */
export type Part = 'train' | 'validation' | 'test';

/** One part of a chronological split of one market. Times are closes, ISO 8601 UTC; null where the part has no rows. */
export interface PartSummary {
  readonly rows: number;
  /** Windows whose label lies where it may. */
  readonly windows: number;
  readonly from: string | null;
  readonly to: string | null;
}

export interface SplitSummary {
  readonly market: string;
  /** Rows on which every feature is known. */
  readonly rows: number;
  readonly train: PartSummary;
  readonly validation: PartSummary;
  readonly test: PartSummary;
}

/** Scores of one column of forecasts on one part. Prices are levels of the output, such as the close in quote currency. */
export interface Scores extends Skill {
  /** Of the model's squared errors against the ridge regression's on the same rows; statistic > 0 where the model is better. */
  readonly dieboldMarianoLinear: TestResult | null;
  readonly coverage: Coverage | null;
  readonly calibration: Calibration | null;
}

/** The scores that bands are made of. */
export const bandedScores = ['r2', 'rmse', 'mae', 'mape', 'bias', 'directionAccuracy', 'skillVsPersistence'] as const;
export type BandedScore = (typeof bandedScores)[number];

/** Each of the banded scores by its name. */
export function bandedScore(scores: Scores, name: BandedScore): number | null {
  return name === 'directionAccuracy' || name === 'skillVsPersistence' ? scores[name] : scores.price[name];
}

/** The linear model of a comparison: ridge regression, else least squares; undefined where there is neither. */
export function linearAmong<T>(compared: readonly T[], nameOf: (one: T) => string): T | undefined {
  return compared.find((one) => nameOf(one) === 'linear') ?? compared.find((one) => nameOf(one) === 'least-squares');
}

/** One training of one model: one seed. */
export interface TrainingRun extends Pick<FitSummary, 'epochs' | 'bestEpoch' | 'seconds' | 'cached' | 'losses' | 'validationLosses'> {
  readonly seed: number;
  /** Key of the fit; null for an ensemble, which has none of its own. */
  readonly fit: string | null;
  readonly validation: Scores | null;
  readonly test: Scores | null;
}

/** A model or baseline on one output of one market. */
export interface ModelScore {
  readonly market: string;
  readonly model: string;
  readonly role: 'network' | 'ensemble' | 'baseline';
  /** What is forecast: `close`, another column of the bars, or `volatility`. */
  readonly output: string;
  /** Trainable numbers; null where the word means nothing. */
  readonly parameters: number | null;
  /** In order of the seeds; one for what has no seed. */
  readonly runs: readonly TrainingRun[];
  /** The run whose R2 on the scored part is the median one (the lower of two): what tables and figures show. */
  readonly shown: number;
  /** Per scored part; null with a single run. */
  readonly bands: { readonly validation: Bands | null; readonly test: Bands | null } | null;
}

export type Bands = Readonly<Partial<Record<BandedScore, Band>>>;

/** What could not be done, and why; everything else went on. */
export interface Failure {
  readonly market: string;
  readonly model: string | null;
  readonly reason: string;
}

export interface GridResult {
  readonly market: string;
  readonly model: string;
  readonly tried: readonly {
    readonly words: string;
    readonly parameters: number;
    readonly epochs: number;
    /** Least over the epochs; null where the fit was refused. */
    readonly validationLoss: number | null;
    readonly chosen: boolean;
  }[];
}

/** What `train --json` prints and `experiment.json` holds. Fractions, not percents; null where undefined. */
export interface ExperimentResult {
  readonly schema: 'paperwalk/experiment@1';
  readonly experimentId: string;
  readonly name: string;
  /** Plain JSON of the configuration. */
  readonly config: unknown;
  /** For people: what trained the networks. */
  readonly engine: string | null;
  readonly data: readonly DataSummary[];
  /** Bars ahead. */
  readonly horizon: number;
  /** The part that tables, bands and verdict are about. */
  readonly scored: 'validation' | 'test';
  readonly split: readonly SplitSummary[];
  readonly scores: readonly ModelScore[];
  /** Of models that a grid was searched for: what was tried, in order; the one with the least validation loss was scored. */
  readonly grid: readonly GridResult[];
  readonly failures: readonly Failure[];
  readonly assumptions: readonly string[];
  readonly verdict: string;
  /** Seconds. */
  readonly timings: { readonly training: number; readonly total: number };
}

/** Columns behind the scores of one output of one market, over the rows of all parts in order. Levels; NaN where there is none. */
export interface OutputSeries {
  readonly market: string;
  readonly output: string;
  /** Instant (ms UTC) at which the outcome is known: the close `horizon` bars after the forecast. NaN where it is not yet. */
  readonly time: Float64Array;
  readonly part: readonly Part[];
  /** The present level, which persistence says will stay. */
  readonly naive: Float64Array;
  readonly actual: Float64Array;
  /** The shown run of every model, in the order of the scores. */
  readonly forecasts: readonly {
    readonly model: string;
    readonly level: Float64Array;
    /** Standard deviation over an ensemble's members. */
    readonly spread?: Float64Array;
  }[];
}

export interface Experiment {
  readonly report: ExperimentResult;
  readonly series: readonly OutputSeries[];
}
