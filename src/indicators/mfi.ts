import type { Bars, Column } from '../core/bars.ts';
import { typicalPrice } from './cci.ts';
import { sma } from './sma.ts';

/** Columns `mfi` keeps behind its output: the typical price, both flows and their means. */
export const MFI_CARRIERS = 5;

/**
 * Money flow index in percent: 100 * rising / (rising + falling), the flows typical price * volume of the last `period` rows
 * whose typical price rose or fell (TA-Lib). NaN for the first `period` rows; 0 where no money flowed. (technicalindicators
 * rounds to two decimals, counts an unchanged price as a fall and passes over the first change.)
 *
 * Fills `columns` (the index, then MFI_CARRIERS carriers) from row `from` on, given that an earlier call filled the rows before.
 * Returns the index. Throws a TypeError for a bad period.
 */
export function mfi(
  bars: Pick<Bars, 'length' | 'high' | 'low' | 'close' | 'volume'>,
  period: number,
  columns: readonly Column[] = Array.from({ length: 1 + MFI_CARRIERS }, () => new Float64Array(bars.length)),
  from = 0,
): Column {
  const [index, typical, rising, falling, meanRising, meanFalling] = columns as readonly [Column, Column, Column, Column, Column, Column];
  for (let i = from; i < bars.length; i++) {
    typical[i] = typicalPrice(bars, i);
    const change = i === 0 ? Number.NaN : typical[i]! - typical[i - 1]!;
    // A NaN in either price makes the sign NaN, and with it both flows.
    const flow = Math.sign(change) * (typical[i]! * bars.volume[i]!);
    rising[i] = Math.max(flow, 0);
    falling[i] = Math.max(-flow, 0);
  }
  sma(rising, period, meanRising, from);
  sma(falling, period, meanFalling, from);
  for (let i = from; i < bars.length; i++) {
    const flows = meanRising[i]! + meanFalling[i]!;
    index[i] = flows === 0 ? 0 : 100 * (meanRising[i]! / flows);
  }
  return index;
}
