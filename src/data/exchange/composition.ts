import { type BarColumns, type Bars, createBars } from '../../core/bars.ts';
import { boundaryBefore, resample } from '../../core/resample.ts';
import type { Span } from '../store/span.ts';
import type { Candle } from './feed.ts';

/** Bars that are complete, and the span that they are all of. */
export interface Composed {
  readonly bars: Bars;
  readonly covered: Span;
}

/**
 * Bars of an interval out of candles of the same or a lower one that divides it, as their spans are answered for, oldest first. A bar is made when
 * its whole span is answered for, and never of a part.
 */
export function createComposition(
  market: string,
  lowerMs: number,
  intervalMs: number,
): (candles: readonly Candle[], covered: Span) => Composed | undefined {
  let from = Number.NaN;
  let to = Number.NaN;
  let waiting: readonly Candle[] = [];
  return (candles, covered) => {
    if (covered.from !== to) {
      from = covered.from;
      waiting = [];
    }
    to = covered.to;
    waiting = [...waiting, ...candles];
    const start = boundaryAfter(from, intervalMs);
    const end = boundaryBefore(to, intervalMs);
    if (!(end > start)) return undefined;
    const ready = waiting.filter(({ openTime }) => openTime >= start && openTime < end);
    waiting = waiting.filter(({ openTime }) => openTime >= end);
    from = end;
    const bars = barsOf(market, lowerMs, ready);
    return { bars: lowerMs === intervalMs ? bars : resample(bars, intervalMs).bars, covered: { from: start, to: end } };
  };
}

/** The boundary of intervals of that length (ms) at or after `time` (ms UTC). */
export function boundaryAfter(time: number, intervalMs: number): number {
  const before = boundaryBefore(time, intervalMs);
  return before === time ? time : before + intervalMs;
}

/** Candles, oldest first, as bars. Throws a BarError for one that is none. */
export function barsOf(market: string, intervalMs: number, candles: readonly Candle[]): Bars {
  const column = (name: keyof BarColumns) => Float64Array.from(candles, (candle) => candle[name]);
  return createBars(market, intervalMs, {
    openTime: column('openTime'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  });
}
