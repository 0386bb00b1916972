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
  const { sorted, order } = sortedWithOrder(values);
  const ranks = new Float64Array(values.length);
  for (let first = 0; first < sorted.length; ) {
    let end = first + 1;
    while (end < sorted.length && sorted[end] === sorted[first]) end++;
    for (let k = first; k < end; k++) ranks[order[k]!] = (first + 1 + end) / 2;
    first = end;
  }
  return ranks;
}

/** Values ascending and where each came from: a bottom-up merge sort, many times faster than sorting indices with a comparator. */
function sortedWithOrder(values: Float64Array): { sorted: Float64Array; order: Uint32Array } {
  const n = values.length;
  let sorted = values.slice();
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let nextSorted = new Float64Array(n);
  let nextOrder = new Uint32Array(n);
  for (let width = 1; width < n; width *= 2) {
    for (let from = 0; from < n; from += 2 * width) {
      const middle = Math.min(from + width, n);
      const end = Math.min(middle + width, n);
      let left = from;
      let right = middle;
      for (let k = from; k < end; k++) {
        const source = left < middle && (right >= end || sorted[left]! <= sorted[right]!) ? left++ : right++;
        nextSorted[k] = sorted[source]!;
        nextOrder[k] = order[source]!;
      }
    }
    [sorted, nextSorted] = [nextSorted, sorted];
    [order, nextOrder] = [nextOrder, order];
  }
  return { sorted, order };
}
