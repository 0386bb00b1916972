import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bars } from '../../src/core/bars.ts';
import type { Candle } from '../../src/data/exchange/feed.ts';
import { binance } from './binance.ts';
import { candlesOf, revised } from './candles.ts';
import { coinbase } from './coinbase.ts';
import { deliver } from './delivery.ts';
import { type Answer, type Desk, type EndpointKind, type Listing, places, type Quotation, step } from './dialect.ts';
import { changed, createScript, type Failure, type Fault } from './faults.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';

const DAY = 86_400_000;
const DIALECTS = { binance, coinbase };

export interface ExchangeOptions {
  readonly dialect: keyof typeof DIALECTS;
  readonly markets: readonly Listing[];
  /** The exchange's clock, ms UTC. */
  readonly now: () => number;
  /** Rows in one answer at most; default: the exchange's own limit. */
  readonly pageLimit?: number;
  /** In real time. Binance bans who goes on after a 429. */
  readonly rateLimit?: RateLimit;
  /** Whether the candle that is not closed yet is shown; default `included`. */
  readonly forming?: Forming | ((symbol: string, now: number) => Forming);
  /** How long (ms of its clock) after its close a candle appears; nothing after it appears before it. Default 0. */
  readonly publishDelay?: number | ((symbol: string, closeTime: number) => number);
  readonly faults?: readonly Fault[];
  /** Default: any that is free. */
  readonly port?: number;
}

type Forming = 'included' | 'left out';

/** One request as it came; `status` is null where none was sent (yet). */
export interface LoggedRequest {
  readonly kind: EndpointKind;
  /** Path and query. */
  readonly url: string;
  /** On the exchange's clock, ms UTC. */
  readonly at: number;
  /** On the machine's monotonic clock, ms: for waits that are real. */
  readonly received: number;
  readonly status: number | null;
}

export interface Exchange {
  /** Such as `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Requests so far, by what they asked for. */
  calls(): Readonly<Record<EndpointKind, number>>;
  requests(): readonly LoggedRequest[];
  /** Replaces the faults; their counts start again. Throws a TypeError for a market that is not listed. */
  script(faults: readonly Fault[]): void;
  setBars(symbol: string, bars: Bars): void;
  /** Changes one bar, closed or not, from now on. */
  revise(symbol: string, openTime: number, values: Partial<Omit<Candle, 'openTime'>>): void;
  /** Ends all connections, hanging ones too; from then on they are refused. */
  close(): Promise<void>;
}

/**
 * A local HTTP server on 127.0.0.1 that answers as an exchange does in public: its time, markets, candles, tickers and funding rates, in its own
 * paths and words, and with the faults a script names. Which candles exist is a function of its clock.
 */
export async function startExchange(options: ExchangeOptions): Promise<Exchange> {
  const dialect = DIALECTS[options.dialect];
  const listings = new Map(options.markets.map((listing) => [listing.symbol, listing]));
  const log: { -readonly [Field in keyof LoggedRequest]: LoggedRequest[Field] }[] = [];
  const admit = options.rateLimit && createRateLimit(options.rateLimit, dialect.tooMany.bans);

  const listed = (symbol: string): Listing => {
    const listing = listings.get(symbol);
    if (!listing) throw new TypeError(`Expected a market of the exchange (${[...listings.keys()].join(', ')}), received ${symbol}`);
    return listing;
  };
  const scripted = (faults: readonly Fault[]) => {
    for (const { failure } of faults) if (failure.kind === 'other market') listed(failure.symbol);
    return createScript(faults);
  };
  let failureOf = scripted(options.faults ?? []);
  const desk = (now: number, failure: Failure | undefined): Desk => ({
    now,
    listings: [...listings.values()],
    pageLimit: options.pageLimit,
    candles: (asked, interval, window) => {
      const listing = failure?.kind === 'other market' ? listed(failure.symbol) : asked;
      const { symbol } = listing;
      const { forming = 'included', publishDelay: delay = 0 } = options;
      const rows = candlesOf(listing.bars, interval, window, {
        now,
        forming: (typeof forming === 'function' ? forming(symbol, now) : forming) === 'included',
        delay: (closeTime) => (typeof delay === 'function' ? delay(symbol, closeTime) : delay),
      });
      return rows && failure?.kind === 'rows' ? changed(rows, failure.change) : rows;
    },
    quote: (listing) => quotation(listing, now),
  });

  function answerTo(request: IncomingMessage, kind: EndpointKind, now: number, received: number): readonly [Answer, Failure | undefined] {
    if (kind === 'private') return [dialect.error(401, -2015, 'Only public endpoints exist here.'), undefined];
    const admission = admit?.(received) ?? { kind: 'free' };
    if (admission.kind !== 'free') {
      const answer = dialect.error(admission.kind === 'banned' ? 418 : 429, dialect.tooMany.code, 'Too many requests.');
      return [{ ...answer, headers: { 'retry-after': String(admission.retryAfter) } }, undefined];
    }
    const failure = failureOf(kind);
    if (failure?.kind === 'status') return [page(failure), failure];
    if (failure?.kind === 'error') return [dialect.error(failure.status ?? 400, failure.code, failure.message), failure];
    if (failure?.kind === 'body') return [{ status: 200, body: failure.body }, failure];
    return [dialect.answer(urlOf(request), desk(now, failure)), failure];
  }

  const server = createServer((request, response) => {
    const now = Math.floor(options.now());
    const received = performance.now();
    const entry: (typeof log)[number] = { kind: 'other', url: request.url ?? '', at: now, received, status: null };
    log.push(entry);
    let answer: Answer;
    let failure: Failure | undefined;
    try {
      entry.kind = isPrivate(request) ? 'private' : dialect.kindOf(urlOf(request).pathname);
      [answer, failure] = answerTo(request, entry.kind, now, received);
    } catch (error) {
      // Whatever is asked, it goes on.
      answer = { status: 500, body: String(error) };
    }
    response.setHeader('date', new Date(now).toUTCString());
    deliver(response, answer, failure);
    if (response.headersSent) entry.status = response.statusCode;
    else
      response.on('finish', () => {
        entry.status = response.statusCode;
      });
  });
  // Longer than any test: a connection kept by a client must not be closed under its next request.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => {
      const counts = { time: 0, markets: 0, candles: 0, ticker: 0, funding: 0, private: 0, other: 0 };
      for (const { kind } of log) counts[kind]++;
      return counts;
    },
    requests: () => log.map((entry) => ({ ...entry })),
    script: (faults) => {
      failureOf = scripted(faults);
    },
    setBars: (symbol, bars) => {
      listings.set(symbol, { ...listed(symbol), bars });
    },
    revise: (symbol, openTime, values) => {
      const listing = listed(symbol);
      listings.set(symbol, { ...listing, bars: revised(listing.bars, openTime, values) });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const urlOf = (request: IncomingMessage) => new URL(`http://127.0.0.1${request.url}`);

/** A key or a signature, wherever an exchange takes one, or a method that could change something. */
function isPrivate(request: IncomingMessage): boolean {
  const keyed = Object.keys(request.headers).some((name) => /^authorization$|apikey|api-key|^cb-access-/.test(name));
  return keyed || request.method !== 'GET' || ['signature', 'apiKey'].some((name) => urlOf(request).searchParams.has(name));
}

function page({ status, body, retryAfter }: Failure & { readonly kind: 'status' }): Answer {
  return {
    status,
    body: body ?? `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`,
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }),
  };
}

/** Ask and bid lie a tick above and below the last price. */
function quotation(listing: Listing, now: number): Quotation {
  const { bars } = listing;
  const day = candlesOf(bars, bars.intervalMs, { from: now - DAY, limit: Math.ceil(DAY / bars.intervalMs) + 1 }, seen(now)) ?? [];
  const latest = candlesOf(bars, bars.intervalMs, { limit: 1 }, seen(now))?.[0];
  if (!latest) return { bid: 0, ask: 0, last: 0, open: 0, high: 0, low: 0, volume: 0 };
  const rows = day.length > 0 ? day : [latest];
  const last = latest.close;
  const shifted = (by: number) => Number((last + by).toFixed(places(step.tick(listing))));
  return {
    bid: shifted(-step.tick(listing)),
    ask: shifted(step.tick(listing)),
    last,
    open: rows[0]!.open,
    high: Math.max(...rows.map(({ high }) => high)),
    low: Math.min(...rows.map(({ low }) => low)),
    volume: day.reduce((sum, { volume }) => sum + volume, 0),
  };
}

const seen = (now: number) => ({ now, forming: true, delay: () => 0 });
