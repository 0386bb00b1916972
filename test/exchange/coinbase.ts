import { type Answer, currencies, type Desk, type Dialect, decimal, type EndpointKind, type Listing, step } from './dialect.ts';

const MARKETS = '/api/v3/brokerage/market/products';
const BOOK = '/api/v3/brokerage/market/product_book';
const TIMES = ['/v2/time', '/api/v3/brokerage/time'];
const CURRENCIES = ['/v2/currencies', '/v2/currencies/crypto', '/v2/exchange-rates'];
/** Lengths of candles in seconds. */
const GRANULARITIES: Readonly<Record<string, number>> = {
  ONE_MINUTE: 60,
  FIVE_MINUTE: 300,
  FIFTEEN_MINUTE: 900,
  THIRTY_MINUTE: 1800,
  ONE_HOUR: 3600,
  TWO_HOUR: 7200,
  SIX_HOUR: 21_600,
  ONE_DAY: 86_400,
};
const MOST_CANDLES = 350;

/**
 * Coinbase Advanced Trade, spot only: candles newest first, windows that include both ends, and no candles of four hours. Of a window with more rows than
 * a page has it gives the oldest.
 */
export const coinbase: Dialect = {
  kindOf,
  answer,
  error: (status, code, message) => ({ status, body: { error: String(code), error_details: message, message } }),
  tooMany: { code: 'rate_limit_exceeded', bans: false },
};

function kindOf(path: string): EndpointKind {
  if (TIMES.includes(path)) return 'time';
  if (CURRENCIES.includes(path) || path === MARKETS) return 'markets';
  if (path === BOOK) return 'ticker';
  const product = productPath(path);
  if (!product) return 'other';
  return product.endpoint === 'candles' ? 'candles' : product.endpoint === 'ticker' ? 'ticker' : 'markets';
}

function productPath(path: string): { readonly id: string; readonly endpoint: string | undefined } | undefined {
  const match = path.startsWith(`${MARKETS}/`) ? /^([^/]+)(?:\/(candles|ticker))?$/.exec(path.slice(MARKETS.length + 1)) : null;
  return match ? { id: decodeURIComponent(match[1]!), endpoint: match[2] } : undefined;
}

const identifier = (listing: Listing) => `${currencies(listing.symbol).base}-${currencies(listing.symbol).quote}`;
const invalid = (message: string): Answer => coinbase.error(400, 'INVALID_ARGUMENT', message);

function answer(url: URL, desk: Desk): Answer {
  const { pathname, searchParams: query } = url;
  const iso = new Date(desk.now).toISOString();
  const seconds = Math.floor(desk.now / 1000);
  if (pathname === TIMES[0]) return { status: 200, body: { data: { iso: `${iso.slice(0, 19)}Z`, epoch: seconds } } };
  if (pathname === TIMES[1]) return { status: 200, body: { iso, epochSeconds: String(seconds), epochMillis: String(desk.now) } };
  if (CURRENCIES.includes(pathname)) return { status: 200, body: { data: pathname === CURRENCIES[2] ? { rates: {} } : [] } };
  const spot = desk.listings.filter(({ symbol }) => currencies(symbol).settle === undefined);
  if (pathname === MARKETS) {
    const wanted = query.get('product_type') === 'FUTURE' ? [] : spot;
    return { status: 200, body: { products: wanted.map((listing) => product(listing, desk)), num_products: wanted.length } };
  }
  const place = productPath(pathname);
  if (!place && pathname !== BOOK) return coinbase.error(404, 'NOT_FOUND', 'Not found');
  const id = place?.id ?? query.get('product_id');
  const listing = spot.find((candidate) => identifier(candidate) === id);
  if (!listing) return coinbase.error(404, 'NOT_FOUND', 'valid product_id is required');
  if (!place) return { status: 200, body: { pricebook: book(listing, desk, iso) } };
  if (place.endpoint === 'candles') return candles(listing, query, desk);
  return { status: 200, body: place.endpoint === 'ticker' ? ticker(listing, desk, iso) : product(listing, desk) };
}

function candles(listing: Listing, query: URLSearchParams, desk: Desk): Answer {
  const granularity = GRANULARITIES[query.get('granularity') ?? ''];
  if (granularity === undefined) return invalid('granularity is not supported');
  const start = Number(query.get('start') ?? Number.NaN);
  const end = Number(query.get('end') ?? Number.NaN);
  if (!(start <= end)) return invalid('start must be before end');
  if ((end - start) / granularity > MOST_CANDLES) return invalid('number of candles requested should be less than 350');
  const limit = Math.min(Number(query.get('limit') ?? MOST_CANDLES), desk.pageLimit ?? MOST_CANDLES);
  const rows = desk.candles(listing, granularity * 1000, { from: start * 1000, to: end * 1000, limit });
  if (!rows) return invalid('granularity is not supported');
  const body = rows
    .map(({ openTime, open, high, low, close, volume }) => ({
      start: String(Math.floor(Number(openTime) / 1000)),
      low: decimal(low),
      high: decimal(high),
      open: decimal(open),
      close: decimal(close),
      volume: decimal(volume),
    }))
    .reverse();
  return { status: 200, body: { candles: body } };
}

function ticker(listing: Listing, desk: Desk, iso: string): unknown {
  const { bid, ask, last } = desk.quote(listing);
  const trade = {
    trade_id: '1',
    product_id: identifier(listing),
    price: decimal(last),
    size: '1',
    time: iso,
    side: 'BUY',
    bid: '',
    ask: '',
  };
  return { trades: last > 0 ? [trade] : [], best_bid: decimal(bid), best_ask: decimal(ask) };
}

function book(listing: Listing, desk: Desk, iso: string): unknown {
  const { bid, ask } = desk.quote(listing);
  const bids = [{ price: decimal(bid), size: '1' }];
  return { product_id: identifier(listing), bids, asks: [{ price: decimal(ask), size: '1' }], time: iso };
}

function product(listing: Listing, desk: Desk): unknown {
  const { base, quote } = currencies(listing.symbol);
  const { last, open, volume } = desk.quote(listing);
  return {
    product_id: identifier(listing),
    price: decimal(last),
    price_percentage_change_24h: String(open > 0 ? (100 * (last - open)) / open : 0),
    volume_24h: decimal(volume),
    volume_percentage_change_24h: '0',
    base_increment: decimal(step.lot(listing)),
    quote_increment: decimal(step.tick(listing)),
    quote_min_size: decimal(step.minimumNotional(listing)),
    quote_max_size: '150000000',
    base_min_size: decimal(step.minimumQuantity(listing)),
    base_max_size: '3400',
    base_name: base,
    quote_name: quote,
    watched: false,
    is_disabled: false,
    new: false,
    status: 'online',
    cancel_only: false,
    limit_only: false,
    post_only: false,
    trading_disabled: false,
    auction_mode: false,
    product_type: 'SPOT',
    quote_currency_id: quote,
    base_currency_id: base,
    fcm_trading_session_details: null,
    mid_market_price: '',
    alias: '',
    alias_to: [],
    base_display_symbol: base,
    quote_display_symbol: quote,
    view_only: false,
    price_increment: decimal(step.tick(listing)),
    display_name: identifier(listing),
    product_venue: 'CBE',
  };
}
