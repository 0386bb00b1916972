import type { Column } from '../core/bars.ts';
import { combineColumns } from '../walk/combination.ts';
import type { ModelForecast } from './forecast.ts';
import type { EnsembleKind } from './plan.ts';

/**
 * Several forecasts as one. mean and median of the members' levels; weighted: by the inverse of each member's mean squared error on the
 * validation rows on which all speak (Bates and Granger 1969, without the correlations). Where a member says nothing, the ensemble does
 * not either. The spread is the standard deviation over the members, divisor n - 1.
 */
export function combine(
  kind: EnsembleKind,
  members: readonly ModelForecast[],
  actual: readonly Column[],
  validation: Int32Array,
): ModelForecast {
  const columns = members[0]!.levels.map((_, output) => {
    const levels = members.map((member) => member.levels[output]);
    return levels.every((level) => level !== undefined) ? levels : undefined;
  });
  const middle = columns.map((levels) => levels && combineColumns('median', levels));
  return {
    levels:
      kind === 'median'
        ? middle.map((one) => one?.column)
        : columns.map((levels, output) => levels && weightedSum(levels, weightsOf(kind, levels, actual[output]!, validation))),
    spread: middle.map((one) => one?.spread),
  };
}

/** One weight per member, summing to 1. */
function weightsOf(kind: EnsembleKind, levels: readonly Column[], actual: Column, validation: Int32Array): readonly number[] {
  if (kind !== 'weighted') return levels.map(() => 1 / levels.length);
  // Windows of different length may begin to speak on different rows.
  const rows = validation.filter((row) => levels.every((level) => Number.isFinite(level[row]!)));
  const precision = levels.map((level) => {
    let squares = 0;
    for (const row of rows) squares += (level[row]! - actual[row]!) * (level[row]! - actual[row]!);
    // A member without any error would have a weight without end.
    return 1 / Math.max(squares, Number.MIN_VALUE * 1e300);
  });
  const sum = precision.reduce((total, value) => total + value, 0);
  return precision.map((value) => value / sum);
}

function weightedSum(levels: readonly Column[], weights: readonly number[]): Column {
  return levels[0]!.map((_, row) => levels.reduce((sum, level, k) => sum + level[row]! * weights[k]!, 0));
}
