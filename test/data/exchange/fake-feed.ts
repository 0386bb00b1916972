import { createRandom } from '../../../src/core/random.ts';
import { boundaryBefore } from '../../../src/core/resample.ts';
import type { Candle, Feed } from '../../../src/data/exchange/feed.ts';

/** How an exchange pages: what follows `since`, its newest after `since`, or what lies in the window of the page's length after it, from its front or its back. */
export type Paging = 'what follows' | 'the newest' | 'front of the window' | 'back of the window';

export interface FakeFeedOptions {
  readonly candles: readonly Candle[];
  readonly intervalMs: number;
  readonly paging: Paging;
  /** What the feed says a page holds at most, and what it really does. */
  readonly limit: number;
  readonly rows: number;
  /** Shuffles rows, and adds some twice and some from before `since`; undefined: they come in order. */
  readonly disorder?: number;
  readonly time?: number;
}

const DAY = 86_400_000;

/** A feed of one market in memory; days are offered beside the interval. */
export function fakeFeed({ candles, intervalMs, paging, limit, rows, disorder, time = Number.MAX_SAFE_INTEGER }: FakeFeedOptions) {
  let calls = 0;
  const random = createRandom(disorder ?? 0);
  const days = new Map(candles.map((candle) => [boundaryBefore(candle.openTime, DAY), candle]));
  const ofDays = [...days].map(([openTime, candle]) => ({ ...candle, openTime }));
  const feed: Feed = {
    exchange: 'fake',
    intervals: intervalMs < DAY ? [intervalMs, DAY] : [intervalMs],
    pageLimit: () => limit,
    time: async () => time,
    candles: async (_, interval, since, asked = limit) => {
      calls++;
      const source = interval === intervalMs ? candles : ofDays;
      const end =
        paging === 'what follows' || paging === 'the newest' ? Number.POSITIVE_INFINITY : since + Math.min(asked, limit) * interval;
      const within = source.filter(({ openTime }) => openTime >= since && openTime < end);
      const most = Math.min(asked, rows);
      const page = paging === 'back of the window' || paging === 'the newest' ? within.slice(-most) : within.slice(0, most);
      if (disorder === undefined) return page;
      const earlier = source.filter(({ openTime }) => openTime < since).slice(-random.below(3) - 1);
      const mixed = [...page, ...page.filter(() => random.uniform() < 0.2), ...earlier];
      return [...random.permutation(mixed.length)].map((row) => mixed[row]!);
    },
    market: async (symbol) => ({
      market: `fake:${symbol}`,
      exchange: 'fake',
      symbol,
      kind: 'spot',
      base: 'A',
      quote: 'B',
      settle: null,
      contractSize: null,
      inverse: false,
      tick: null,
      lot: null,
      minimumQuantity: null,
      minimumNotional: null,
      taker: null,
      maker: null,
      definition: {},
    }),
    fundingRates: async () => [],
    quote: () => Promise.reject(new Error('not asked')),
    close: async () => {},
  };
  return { feed, calls: () => calls };
}

/** Candles at the given places of a grid, each with prices of its own. */
export function candlesAt(start: number, intervalMs: number, places: readonly number[]): readonly Candle[] {
  return places.map((place) => ({
    openTime: start + place * intervalMs,
    open: 10 + place,
    high: 11 + place,
    low: 9 + place,
    close: 10.5 + place,
    volume: place,
  }));
}
