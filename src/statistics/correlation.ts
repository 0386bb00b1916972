import { defined } from './defined.ts';

/** Pearson's correlation; x and y of equal length. Null for fewer than two pairs or where one side never changes: 0 would claim independence. */
export function pearson(x: Float64Array, y: Float64Array): number | null {
  const n = x.length;
  if (n < 2) return null;
  let sumX = 0;
  let sumY = 0;
  let squaresX = 0;
  let squaresY = 0;
  for (let i = 0; i < n; i++) {
    sumX += x[i]!;
    sumY += y[i]!;
    squaresX += x[i]! * x[i]!;
    squaresY += y[i]! * y[i]!;
  }
  const meanX = sumX / n;
  const meanY = sumY / n;
  let product = 0;
  let varianceX = 0;
  let varianceY = 0;
  for (let i = 0; i < n; i++) {
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    product += dx * dy;
    varianceX += dx * dx;
    varianceY += dy * dy;
  }
  // A constant whose mean is not exactly itself leaves squares of rounding errors: no variance.
  if (!(varianceX > squaresX * 1e-28 && varianceY > squaresY * 1e-28)) return null;
  const value = product / (Math.sqrt(varianceX) * Math.sqrt(varianceY));
  return defined(Math.max(-1, Math.min(1, value)));
}

/** Spearman's rank correlation: Pearson's of the ranks, ties at their average rank. Null as for `pearson`. */
export function spearman(x: Float64Array, y: Float64Array): number | null {
  return pearson(averageRanks(x), averageRanks(y));
}

/** Ranks from 1, equal values sharing the average of theirs; NaN has no place in the input. */
export function averageRanks(values: Float64Array): Float64Array {
  const sorted = values.slice().sort();
  const ranks = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) ranks[i] = (countBelow(sorted, values[i]!, false) + countBelow(sorted, values[i]!, true) + 1) / 2;
  return ranks;
}

/** How many of the ascending values are below `value`, or with `orEqual` not above it. */
function countBelow(sorted: Float64Array, value: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value || (orEqual && sorted[middle]! === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
