import type { Column } from '../core/bars.ts';
import type { Panel } from '../core/panel.ts';
import { standardDeviation } from '../indicators/standard-deviation.ts';

/**
 * Sample covariance (divisor `window - 1`) of the markets' last `window` simple returns, per bar, [i][j] for j <= i, aligned with the panel's
 * slices. Returns of a pair run between slices in which both have a bar, so that both span the same time; between those slices
 * the value stands, and before the first `window` returns it is NaN.
 *
 * From deviations of sums and differences, cov(x, y) = (var(x + y) - var(x - y)) / 4, whose kernel costs the same for any window and does not drift.
 */
export function covarianceColumns(panel: Panel, window: number): readonly (readonly Column[])[] {
  return panel.markets.map((_, i) => Array.from({ length: i + 1 }, (_, j) => pairCovariance(panel, i, j, window)));
}

function pairCovariance({ markets, closeTime, row }: Panel, i: number, j: number, window: number): Column {
  const slices = closeTime.length;
  const common = new Int32Array(slices);
  let count = 0;
  for (let slice = 0; slice < slices; slice++) {
    if (row[i]![slice]! >= 0 && row[j]![slice]! >= 0) common[count++] = slice;
  }
  const change = (m: number, k: number) => {
    const { close } = markets[m]!;
    return close[row[m]![common[k]!]!]! / close[row[m]![common[k - 1]!]!]! - 1;
  };
  const returns = Math.max(count - 1, 0);
  const sum = new Float64Array(returns);
  const difference = new Float64Array(returns);
  for (let k = 1; k < count; k++) {
    const one = change(i, k);
    const other = i === j ? one : change(j, k);
    sum[k - 1] = one + other;
    difference[k - 1] = one - other;
  }
  const together = standardDeviation(sum, window, 1);
  const apart = standardDeviation(difference, window, 1);
  const column = new Float64Array(slices).fill(Number.NaN);
  let value = Number.NaN;
  let k = 0;
  for (let slice = 0; slice < slices; slice++) {
    if (k < count && common[k] === slice) {
      if (k > 0) value = (together[k - 1]! * together[k - 1]! - apart[k - 1]! * apart[k - 1]!) / 4;
      k++;
    }
    column[slice] = value;
  }
  return column;
}
