import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { barsOf, HOUR } from '../support/markets.ts';
import { openClient } from './client.ts';
import { createScript, type Failure, type Fault } from './faults.ts';
import { type Exchange, startExchange } from './server.ts';

const START = Date.UTC(2020, 0, 1);
const CANDLES = '/api/v3/klines?symbol=BTCUSDT&interval=1h';
const bars = barsOf(Array.from({ length: 6 }, (_, k) => [k + 10, k + 12, k + 9, k + 11, k + 1]));
const other = barsOf([[500, 500, 500, 500, 1]]);

let exchange: Exchange;
beforeEach(async () => {
  exchange = await startExchange({
    dialect: 'binance',
    markets: [
      { symbol: 'BTC/USDT', bars },
      { symbol: 'ETH/USDT', bars: other },
    ],
    now: () => START + 6 * HOUR,
  });
});
afterEach(() => exchange.close());

const fails = (failure: Failure) => exchange.script([{ failure }]);
const get = (path = CANDLES, signal?: AbortSignal) => fetch(`${exchange.url}${path}`, signal ? { signal } : {});
const text = async (path?: string) => (await get(path)).text();
const rows = async () => JSON.parse(await text()) as readonly (readonly [number, ...(string | null)[]])[];
const hours = async () => (await rows()).map(([time]) => (time - START) / HOUR);

describe('a failure', () => {
  it('of status answers an HTML page with Retry-After', async () => {
    fails({ kind: 'status', status: 503, retryAfter: 7 });
    const response = await get();
    expect([response.status, response.headers.get('retry-after'), response.headers.get('content-type')]).toEqual([503, '7', 'text/html']);
    expect(await response.text()).toContain('<h1>503</h1>');
  });

  it('of error is what the real client knows by its code', async () => {
    fails({ kind: 'error', code: -1003, message: 'Too many requests.', status: 403 });
    const client = await openClient('binance', exchange.url);
    await expect(client.fetchTime()).rejects.toMatchObject({ name: 'RateLimitExceeded' });
  });

  it('of reset cuts the connection, before a byte or within the body', async () => {
    fails({ kind: 'reset', where: 'before headers' });
    await expect(get()).rejects.toMatchObject({ cause: { code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) } });
    fails({ kind: 'reset', where: 'in body' });
    const response = await get();
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    expect(exchange.requests().map(({ status }) => status)).toEqual([null, 200]);
  });

  it('of hang answers nothing or half of the body, until the reader gives up', async () => {
    fails({ kind: 'hang', where: 'before headers' });
    await expect(get(CANDLES, AbortSignal.timeout(100))).rejects.toThrow('timeout');
    fails({ kind: 'hang', where: 'in body' });
    const reader = new AbortController();
    const response = await get(CANDLES, reader.signal);
    expect(response.status).toBe(200);
    setTimeout(() => reader.abort(), 50);
    await expect(response.text()).rejects.toThrow('aborted');
  });

  it('of endless headers never comes to the body', async () => {
    fails({ kind: 'endless headers', everyMs: 1 });
    await expect(get(CANDLES, AbortSignal.timeout(150))).rejects.toThrow('timeout');
  });

  it('of slow gives the whole body piece by piece', async () => {
    const whole = await text();
    fails({ kind: 'slow', bytes: 200, everyMs: 5 });
    const response = await get();
    let pieces = 0;
    let received = '';
    for await (const piece of response.body!) {
      pieces++;
      received += Buffer.from(piece).toString();
    }
    expect(received).toBe(whole);
    expect(pieces).toBeGreaterThan(1);
  });

  it('of late gives what was true when the request came', async () => {
    const whole = await text();
    fails({ kind: 'late', ms: 40 });
    const answer = text();
    while (exchange.calls().candles < 2) await new Promise(setImmediate);
    exchange.setBars('BTC/USDT', other);
    expect(await answer).toBe(whole);
  });

  it('of truncated ends the body at its half, as if it were whole', async () => {
    const whole = await text();
    fails({ kind: 'truncated' });
    const half = await text();
    expect(half).toBe(whole.slice(0, Math.floor(whole.length / 2)));
    expect(() => JSON.parse(half)).toThrow(SyntaxError);
  });

  it.each([
    ['a page', '<html>maintenance</html>'],
    ['an empty list', '[]'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['nothing', ''],
    ['10 MB of blanks', ' '.repeat(10_000_000)],
  ])('of body answers %s', async (_, body) => {
    fails({ kind: 'body', body });
    expect(await text()).toBe(body);
  });

  it('of other market gives rows that are not those asked for', async () => {
    fails({ kind: 'other market', symbol: 'ETH/USDT' });
    expect((await rows()).map((row) => row[1])).toEqual(['500']);
  });

  it('of rows repeats, leaves out or shuffles them', async () => {
    expect(await hours()).toEqual([0, 1, 2, 3, 4, 5]);
    fails({ kind: 'rows', change: { kind: 'duplicated', last: 2 } });
    expect(await hours()).toEqual([0, 1, 2, 3, 4, 5, 4, 5]);
    fails({ kind: 'rows', change: { kind: 'missing', last: 2 } });
    expect(await hours()).toEqual([0, 1, 2, 3]);
    fails({ kind: 'rows', change: { kind: 'missing', last: 1000 } });
    expect(await hours()).toEqual([]);
    fails({ kind: 'rows', change: { kind: 'shuffled', seed: 3 } });
    const shuffled = await hours();
    expect(shuffled).not.toEqual([0, 1, 2, 3, 4, 5]);
    expect(shuffled.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await hours()).toEqual(shuffled);
  });

  it.each([
    ['NaN by name', Number.NaN, 'NaN'],
    ['null', null, null],
    ['an empty text', '', ''],
    ['Infinity by name', Number.POSITIVE_INFINITY, 'Infinity'],
    ['0', 0, '0'],
    ['-1', -1, '-1'],
    ['a high below the low', 1, '1'],
    ['1e308', 1e308, `1${'0'.repeat(308)}`],
  ])('of rows sends %s in a field', async (_, value, received) => {
    fails({ kind: 'rows', change: { kind: 'mutated', row: -1, field: 'high', value } });
    const all = await rows();
    expect(all.at(-1)![2]).toBe(received);
    // The rows before it keep their highs 12, 13, 14, 15, 16.
    expect(all.slice(0, -1).map((row) => row[2])).toEqual(['12', '13', '14', '15', '16']);
  });
});

describe('a fault script', () => {
  const failure: Failure = { kind: 'truncated' };
  const taken = (fault: Omit<Fault, 'failure'>, calls: number) => {
    const next = createScript([{ ...fault, failure }]);
    return Array.from({ length: calls }, () => (next('candles') ? 1 : 0));
  };

  it('takes the calls from one on, so many of them', () => {
    expect(taken({}, 4)).toEqual([1, 1, 1, 1]);
    expect(taken({ from: 2 }, 4)).toEqual([0, 1, 1, 1]);
    expect(taken({ from: 2, times: 1 }, 4)).toEqual([0, 1, 0, 0]);
    expect(taken({ times: 2 }, 4)).toEqual([1, 1, 0, 0]);
  });

  it('takes a seeded share of them', () => {
    const share = { of: 0.3, seed: 5 };
    const once = taken({ share }, 1000);
    expect(taken({ share }, 1000)).toEqual(once);
    expect(taken({ share: { of: 0.3, seed: 6 } }, 1000)).not.toEqual(once);
    // 300 expected, standard deviation 14.5.
    const count = once.reduce<number>((sum, one) => sum + one, 0);
    expect(count).toBeGreaterThan(240);
    expect(count).toBeLessThan(360);
  });

  it('counts each kind for itself, lets the first fault decide and leaves private calls alone', () => {
    const next = createScript([{ on: 'time', from: 2, failure: { kind: 'truncated' } }, { failure: { kind: 'body', body: '' } }]);
    expect((['time', 'candles', 'candles', 'time', 'private'] as const).map((kind) => next(kind)?.kind)).toEqual([
      'body',
      'body',
      'body',
      'truncated',
      undefined,
    ]);
  });

  it('counts afresh when it is replaced', async () => {
    const script: Fault[] = [{ on: 'time', times: 1, failure: { kind: 'status', status: 500 } }];
    const statuses: number[] = [];
    for (let k = 0; k < 2; k++) {
      exchange.script(script);
      for (let call = 0; call < 2; call++) statuses.push((await get('/api/v3/time')).status);
    }
    expect(statuses).toEqual([500, 200, 500, 200]);
  });
});
