import type { Column } from '../core/bars.ts';

/**
 * Root mean square of the values so far, the weight of each halved every `halfLife` rows: sqrt(sum w v^2 / sum w) with the mean taken
 * for 0, in the unit of the values (J.P. Morgan/Reuters, RiskMetrics Technical Document, 1996; weights that sum to 1 from the first value
 * on, as pandas `ewm(halflife, adjust=True)`). NaN until ceil(halfLife) values, at least two, are known; a NaN row has the value of the row before.
 * Throws a TypeError for a half-life that is no finite number > 0.
 */
export function exponentialDeviation(values: Column, halfLife: number): Column {
  if (!(halfLife > 0 && halfLife < Infinity)) {
    throw new TypeError(`Expected halfLife to be a finite number of bars > 0, received ${String(halfLife)}`);
  }
  const decay = Math.exp(-Math.LN2 / halfLife);
  const needed = Math.max(2, Math.ceil(halfLife));
  const column = new Float64Array(values.length);
  let squares = 0;
  let weights = 0;
  let known = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isNaN(value)) {
      squares = decay * squares + value * value;
      weights = decay * weights + 1;
      known++;
    }
    column[i] = known < needed ? Number.NaN : Math.sqrt(squares / weights);
  }
  return column;
}
