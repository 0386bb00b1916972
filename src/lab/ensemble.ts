import type { Column } from '../core/bars.ts';
import type { ModelForecast } from './forecast.ts';
import type { EnsembleKind } from './plan.ts';

/**
 * Several forecasts as one. mean and median of the members' levels; weighted: by the inverse of each member's mean squared error on the
 * validation rows on which all speak (Bates and Granger 1969, without the correlations). Where a member says nothing, the ensemble does not either. The
 * spread is the standard deviation over the members, divisor n - 1.
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
  return {
    levels: columns.map((levels, output) => levels && combined(kind, levels, weightsOf(kind, levels, actual[output]!, validation))),
    spread: columns.map((levels) => levels && spreadOf(levels)),
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

function combined(kind: EnsembleKind, levels: readonly Column[], weights: readonly number[]): Column {
  return levels[0]!.map((_, row) => {
    const said = levels.map((level) => level[row]!);
    if (said.some(Number.isNaN)) return Number.NaN;
    if (kind === 'median') return median(said);
    return said.reduce((sum, value, k) => sum + value * weights[k]!, 0);
  });
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  const middle = values.length >>> 1;
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}

function spreadOf(levels: readonly Column[]): Column {
  return levels[0]!.map((_, row) => {
    let sum = 0;
    for (const level of levels) sum += level[row]!;
    const mean = sum / levels.length;
    let squares = 0;
    for (const level of levels) squares += (level[row]! - mean) * (level[row]! - mean);
    return Math.sqrt(squares / (levels.length - 1));
  });
}
