import type { Column } from '../core/bars.ts';

/** Columns `exponentialDeviation` keeps behind its output: weighted squares, their weights, and how many values are known. */
export const EXPONENTIAL_CARRIERS = 3;

/**
 * Root mean square of the values so far, the weight of each halved every `halfLife` rows: sqrt(sum w v^2 / sum w) with the mean taken
 * for 0, in the unit of the values (J.P. Morgan/Reuters, RiskMetrics Technical Document, 1996; weights that sum to 1 from the first value
 * on, as pandas `ewm(halflife, adjust=True)`). NaN until ceil(halfLife) values, at least two, are known; a NaN row has the value of the row before.
 *
 * Fills `columns` (the deviation, then EXPONENTIAL_CARRIERS carriers) from row `from` on, given that an earlier call filled the rows before. Returns
 * the deviation. Throws a TypeError for a half-life that is no finite number > 0.
 */
export function exponentialDeviation(
  values: Column,
  halfLife: number,
  columns: readonly Column[] = Array.from({ length: 1 + EXPONENTIAL_CARRIERS }, () => new Float64Array(values.length)),
  from = 0,
): Column {
  if (!(halfLife > 0 && halfLife < Infinity)) {
    throw new TypeError(`Expected halfLife to be a finite number of bars > 0, received ${String(halfLife)}`);
  }
  const decay = Math.exp(-Math.LN2 / halfLife);
  const needed = Math.max(2, Math.ceil(halfLife));
  const [deviation, squaresAt, weightsAt, knownAt] = columns as readonly [Column, Column, Column, Column];
  let squares = from > 0 ? squaresAt[from - 1]! : 0;
  let weights = from > 0 ? weightsAt[from - 1]! : 0;
  let known = from > 0 ? knownAt[from - 1]! : 0;
  for (let i = from; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) {
      squares = decay * squares + value * value;
      weights = decay * weights + 1;
      known++;
    }
    squaresAt[i] = squares;
    weightsAt[i] = weights;
    knownAt[i] = known;
    deviation[i] = known < needed ? Number.NaN : Math.sqrt(squares / weights);
  }
  return deviation;
}
