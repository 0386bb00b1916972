import type { Bars } from '../../src/core/bars.ts';
import type { FundingRates } from '../../src/core/funding.ts';
import type { Candle } from '../../src/data/exchange/feed.ts';
import type { Window } from './candles.ts';

/** What a request asks for; `private` is whatever carries a key or a signature, or is no GET. */
export type EndpointKind = 'time' | 'markets' | 'candles' | 'ticker' | 'funding' | 'private' | 'other';

/** One market of the local exchange. Neither exchange tells fees in public: the client has its own. */
export interface Listing {
  /** As ccxt writes it: `BTC/USDT`, or `BTC/USDT:USDT` for a perpetual. */
  readonly symbol: string;
  /** Everything that will ever be traded; the clock decides what of it exists. */
  readonly bars: Bars;
  /** Smallest step of a price, quote currency; default 0.01. */
  readonly tick?: number;
  /** Smallest step and quantity, base currency; default 0.00001. */
  readonly lot?: number;
  readonly minimumQuantity?: number;
  /** Smallest value of an order, quote currency; default 5. */
  readonly minimumNotional?: number;
  readonly funding?: FundingRates;
}

/** A candle on its way out: faults may put anything in its fields. */
export type RawCandle = { readonly [Field in keyof Candle]: number | string | null };

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is where a string, else as JSON. */
  readonly body: unknown;
}

/** What a dialect may ask of the exchange while it answers one call. */
export interface Desk {
  /** The exchange's clock, ms UTC. */
  readonly now: number;
  readonly listings: readonly Listing[];
  /** Rows of candles or funding rates in one answer at most; the dialect's own limit where absent. */
  readonly pageLimit: number | undefined;
  /** Rows that exist now, oldest first; undefined where the bars cannot be turned into that interval (ms). */
  candles(listing: Listing, interval: number, window: Window): readonly RawCandle[] | undefined;
  quote(listing: Listing): Quotation;
}

/** The last 24 hours of a market in its quote currency; null where it has not been traded. */
export interface Quotation {
  readonly bid: number;
  readonly ask: number;
  readonly last: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  /** Base currency. */
  readonly volume: number;
}

/** How one exchange speaks. */
export interface Dialect {
  kindOf(path: string): EndpointKind;
  answer(url: URL, desk: Desk): Answer;
  /** An error in the exchange's own words. */
  error(status: number, code: number | string, message: string): Answer;
  /** What it says to too many requests, and whether it bans who goes on. */
  readonly tooMany: { readonly code: number | string; readonly bans: boolean };
}

/** `BTC/USDT:USDT` as its currencies; `settle` only for a perpetual. */
export function currencies(symbol: string): { readonly base: string; readonly quote: string; readonly settle: string | undefined } {
  const match = /^([^/:]+)\/([^/:]+)(?::([^/:]+))?$/.exec(symbol);
  if (!match) throw new TypeError(`Expected a symbol such as BTC/USDT or BTC/USDT:USDT, received ${JSON.stringify(symbol)}`);
  return { base: match[1]!, quote: match[2]!, settle: match[3] };
}

/** The shortest decimal that reads back as the number, without an exponent, as exchanges write it; anything else as it is. */
export function decimal(value: number | string | null): string | null {
  if (typeof value !== 'number') return value;
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const digits = `${match[2]}${match[3] ?? ''}`;
  const exponent = Number(match[4]);
  return exponent < 0
    ? `${match[1]}0.${'0'.repeat(-exponent - 1)}${digits}`
    : `${match[1]}${digits}${'0'.repeat(exponent + 1 - digits.length)}`;
}

export const step = {
  tick: (listing: Listing) => listing.tick ?? 0.01,
  lot: (listing: Listing) => listing.lot ?? 0.00001,
  minimumQuantity: (listing: Listing) => listing.minimumQuantity ?? listing.lot ?? 0.00001,
  minimumNotional: (listing: Listing) => listing.minimumNotional ?? 5,
};

/** How many places a step such as 0.01 has. */
export function places(size: number): number {
  return decimal(size)!.split('.')[1]?.length ?? 0;
}
