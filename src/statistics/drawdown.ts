import { defined } from './defined.ts';

/** The deepest fall of an equity curve from a peak. */
export interface Drawdown {
  /** Lowest `equity / running maximum - 1`: 0 or negative. */
  readonly depth: number;
  /** Index of the peak: the last bar at the running maximum before the trough. */
  readonly peak: number;
  /** Index of the first bar at that depth. */
  readonly trough: number;
  /** Bars from the peak to the first later bar at or above it, or to the last bar if there is none; 0 without a fall. */
  readonly bars: number;
  readonly recovered: boolean;
}

/** The maximum drawdown of close-marked equity; the first bar counts as a peak. Null for an empty curve or one that starts at zero or below. */
export function maxDrawdown(equity: Float64Array): Drawdown | null {
  if (!((equity[0] ?? 0) > 0)) return null;
  let high = 0;
  let depth = 0;
  let peak = 0;
  let trough = 0;
  for (let i = 1; i < equity.length; i++) {
    if (equity[i]! >= equity[high]!) high = i;
    const drawdown = equity[i]! / equity[high]! - 1;
    if (drawdown < depth) {
      depth = drawdown;
      peak = high;
      trough = i;
    }
  }
  if (depth === 0) return { depth, peak, trough, bars: 0, recovered: true };
  for (let i = trough + 1; i < equity.length; i++) {
    if (equity[i]! >= equity[peak]!) return { depth, peak, trough, bars: i - peak, recovered: true };
  }
  return { depth, peak, trough, bars: equity.length - 1 - peak, recovered: false };
}

/** Ulcer index: root mean square of the drawdown over all bars, a fraction (Martin and McCann 1989). Null where there is no drawdown to speak of. */
export function ulcerIndex(equity: Float64Array): number | null {
  if (!((equity[0] ?? 0) > 0)) return null;
  let high = 0;
  let sum = 0;
  for (let i = 0; i < equity.length; i++) {
    if (equity[i]! > high) high = equity[i]!;
    const drawdown = equity[i]! / high - 1;
    sum += drawdown * drawdown;
  }
  return defined(Math.sqrt(sum / equity.length));
}
