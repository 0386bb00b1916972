import type { Column } from '../core/bars.ts';
import type { Ranges } from './atr.ts';
import { checkPeriod } from './period.ts';

/** Columns `cci` keeps behind its output: the typical price. */
export const CCI_CARRIERS = 1;

/** Typical price of row i in quote currency: (high + low + close) / 3. */
export function typicalPrice({ high, low, close }: Ranges, i: number): number {
  return (high[i]! + low[i]! + close[i]!) / 3;
}

/**
 * Commodity channel index, without unit: (typical price - its mean) / (0.015 * its mean absolute deviation) over the last
 * `period` rows (Lambert, 1980; TA-Lib). NaN for the first `period - 1` rows; 0 where the typical price has not moved.
 *
 * All deviations are taken from the newest price, so a window of equal prices is exactly that; from a rounded mean it is +-67 by
 * chance. Fills `columns` (the index, then CCI_CARRIERS carriers) from row `from` on, given that an earlier call filled the rows
 * before. Returns the index. Throws a TypeError for a bad period.
 */
export function cci(
  bars: Ranges,
  period: number,
  columns: readonly Column[] = Array.from({ length: 1 + CCI_CARRIERS }, () => new Float64Array(bars.length)),
  from = 0,
): Column {
  checkPeriod(period);
  const [index, typical] = columns as readonly [Column, Column];
  for (let i = from; i < bars.length; i++) {
    const newest = typicalPrice(bars, i);
    typical[i] = newest;
    if (i < period - 1) {
      index[i] = Number.NaN;
      continue;
    }
    let sum = 0;
    for (let k = i - period + 1; k <= i; k++) sum += typical[k]! - newest;
    const mean = sum / period;
    let deviations = 0;
    for (let k = i - period + 1; k <= i; k++) deviations += Math.abs(typical[k]! - newest - mean);
    index[i] = deviations === 0 ? 0 : -mean / (0.015 * (deviations / period));
  }
  return index;
}
