import type { Bars } from '../core/bars.ts';
import type { BaselineKind, Model, ModelOptions } from '../models/model.ts';

/** A model under the name that tables and figures call it by. */
export interface NamedModel {
  readonly name: string;
  readonly model: Model;
}

/** Shares of the rows (test 0 for none), or the instants (ms UTC) at which validation and test begin. */
export type SplitRule =
  | { readonly kind: 'shares'; readonly train: number; readonly validation: number; readonly test: number }
  | { readonly kind: 'dates'; readonly validation: number; readonly test?: number };

export type EnsembleKind = 'mean' | 'median' | 'weighted';

/** One combination of a grid: the model it makes of the one it was asked for, and what is different about it in words. */
export interface GridCell {
  readonly words: string;
  readonly model: Model;
}

/** One chronological split and everything that is fitted on it. A value. */
export interface ExperimentPlan {
  readonly name: string;
  readonly models: readonly NamedModel[];
  readonly split: SplitRule;
  /** Whether a window may reach into the part before its own: it holds nothing that was not known. */
  readonly windows: 'overlapping' | 'inside';
  /** Leaves out the last window of every part, as the publication does; with windows inside their part only. */
  readonly dropLast: boolean;
  /** Default: the test part where there is one. */
  readonly score?: 'validation' | 'test';
  readonly seeds: readonly number[];
  readonly baselines: readonly BaselineKind[];
  /** Whether the learning baselines see the whole window or its last row. */
  readonly baselineInputs: 'window' | 'row';
  /** The class of each market where one model is to learn from all markets of a class. */
  readonly pool?: ReadonlyMap<string, string>;
  readonly ensemble: readonly EnsembleKind[];
  /** For each model by name, what is tried before the best one is scored. */
  readonly grid?: ReadonlyMap<string, readonly GridCell[]>;
}

/** The part that tables, bands and verdict are about: the test part where there is one, unless the plan says otherwise. */
export function scoredPart({ score, split }: Pick<ExperimentPlan, 'score' | 'split'>): 'validation' | 'test' {
  return score ?? (split.test ? 'test' : 'validation');
}

/** Bars of a market that are there, or why they are not. */
export type MarketBars = { readonly market: string; readonly bars: Bars } | { readonly market: string; readonly refused: string };

/** Values of model options to be combined with each other. */
export interface Grid {
  readonly units?: readonly (readonly number[])[];
  readonly dropout?: readonly number[];
  readonly learningRate?: readonly number[];
  readonly lookback?: readonly number[];
}

/** All combinations of a grid's values over a model's options, in the order of the lists. */
export function gridCells(options: ModelOptions, grid: Grid, create: (options: ModelOptions) => Model): readonly GridCell[] {
  let cells: readonly { readonly words: readonly string[]; readonly options: ModelOptions }[] = [{ words: [], options }];
  const cross = <T>(name: string, values: readonly T[] | undefined, set: (options: ModelOptions, value: T) => ModelOptions) => {
    if (!values) return;
    cells = cells.flatMap((cell) =>
      values.map((value) => ({
        words: [...cell.words, `${name} ${Array.isArray(value) ? value.join('/') : value}`],
        options: set(cell.options, value),
      })),
    );
  };
  cross('units', grid.units, (base, units) => ({ ...base, units }));
  cross('dropout', grid.dropout, (base, dropout) => ({ ...base, dropout }));
  cross('learningRate', grid.learningRate, (base, learningRate) => ({ ...base, train: { ...base.train, learningRate } }));
  cross('lookback', grid.lookback, (base, lookback) => ({ ...base, lookback }));
  return cells.map(({ words, options: chosen }) => ({ words: words.join(', '), model: create(chosen) }));
}
