import { ExchangeError } from '../data/exchange/exchange-error.ts';
import type { Feed } from '../data/exchange/feed.ts';
import { duration } from './messages.ts';

/** Nobody waits longer for an answer, ms: the next tick asks again. */
const LONGEST = 120_000;

/** How long a session on bars of that length waits for an answer, ms. */
export function deadlineFor(intervalMs: number): number {
  return Math.min(intervalMs / 2, LONGEST);
}

/**
 * The feed with a deadline for each of its questions, all tries and pauses included, ms. What is not answered by then ends in an ExchangeError and
 * is not tried again; what still comes, an answer or a failure, is not listened to.
 */
export function punctual(feed: Feed, deadlineMs: number): Feed {
  const inTime = async <T>(asked: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const wanted = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const words = `Expected ${asked} within ${duration(deadlineMs)}, received nothing; the next tick asks again`;
        reject(new ExchangeError(`${feed.exchange}: ${words}`, 4));
        wanted.abort();
      }, deadlineMs);
    });
    try {
      return await Promise.race([ask(wanted.signal), late]);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    ...feed,
    time: () => inTime('the time', (wanted) => feed.time(wanted)),
    market: (symbol) => inTime(`the market ${symbol}`, () => feed.market(symbol)),
    candles: (symbol, intervalMs, since, limit) =>
      inTime(`candles of ${symbol}`, (wanted) => feed.candles(symbol, intervalMs, since, limit, wanted)),
    quote: (symbol) => inTime(`a quote of ${symbol}`, (wanted) => feed.quote(symbol, wanted)),
  };
}
