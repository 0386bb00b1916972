import type { Column } from '../core/bars.ts';
import type { Outlook } from '../core/policy.ts';
import type { Bot } from './bot.ts';
import { STACKING_WINDOW, stackingReach, stackingWeights } from './stacking.ts';
import type { Forecasts } from './walk.ts';

type Ensemble = NonNullable<Bot['ensemble']>;

/** Rows before a decision whose forecasts its combination rests on. */
export function rowsBehind({ combine, window = STACKING_WINDOW }: Ensemble, horizon: number): number {
  return combine === 'stacking' ? stackingReach(window, horizon) : 0;
}

/**
 * What several models say of all markets, as one. `returns` over the horizon teach a stacking, [market]. All columns of an outlook are
 * combined as the expected returns are; of a probability, which has no size to learn, stacked weights are taken as shares of their sum.
 */
export function combineForecasts(
  { combine, window = STACKING_WINDOW }: Ensemble,
  members: readonly Forecasts[],
  returns: readonly Column[],
): Forecasts {
  const combined = returns.map((outcome, m) => {
    const columns = members.map((member) => member.columns[m]!);
    const outlooks = members.map((member) => member.outlooks[m]!);
    const { horizon } = outlooks[0]!;
    const apart = combineColumns('mean', columns).spread;
    if (combine !== 'stacking') {
      const together = (of: readonly Column[]) => combineColumns(combine, of).column;
      return { column: together(columns), spread: apart, outlook: outlookOf(outlooks, together, together) };
    }
    const weights = stackingWeights(columns, outcome, horizon, window);
    const shares = sharesOf(weights, columns.length);
    const weighted = (of: readonly Column[]) => weightedSum(of, weights);
    return { column: weighted(columns), spread: apart, outlook: outlookOf(outlooks, weighted, (of) => weightedSum(of, shares)) };
  });
  return {
    // Folds are those of the first member; every one has its own fits on the same schedule.
    serving: members[0]!.serving,
    columns: combined.map(({ column }) => column),
    spread: combined.map(({ spread }) => spread),
    outlooks: combined.map(({ outlook }) => outlook),
  };
}

type Together = (columns: readonly Column[]) => Column;

function outlookOf(outlooks: readonly Outlook[], ofReturns: Together, ofProbabilities: Together): Outlook {
  const { horizon } = outlooks[0]!;
  return {
    horizon,
    lower: ofReturns(outlooks.map(({ lower }) => lower)),
    upper: ofReturns(outlooks.map(({ upper }) => upper)),
    probability: ofProbabilities(outlooks.map(({ probability }) => probability)),
  };
}

function weightedSum(columns: readonly Column[], weights: Float64Array): Column {
  return columns[0]!.map((_, row) => columns.reduce((sum, column, k) => sum + weights[row * columns.length + k]! * column[row]!, 0));
}

/** Every row's weights over their sum; equal ones where that is 0. */
function sharesOf(weights: Float64Array, count: number): Float64Array {
  const shares = new Float64Array(weights.length);
  for (let row = 0; row < weights.length; row += count) {
    let sum = 0;
    for (let k = 0; k < count; k++) sum += weights[row + k]!;
    for (let k = 0; k < count; k++) shares[row + k] = sum > 0 ? weights[row + k]! / sum : 1 / count;
  }
  return shares;
}

/**
 * Forecasts of several models as one, row by row, and their spread: the standard deviation over the models, divisor n - 1. NaN where a
 * model says nothing.
 */
export function combineColumns(
  combine: 'mean' | 'median',
  columns: readonly Column[],
): { readonly column: Column; readonly spread: Column } {
  const length = columns[0]!.length;
  const column = new Float64Array(length);
  const spread = new Float64Array(length);
  const said = new Float64Array(columns.length);
  for (let row = 0; row < length; row++) {
    let sum = 0;
    for (let k = 0; k < said.length; k++) {
      said[k] = columns[k]![row]!;
      sum += said[k]!;
    }
    const mean = sum / said.length;
    let squares = 0;
    for (const value of said) squares += (value - mean) * (value - mean);
    column[row] = combine === 'mean' || Number.isNaN(mean) ? mean : median(said);
    spread[row] = Math.sqrt(squares / (said.length - 1));
  }
  return { column, spread };
}

/** Orders the values. */
function median(values: Float64Array): number {
  values.sort();
  const middle = values.length >>> 1;
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}
