import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { createTransport } from '../../../src/data/exchange/transport.ts';
import type { Failure } from '../../exchange/faults.ts';
import { type Exchange, startExchange } from '../../exchange/server.ts';
import { count } from '../../support/counts.ts';
import { flatBars } from '../../support/markets.ts';
import { fakeClock, testFeed } from './test-feed.ts';

const NOW = Date.UTC(2020, 0, 3);
const bars = flatBars([1, 2, 3, 4, 5, 6, 7, 8]);
let exchange: Exchange;
const start = async (options: Partial<Parameters<typeof startExchange>[0]> = {}) => {
  exchange = await startExchange({ dialect: 'binance', markets: [{ symbol: 'BTC/USDT', bars }], now: () => NOW, ...options });
  return exchange;
};
afterEach(() => exchange?.close());

const request = () => ({ method: 'GET', headers: {}, signal: new AbortController().signal });

describe('the transport', () => {
  it('goes to a mirror in place of the exchange, below its path', async () => {
    const asked: string[] = [];
    const fetch = async (url: unknown) => {
      asked.push(String(url));
      return new Response('{}');
    };
    const transport = createTransport({
      clock: fakeClock(),
      fetch: fetch as typeof globalThis.fetch,
      redirect: 'http://mirror.test:81/binance/',
    });
    await transport.send('https://api.binance.com/api/v3/time?x=1', request());
    expect(asked).toEqual(['http://mirror.test:81/binance/api/v3/time?x=1']);
    expect(transport.requests()).toBe(1);
  });

  it.each([
    ['a method that could change something', 'https://a.test/x', { method: 'DELETE' }],
    ['a question without words', 'https://a.test/x', { method: 'POST' }],
    [
      'an order as an exchange takes it by POST',
      'https://a.test/exchange',
      { method: 'POST', body: '{"action":{},"nonce":1,"signature":{"r":"0x"}}' },
    ],
    ['a signed form', 'https://a.test/x', { method: 'POST', body: 'pair=XBTUSD&nonce=1' }],
    ['a key in the headers', 'https://a.test/x', { headers: { 'X-MBX-APIKEY': 'k' } }],
    ['a signature in the address', 'https://a.test/x?signature=1', {}],
    ['a login', 'https://a.test/x', { headers: { Authorization: 'Bearer k' } }],
  ])('sends nothing with %s', async (_, url, change) => {
    const fetch = () => Promise.reject(new Error('sent'));
    const transport = createTransport({ clock: fakeClock(), fetch });
    await expect(transport.send(url, { ...request(), ...change })).rejects.toThrow(
      /^a call that sends .+, and only what is public is read here$/,
    );
    expect(transport.requests()).toBe(0);
  });

  it('asks by POST where an exchange takes public questions that way', async () => {
    const asked: unknown[] = [];
    const fetch = async (_: unknown, init: RequestInit) => {
      asked.push([init.method, init.body]);
      return new Response('[]');
    };
    const transport = createTransport({ clock: fakeClock(), fetch: fetch as typeof globalThis.fetch });
    const body = '{"type":"candleSnapshot","req":{"coin":"BTC","interval":"4h","startTime":1}}';
    await transport.send('https://api.hyperliquid.test/info', { ...request(), method: 'POST', body });
    expect(asked).toEqual([['POST', body]]);
  });

  it('remembers until when not to ask, from seconds or a date, and only of failures', async () => {
    const clock = fakeClock(Date.UTC(2024, 0, 1));
    const answers = [
      new Response('', { status: 200, headers: { 'retry-after': '5' } }),
      new Response('', { status: 429, headers: { 'retry-after': '7' } }),
      new Response('', { status: 503, headers: { 'retry-after': 'Mon, 01 Jan 2024 00:01:00 GMT', date: 'Mon, 01 Jan 2024 00:00:02 GMT' } }),
    ];
    const transport = createTransport({ clock, fetch: async () => answers.shift()! });
    const until: number[] = [];
    for (let k = 0; k < 3; k++) {
      await transport.send('https://a.test/x', request());
      until.push(transport.blockedUntil() - clock.now());
    }
    expect(until).toEqual([Number.NEGATIVE_INFINITY, 7000, 60_000]);
    expect(transport.lastDate()).toBe(Date.UTC(2024, 0, 1, 0, 0, 2));
  });

  it('refuses an answer longer than 5 MB, and lets a list of markets be longer', async () => {
    const long = `[${'1,'.repeat(3_000_000)}1]`;
    const transport = createTransport({ clock: fakeClock(), fetch: async () => new Response(long) });
    await expect(transport.send('https://a.test/x', request())).rejects.toThrow('an answer of more than 5 MB');
    const received = await transport.listing(() => transport.send('https://a.test/x', request()));
    expect((await received.text()).length).toBe(long.length);
  });

  it('follows no redirection to another host', async () => {
    const server = createServer((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const transport = createTransport({ clock: fakeClock() });
    await expect(transport.send(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, request())).rejects.toThrow('fetch failed');
    server.close();
  });
});

describe('a connection that goes wrong', () => {
  const failures = [
    { kind: 'hang', where: 'before headers' },
    { kind: 'hang', where: 'in body' },
    { kind: 'endless headers', everyMs: 10 },
    { kind: 'slow', bytes: 1, everyMs: 30 },
    { kind: 'reset', where: 'before headers' },
    { kind: 'reset', where: 'in body' },
    { kind: 'truncated' },
  ] as const;

  const named = failures.map((failure) => [`${failure.kind}${'where' in failure ? ` ${failure.where}` : ''}`, failure] as const);
  it.each(named)('E4: is given up and tried again: %s', async (_, failure) => {
    const times = count(1, 50);
    const { url } = await start();
    const clock = fakeClock();
    const feed = await testFeed('binance', url, { timeoutMs: 100, clock });
    await feed.market('BTC/USDT');
    exchange.script(Array.from({ length: times }, (_, k) => ({ on: 'candles', from: 2 * k + 1, times: 1, failure })));
    for (let k = 0; k < times; k++) {
      const candles = await feed.candles('BTC/USDT', 3_600_000, bars.openTime[0]!);
      expect(candles.map(({ close }) => close)).toEqual([...bars.close]);
    }
    expect(clock.pauses.length).toBe(times);
    await feed.close();
  });

  it('E4: leaves no socket and no timer behind', async () => {
    const { url } = await start();
    const feed = await testFeed('binance', url, { timeoutMs: 50 });
    await feed.market('BTC/USDT');
    const before = process.getActiveResourcesInfo();
    for (const failure of failures) {
      exchange.script([{ on: 'candles', from: 1, times: 1, failure }]);
      await feed.candles('BTC/USDT', 3_600_000, bars.openTime[0]!);
    }
    await feed.close();
    await exchange.close();
    // The server's own ends of the connections close after their clients'.
    const left = () => process.getActiveResourcesInfo().filter((name) => /TCPSocket|Timeout/.test(name)).length;
    const allowed = before.filter((name) => /TCPSocket|Timeout/.test(name)).length;
    await expect.poll(left).toBeLessThanOrEqual(allowed);
  });

  it('E4: is given up in its body also where the garbage collector has run meanwhile', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { url } = await start({ faults: [{ failure: { kind: 'hang', where: 'in body' } }] });
    const transport = createTransport({ clock: fakeClock() });
    for (let k = 0; k < 60; k++) {
      const deadline = new AbortController();
      const sent = transport.send(`${url}/api/v3/time`, { ...request(), signal: deadline.signal });
      const collecting = setInterval(collect, 5);
      setTimeout(() => deadline.abort(), 20);
      await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
      clearInterval(collecting);
    }
  });

  it('ends at once when the feed is closed or its signal is aborted', async () => {
    const { url } = await start({ faults: [{ on: 'time', failure: { kind: 'hang', where: 'before headers' } }] });
    const stop = new AbortController();
    const feeds = [await testFeed('binance', url, { signal: stop.signal }), await testFeed('binance', url)];
    const asked = feeds.map((feed) => feed.time().catch((error: unknown) => error));
    await expect.poll(() => exchange.calls().time).toBe(2);
    stop.abort(new Error('asked to stop'));
    await feeds[1]!.close();
    const [first, second] = (await Promise.all(asked)) as Error[];
    expect(first!.message).toBe('asked to stop');
    expect(second!.name).toBe('AbortError');
    await expect(feeds[1]!.time()).rejects.toThrow('aborted');
  });
});

describe('a status of HTTP', () => {
  const TRIES = 5;
  it.each([
    ['binance', 400, TRIES, 4],
    ['binance', 401, 1, 4],
    ['binance', 403, 1, 4],
    ['binance', 404, 1, 4],
    ['binance', 408, TRIES, 4],
    ['binance', 418, TRIES, 4],
    ['binance', 429, TRIES, 4],
    ['binance', 451, 1, 4],
    ['coinbase', 451, 1, 4],
    ['binance', 500, TRIES, 4],
    ['binance', 502, TRIES, 4],
    ['binance', 503, TRIES, 4],
    ['binance', 504, TRIES, 4],
    // Those that ccxt has no word for.
    ['binance', 507, TRIES, 4],
    ['coinbase', 507, TRIES, 4],
    ['coinbase', 420, TRIES, 4],
  ] as const)('of %s, %i, is asked %i times and ends with %i', async (dialect, status, tries, exitCode) => {
    const { url } = await start({ dialect });
    const feed = await testFeed(dialect, url);
    await feed.market('BTC/USDT');
    exchange.script([{ on: 'candles', failure: { kind: 'status', status } }]);
    const error = await feed.candles('BTC/USDT', 3_600_000, bars.openTime[0]!).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ExchangeError', exitCode });
    expect((error as Error).message).toContain(String(status));
    expect(exchange.calls().candles).toBe(tries);
    exchange.script([{ on: 'candles', times: 3, failure: { kind: 'status', status } }]);
    if (tries > 1) expect(await feed.candles('BTC/USDT', 3_600_000, bars.openTime[0]!)).toHaveLength(8);
  });
});

describe('a status that stays', () => {
  const ask = async (failure: Failure, dialect: 'binance' | 'coinbase' = 'binance') => {
    const { url } = await start({ dialect });
    const feed = await testFeed(dialect, url);
    exchange.script([{ failure }]);
    return feed.time().catch((thrown: unknown) => thrown as Error & { readonly exitCode: number });
  };
  const place = 'it may not serve your country or address; take another exchange';

  it.each([
    [451, 'Unavailable For Legal Reasons', place],
    [403, 'Forbidden', place],
    [404, 'Not Found', 'try again later, or take another exchange'],
  ])('is told once, in words: %i', async (status, words, advice) => {
    const text = `binance: Expected the time, received HTTP ${status} ${words}; ${advice}`;
    expect(await ask({ kind: 'status', status })).toMatchObject({ exitCode: 4, message: text });
    await exchange.close();
    // What Binance says in its own JSON is no error code, and some others have codes that ccxt has no word for.
    const restricted = { kind: 'error', status, message: 'Service unavailable from a restricted location' } as const;
    expect(await ask({ ...restricted, code: 0 })).toMatchObject({ message: text });
    await exchange.close();
    expect(await ask({ ...restricted, code: -9_999_999 })).toMatchObject({ message: text });
    expect(exchange.calls().time).toBe(1);
  });

  it('counts less than what the exchange says in words that ccxt knows', async () => {
    const error = await ask({ kind: 'error', status: 404, code: -1121, message: 'Invalid symbol.' });
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('Invalid symbol.') });
  });

  it('counts less than what ccxt knows of the exchange: too many questions at Bybit', async () => {
    const clock = fakeClock();
    const feed = await testFeed('bybit', 'http://127.0.0.1:1', { clock, fetch: async () => new Response('<html>', { status: 403 }) });
    await expect(feed.time()).rejects.toThrow(
      'bybit: Expected the time, received HTTP 403 Forbidden (5 tries); try again later, with fewer',
    );
    expect(clock.pauses[0]).toBeGreaterThanOrEqual(5000);
  });

  it('or that passes is told without the markup that came with it', async () => {
    const { message } = (await ask({ kind: 'status', status: 503 })) as Error;
    expect(message).toBe('binance: Expected the time, received HTTP 503 Service Unavailable (5 tries); try again later');
  });
});

describe('a rate limit', () => {
  it('E2: makes every call of the feed wait for as long as the exchange says', async () => {
    const { url } = await start();
    const clock = fakeClock();
    const feed = await testFeed('binance', url, { clock });
    exchange.script([{ on: 'time', times: 1, failure: { kind: 'status', status: 429, retryAfter: 37 } }]);
    const began = clock.now();
    await feed.time();
    expect(clock.now() - began).toBeGreaterThanOrEqual(37_000);
    exchange.script([{ on: 'time', times: 1, failure: { kind: 'status', status: 418, retryAfter: 120 } }]);
    const banned = clock.now();
    await Promise.all([feed.time(), feed.market('BTC/USDT')]);
    expect(clock.now() - banned).toBeGreaterThanOrEqual(120_000);
  });

  it('E2: waits longer by itself where the exchange does not say for how long', async () => {
    const { url } = await start({ faults: [{ on: 'time', times: 2, failure: { kind: 'status', status: 429 } }] });
    const clock = fakeClock();
    const feed = await testFeed('binance', url, { clock });
    await feed.time();
    expect(clock.pauses[0]).toBeGreaterThanOrEqual(5000);
    expect(clock.pauses[1]).toBeGreaterThanOrEqual(10_000);
  });

  it('E2: is no reason to wait for hours', async () => {
    const { url } = await start({ faults: [{ on: 'time', failure: { kind: 'status', status: 418, retryAfter: 86_400 } }] });
    const feed = await testFeed('binance', url, { clock: fakeClock(Date.UTC(2030, 0, 1)) });
    await expect(feed.time()).rejects.toThrow(
      'binance: Expected the time, received the wish to be left alone until 2030-01-02T00:00:00Z; start again then',
    );
    expect(exchange.calls().time).toBe(1);
  });

  it('E2: of a real exchange that bans who goes on is never answered with a ban', async () => {
    const perMs = 300;
    const { url } = await start({ rateLimit: { requests: 10, perMs } });
    const real = { now: Date.now, sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)) };
    const feed = await testFeed('binance', url, { clock: real });
    const questions = count(20, 20);
    await Promise.all(Array.from({ length: questions }, () => feed.time()));
    expect(exchange.requests().filter(({ status }) => status === 200).length).toBe(questions);
    expect(exchange.requests().filter(({ status }) => status === 418)).toEqual([]);
  });
});
