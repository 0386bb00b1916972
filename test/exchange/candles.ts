import { type BarColumns, type Bars, createBars, firstRowAt, sliceBars } from '../../src/core/bars.ts';
import { boundaryBefore, resample } from '../../src/core/resample.ts';
import type { Candle } from '../../src/data/exchange/feed.ts';

/** Opening times from `from` to `to`, both included (ms UTC). The first `limit` rows where `from` is given, else the last ones. */
export interface Window {
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
}

/** What can be seen at an instant of the exchange's clock (ms UTC). */
export interface View {
  readonly now: number;
  /** Whether the candle that is not closed yet is shown. */
  readonly forming: boolean;
  /** How long after its close (ms UTC) a candle stays away, in ms; nothing after it is shown before it. */
  delay(closeTime: number): number;
}

// Closed rows that may be kept back at most, for pages that are counted from the end.
const KEPT_BACK = 60;

/**
 * The candles of `bars` that exist in a view, in another interval (ms) where asked: a higher one is the aggregate of the bars as they are now,
 * a lower one their pieces (see `split`). Undefined where the one is no multiple of the other.
 *
 * A candle exists from its opening on. While it forms it is the part of the final bar that has passed, see `part`; a higher one holds the part of
 * its last bar, a lower one is a part of its own piece.
 */
export function candlesOf(bars: Bars, interval: number, window: Window, view: View): readonly Candle[] | undefined {
  const stored = bars.intervalMs;
  if (interval % stored !== 0 && stored % interval !== 0) return undefined;
  const { from, limit } = window;
  const to = Math.min(window.to ?? Number.POSITIVE_INFINITY, view.now);
  const needed = Math.ceil(((limit + KEPT_BACK) * interval) / stored) + Math.ceil(interval / stored) + 2;
  const earliest = (time: number) => (interval > stored ? boundaryBefore(time, interval) : time - stored + 1);
  let start = 0;
  let end = bars.length;
  if (from !== undefined) {
    start = firstRowAt(bars, earliest(from));
    end = Math.min(end, start + needed);
  } else if (Number.isFinite(to)) {
    end = firstRowAt(bars, interval > stored ? boundaryBefore(to, interval) + interval : Math.floor(to) + 1);
    start = Math.max(0, end - needed);
    if (start > 0) start = firstRowAt(bars, earliest(bars.openTime[start]!));
  }
  const cut = sliceBars(bars, start, end);
  const known = knownAt(interval < stored ? split(cut, interval) : cut, view.now);
  const rows = interval > stored ? resample(known, interval).bars : known;

  const shown: Candle[] = [];
  for (let row = 0; row < rows.length; row++) {
    const openTime = rows.openTime[row]!;
    const closeTime = openTime + interval;
    if (closeTime > view.now ? !view.forming : view.now < closeTime + view.delay(closeTime)) break;
    if (openTime >= (from ?? Number.NEGATIVE_INFINITY) && openTime <= to) shown.push(candleAt(rows, row));
  }
  return from === undefined ? shown.slice(-limit) : shown.slice(0, limit);
}

/** The bars opened at `now` or before; the last one as far as it has come. */
function knownAt(bars: Bars, now: number): Bars {
  const length = firstRowAt(bars, Math.floor(now) + 1);
  const opened = sliceBars(bars, 0, length);
  const last = length - 1;
  if (length === 0 || opened.openTime[last]! + bars.intervalMs <= now) return opened;
  const formed = part(candleAt(opened, last), (now - opened.openTime[last]!) / bars.intervalMs);
  const copy = (name: 'high' | 'low' | 'close' | 'volume') => {
    const column = opened[name].slice();
    column[last] = formed[name];
    return column;
  };
  return { ...opened, high: copy('high'), low: copy('low'), close: copy('close'), volume: copy('volume') };
}

/**
 * What is known of a candle when a share (0 to below 1) of its interval has passed. Its price runs straight from the open to the extreme on the other
 * side of the close, a third of the interval each, on to the other extreme and to the close; volume comes evenly.
 */
export function part(final: Candle, share: number): Candle {
  const { open, close } = final;
  const turns = close >= open ? [open, final.low, final.high, close] : [open, final.high, final.low, close];
  const leg = Math.min(2, Math.floor(share * 3));
  const from = turns[leg]!;
  const price = from + (turns[leg + 1]! - from) * (share * 3 - leg);
  const now = Math.min(final.high, Math.max(final.low, price));
  const seen = [...turns.slice(0, leg + 1), now];
  return { ...final, high: Math.max(...seen), low: Math.min(...seen), close: now, volume: final.volume * share };
}

/**
 * Bars cut into equal pieces whose aggregate is the bar to the last bit. The first piece opens at the bar's open, falls to its low and comes
 * back; those between stand still at the open, without volume; the last one rises to the high and ends at the close. First and last have half of
 * the volume each.
 */
function split(bars: Bars, interval: number): Bars {
  const pieces = bars.intervalMs / interval;
  const column = (value: (row: number, piece: number) => number) =>
    Float64Array.from({ length: bars.length * pieces }, (_, k) => value(Math.floor(k / pieces), k % pieces));
  const last = pieces - 1;
  const open = (row: number) => bars.open[row]!;
  const close = (row: number) => bars.close[row]!;
  return createBars(bars.market, interval, {
    openTime: column((row, piece) => bars.openTime[row]! + piece * interval),
    open: column(open),
    high: column((row, piece) => (piece === last ? bars.high[row]! : open(row))),
    low: column((row, piece) => (piece === 0 ? bars.low[row]! : piece === last ? Math.min(open(row), close(row)) : open(row))),
    close: column((row, piece) => (piece === last ? close(row) : open(row))),
    volume: column((row, piece) => (piece === 0 || piece === last ? bars.volume[row]! / 2 : 0)),
  });
}

/** The same bars with other values in the bar that opens at `openTime` (ms UTC). Throws a TypeError where there is none. */
export function revised(bars: Bars, openTime: number, values: Partial<Omit<Candle, 'openTime'>>): Bars {
  const row = firstRowAt(bars, openTime);
  if (bars.openTime[row] !== openTime) throw new TypeError(`Expected the opening time of a bar of ${bars.market}, received ${openTime}`);
  const columns: { -readonly [Name in keyof BarColumns]: Float64Array } = { ...bars };
  for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) {
    const value = values[name];
    if (value === undefined) continue;
    columns[name] = bars[name].slice();
    columns[name][row] = value;
  }
  return createBars(bars.market, bars.intervalMs, columns);
}

function candleAt(bars: Bars, row: number): Candle {
  return {
    openTime: bars.openTime[row]!,
    open: bars.open[row]!,
    high: bars.high[row]!,
    low: bars.low[row]!,
    close: bars.close[row]!,
    volume: bars.volume[row]!,
  };
}
