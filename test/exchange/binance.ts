import { intervalMs } from '../../src/core/interval.ts';
import { type Answer, currencies, type Desk, type Dialect, decimal, type EndpointKind, type Listing, places, step } from './dialect.ts';

const SPOT = '/api/v3/';
const PERPETUAL = '/fapi/v1/';
// Rows a call gives: where it does not say, and at most.
const DEFAULT_LIMIT = 500;
const LIMITS = { [SPOT]: 1000, [PERPETUAL]: 1500 } as const;
const FUNDING_LIMITS = { default: 100, most: 1000 };
const INTERVALS = ['1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '3d', '1w'];
const KINDS: Readonly<Record<string, EndpointKind>> = {
  time: 'time',
  exchangeInfo: 'markets',
  klines: 'candles',
  fundingRate: 'funding',
  premiumIndex: 'funding',
  depth: 'ticker',
  'ticker/24hr': 'ticker',
  'ticker/bookTicker': 'ticker',
  'ticker/price': 'ticker',
};

/** Binance's spot market (`/api/v3`) and its USDT perpetuals (`/fapi/v1`); it has no other markets. */
export const binance: Dialect = {
  kindOf: (path) => (path === '/dapi/v1/exchangeInfo' ? 'markets' : (KINDS[place(path)?.endpoint ?? ''] ?? 'other')),
  answer,
  error: (status, code, message) => ({ status, body: { code, msg: message } }),
  tooMany: { code: -1003, bans: true },
};

type Venue = typeof SPOT | typeof PERPETUAL;

function place(path: string): { readonly venue: Venue; readonly endpoint: string } | undefined {
  const venue = ([SPOT, PERPETUAL] as const).find((prefix) => path.startsWith(prefix));
  return venue && { venue, endpoint: path.slice(venue.length) };
}

const identifier = (listing: Listing) => currencies(listing.symbol).base + currencies(listing.symbol).quote;
const refused = (code: number, message: string): Answer => binance.error(400, code, message);

function answer(url: URL, desk: Desk): Answer {
  if (url.pathname === '/dapi/v1/exchangeInfo') return { status: 200, body: { symbols: [] } };
  const where = place(url.pathname);
  if (!where || binance.kindOf(url.pathname) === 'other') return { status: 404, body: '<html><body>404 Not found</body></html>' };
  const { venue, endpoint } = where;
  const all = desk.listings.filter(({ symbol }) => (currencies(symbol).settle !== undefined) === (venue === PERPETUAL));
  if (endpoint === 'time') return { status: 200, body: { serverTime: desk.now } };

  const named = symbolsOf(url.searchParams);
  if (named === undefined) return refused(-1100, "Illegal characters found in parameter 'symbols'.");
  const chosen = named.map((id) => all.find((listing) => identifier(listing) === id));
  if (chosen.includes(undefined)) return refused(-1121, 'Invalid symbol.');
  const listings = named.length > 0 ? (chosen as readonly Listing[]) : all;
  if (endpoint === 'exchangeInfo') return { status: 200, body: information(listings, venue, desk) };

  const single = url.searchParams.has('symbol');
  const each = (row: (listing: Listing) => unknown): Answer => ({ status: 200, body: single ? row(listings[0]!) : listings.map(row) });
  if (endpoint === 'ticker/24hr') return each((listing) => statistics(listing, desk));
  if (endpoint === 'ticker/bookTicker')
    return each((listing) => ({ ...best(listing, desk), ...(venue === SPOT ? {} : { time: desk.now }) }));
  if (endpoint === 'ticker/price') return each((listing) => ({ symbol: identifier(listing), price: decimal(desk.quote(listing).last) }));
  if (endpoint === 'premiumIndex') return each((listing) => premium(listing, desk));
  if (!single) return refused(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
  if (endpoint === 'depth') return { status: 200, body: depth(listings[0]!, desk) };
  const unreadable = ['startTime', 'endTime', 'limit'].find((name) => Number.isNaN(numberOf(url.searchParams, name) ?? 0));
  if (unreadable) return refused(-1100, `Illegal characters found in parameter '${unreadable}'.`);
  if (endpoint === 'fundingRate') return { status: 200, body: fundingRates(listings[0]!, url.searchParams, desk) };
  return klines(listings[0]!, url.searchParams, venue, desk);
}

/** The markets a query names; undefined where its list is no list. */
function symbolsOf(query: URLSearchParams): readonly string[] | undefined {
  const single = query.get('symbol');
  if (single !== null) return [single];
  const list = query.get('symbols') ?? '[]';
  return /^\[("[A-Z0-9]+"(,"[A-Z0-9]+")*)?\]$/.test(list) ? (JSON.parse(list) as readonly string[]) : undefined;
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  return text === null ? undefined : Number(text);
}

/** `startTime` and `endTime`, both included, as a window. */
function windowOf(query: URLSearchParams, otherwise: number, most: number) {
  const from = numberOf(query, 'startTime');
  const to = numberOf(query, 'endTime');
  const limit = Math.min(numberOf(query, 'limit') ?? otherwise, most);
  return { limit, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function klines(listing: Listing, query: URLSearchParams, venue: Venue, desk: Desk): Answer {
  const name = query.get('interval') ?? '';
  const interval = INTERVALS.includes(name) ? intervalMs(name) : 0;
  // Lower than what is traded here is no interval of this exchange.
  if (interval < listing.bars.intervalMs) return refused(-1120, 'Invalid interval.');
  const rows = desk.candles(listing, interval, windowOf(query, DEFAULT_LIMIT, desk.pageLimit ?? LIMITS[venue]));
  if (!rows) return refused(-1120, 'Invalid interval.');
  const body = rows.map(({ openTime, open, high, low, close, volume }) => [
    openTime,
    ...[open, high, low, close, volume].map(decimal),
    Number(openTime) + interval - 1,
    decimal(Number(volume) * Number(close)),
    Math.ceil(Number(volume)),
    decimal(Number(volume) / 2),
    decimal((Number(volume) * Number(close)) / 2),
    '0',
  ]);
  return { status: 200, body };
}

function fundingRates(listing: Listing, query: URLSearchParams, desk: Desk): unknown {
  const { from, to = Number.POSITIVE_INFINITY, limit } = windowOf(query, FUNDING_LIMITS.default, desk.pageLimit ?? FUNDING_LIMITS.most);
  const rows = [...(listing.funding?.time ?? [])]
    .map((time, k) => ({ symbol: identifier(listing), fundingTime: time, fundingRate: decimal(listing.funding!.rate[k]!), markPrice: '' }))
    .filter(({ fundingTime }) => fundingTime >= (from ?? 0) && fundingTime <= Math.min(to, desk.now));
  return from === undefined ? rows.slice(-limit) : rows.slice(0, limit);
}

function premium(listing: Listing, desk: Desk): unknown {
  const { time, rate } = listing.funding ?? { time: new Float64Array(), rate: new Float64Array() };
  const settled = time.filter((instant) => instant <= desk.now).length;
  const price = decimal(desk.quote(listing).last);
  return {
    symbol: identifier(listing),
    markPrice: price,
    indexPrice: price,
    lastFundingRate: decimal(rate[settled - 1] ?? 0),
    nextFundingTime: time[settled] ?? 0,
    time: desk.now,
  };
}

function best(listing: Listing, desk: Desk) {
  const { bid, ask } = desk.quote(listing);
  return { symbol: identifier(listing), bidPrice: decimal(bid), bidQty: '1', askPrice: decimal(ask), askQty: '1' };
}

function depth(listing: Listing, desk: Desk): unknown {
  const { bidPrice, bidQty, askPrice, askQty } = best(listing, desk);
  return { lastUpdateId: 1, E: desk.now, T: desk.now, bids: [[bidPrice, bidQty]], asks: [[askPrice, askQty]] };
}

function statistics(listing: Listing, desk: Desk): unknown {
  const { open, high, low, last, volume } = desk.quote(listing);
  return {
    ...(currencies(listing.symbol).settle === undefined ? best(listing, desk) : { symbol: identifier(listing) }),
    priceChange: decimal(last - open),
    priceChangePercent: (open > 0 ? (100 * (last - open)) / open : 0).toFixed(3),
    weightedAvgPrice: decimal(last),
    lastPrice: decimal(last),
    lastQty: '1',
    openPrice: decimal(open),
    highPrice: decimal(high),
    lowPrice: decimal(low),
    volume: decimal(volume),
    quoteVolume: decimal(volume * last),
    openTime: desk.now - 86_400_000,
    closeTime: desk.now,
    firstId: 1,
    lastId: 1,
    count: 1,
  };
}

function information(listings: readonly Listing[], venue: Venue, desk: Desk): unknown {
  return {
    timezone: 'UTC',
    serverTime: desk.now,
    rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 }],
    exchangeFilters: [],
    symbols: listings.map(venue === SPOT ? spotMarket : perpetual),
  };
}

function filters(listing: Listing, notional: Readonly<Record<string, unknown>>): unknown {
  const lot = { minQty: decimal(step.minimumQuantity(listing)), maxQty: '9000', stepSize: decimal(step.lot(listing)) };
  return [
    { filterType: 'PRICE_FILTER', minPrice: decimal(step.tick(listing)), maxPrice: '1000000', tickSize: decimal(step.tick(listing)) },
    { filterType: 'LOT_SIZE', ...lot },
    { filterType: 'MARKET_LOT_SIZE', ...lot, maxQty: '100' },
    notional,
  ];
}

function spotMarket(listing: Listing): unknown {
  const { base, quote } = currencies(listing.symbol);
  return {
    symbol: identifier(listing),
    status: 'TRADING',
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'],
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: filters(listing, { filterType: 'NOTIONAL', minNotional: decimal(step.minimumNotional(listing)), maxNotional: '9000000' }),
    permissions: [],
    permissionSets: [['SPOT']],
  };
}

function perpetual(listing: Listing): unknown {
  const { base, quote, settle } = currencies(listing.symbol);
  return {
    symbol: identifier(listing),
    pair: identifier(listing),
    contractType: 'PERPETUAL',
    deliveryDate: 4_133_404_800_000,
    onboardDate: listing.bars.openTime[0] ?? 0,
    status: 'TRADING',
    baseAsset: base,
    quoteAsset: quote,
    marginAsset: settle,
    pricePrecision: places(step.tick(listing)),
    quantityPrecision: places(step.lot(listing)),
    baseAssetPrecision: 8,
    quotePrecision: 8,
    filters: filters(listing, { filterType: 'MIN_NOTIONAL', notional: decimal(step.minimumNotional(listing)) }),
    orderTypes: ['LIMIT', 'MARKET', 'STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP_MARKET'],
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX', 'GTD'],
  };
}
