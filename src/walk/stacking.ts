import type { Column } from '../core/bars.ts';
import { nonNegativeLeastSquares } from '../statistics/non-negative-least-squares.ts';

/** Rows that stacked weights are learnt from unless the bot says otherwise. */
export const STACKING_WINDOW = 500;

/** Rows before a decision whose forecasts its weights rest on. */
export function stackingReach(window: number, horizon: number): number {
  return window + horizon - 1;
}

/** Just enough for forecasts that are all but alike to share their weight. */
const PENALTY = 1e-6;

/**
 * Weights of several models' forecasts, row-major [row][model]: the stacked regression of Breiman (1996, "Stacked Regressions"), whose
 * out-of-sample forecasts are here those that the walk itself made. At row i the weights a >= 0 minimise
 *
 *     sum over j of (y[j] - sum over k of a[k] f[k][j])^2 + sum over k of p[k] a[k]^2,   p[k] = 1e-6 x sum over j of f[k][j]^2
 *
 * over the rows j of i-horizon-window+1 .. i-horizon, whose outcomes are known at i and on which all models speak; y are returns over the
 * horizon, there is no intercept and no sum that the weights must have. With fewer such rows than half of the window, or
 * sums that overflow, every weight is one over the number of models.
 *
 * Every row's sums are made anew from its own window: cut anywhere, or started later, the history gives the same weights bit for bit.
 */
export function stackingWeights(forecasts: readonly Column[], returns: Column, horizon: number, window: number): Float64Array {
  const count = forecasts.length;
  const weights = new Float64Array(returns.length * count).fill(1 / count);
  const scored = Uint8Array.from(returns, (outcome, row) =>
    Number.isFinite(outcome) && forecasts.every((column) => Number.isFinite(column[row]!)) ? 1 : 0,
  );
  const gram = new Float64Array(count * count);
  const moment = new Float64Array(count);
  for (let row = 0; row < returns.length; row++) {
    const to = row - horizon + 1;
    const from = Math.max(0, to - window);
    if (to - from < window / 2 || countOf(scored, from, to) < window / 2) continue;
    gram.fill(0);
    moment.fill(0);
    for (let j = from; j < to; j++) {
      if (scored[j] === 0) continue;
      for (let a = 0; a < count; a++) {
        const said = forecasts[a]![j]!;
        moment[a]! += said * returns[j]!;
        for (let b = 0; b <= a; b++) gram[a * count + b]! += said * forecasts[b]![j]!;
      }
    }
    const learnt = nonNegativeLeastSquares(penalised(gram, count), moment);
    if (learnt) weights.set(learnt, row * count);
  }
  return weights;
}

function countOf(flags: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let row = from; row < to; row++) sum += flags[row]!;
  return sum;
}

/** The whole of a matrix whose lower half is given, with the penalty on its diagonal. */
function penalised(gram: Float64Array, count: number): Float64Array {
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) gram[b * count + a] = gram[a * count + b]!;
    gram[a * count + a]! *= 1 + PENALTY;
  }
  return gram;
}
