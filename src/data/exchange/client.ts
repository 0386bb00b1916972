import { intervalMs, intervalName } from '../../core/interval.ts';
import { nearestName } from '../../core/nearest.ts';
import { formatInstant } from '../instant.ts';
import { checkAnswers } from './answer-check.ts';
import { type CcxtClient, type CcxtMarket, loadCcxtClient } from './ccxt-client.ts';
import { ExchangeError, GarbageError } from './exchange-error.ts';
import type { Candle, Feed, FundingRate, Quote } from './feed.ts';
import { describeMarket, listsOf } from './market-definition.ts';
import type { MarketInformation } from './market-information.ts';
import { type Clock, createPatience } from './patience.ts';
import { createTransport } from './transport.ts';

export interface FeedOptions {
  readonly clock: Clock;
  /** Ends whatever is under way, and the feed. */
  readonly signal?: AbortSignal;
  /** A mirror: scheme, host and first part of the path that requests go to in place of the exchange's own. */
  readonly redirect?: string;
  /** Markets known from earlier, which the exchange need not be asked about. */
  readonly known?: readonly MarketInformation[];
  /** Deadline of one try, headers and body, ms; default 10 s. */
  readonly timeoutMs?: number;
  /** Sends one request; Node's own by default. */
  readonly fetch?: typeof fetch;
}

/** A feed on a client of its own, which counts what it sends. */
export interface ExchangeFeed extends Feed {
  /** Requests sent so far, those of further tries included. */
  requests(): number;
}

const TIMEOUT = 10_000;
/** Candles in a page where ccxt does not say: few, since a page that looks further than the exchange does would miss some. */
const CAUTIOUS_PAGE = 100;
const LISTED_INTERVAL = /^[1-9]\d*[mhdw]$/;

/**
 * The public market data of an exchange, by its id in ccxt. Throws an ExchangeError where ccxt knows no such exchange, or none with candles.
 */
export async function openFeed(id: string, options: FeedOptions): Promise<ExchangeFeed> {
  return createFeed(await loadCcxtClient(id), options);
}

/** A feed over a client that is loaded already, which belongs to the feed from then on. */
export function createFeed(
  client: CcxtClient,
  { clock, signal, redirect, known = [], timeoutMs = TIMEOUT, fetch }: FeedOptions,
): ExchangeFeed {
  const exchange = client.id;
  const closing = new AbortController();
  const transport = createTransport({ clock, ...(fetch && { fetch }), ...(redirect !== undefined && { redirect }) });
  const end = () => {
    closing.abort(signal?.aborted ? signal.reason : undefined);
    transport.abort();
  };
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end, { once: true });
  const patiently = createPatience({ exchange, clock, signal: closing.signal, blockedUntil: transport.blockedUntil });

  prepare(client, timeoutMs, transport.send);
  if (client.has.fetchOHLCV !== true) {
    throw new ExchangeError(`${exchange}: Expected an exchange that tells candles, received one that does not; take another exchange`, 2);
  }
  const markets = new Map<string, CcxtMarket>(known.map(({ symbol, definition }) => [symbol, definition as unknown as CcxtMarket]));
  if (markets.size > 0) client.setMarkets([...markets.values()]);
  const timeframes = new Map(
    Object.keys(client.timeframes).flatMap((name) => (LISTED_INTERVAL.test(name) ? [[intervalMs(name), name] as const] : [])),
  );
  const intervals = [...timeframes.keys()].sort((a, b) => a - b);

  /** Which lists of markets have been read; several callers wait for the same reading. */
  const readings = new Map<string, Promise<void>>();
  const readList = async (lists: readonly string[]) => {
    const listed = await patiently('the list of its markets', () =>
      transport.listing(async () => {
        const option = client.options.fetchMarkets as { types?: unknown } | undefined;
        const types = Array.isArray(option?.types) ? option.types : [];
        const wanted = types.filter((type) => lists.includes(type as string));
        client.options.fetchMarkets = wanted.length > 0 ? { ...option, types: wanted } : option;
        try {
          const answered = await client.fetchMarkets();
          if (!Array.isArray(answered) || answered.length === 0) throw new GarbageError('a list without markets');
          return answered as readonly CcxtMarket[];
        } finally {
          client.options.fetchMarkets = option;
        }
      }),
    );
    for (const market of listed) markets.set(market.symbol, market);
    client.setMarkets([...markets.values()]);
  };

  const listOnce = async (lists: readonly string[]) => {
    const key = lists.join();
    // One list after the other: which one is wanted is an option of the client.
    const before = Promise.allSettled([...readings.values()]);
    const reading = readings.get(key) ?? before.then(() => readList(lists));
    readings.set(key, reading);
    await reading.catch((error) => {
      readings.delete(key);
      throw error;
    });
  };

  const listing = async (symbol: string): Promise<CcxtMarket> => {
    if (!markets.has(symbol)) await listOnce(listsOf(symbol));
    const found = client.markets && Object.hasOwn(client.markets, symbol) ? client.markets[symbol] : undefined;
    if (found) return found;
    const symbols = [...markets.keys()];
    const base = symbol.split(/[/:]/, 1)[0]!.toUpperCase();
    const kin = symbols.filter((name) => name.startsWith(`${base}/`)).slice(0, 5);
    const nearest = nearestName(symbol, symbols);
    const advice = nearest
      ? `did you mean ${nearest}?`
      : kin.length > 0
        ? `it lists ${kin.join(', ')}`
        : `none of the ${symbols.length} markets in its list has the base ${JSON.stringify(base).slice(1, -1)}${symbol.includes('/') ? '' : '; a symbol such as BTC/USDT is meant'}`;
    throw new ExchangeError(`${exchange}: Expected one of its markets, received ${JSON.stringify(symbol)}; ${advice}`, 2);
  };

  const timeframeOf = (interval: number): string => {
    const name = timeframes.get(interval);
    if (name !== undefined) return name;
    throw new ExchangeError(
      `${exchange}: Expected an interval it offers (${intervals.map(intervalName).join(', ')}), received ${intervalName(interval)}`,
      2,
    );
  };

  const candles: Feed['candles'] = async (symbol, interval, since, limit, wanted) => {
    const timeframe = timeframeOf(interval);
    await listing(symbol);
    const most = Math.min(limit ?? Number.POSITIVE_INFINITY, pageLimit(symbol));
    const call = async () => {
      const rows = await client.fetchOHLCV(symbol, timeframe, since, most);
      if (!Array.isArray(rows)) throw new GarbageError('an answer that is no list of candles');
      return rows.map(candleOf);
    };
    return patiently(`candles of ${symbol} ${timeframe} from ${formatInstant(since)}`, call, wanted);
  };

  const pageLimit = (symbol: string) => {
    const limit = client.featureValue(symbol, 'fetchOHLCV', 'limit');
    return typeof limit === 'number' && limit >= 1 ? limit : CAUTIOUS_PAGE;
  };

  const time = async (wanted?: AbortSignal) => {
    const told = client.has.fetchTime === true;
    if (!told && markets.size === 0) await listOnce(['spot', 'swap']);
    const [symbol, lowest] = [markets.keys().next().value, intervals[0]];
    const call = async () => {
      // Who does not tell the time dates its answers: to a small question, here.
      if (!told) await client.fetchOHLCV(symbol!, timeframeOf(lowest!), Math.floor(clock.now() / lowest! - 1) * lowest!, 1);
      const answered = told ? await client.fetchTime() : transport.lastDate();
      if (!isInstant(answered)) throw new GarbageError(`an answer without the time (${String(answered)})`);
      return answered;
    };
    return patiently('the time', call, wanted);
  };

  return {
    exchange,
    intervals,
    requests: transport.requests,
    pageLimit,
    candles,
    time,
    market: async (symbol) => describeMarket(exchange, await listing(symbol), client.precisionMode),
    fundingRates: async (symbol, since) => {
      await listing(symbol);
      if (client.has.fetchFundingRateHistory !== true) return [];
      return patiently(`funding rates of ${symbol} from ${formatInstant(since)}`, async () => {
        const rates = await client.fetchFundingRateHistory(symbol, since);
        if (!Array.isArray(rates)) throw new GarbageError('an answer that is no list of funding rates');
        return rates.map(({ timestamp, fundingRate }): FundingRate => ({ time: numberOf(timestamp), rate: numberOf(fundingRate) }));
      });
    },
    quote: async (symbol, wanted) => {
      await listing(symbol);
      return patiently(`a quote of ${symbol}`, () => quoteOf(client, symbol, transport.lastDate), wanted);
    },
    close: async () => {
      signal?.removeEventListener('abort', end);
      end();
      await Promise.allSettled(readings.values());
    },
  };
}

/** Makes a client ours: our transport, no calls that nobody needs, and rows handed on as they came. */
function prepare(client: CcxtClient, timeoutMs: number, send: CcxtClient['fetchImplementation']): void {
  client.fetchImplementation = send;
  client.timeout = timeoutMs;
  // Currencies cost calls, and on some exchanges an account.
  client.has.fetchCurrencies = false;
  // ccxt sorts and cuts rows and drops those without a time: what was answered could then not be told from what was not.
  if (!Object.hasOwn(Object.getPrototypeOf(client) as object, 'parseOHLCVs')) {
    client.parseOHLCVs = (rows, market) => (Array.isArray(rows) ? rows.map((row) => client.parseOHLCV(row, market)) : rows);
  }
  checkAnswers(client);
}

async function quoteOf(client: CcxtClient, symbol: string, lastDate: () => number): Promise<Quote> {
  const ticker = await client.fetchTicker(symbol);
  const sides = (ticker.bid && ticker.ask) || client.has.fetchBidsAsks !== true ? ticker : (await client.fetchBidsAsks([symbol]))[symbol];
  if (ticker.symbol !== symbol || (sides?.symbol !== undefined && sides.symbol !== symbol))
    throw new GarbageError('a quote of another market');
  const [bid, ask, last] = [sides?.bid, sides?.ask, ticker.last].map((price) => {
    const value = numberOf(price);
    return value > 0 && value < Number.POSITIVE_INFINITY ? value : null;
  });
  if (bid == null && ask == null && last == null) throw new GarbageError('a quote without a price');
  const time = isInstant(ticker.timestamp) ? ticker.timestamp : lastDate();
  if (!isInstant(time)) throw new GarbageError('a quote without its time');
  return { bid: bid ?? null, ask: ask ?? null, last: last ?? null, time };
}

function candleOf(row: unknown): Candle {
  const [openTime, open, high, low, close, volume] = Array.isArray(row) ? row.map(numberOf) : [];
  const known = (value: number | undefined) => value ?? Number.NaN;
  return {
    openTime: known(openTime),
    open: known(open),
    high: known(high),
    low: known(low),
    close: known(close),
    volume: known(volume),
  };
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}

/** A whole number of ms between the years 2000 and 2200: anything else is no time of a market. */
function isInstant(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 946_684_800_000 && (value as number) < 7_258_118_400_000;
}
