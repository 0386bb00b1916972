import { boundaryBefore, resample } from '../core/resample.ts';
import { type CheckedCandles, checkCandles } from '../data/exchange/candle-check.ts';
import { barsOf, boundaryAfter } from '../data/exchange/composition.ts';
import { lowerInterval } from '../data/exchange/download.ts';
import { ExchangeError } from '../data/exchange/exchange-error.ts';
import type { Candle, Feed, Quote } from '../data/exchange/feed.ts';
import { pages } from '../data/exchange/pages.ts';
import { deadlineFor, punctual } from './deadline.ts';
import { candleAt, type Delivery } from './deliveries.ts';

/** A market of a session and the exchange that states its bars. */
export interface MarketSource {
  /** As the session calls it: exchange and symbol. */
  readonly market: string;
  readonly symbol: string;
  readonly feed: Feed;
}

/** Where a session's bars come from. */
export interface BarSource {
  /** The exchanges' present time, ms UTC: of several the one that is behind, so that what it says is closed is closed everywhere. */
  time(): Promise<number>;
  /** Closed bars that open at `from` (ms UTC) or later, of every market, [market]; `now` is the exchange's time. */
  since(from: number, now: number): Promise<readonly Delivery[]>;
  quote(market: number): Promise<Quote>;
}

/** Bars asked for again before the first new one, since exchanges revise the latest. */
export const ASKED_AGAIN = 3;
/** New bars up to which one page is asked for; beyond it, every hole is looked into. */
const FEW = 3;

/**
 * Each question to an exchange is answered within `deadlineMs`, or ends in an ExchangeError. Throws one where an exchange offers no interval that
 * the session's can be made of.
 */
export function createBarSource(sources: readonly MarketSource[], intervalMs: number, deadlineMs = deadlineFor(intervalMs)): BarSource {
  const inTime = new Map(sources.map(({ feed }) => [feed, punctual(feed, deadlineMs)]));
  const markets = sources.map((source): MarketSource => ({ ...source, feed: inTime.get(source.feed)! }));
  const feeds = [...inTime.values()];
  const lower = markets.map(({ feed }) => lowerInterval(feed, intervalMs));

  async function one({ market, symbol, feed }: MarketSource, lowerMs: number, since: number, now: number): Promise<Delivery> {
    // By time alone: what opens later has not closed.
    const span = { from: boundaryAfter(since, intervalMs), to: boundaryBefore(now, lowerMs) };
    if (!(span.to > span.from)) return { bars: [], refused: [] };
    // How long its pages are is known of a market that was asked about.
    await feed.market(symbol);
    const found: { candles: Candle[]; refused: CheckedCandles['refused'][number][] } = { candles: [], refused: [] };
    const count = (span.to - span.from) / lowerMs;
    if (count <= Math.min(feed.pageLimit(symbol), (ASKED_AGAIN + FEW) * (intervalMs / lowerMs))) {
      for (let next = span.from; next < span.to; ) {
        // One more than fits: some exchanges count the candle that is still forming.
        const rows = await feed.candles(symbol, lowerMs, next, (span.to - next) / lowerMs + 1);
        const { candles, refused, times, beyond } = checkCandles(rows, lowerMs, { ...span, from: next }, now + lowerMs);
        found.candles.push(...candles);
        found.refused.push(...refused);
        const last = times.at(-1);
        if (beyond || last === undefined) break;
        // Where an answer ends early, what comes next is asked for again.
        next = last + lowerMs;
      }
    } else {
      for await (const page of pages({ feed, symbol, intervalMs: lowerMs, span, bounded: false, time: () => now })) {
        found.candles.push(...page.candles);
        found.refused.push(...page.refused);
      }
    }
    const { candles, refused } = found;
    return { bars: lowerMs === intervalMs ? candles : composed(market, candles, lowerMs, intervalMs), refused };
  }

  return {
    time: async () => Math.min(...(await someOf(feeds.map((feed) => feed.time()))).filter((time) => time !== undefined)),
    // A market that cannot be had is waited for like one without a bar; the others go on.
    since: async (from, now) => {
      const found = await someOf(markets.map((market, m) => one(market, lower[m]!, from, now)));
      return found.map((delivery) => delivery ?? { bars: [], refused: [] });
    },
    quote: (market) => markets[market]!.feed.quote(markets[market]!.symbol),
  };
}

/** Bars made of lower ones; one whose last lower candle is not there yet is not made: it may still come. */
function composed(market: string, candles: readonly Candle[], lowerMs: number, intervalMs: number): readonly Candle[] {
  if (candles.length === 0) return [];
  const { bars } = resample(barsOf(market, lowerMs, candles), intervalMs);
  const last = candles.at(-1)!.openTime + lowerMs;
  return Array.from({ length: bars.length }, (_, row) => candleAt(bars, row)).filter(({ openTime }) => openTime + intervalMs <= last);
}

/** What has succeeded, undefined in the place of what an exchange did not answer; the first failure where nothing has. */
async function someOf<T>(questions: readonly Promise<T>[]): Promise<readonly (T | undefined)[]> {
  const answers = await Promise.allSettled(questions);
  const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  const fatal = failures.find((failure) => !(failure instanceof ExchangeError));
  if (fatal !== undefined) throw fatal;
  if (failures.length === answers.length) throw failures[0];
  return answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : undefined));
}
