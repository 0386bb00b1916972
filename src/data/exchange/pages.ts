import { boundaryBefore } from '../../core/resample.ts';
import { type Span, uncovered } from '../store/span.ts';
import { type CheckedCandles, checkCandles, type RefusedCandle } from './candle-check.ts';
import type { Candle, Feed } from './feed.ts';

/** A part of a span that an exchange has answered for. Pages come oldest first and do not overlap. */
export interface Page {
  readonly candles: readonly Candle[];
  readonly refused: readonly RefusedCandle[];
  /**
   * Within these the exchange has the page's candles and no others: the page's part of the span, or where any of it was refused the times of
   * its sound candles alone, since a refused one may be any of those that are missing.
   */
  readonly covered: readonly Span[];
  /** Up to where the span is dealt with, ms UTC. */
  readonly until: number;
}

export interface PagesOptions {
  readonly feed: Feed;
  readonly symbol: string;
  readonly intervalMs: number;
  /** Opening times on the interval's grid; all its candles are closed. */
  readonly span: Span;
  /** Whether the market is known to have later candles: what is missing at the end of the span is then missing for good. */
  readonly bounded: boolean;
  /** The exchange's present instant, ms UTC. */
  readonly time: () => number;
}

const DAY = 86_400_000;
/** How far an empty page is trusted, bars: no exchange looks less far ahead. */
const EMPTY_PAGE = 100;

/**
 * All candles of a span, however the exchange pages: from the first on, from the last back, within a window or beyond it, few or many at once, in
 * any order. Holes longer than a page are crossed by the days on which there was trade.
 *
 * A hole counts as answered for only where a candle after it is known, and one answer without candles is never believed alone. Of a span with r
 * candles and h holes, over d days, with p candles in a page: at most r / p + (h + 1) (8 + b) + d / p questions, where b is how often a hundred bars, or a
 * page of fewer, go into two days; and once r + d more where an exchange cuts its pages at the front. A refused candle is one of the r where it has a
 * time, and a hole where it has none. The holes of a page of which a candle was refused are left open, so whoever asks again asks about them again.
 */
export async function* pages({ feed, symbol, intervalMs, span, bounded, time }: PagesOptions): AsyncGenerator<Page> {
  const limit = feed.pageLimit(symbol);
  const ask = async (from: number, to: number): Promise<CheckedCandles> => {
    const most = Math.min(limit, (to - from) / intervalMs);
    const rows = await feed.candles(symbol, intervalMs, from, most);
    return checkCandles(rows, intervalMs, { from, to }, time() + intervalMs);
  };
  /** Whether the first candle from an instant on is the one that was answered, as far as a question for a single one tells. */
  const startsWith = async (from: number, first: number): Promise<boolean> => {
    const rows = await feed.candles(symbol, intervalMs, from, 1);
    return checkCandles(rows, intervalMs, { from, to: span.to }, time() + intervalMs).times[0] === first;
  };
  let settled = span.from;
  let since = span.from;
  let strays: readonly RefusedCandle[] = [];
  /** Up to where it is known on which days there was trade. */
  let searched = span.from;
  /** Whether a hole that reaches the end of the span can be one of the exchange. */
  let certain = bounded;
  while (since < span.to) {
    let page = await ask(since, span.to);
    if (page.times.length === 0) {
      strays = [...strays, ...page.refused];
      if (page.beyond) break;
      if (since < searched) {
        since += Math.min(limit, EMPTY_PAGE) * intervalMs;
        continue;
      }
      const day = await nextDay({ feed, symbol, intervalMs, time }, { from: since, to: span.to });
      if (day.kind === 'later') break;
      if (day.kind === 'unknown') {
        certain = false;
        // Nobody has said that there is nothing before.
        if (day.from > since) settled = day.from;
      }
      since = Math.max(since, day.from);
      // A day off the grid may end before it is reached.
      searched = Math.max(day.to, since + intervalMs);
      continue;
    }
    // An exchange that gives the last candles of a window leaves out the first ones.
    while (page.times[0]! > since && page.times[0]! < since + limit * intervalMs && page.times.length < limit) {
      const before = await ask(since, page.times[0]!);
      page = joined(before, page);
      if (before.times.length === 0) break;
    }
    // One that gives the newest candles whatever is asked for does so too, and cannot be asked about those before.
    const first = page.times[0]!;
    if (first > since && (page.times.length >= limit || first >= since + limit * intervalMs) && !(await startsWith(since, first)))
      settled = first;
    const until = page.times[page.times.length - 1]! + intervalMs;
    yield finished(page, strays, { from: settled, to: until }, intervalMs);
    strays = [];
    settled = until;
    since = until;
  }
  if (settled === span.to) return;
  const rest = { from: settled, to: span.to };
  yield { candles: [], refused: strays, covered: certain && strays.length === 0 ? [rest] : [], until: span.to };
}

function joined(before: CheckedCandles, after: CheckedCandles): CheckedCandles {
  return {
    candles: [...before.candles, ...after.candles],
    refused: [...before.refused, ...after.refused],
    times: [...before.times, ...after.times],
    beyond: after.beyond,
  };
}

function finished({ candles, refused }: CheckedCandles, strays: readonly RefusedCandle[], part: Span, intervalMs: number): Page {
  const all = [...strays, ...refused];
  const holes = uncovered(
    part,
    candles.map(({ openTime }) => ({ from: openTime, to: openTime + intervalMs })),
  );
  const covered = all.length === 0 ? [part] : uncovered(part, holes);
  return { candles, refused: all, covered, until: part.to };
}

/** What an exchange says of the days within a span. */
type NextDay =
  /** There was trade within `from` to `to`, and none before. */
  | { readonly kind: 'traded'; readonly from: number; readonly to: number }
  /** The next trade is after the span. */
  | { readonly kind: 'later' }
  /** It shows none; it may not show the last two days yet. */
  | { readonly kind: 'unknown'; readonly from: number; readonly to: number };

/**
 * The next day, or longest interval below that it offers, on which a market was traded. Where bars are as long as a day there is nothing to ask, and
 * the next page counts as traded: it will be asked for twice.
 */
async function nextDay(
  { feed, symbol, intervalMs, time: present }: Pick<PagesOptions, 'feed' | 'symbol' | 'intervalMs' | 'time'>,
  span: Span,
): Promise<NextDay> {
  const day = feed.intervals.filter((length) => length > intervalMs && length <= DAY && length % intervalMs === 0).at(-1);
  if (day === undefined) return { kind: 'traded', from: span.from, to: span.from + EMPTY_PAGE * intervalMs };
  const limit = feed.pageLimit(symbol);
  const ask = async (from: number, days: number) => {
    const rows = await feed.candles(symbol, day, from, days);
    const [first, last] = [Math.max(from, span.from - day + 1), present() + day];
    const times = rows.map(({ openTime }) => openTime).filter((time) => Number.isInteger(time) && time >= first && time <= last);
    return [...new Set(times)];
  };
  for (let from = Math.max(0, span.from - day); from < span.to; from += limit * day) {
    const times = await ask(from, limit);
    if (times.length === 0) continue;
    let first = Math.min(...times);
    if (times.length < limit && first < from + limit * day) {
      // As above, the first days may have been cut off.
      for (let days = Math.floor((first - from) / day); days > 0; ) {
        const before = Math.min(...(await ask(from, days)));
        days = before < first ? Math.floor((before - from) / day) : 0;
        first = Math.min(first, before);
      }
    }
    first = boundaryBefore(first, intervalMs);
    return first < span.to ? { kind: 'traded', from: first, to: first + day } : { kind: 'later' };
  }
  const last = Math.max(span.from, boundaryBefore(span.to - 1, day) - day);
  return { kind: 'unknown', from: last, to: last + day };
}
