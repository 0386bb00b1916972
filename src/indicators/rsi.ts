import type { Column } from '../core/bars.ts';
import { smooth, wilder } from './smoothing.ts';

/** Columns `rsi` keeps behind its output: gain, loss and their averages. */
export const RSI_CARRIERS = 4;

/**
 * Relative strength index in percent: 100 * gain / (gain + loss), where gain and loss are Wilder's averages of the rises and
 * falls from row to row (Wilder, 1978; TA-Lib). NaN for the first `period` rows; 0 where nothing has ever moved.
 *
 * Fills `columns` (the index, then RSI_CARRIERS carriers) from row `from` on, given that an earlier call filled the rows before.
 * Returns the index. Throws a TypeError for a bad period.
 */
export function rsi(
  values: Column,
  period: number,
  columns: readonly Column[] = Array.from({ length: 1 + RSI_CARRIERS }, () => new Float64Array(values.length)),
  from = 0,
): Column {
  const [index, gain, loss, averageGain, averageLoss] = columns as readonly [Column, Column, Column, Column, Column];
  for (let i = from; i < values.length; i++) {
    const change = i === 0 ? Number.NaN : values[i]! - values[i - 1]!;
    gain[i] = Math.max(change, 0);
    loss[i] = Math.max(-change, 0);
  }
  smooth(gain, wilder(period), averageGain, from);
  smooth(loss, wilder(period), averageLoss, from);
  for (let i = from; i < values.length; i++) {
    const moved = averageGain[i]! + averageLoss[i]!;
    index[i] = moved === 0 ? 0 : 100 * (averageGain[i]! / moved);
  }
  return index;
}
