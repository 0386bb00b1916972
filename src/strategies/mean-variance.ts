import type { Column } from '../core/bars.ts';
import type { Signal, Strategy } from '../core/policy.ts';
import { cholesky, solveCholesky } from '../statistics/cholesky.ts';
import { covarianceColumns } from './covariance.ts';
import { follow, rebalanced } from './rebalancing.ts';

export interface MeanVarianceOptions {
  /** How much a unit of variance is worth in expected return; 1 is the growth-optimal portfolio (Kelly). Default 1. */
  readonly aversion?: number;
  /** Returns of which covariances are taken; default 60. */
  readonly window?: number;
  /** Share of the covariances that is taken away, 0 to 1; default 0.5. */
  readonly shrinkage?: number;
  /** Most that the sizes of all positions may come to, as a fraction of the account; default 1. */
  readonly most?: number;
  readonly side?: 'long' | 'both';
  /** Bars between decisions; default 1. */
  readonly every?: number;
}

/** The model's expected return for each bar of its horizon, as a fraction. */
export const forecastPerBar: Signal = {
  name: 'forecast per bar',
  needs: 'forecast',
  column(_bars, forecast, outlook): Column {
    const { horizon = 1 } = outlook ?? {};
    return horizon === 1 ? forecast : forecast.map((value) => value / horizon);
  },
};

/**
 * Weights from the forecasts of all markets together, w = C^-1 mu / aversion (Markowitz 1952), mu and C per bar. C is the sample covariance
 * with its off-diagonals taken down by `shrinkage` towards 0: a convex combination of the sample and a structured target, as in
 * Ledoit & Wolf 2004 ("Honey, I shrunk the sample covariance matrix"), with the diagonal for a target and a constant share.
 *
 * `side: long` takes what is negative for 0. Where the sizes sum to more than `most`, one factor brings all down to it.
 * A market without a forecast or without covariances is left out, its target 0. Where C is not positive definite (pairs of markets with
 * different gaps can do that) or nothing is known, what is held is left. A target counts in units of a market's share, 1 / number of
 * markets: a weight w is the target w x markets. Throws a TypeError for options out of range.
 */
export function meanVariance(options: MeanVarianceOptions = {}): Strategy {
  const { aversion = 1, window = 60, shrinkage = 0.5, most = 1, side = 'long', every = 1 } = options;
  check('aversion', aversion, aversion > 0 && aversion < Infinity, 'a finite number > 0');
  check('window', window, Number.isInteger(window) && window >= 2, 'a whole number of bars >= 2');
  check('shrinkage', shrinkage, shrinkage >= 0 && shrinkage <= 1, 'a fraction from 0 to 1');
  check('most', most, most > 0 && most < Infinity, 'a finite fraction > 0');
  check('every', every, Number.isInteger(every) && every >= 1, 'a whole number of bars >= 1');
  return {
    name: 'mean-variance',
    signals: [forecastPerBar],
    policy: follow,
    short: side === 'both',
    across(panel, signals) {
      const markets = panel.markets.length;
      const covariance = covarianceColumns(panel, window);
      const chosen = new Int32Array(markets);
      const matrix = new Float64Array(markets * markets);
      const weights = new Float64Array(markets);
      return rebalanced(panel, every, (slice, rows, targets) => {
        let n = 0;
        for (let m = 0; m < markets; m++) {
          const expected = rows[m]! >= 0 ? signals[m]![0]![rows[m]!]! : Number.NaN;
          if (Number.isNaN(expected) || !knownWith(covariance[m]!, m, chosen, n, slice)) continue;
          weights[n] = expected / aversion;
          chosen[n++] = m;
        }
        for (let i = 0; i < n; i++) {
          for (let j = 0; j <= i; j++) {
            matrix[i * n + j] = covariance[chosen[i]!]![chosen[j]!]![slice]! * (i === j ? 1 : 1 - shrinkage);
          }
        }
        if (n === 0 || !cholesky(matrix, n)) return;
        solveCholesky(matrix, n, weights);
        let size = 0;
        for (let k = 0; k < n; k++) {
          if (side === 'long' && weights[k]! < 0) weights[k] = 0;
          size += Math.abs(weights[k]!);
        }
        const unit = (size > most ? most / size : 1) * markets;
        targets.fill(0);
        for (let k = 0; k < n; k++) targets[chosen[k]!] = weights[k]! * unit;
      });
    },
  };
}

/** Whether a market's variance and its covariances with the first `n` chosen ones are known at a slice. */
function knownWith(row: readonly Column[], m: number, chosen: Int32Array, n: number, slice: number): boolean {
  for (let k = 0; k < n; k++) {
    if (Number.isNaN(row[chosen[k]!]![slice]!)) return false;
  }
  return !Number.isNaN(row[m]![slice]!);
}

function check(name: string, value: number, valid: boolean, expected: string): void {
  if (!valid) throw new TypeError(`Expected ${name} to be ${expected}, received ${String(value)}`);
}
