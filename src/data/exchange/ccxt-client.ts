import { readdir } from 'node:fs/promises';
import { nearestName } from '../../core/nearest.ts';
import { ExchangeError } from './exchange-error.ts';
import type { OutgoingRequest, Received } from './transport.ts';

/** As much of a ccxt market as is read here. */
export interface CcxtMarket {
  readonly id?: string;
  readonly symbol: string;
  readonly type?: string;
  readonly base: string;
  readonly quote: string;
  readonly settle?: string | null;
  readonly contractSize?: number | null;
  readonly inverse?: boolean | null;
  readonly precision?: { readonly price?: number | null; readonly amount?: number | null };
  readonly limits?: { readonly amount?: { readonly min?: number | null }; readonly cost?: { readonly min?: number | null } };
  readonly taker?: number | null;
  readonly maker?: number | null;
}

export interface CcxtTicker {
  readonly symbol?: string;
  readonly timestamp?: number | null;
  readonly bid?: number | null;
  readonly ask?: number | null;
  readonly last?: number | null;
}

/** As much of a ccxt client as is used here: public data, and nothing else. */
export interface CcxtClient {
  readonly id: string;
  timeout: number;
  enableRateLimit: boolean;
  fetchImplementation: (url: string, request: OutgoingRequest) => Promise<Received>;
  readonly has: Record<string, unknown>;
  readonly timeframes: Readonly<Record<string, unknown>>;
  readonly options: Record<string, unknown>;
  readonly precisionMode: number;
  /** What ccxt throws for which HTTP status. */
  readonly httpExceptions: Readonly<Record<string, unknown>>;
  readonly markets: Readonly<Record<string, CcxtMarket>> | undefined;
  fetchMarkets(): Promise<readonly CcxtMarket[]>;
  setMarkets(markets: readonly CcxtMarket[]): unknown;
  fetchTime(): Promise<unknown>;
  fetchOHLCV(symbol: string, timeframe: string, since: number, limit: number): Promise<unknown>;
  fetchFundingRateHistory(
    symbol: string,
    since: number,
  ): Promise<readonly { readonly timestamp?: unknown; readonly fundingRate?: unknown }[]>;
  fetchTicker(symbol: string): Promise<CcxtTicker>;
  fetchBidsAsks(symbols: readonly string[]): Promise<Readonly<Record<string, CcxtTicker>>>;
  featureValue(symbol: string, method: string, name: string): unknown;
  parseOHLCV(row: unknown, market?: unknown): unknown;
  parseOHLCVs(rows: unknown, market?: unknown): unknown;
  handleErrors(
    status: number,
    reason: string,
    url: string,
    method: string,
    headers: unknown,
    body: string,
    answer: unknown,
    ...rest: unknown[]
  ): unknown;
}

/** ccxt's sources, one file an exchange; loading one alone takes a third of the time of all. */
const sources = () => new URL('./src/', import.meta.resolve('ccxt'));

/** The ids of all exchanges that ccxt knows. */
export async function exchangeNames(): Promise<readonly string[]> {
  const names = await readdir(sources());
  return names.filter((name) => /^[a-z0-9]+\.js$/.test(name)).map((name) => name.slice(0, -3));
}

/** A client of one exchange, without keys. Throws an ExchangeError with the nearest name where ccxt knows no such exchange. */
export async function loadCcxtClient(id: string): Promise<CcxtClient> {
  const names = await exchangeNames();
  if (!names.includes(id)) {
    const nearest = nearestName(id, names);
    throw new ExchangeError(
      `Expected an exchange such as binance, coinbase or kraken, received ${JSON.stringify(id)}${nearest ? `; did you mean ${nearest}?` : '; its id in ccxt is meant'}`,
      2,
    );
  }
  const { default: Client } = (await import(new URL(`${id}.js`, sources()).href)) as { default: new () => CcxtClient };
  return new Client();
}
