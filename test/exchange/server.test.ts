import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { OHLCV } from 'ccxt';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Bars } from '../../src/core/bars.ts';
import { resample } from '../../src/core/resample.ts';
import { readCsv } from '../../src/data/csv.ts';
import { barsOf, HOUR, randomBars } from '../support/markets.ts';
import { openClient } from './client.ts';
import { type Exchange, type ExchangeOptions, startExchange } from './server.ts';

const START = Date.UTC(2020, 0, 1);
const DATA = resolve('../shared/data/BTC-USD-4h-coinbase.csv');
const bars = randomBars({ seed: 1, length: 700, gaps: 0.02 });
const AFTER = bars.openTime.at(-1)! + 2 * HOUR;

let exchange: Exchange;
const opened: Exchange[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function start(options: Partial<ExchangeOptions> = {}): Promise<Exchange> {
  exchange = await startExchange({ dialect: 'binance', markets: [{ symbol: 'BTC/USDT', bars }], now: () => AFTER, ...options });
  opened.push(exchange);
  return exchange;
}

/** Bars as the rows of a client. */
const rowsOf = (from: Bars): OHLCV[] =>
  Array.from(from.openTime, (time, k) => [time, from.open[k], from.high[k], from.low[k], from.close[k], from.volume[k]] as OHLCV);

const answerOf = async (path: string) => {
  const response = await fetch(`${exchange.url}${path}`);
  return { status: response.status, headers: response.headers, body: await response.text() };
};
const json = async (path: string) => JSON.parse((await answerOf(path)).body);
const klines = (query: string) =>
  json(`/api/v3/klines?symbol=BTCUSDT&interval=1h&${query}`) as Promise<readonly (readonly [number, ...string[]])[]>;

describe('the real binance client', () => {
  it('reads time, steps and smallest orders of a spot market', async () => {
    await start({ markets: [{ symbol: 'BTC/USDT', bars, tick: 0.1, lot: 0.001, minimumQuantity: 0.002, minimumNotional: 10 }] });
    const client = await openClient('binance', exchange.url);
    expect(await client.fetchTime()).toBe(AFTER);
    await client.loadMarkets();
    const market = client.market('BTC/USDT');
    expect(market).toMatchObject({ id: 'BTCUSDT', spot: true, active: true, precision: { price: 0.1, amount: 0.001 } });
    expect(market.limits).toMatchObject({ amount: { min: 0.002 }, cost: { min: 10 } });
    expect(exchange.calls()).toEqual({ time: 1, markets: 1, candles: 0, ticker: 0, funding: 0, private: 0, other: 0 });
  });

  it('pages through all candles and gets the very bars', async () => {
    await start({ pageLimit: 97 });
    const client = await openClient('binance', exchange.url);
    const rows: OHLCV[] = [];
    for (let since = 0; ; since = rows.at(-1)![0]! + 1) {
      const page = await client.fetchOHLCV('BTC/USDT', '1h', since, 1000);
      if (page.length === 0) break;
      rows.push(...page);
    }
    expect(rows).toEqual(rowsOf(bars));
    // 700 rows are 7 full pages and one of 21; then nothing.
    expect(exchange.calls().candles).toBe(9);
  });

  it('gets higher intervals as aggregates, and an error for lower ones and unknown symbols', async () => {
    await start();
    const client = await openClient('binance', exchange.url);
    const days = resample(bars, 24 * HOUR).bars;
    expect(await client.fetchOHLCV('BTC/USDT', '1d', 0, 1000)).toEqual(rowsOf(days));
    expect(await client.fetchOHLCV('BTC/USDT', '1d', days.openTime[3], 5)).toEqual(rowsOf(days).slice(3, 8));
    expect(await client.fetchOHLCV('BTC/USDT', '1d', undefined, 5)).toEqual(rowsOf(days).slice(-5));
    await expect(client.fetchOHLCV('BTC/USDT', '15m')).rejects.toThrow('-1120');
    const { status, body } = await answerOf('/api/v3/klines?symbol=NONE&interval=1h');
    expect([status, JSON.parse(body)]).toEqual([400, { code: -1121, msg: 'Invalid symbol.' }]);
  });

  it('reads ticker, best prices and order book', async () => {
    const quoted = barsOf([
      [90, 100, 80, 95, 3],
      [95, 96, 94, 95.5, 4],
    ]);
    await start({ markets: [{ symbol: 'BTC/USDT', bars: quoted, tick: 0.1 }], now: () => START + 2 * HOUR });
    const client = await openClient('binance', exchange.url);
    const prices = { bid: 95.4, ask: 95.6 };
    expect(await client.fetchTicker('BTC/USDT')).toMatchObject({
      ...prices,
      ...{ last: 95.5, open: 90, high: 100, low: 80, baseVolume: 7, timestamp: START + 2 * HOUR },
    });
    expect((await client.fetchBidsAsks(['BTC/USDT']))['BTC/USDT']).toMatchObject(prices);
    expect(await client.fetchOrderBook('BTC/USDT')).toMatchObject({ bids: [[95.4, 1]], asks: [[95.6, 1]] });
  });

  it('reads perpetuals: market, candles, ticker and pages of funding rates', async () => {
    const time = Float64Array.from({ length: 50 }, (_, k) => START + 8 * k * HOUR);
    const funding = { time, rate: time.map((_, k) => (k - 20) / 1e7) };
    const now = time[40]!;
    await start({ markets: [{ symbol: 'BTC/USDT:USDT', bars, funding, lot: 0.001, minimumNotional: 100 }], now: () => now, pageLimit: 15 });
    const client = await openClient('binance', exchange.url, ['linear']);
    await client.loadMarkets();
    const market = client.market('BTC/USDT:USDT');
    expect(market).toMatchObject({ swap: true, linear: true, contractSize: 1, settle: 'USDT', precision: { price: 0.01, amount: 0.001 } });
    expect(market.limits.cost?.min).toBe(100);
    expect(await client.fetchOHLCV('BTC/USDT:USDT', '1h', 0, 5)).toEqual(rowsOf(bars).slice(0, 5));
    const ticker = await client.fetchTicker('BTC/USDT:USDT');
    const { bid, ask } = (await client.fetchBidsAsks(['BTC/USDT:USDT']))['BTC/USDT:USDT']!;
    expect([bid! < ticker.last!, ask! > ticker.last!]).toEqual([true, true]);
    const rates: [number, number][] = [];
    for (let since = 0; ; since = rates.at(-1)![0] + 1) {
      const page = await client.fetchFundingRateHistory('BTC/USDT:USDT', since, 1000);
      if (page.length === 0) break;
      rates.push(...page.map(({ timestamp, fundingRate }): [number, number] => [timestamp!, fundingRate!]));
    }
    // Those up to now, the one at now included.
    expect(rates).toEqual(Array.from({ length: 41 }, (_, k) => [time[k], funding.rate[k]]));
    expect(await client.fetchFundingRate('BTC/USDT:USDT')).toMatchObject({ fundingRate: funding.rate[40], fundingTimestamp: time[41] });
  });
});

describe('the real coinbase client', () => {
  const coinbase = { dialect: 'coinbase', markets: [{ symbol: 'BTC/USD', bars, lot: 1e-8, minimumNotional: 1 }] } as const;

  it('reads time, market and ticker', async () => {
    await start({ ...coinbase, now: () => AFTER + 1234 });
    const client = await openClient('coinbase', exchange.url);
    // Whole seconds.
    expect(await client.fetchTime()).toBe(AFTER + 1000);
    await client.loadMarkets();
    expect(client.market('BTC/USD')).toMatchObject({ id: 'BTC-USD', spot: true, active: true, precision: { price: 0.01, amount: 1e-8 } });
    expect(client.market('BTC/USD').limits.cost?.min).toBe(1);
    const last = bars.close.at(-1)!;
    const ticker = await client.fetchTicker('BTC/USD');
    expect(ticker).toMatchObject({ last, timestamp: AFTER + 1234 });
    expect(ticker.ask! - ticker.bid!).toBeCloseTo(0.02, 9);
    expect((await client.fetchOrderBook('BTC/USD')).bids[0]![0]).toBe(ticker.bid);
    expect(exchange.calls()).toMatchObject({ time: 1, markets: 3, ticker: 2, private: 0, other: 0 });
  });

  it('gets windows of candles, newest first on the wire, and nothing before the listing', async () => {
    await start(coinbase);
    const client = await openClient('coinbase', exchange.url);
    expect(await client.fetchOHLCV('BTC/USD', '1h', START - 400 * HOUR)).toEqual([]);
    const page = await client.fetchOHLCV('BTC/USD', '1h', START);
    expect(page).toEqual(
      rowsOf(bars)
        .filter(([time]) => time! <= START + 300 * HOUR)
        .slice(0, 300),
    );
    const seconds = START / 1000;
    const path = `/api/v3/brokerage/market/products/BTC-USD/candles?granularity=ONE_HOUR&start=${seconds}&end=${seconds + 7200}`;
    expect((await json(path)).candles.map(({ start: at }: { start: string }) => Number(at) - seconds)).toEqual([7200, 3600, 0]);
  });

  it('refuses four-hour candles, windows of more than 350 and unknown products', async () => {
    await start(coinbase);
    const path = '/api/v3/brokerage/market/products';
    const statuses = [
      'BTC-USD/candles?granularity=FOUR_HOUR&start=0&end=7200',
      'BTC-USD/candles?granularity=ONE_HOUR&start=0&end=1263600',
      'X-Y',
    ];
    expect(await Promise.all(statuses.map(async (rest) => (await answerOf(`${path}/${rest}`)).status))).toEqual([400, 400, 404]);
  });

  it('gets lower intervals whose aggregates are the stored bars, to the last bit', async () => {
    const days = resample(bars, 24 * HOUR).bars;
    await start({ ...coinbase, markets: [{ symbol: 'BTC/USD', bars: days }], now: () => days.openTime.at(-1)! + 24 * HOUR });
    const client = await openClient('coinbase', exchange.url);
    const rows: OHLCV[] = [];
    for (let since = START; since < days.openTime.at(-1)! + 24 * HOUR; since += 300 * HOUR)
      rows.push(...(await client.fetchOHLCV('BTC/USD', '1h', since)));
    expect(rows.length).toBe(24 * days.length);
    const hours = barsOf(rows.map((row) => row.slice(1) as number[]));
    expect(rowsOf(resample(hours, 24 * HOUR).bars)).toEqual(rowsOf(days));
  });
});

describe.skipIf(!existsSync(DATA))('real prices (skipped where ../shared/data is absent)', () => {
  let real: Bars;
  beforeAll(async () => {
    real = (await readCsv(DATA, { market: 'BTC-USD', intervalMs: 4 * HOUR })).bars;
  });

  it('come back exactly by paging through binance', async () => {
    await start({ markets: [{ symbol: 'BTC/USD', bars: real }], now: () => Date.UTC(2030, 0, 1) });
    const client = await openClient('binance', exchange.url);
    const rows: OHLCV[] = [];
    for (let since = 0; rows.length < real.length; since = rows.at(-1)![0]! + 1) {
      rows.push(...(await client.fetchOHLCV('BTC/USD', '4h', since, 1000)));
    }
    expect(rows).toEqual(rowsOf(real));
    expect(exchange.calls().candles).toBe(21);
  });

  it('come back exactly from the hours of coinbase, of which four make one', async () => {
    await start({ dialect: 'coinbase', markets: [{ symbol: 'BTC/USD', bars: real }], now: () => Date.UTC(2030, 0, 1) });
    const client = await openClient('coinbase', exchange.url);
    const rows: OHLCV[] = [];
    const end = real.openTime.at(-1)! + 4 * HOUR;
    for (let since = real.openTime[0]!; since < end; ) {
      rows.push(...(await client.fetchOHLCV('BTC/USD', '1h', since)));
      // A window includes its end, so a gap within it brings in an hour of the next one.
      since = Math.max(since + 300 * HOUR, rows.at(-1)![0]! + HOUR);
    }
    const column = (k: number) => Float64Array.from(rows, (row) => row[k]!);
    const columns = { openTime: column(0), open: column(1), high: column(2), low: column(3), close: column(4), volume: column(5) };
    const hours = { market: 'hours', intervalMs: HOUR, length: rows.length, ...columns };
    expect(rowsOf(resample(hours, 4 * HOUR).bars)).toEqual(rowsOf(real));
  });
});

describe('the queries of binance', () => {
  it('take both ends of a window in, start at the listing, and end with the newest where no start is given', async () => {
    await start({ markets: [{ symbol: 'BTC/USDT', bars: barsOf(Array.from({ length: 9 }, (_, k) => [k + 1, k + 1, k + 1, k + 1])) }] });
    const hours = async (query: string) => (await klines(query)).map(([time]) => (time - START) / HOUR);
    expect(await hours(`startTime=${START + 2 * HOUR}&endTime=${START + 4 * HOUR}`)).toEqual([2, 3, 4]);
    expect(await hours(`startTime=${START + 2 * HOUR + 1}&endTime=${START + 4 * HOUR - 1}`)).toEqual([3]);
    expect(await hours('startTime=0&limit=2')).toEqual([0, 1]);
    expect(await hours('limit=2')).toEqual([7, 8]);
    expect(await hours(`endTime=${START + 4 * HOUR}&limit=2`)).toEqual([3, 4]);
  });

  it('write decimals without exponents that read back exactly', async () => {
    const small = [1.5e-7, 3.25e-7, 1.5e-7, 2e-7, 1e21];
    await start({ markets: [{ symbol: 'BTC/USDT', bars: barsOf([small]) }] });
    const row = (await klines('limit=1'))[0]!.slice(1, 6);
    expect(row).toEqual(['0.00000015', '0.000000325', '0.00000015', '0.0000002', '1000000000000000000000']);
    expect(row.map(Number)).toEqual(small);
  });
});

describe('the exchange', () => {
  it('refuses and counts as private whatever carries a key or a signature or is no GET', async () => {
    await start();
    const requests: [string, RequestInit][] = [
      ['/api/v3/time', { headers: { 'X-MBX-APIKEY': 'key' } }],
      ['/api/v3/time', { headers: { Authorization: 'Bearer key' } }],
      ['/api/v3/time', { headers: { 'CB-ACCESS-KEY': 'key' } }],
      ['/api/v3/time?signature=abc', {}],
      ['/api/v3/order', { method: 'POST' }],
    ];
    for (const [path, init] of requests) expect((await fetch(`${exchange.url}${path}`, init)).status).toBe(401);
    expect(exchange.calls()).toMatchObject({ private: 5, time: 0, other: 0 });
  });

  it('notes every request with its kind, its instant and the status it got', async () => {
    await start();
    expect((await answerOf('/api/v3/time')).headers.get('date')).toBe(new Date(AFTER).toUTCString());
    await answerOf('/api/v3/klines?symbol=NONE&interval=1h');
    await answerOf('/nowhere');
    expect(exchange.requests().map(({ kind, url, at, status }) => [kind, url, at, status])).toEqual([
      ['time', '/api/v3/time', AFTER, 200],
      ['candles', '/api/v3/klines?symbol=NONE&interval=1h', AFTER, 400],
      ['other', '/nowhere', AFTER, 404],
    ]);
  });

  it('answers whatever is asked, and goes on', async () => {
    await start();
    const paths = ['/', '/%', '//', '/api/v3/klines', '/api/v3/klines?symbol=BTCUSDT&interval=1M', '/api/v3/ticker/24hr?symbols="x"'];
    const statuses = await Promise.all(
      [...paths, '/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=x'].map(async (path) => (await answerOf(path)).status),
    );
    expect(statuses).toEqual([404, 404, 404, 400, 400, 400, 400]);
    await start({ dialect: 'coinbase', markets: [{ symbol: 'BTC/USD', bars }] });
    expect((await answerOf('/api/v3/brokerage/market/products/%')).status).toBe(500);
    expect((await answerOf('/api/v3/brokerage/time')).status).toBe(200);
  });

  it('shows or hides the forming candle, and delays closed ones, by market and instant', async () => {
    const quarters = bars.openTime[5]! + HOUR / 4;
    let now = quarters;
    await start({
      markets: ['BTC/USDT', 'ETH/USDT'].map((symbol) => ({ symbol, bars })),
      now: () => now,
      forming: (symbol) => (symbol === 'BTC/USDT' ? 'included' : 'left out'),
      publishDelay: (symbol, closeTime) => (symbol === 'ETH/USDT' && closeTime === bars.openTime[4]! + HOUR ? HOUR / 2 : 0),
    });
    const last = async (symbol: string) => (await json(`/api/v3/klines?symbol=${symbol}&interval=1h&limit=1`))[0][0];
    expect([await last('BTCUSDT'), await last('ETHUSDT')]).toEqual([bars.openTime[5], bars.openTime[3]]);
    now += HOUR / 2;
    expect([await last('BTCUSDT'), await last('ETHUSDT')]).toEqual([bars.openTime[5], bars.openTime[4]]);
  });

  it('shows revisions and other bars from then on', async () => {
    await start();
    exchange.revise('BTC/USDT', bars.openTime[3]!, { volume: 5 });
    expect((await klines('startTime=0&limit=4')).map((row) => Number(row[5]))).toEqual([...bars.volume.slice(0, 3), 5]);
    exchange.setBars('BTC/USDT', barsOf([[1, 2, 1, 2, 7]]));
    expect((await klines('startTime=0')).map((row) => row[5])).toEqual(['7']);
  });

  it('says 429 with Retry-After to too many requests, and 418 to those who go on', async () => {
    await start({ rateLimit: { requests: 2, perMs: 3_600_000 } });
    const statuses: number[] = [];
    for (let k = 0; k < 10; k++) {
      const { status, headers } = await answerOf('/api/v3/time');
      statuses.push(status);
      if (status !== 200) expect(Number(headers.get('retry-after'))).toBeGreaterThan(3000);
    }
    expect(statuses).toEqual([200, 200, 429, 429, 429, 429, 429, 429, 418, 418]);
  });

  it('refuses connections once closed, also those that hang, and opens again on its port', async () => {
    await start({ faults: [{ failure: { kind: 'hang', where: 'before headers' } }] });
    const hanging = expect(answerOf('/api/v3/time')).rejects.toThrow('fetch failed');
    while (exchange.calls().time === 0) await new Promise(setImmediate);
    await exchange.close();
    await hanging;
    await expect(answerOf('/api/v3/time')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await start({ port: Number(new URL(exchange.url).port) });
    expect((await answerOf('/api/v3/time')).status).toBe(200);
  });
});
