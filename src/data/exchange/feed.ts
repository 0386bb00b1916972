import type { MarketInformation } from './market-information.ts';

/** One candle as an exchange answered it: unchecked, and the last one may still be forming. */
export interface Candle {
  /** ms UTC. */
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Base currency. */
  readonly volume: number;
}

/** Best bid and ask (quote currency, null where there is none) and when they were, ms UTC. */
export interface Quote {
  readonly bid: number | null;
  readonly ask: number | null;
  readonly last: number | null;
  readonly time: number;
}

export interface FundingRate {
  /** ms UTC. */
  readonly time: number;
  /** Fraction of the notional that longs pay to shorts. */
  readonly rate: number;
}

/**
 * The public market data of one exchange, and nothing else of it. Every call waits its turn within the exchange's rate limit, is tried
 * again where that can help, and ends in an ExchangeError in words where it does not. Whoever aborts the signal of a call is not listened to any
 * longer: it is not tried again.
 */
export interface Feed {
  /** The exchange's id in ccxt. */
  readonly exchange: string;
  /** Lengths of the bars it offers, ms, ascending. */
  readonly intervals: readonly number[];
  /** The exchange's present instant, ms UTC. */
  time(signal?: AbortSignal): Promise<number>;
  /** Throws an ExchangeError naming the nearest symbols where it has no such market. */
  market(symbol: string): Promise<MarketInformation>;
  /** How many candles of a market, asked about before, one call gives at most, as far as is known: an empty page says nothing beyond. */
  pageLimit(symbol: string): number;
  /**
   * One page of candles, as answered, from `since` (ms UTC) on; `limit` of them at most where given, else as many as a call gives. They may come
   * in any order, twice, or from before `since`; fields that are no numbers are NaN.
   */
  candles(symbol: string, intervalMs: number, since: number, limit?: number, signal?: AbortSignal): Promise<readonly Candle[]>;
  /** One page of funding rates, as answered, from `since` (ms UTC) on; empty where the exchange has none for the market. */
  fundingRates(symbol: string, since: number): Promise<readonly FundingRate[]>;
  quote(symbol: string, signal?: AbortSignal): Promise<Quote>;
  /** Ends what is under way; nothing is sent afterwards. */
  close(): Promise<void>;
}
