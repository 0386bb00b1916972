import { intervalName } from '../../core/interval.ts';
import { boundaryBefore } from '../../core/resample.ts';
import { formatInstant } from '../instant.ts';
import { joinSpans, type Span, uncovered } from '../store/span.ts';
import type { BarStore } from '../store.ts';
import type { RefusedCandle } from './candle-check.ts';
import { boundaryAfter, createComposition } from './composition.ts';
import { ExchangeError } from './exchange-error.ts';
import type { Feed } from './feed.ts';
import { fundingPages } from './funding-pages.ts';
import type { MarketInformation } from './market-information.ts';
import { isOtherMarket } from './overlap.ts';
import { pages } from './pages.ts';

export interface DownloadOptions {
  readonly feed: Feed;
  readonly store: BarStore;
  /** The unified symbol of ccxt. */
  readonly symbol: string;
  readonly intervalMs: number;
  /** Opening times, ms UTC: the first included, the last not. */
  readonly from: number;
  readonly to: number;
  /** The local clock, ms UTC: when things were seen. */
  readonly now: () => number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** How far a download is, in bars of the interval; those that an exchange does not have count as done. */
export interface DownloadProgress {
  readonly market: string;
  readonly done: number;
  readonly expected: number;
}

export interface Download {
  /** Name in the store. */
  readonly market: string;
  /** The lower interval (ms) that the bars were made of; null where the exchange offers their own. */
  readonly madeOf: number | null;
  readonly added: number;
  /** Stored bars that the exchange now states otherwise. */
  readonly revised: number;
  /** Candles that were answered and not stored; the next download asks for their times again. */
  readonly refused: readonly RefusedCandle[];
  /** Questions put to the exchange. */
  readonly calls: number;
  /** Funding rates that were new. */
  readonly fundingRates: number;
}

/** Bars at the end of those stored that are asked for again, since exchanges revise the latest. */
const ASKED_AGAIN = 10;
const DAY = 86_400_000;

/** What the store knows of a market that is not older than a day: an exchange need not be asked again. */
export async function recentInformation(store: BarStore, market: string, now: number): Promise<MarketInformation | undefined> {
  const last = (await store.information(market)).at(-1);
  return last && last.checked <= now && now - last.checked < DAY ? last.information : undefined;
}

/**
 * Downloads what is missing of a market's closed bars into the store, page by page: each page is stored with the span that it answers for, so a
 * download that ends early goes on where it ended. An interval that the exchange does not offer is made of the highest lower one that divides it.
 * The last bars stored are compared with what the exchange says now. Perpetuals bring their funding rates.
 *
 * Throws an ExchangeError where the interval cannot be had, the exchange fails, or it answers with the candles of another market; errors of the
 * store as they are. What was stored until then stays.
 */
export async function download(options: DownloadOptions): Promise<Download> {
  const { store, symbol, intervalMs, now, signal, onProgress } = options;
  const { feed, calls } = counted(options.feed);
  const lowerMs = lowerInterval(feed, intervalMs);
  const name = `${feed.exchange}:${symbol}`;
  const information = await feed.market(symbol);
  // What is recent may be where the feed has it from.
  if (!(await recentInformation(store, name, now()))) await store.saveInformation(information, now());

  // Asked before the candles: whatever is closed by then is closed in every answer that follows.
  const asked = now();
  const time = await feed.time();
  const present = () => time + Math.max(0, now() - asked);
  const range = {
    from: boundaryAfter(options.from, intervalMs),
    to: Math.min(boundaryAfter(options.to, intervalMs), boundaryBefore(time, intervalMs)),
  };
  const { coverage, bars: held } = await store.log(name, intervalMs);
  const end = coverage.at(-1)?.to;
  const tail = end === undefined || end > range.to ? undefined : { from: Math.max(range.from, end - ASKED_AGAIN * intervalMs), to: end };
  const open = uncovered(range, coverage).reduce<readonly Span[]>(joinSpans, joinSpans([], tail));
  const spans = pageful(open, feed.pageLimit(symbol) * lowerMs);
  const stored = held > 0 ? await store.read(name, intervalMs) : undefined;

  const expected = spans.reduce((sum, { from, to }) => sum + (to - from) / intervalMs, 0);
  let done = 0;
  let added = 0;
  let revised = 0;
  const refused: RefusedCandle[] = [];
  for (const span of spans) {
    const compose = createComposition(name, lowerMs, intervalMs);
    let until = span.from;
    for await (const page of pages({ feed, symbol, intervalMs: lowerMs, span, bounded: span.to < range.to, time: present })) {
      signal?.throwIfAborted();
      refused.push(...page.refused);
      for (const covered of page.covered) {
        const candles = page.candles.filter(({ openTime }) => openTime >= covered.from && openTime < covered.to);
        const composed = compose(candles, covered);
        if (!composed) continue;
        if (stored && isOtherMarket(stored, composed.bars)) {
          throw new ExchangeError(
            `${name}: Expected the market that is stored, received prices far from its own from ${formatInstant(composed.covered.from)}; ` +
              'look at what the exchange lists under this name, and fetch into another workspace if it is right',
            4,
          );
        }
        const change = await store.write(composed.bars, { seen: now(), revise: true, covered: composed.covered });
        added += change.added;
        revised += change.replaced;
      }
      done += (page.until - until) / intervalMs;
      until = page.until;
      onProgress?.({ market: name, done, expected });
    }
  }

  let fundingRates = 0;
  if (information.kind === 'perpetual') {
    const first = (await store.log(name, intervalMs)).from ?? range.from;
    const wanted = { from: Math.max(range.from, first), to: Math.min(options.to, time) };
    for (const span of uncovered(wanted, await store.fundingCoverage(name))) {
      for await (const { rates, covered } of fundingPages({ feed, symbol, span, time })) {
        signal?.throwIfAborted();
        fundingRates += (await store.saveFunding(name, rates, { seen: now(), revise: true, covered })).added;
      }
    }
  }
  return { market: name, madeOf: lowerMs === intervalMs ? null : lowerMs, added, revised, refused, calls: calls(), fundingRates };
}

/** The interval itself where it is offered, else the highest lower one that divides it. Throws an ExchangeError where there is none. */
export function lowerInterval({ exchange, intervals }: Feed, intervalMs: number): number {
  const found = intervals.filter((length) => length <= intervalMs && intervalMs % length === 0).at(-1);
  if (found !== undefined) return found;
  throw new ExchangeError(
    `${exchange}: Expected an interval that it offers, or that can be made of those, received ${intervalName(intervalMs)}; ` +
      `it offers ${intervals.map(intervalName).join(', ')}`,
    2,
  );
}

/** Spans with those made one that a page of so many ms holds together: the many holes of a page left open cost one question. */
function pageful(spans: readonly Span[], lengthMs: number): readonly Span[] {
  const joined: Span[] = [];
  for (const { from, to } of spans) {
    const last = joined.at(-1);
    if (last && to - last.from <= lengthMs) joined[joined.length - 1] = { from: last.from, to };
    else joined.push({ from, to });
  }
  return joined;
}

/** The feed with a count of the questions put to it. */
function counted(feed: Feed): { readonly feed: Feed; readonly calls: () => number } {
  let calls = 0;
  const count =
    <A extends readonly unknown[], R>(ask: (...args: A) => Promise<R>) =>
    (...args: A) => {
      calls++;
      return ask(...args);
    };
  return {
    feed: { ...feed, time: count(feed.time), candles: count(feed.candles), fundingRates: count(feed.fundingRates) },
    calls: () => calls,
  };
}
