import type { Column } from '../core/bars.ts';

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
