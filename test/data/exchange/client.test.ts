import { afterEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { exchangeNames, loadCcxtClient } from '../../../src/data/exchange/ccxt-client.ts';
import { openFeed } from '../../../src/data/exchange/client.ts';
import { ExchangeError } from '../../../src/data/exchange/exchange-error.ts';
import { describeMarket, listsOf } from '../../../src/data/exchange/market-definition.ts';
import { type Exchange, startExchange } from '../../exchange/server.ts';
import { count, size } from '../../support/counts.ts';
import { flatBars, HOUR } from '../../support/markets.ts';
import { fakeClock, testFeed } from './test-feed.ts';

const START = Date.UTC(2020, 0, 1);
const NOW = START + 8 * HOUR + 1;
const bars = flatBars([1, 2, 3, 4, 5, 6, 7, 8]);
const funding = { time: Float64Array.of(START, START + 8 * HOUR), rate: Float64Array.of(0.0001, -0.0002) };
let exchange: Exchange;
afterEach(() => exchange?.close());

const start = async (dialect: 'binance' | 'coinbase' = 'binance') => {
  exchange = await startExchange({
    dialect,
    now: () => NOW,
    markets: [
      { symbol: 'BTC/USDT', bars, tick: 0.01, lot: 0.00001, minimumQuantity: 0.0001, minimumNotional: 5 },
      { symbol: 'ETH/USDT', bars: flatBars([100, 100, 100, 100, 100, 100, 100, 100]) },
      ...(dialect === 'binance' ? [{ symbol: 'BTC/USDT:USDT', bars, lot: 0.001, funding }] : []),
    ],
  });
  return exchange;
};

const refused = (call: Promise<unknown>) =>
  call.then(
    () => Promise.reject(new Error('not refused')),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ExchangeError);
      return error as ExchangeError;
    },
  );

describe('opening a feed', () => {
  it('refuses a name that ccxt does not know, with the nearest one', async () => {
    const error = await refused(openFeed('binanse', { clock: fakeClock() }));
    expect(error.message).toBe('Expected an exchange such as binance, coinbase or kraken, received "binanse"; did you mean binance?');
    expect(error.exitCode).toBe(2);
  });

  it.each(['../binance', 'base/Exchange', '', '__proto__'])('takes %j for no path into ccxt', async (name) => {
    expect((await refused(openFeed(name, { clock: fakeClock() }))).exitCode).toBe(2);
  });

  it('knows every exchange of ccxt by its file', async () => {
    const names = await exchangeNames();
    expect(names.length).toBeGreaterThan(90);
    expect(names).toEqual(expect.arrayContaining(['binance', 'coinbase', 'kraken', 'okx', 'bybit']));
  });

  it('refuses an exchange without candles', async () => {
    expect((await refused(openFeed('zaif', { clock: fakeClock() }))).message).toContain('take another exchange');
  });

  it('offers minutes, hours, days and weeks, and neither seconds nor months', async () => {
    const { intervals } = await openFeed('binance', { clock: fakeClock() });
    expect(intervals.map((ms) => ms / 60_000)).toEqual([1, 3, 5, 15, 30, 60, 120, 240, 360, 480, 720, 1440, 4320, 10_080]);
  });
});

describe('a market', () => {
  it('of spot costs one call, with tick, lot and minimums', async () => {
    const { url } = await start();
    const feed = await testFeed('binance', url);
    const { definition, ...information } = await feed.market('BTC/USDT');
    expect(information).toEqual({
      market: 'binance:BTC/USDT',
      exchange: 'binance',
      symbol: 'BTC/USDT',
      kind: 'spot',
      base: 'BTC',
      quote: 'USDT',
      settle: null,
      contractSize: null,
      inverse: false,
      tick: 0.01,
      lot: 0.00001,
      minimumQuantity: 0.0001,
      minimumNotional: 5,
      taker: 0.001,
      maker: 0.001,
    });
    expect(definition).toMatchObject({ id: 'BTCUSDT', symbol: 'BTC/USDT' });
    await feed.market('ETH/USDT');
    expect(exchange.calls()).toMatchObject({ markets: 1, time: 0, candles: 0, other: 0, private: 0 });
  });

  it('of perpetuals is in another list, which costs one call too, even when both are asked for at once', async () => {
    const { url } = await start();
    const feed = await testFeed('binance', url);
    const [spot, perpetual] = await Promise.all([feed.market('BTC/USDT'), feed.market('BTC/USDT:USDT'), feed.market('ETH/USDT')]);
    expect(spot.kind).toBe('spot');
    expect(perpetual).toMatchObject({ kind: 'perpetual', settle: 'USDT', contractSize: 1, inverse: false, lot: 0.001 });
    expect(exchange.calls()).toMatchObject({ markets: 2, other: 0 });
  });

  it('that is known from earlier costs none', async () => {
    const { url } = await start();
    const known = [await (await testFeed('binance', url)).market('BTC/USDT')];
    const feed = await testFeed('binance', url, { known });
    expect(await feed.market('BTC/USDT')).toEqual(known[0]);
    expect((await feed.candles('BTC/USDT', HOUR, START)).length).toBe(8);
    expect(exchange.calls()).toMatchObject({ markets: 1, candles: 1 });
  });

  it('that is not listed is refused with the nearest one', async () => {
    const { url } = await start();
    const feed = await testFeed('binance', url);
    const error = await refused(feed.market('BTC/USTD'));
    expect(error.message).toBe('binance: Expected one of its markets, received "BTC/USTD"; did you mean BTC/USDT?');
    expect(error.exitCode).toBe(2);
    expect((await refused(feed.candles('constructor', HOUR, START))).exitCode).toBe(2);
  });

  it.each([
    ['XQZW/USDT', 'none of the 2 markets in its list has the base XQZW'],
    ['XQZWVU', 'none of the 2 markets in its list has the base XQZWVU; a symbol such as BTC/USDT is meant'],
    ['BTC/GBPTRY', 'it lists BTC/USDT'],
  ])('unlike any other is refused with what there is: %s', async (symbol, advice) => {
    const { url } = await start();
    const error = await refused((await testFeed('binance', url)).market(symbol));
    expect(error.message).toBe(`binance: Expected one of its markets, received "${symbol}"; ${advice}`);
    expect(error.exitCode).toBe(2);
  });

  it.each([
    ['BTC/USDT', ['spot']],
    ['BTC/USDT:USDT', ['linear', 'swap']],
    ['BTC/USD:BTC', ['inverse', 'swap']],
    ['BTC/USDT:USDT-241227', ['linear', 'future']],
    ['BTC/USDT:USDT-241227-50000-C', ['option']],
  ])('%s is looked for among %j', (symbol, lists) => {
    expect(listsOf(symbol)).toEqual(lists);
  });

  it('has steps whatever way ccxt writes precisions: sizes, decimal places, and none for significant digits', () => {
    const market = { symbol: 'A/B', type: 'spot', base: 'A', quote: 'B', precision: { price: 2, amount: 5 } };
    const steps = (mode: number, precision = market.precision) => {
      const { tick, lot } = describeMarket('x', { ...market, precision }, mode);
      return [tick, lot];
    };
    // The numbers of ccxt: DECIMAL_PLACES 2, SIGNIFICANT_DIGITS 3, TICK_SIZE 4.
    expect(steps(2)).toEqual([0.01, 0.00001]);
    expect(steps(3)).toEqual([null, null]);
    expect(steps(4, { price: 0.5, amount: 0.001 })).toEqual([0.5, 0.001]);
    expect(steps(4, { price: 0, amount: Number.NaN })).toEqual([null, null]);
  });

  it('counts quantities in base currency where contracts are of another size, and in none where their worth is fixed', () => {
    const swap = {
      symbol: 'A/B:B',
      type: 'swap',
      base: 'A',
      quote: 'B',
      settle: 'B',
      precision: { amount: 1 },
      limits: { amount: { min: 2 } },
    };
    expect(describeMarket('x', { ...swap, contractSize: 0.1 }, 4)).toMatchObject({ lot: 0.1, minimumQuantity: 0.2, contractSize: 0.1 });
    expect(describeMarket('x', { ...swap, contractSize: 100, inverse: true }, 4)).toMatchObject({ lot: null, minimumQuantity: null });
  });
});

describe('what a feed tells', () => {
  it.each(['binance', 'coinbase'] as const)('is the time of the exchange: %s', async (dialect) => {
    const { url } = await start(dialect);
    const time = await (await testFeed(dialect, url)).time();
    expect(time).toBe(dialect === 'binance' ? NOW : Math.floor(NOW / 1000) * 1000);
  });

  it('is the date of an answer where the exchange does not tell the time', async () => {
    const client = await loadCcxtClient('bitstamp');
    expect(client.has.fetchTime).not.toBe(true);
    const fetch = async () =>
      new Response(JSON.stringify([{ market_symbol: 'btcusd', name: 'BTC/USD', base_currency: 'BTC', counter_currency: 'USD' }]), {
        headers: { date: 'Wed, 01 Jan 2020 00:00:07 GMT' },
      });
    const feed = await testFeed('bitstamp', 'http://127.0.0.1:1', { fetch });
    expect(await feed.time()).toBe(START + 7000);
  });

  it('are candles as they came, the one that still forms included', async () => {
    const { url } = await start();
    const feed = await testFeed('binance', url);
    exchange.script([{ on: 'candles', times: 1, failure: { kind: 'rows', change: { kind: 'shuffled', seed: 1 } } }]);
    const shuffled = await feed.candles('BTC/USDT', HOUR, START);
    expect(shuffled.map(({ openTime }) => openTime)).not.toEqual([...bars.openTime]);
    expect(shuffled.map(({ openTime }) => openTime).sort()).toEqual([...bars.openTime]);
    exchange.script([{ on: 'candles', failure: { kind: 'rows', change: { kind: 'mutated', row: 2, field: 'openTime', value: null } } }]);
    expect((await feed.candles('BTC/USDT', HOUR, START))[2]!.openTime).toBeNaN();
  });

  it.each([
    ['binance', 'BTC/USDT'],
    ['binance', 'BTC/USDT:USDT'],
    ['coinbase', 'BTC/USDT'],
  ] as const)('is a quote with bid and ask: %s %s', async (dialect, symbol) => {
    const { url } = await start(dialect);
    const quote = await (await testFeed(dialect, url)).quote(symbol);
    expect(quote).toMatchObject({ bid: 7.99, ask: 8.01, last: 8 });
    expect(Math.abs(quote.time - NOW)).toBeLessThan(2000);
  });

  it('are funding rates, none where the exchange has none', async () => {
    const { url } = await start();
    const feed = await testFeed('binance', url);
    expect(await feed.fundingRates('BTC/USDT:USDT', START)).toEqual([
      { time: START, rate: 0.0001 },
      { time: START + 8 * HOUR, rate: -0.0002 },
    ]);
    await exchange.close();
    const { url: other } = await start('coinbase');
    expect(await (await testFeed('coinbase', other)).fundingRates('BTC/USDT', START)).toEqual([]);
  });
});

/** Bodies that no exchange should send, by a seeded generator. */
function garbage(seed: number): string {
  const random = createRandom(seed);
  const pick = <T>(of: readonly T[]) => of[random.below(of.length)]!;
  const value = () => pick(['null', '"x"', '1e308', '-1', '{}', '[]', '""', '"NaN"', 'true', String(random.uniform())]);
  const row = () => `[${Array.from({ length: random.below(9) }, value).join()}]`;
  return pick([
    () => '<html><body><h1>Attention required</h1></body></html>',
    () => '',
    () => 'null',
    () => '[]',
    () => '{}',
    () => value(),
    () => '[[1577836800000,"1","2","0.5"',
    () => `[${Array.from({ length: random.below(6) }, row).join()}]`,
    () => `{"${pick(['symbols', 'candles', 'data', 'serverTime', 'products', 'code', 'msg'])}":${value()}}`,
    () => `[${'[1577836800000,"1","1","1","1","1"],'.repeat(200_000)}[]]`,
    () => JSON.stringify(Array.from({ length: 3 }, () => ({ a: random.uniform() }))),
  ])();
}

describe('garbage', () => {
  it.each(['binance', 'coinbase'] as const)(
    'E5: of %s ends in words or in rows that hold no number, never in a crash',
    { timeout: size(60_000, 600_000) },
    async (dialect) => {
      const bodies = count(40, 500);
      const { url } = await start(dialect);
      const known = [await (await testFeed(dialect, url)).market('BTC/USDT')];
      const seen = { errors: 0, answers: 0 };
      for (let seed = 0; seed < bodies; seed++) {
        exchange.script([{ failure: { kind: 'body', body: garbage(seed) } }]);
        const fresh = await testFeed(dialect, url);
        const feed = await testFeed(dialect, url, { known });
        const questions = [
          () => feed.time(),
          () => feed.quote('BTC/USDT'),
          () => feed.candles('BTC/USDT', HOUR, START),
          () => fresh.market('BTC/USDT'),
        ];
        try {
          const answer = await questions[seed % questions.length]!();
          if (seed % questions.length === 2) for (const candle of answer as object[]) expect(Object.keys(candle)).toHaveLength(6);
          seen.answers++;
        } catch (error) {
          expect(error, garbage(seed).slice(0, 80)).toBeInstanceOf(ExchangeError);
          expect((error as Error).message).toMatch(new RegExp(`^${dialect}: Expected .+, received .+; .+$`));
          expect((error as Error).message.length).toBeLessThan(300);
          seen.errors++;
        }
      }
      expect(seen.errors).toBeGreaterThan(bodies / 3);
    },
  );

  it('E5: passes when the next answer is sound', async () => {
    const { url } = await start();
    const clock = fakeClock();
    const feed = await testFeed('binance', url, { clock });
    for (const body of ['<html>', '{"serverTime":', 'null', '']) {
      exchange.script([{ on: 'time', times: 1, failure: { kind: 'body', body } }]);
      expect(await feed.time()).toBe(NOW);
    }
    expect(clock.pauses.length).toBe(4);
  });
});
