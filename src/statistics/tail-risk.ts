import { defined } from './defined.ts';

/**
 * Historical value at risk: the `share` quantile of returns per bar, linear between order statistics (Hyndman and Fan 1996, type 7).
 * A return, so losses are negative; not annualised. Null without returns.
 */
export function valueAtRisk(returns: Float64Array, share = 0.05): number | null {
  if (returns.length === 0) return null;
  for (let i = 0; i < returns.length; i++) if (Number.isNaN(returns[i])) return null;
  const values = returns.slice();
  const position = (values.length - 1) * share;
  const below = Math.floor(position);
  const low = selected(values, below);
  // Selection leaves the larger values behind; the next in order is the least of them.
  let high = values.length - 1 === below ? low : Infinity;
  for (let i = below + 1; i < values.length; i++) if (values[i]! < high) high = values[i]!;
  return defined(low + (position - below) * (high - low));
}

/** Historical expected shortfall: the mean of the returns at or below the value at risk (Rockafellar and Uryasev 2000). Null without returns. */
export function conditionalValueAtRisk(returns: Float64Array, share = 0.05): number | null {
  const bound = valueAtRisk(returns, share);
  if (bound === null) return null;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < returns.length; i++) {
    if (returns[i]! <= bound) {
      sum += returns[i]!;
      count++;
    }
  }
  return defined(sum / count);
}

/** The value of rank `k` (from 0), by Hoare's quickselect; reorders so that nothing before k is larger and nothing after it smaller. */
function selected(values: Float64Array, k: number): number {
  let from = 0;
  let to = values.length - 1;
  while (from < to) {
    const pivot = values[(from + to) >>> 1]!;
    let left = from;
    let right = to;
    while (left <= right) {
      while (values[left]! < pivot) left++;
      while (values[right]! > pivot) right--;
      if (left > right) break;
      const held = values[left]!;
      values[left++] = values[right]!;
      values[right--] = held;
    }
    if (k <= right) to = right;
    else if (k >= left) from = left;
    else break;
  }
  return values[k]!;
}
