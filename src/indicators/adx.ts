import type { Column } from '../core/bars.ts';
import { type Ranges, trueRange } from './atr.ts';
import { checkPeriod } from './period.ts';
import { type Smoothing, smooth, wilder } from './smoothing.ts';

/** Columns `adx` keeps behind its outputs: true range and both movements, their averages, and the directional index. */
export const ADX_CARRIERS = 7;

/**
 * Average directional index with +DI and -DI, all in percent (Wilder, 1978; seeded as TA-Lib does: the movements with the sum
 * of their first `period - 1` values, the index with the mean of its first `period`).
 *
 * up = high - high before, down = low before - low; only the larger one counts, and only above 0. DI = 100 * average movement /
 * average true range, DX = 100 * |+DI - -DI| / (+DI + -DI), ADX = Wilder's average of DX; 0 where nothing has ever moved.
 * +DI and -DI are NaN for the first `period` rows, the ADX for the first `2 * period - 1`. (technicalindicators seeds
 * otherwise, which takes some 300 bars to fade, and stays NaN for ever after a start without movement.)
 *
 * Fills `columns` (ADX, +DI, -DI, then ADX_CARRIERS carriers) from row `from` on, given that an earlier call filled the rows
 * before. Returns them. Throws a TypeError for a period that is no whole number >= 2.
 */
export function adx(
  bars: Ranges,
  period: number,
  columns: readonly Column[] = Array.from({ length: 3 + ADX_CARRIERS }, () => new Float64Array(bars.length)),
  from = 0,
): readonly Column[] {
  checkPeriod(period, 'period', 2);
  const [average, plus, minus, ...carriers] = columns as readonly [Column, Column, Column, ...Column[]];
  const [range, rise, fall, averageRange, averageRise, averageFall, index] = carriers as [
    Column,
    Column,
    Column,
    Column,
    Column,
    Column,
    Column,
  ];
  for (let i = from; i < bars.length; i++) {
    const up = i === 0 ? Number.NaN : bars.high[i]! - bars.high[i - 1]!;
    const down = i === 0 ? Number.NaN : bars.low[i - 1]! - bars.low[i]!;
    const reach = trueRange(bars, i);
    const known = !Number.isNaN(up + down + reach);
    range[i] = known ? reach : Number.NaN;
    rise[i] = known ? (up > down && up > 0 ? up : 0) : Number.NaN;
    fall[i] = known ? (down > up && down > 0 ? down : 0) : Number.NaN;
  }
  const movement: Smoothing = { weight: 1 / period, start: period - 1, window: period - 1, divisor: period };
  smooth(range, movement, averageRange, from);
  smooth(rise, movement, averageRise, from);
  smooth(fall, movement, averageFall, from);
  for (let i = from; i < bars.length; i++) {
    // The row of the seed is not shown: it lacks one movement.
    const reach = i > 0 && !Number.isNaN(averageRange[i - 1]!) ? averageRange[i]! : Number.NaN;
    const up = reach === 0 ? 0 : 100 * (averageRise[i]! / reach);
    const down = reach === 0 ? 0 : 100 * (averageFall[i]! / reach);
    plus[i] = up;
    minus[i] = down;
    index[i] = up + down === 0 ? 0 : 100 * (Math.abs(up - down) / (up + down));
  }
  smooth(index, wilder(period), average, from);
  return columns;
}
