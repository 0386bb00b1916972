import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type Bars, sliceBars } from '../../../src/core/bars.ts';
import { createRandom } from '../../../src/core/random.ts';
import { resample } from '../../../src/core/resample.ts';
import { readCsv } from '../../../src/data/csv.ts';
import { type Download, type DownloadOptions, download, recentInformation } from '../../../src/data/exchange/download.ts';
import type { ExchangeError } from '../../../src/data/exchange/exchange-error.ts';
import type { Candle, Feed } from '../../../src/data/exchange/feed.ts';
import { holdings } from '../../../src/data/exchange/holdings.ts';
import { columnsHash, openBarStore } from '../../../src/data/store.ts';
import type { Fault, RowChange } from '../../exchange/faults.ts';
import { type Exchange, startExchange } from '../../exchange/server.ts';
import { count, size } from '../../support/counts.ts';
import { barsOf, HOUR, randomBars } from '../../support/markets.ts';
import { candlesAt, fakeFeed } from './fake-feed.ts';
import { testFeed } from './test-feed.ts';

const DAY = 24 * HOUR;
const START = Date.UTC(2020, 0, 1);
const SEEN = Date.UTC(2024, 0, 1);
const root = mkdtempSync(join(tmpdir(), 'paperwalk-download-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
/** The full counts take minutes. */
const timeout = size(60_000, 1_800_000);
let folders = 0;
const newStore = () => openBarStore(join(root, String(folders++)));

let exchange: Exchange | undefined;
afterEach(async () => {
  await exchange?.close();
  exchange = undefined;
});

/** One exchange with BTC/USDT, its clock, and downloads of it at a price of nothing but calls. */
async function world(bars: Bars, options: Partial<Parameters<typeof startExchange>[0]> = {}) {
  let now = bars.openTime.at(-1)! + bars.intervalMs;
  const dialect = options.dialect ?? 'binance';
  const running = await startExchange({ dialect, markets: [{ symbol: 'BTC/USDT', bars }], now: () => now, ...options });
  exchange = running;
  const store = newStore();
  const market = `${dialect}:BTC/USDT`;
  let seen = SEEN;
  const fetch = async (changes: Partial<DownloadOptions> = {}): Promise<Download & { readonly sent: number }> => {
    const known = await recentInformation(store, market, seen);
    const feed = await testFeed(dialect, running.url, { known: known ? [known] : [] });
    const span = { from: bars.openTime[0]!, to: Number.MAX_SAFE_INTEGER / 2 };
    const { now: at, ...rest } = { feed, store, symbol: 'BTC/USDT', intervalMs: bars.intervalMs, now: () => seen, ...span, ...changes };
    const result = await download({ ...rest, now: at });
    await feed.close();
    return { ...result, sent: feed.requests() };
  };
  return {
    running,
    store,
    market,
    fetch,
    script: (faults: readonly Fault[]) => running.script(faults),
    stored: async (intervalMs = bars.intervalMs) => store.read(market, intervalMs),
    setNow: (instant: number) => {
      now = instant;
    },
    setSeen: (instant: number) => {
      seen = instant;
    },
  };
}

const same = (a: Bars, b: Bars) => a.intervalMs === b.intervalMs && columnsHash(a) === columnsHash(b);
const market = (length: number, seed = 1, gaps = 0) => randomBars({ seed, length, gaps });

describe('a download', () => {
  it('stores every closed bar, what the exchange says of the market, and what it has answered for', async () => {
    const bars = market(1500);
    const { fetch, stored, store, market: name } = await world(bars, { pageLimit: 500 });
    const progress: number[] = [];
    const result = await fetch({ onProgress: ({ done, expected }) => progress.push(done / expected) });
    expect(result).toEqual({ market: name, madeOf: null, added: 1500, revised: 0, refused: [], calls: 4, fundingRates: 0, sent: 5 });
    expect(same(await stored(), bars)).toBe(true);
    expect((await store.log(name, HOUR)).coverage).toEqual([{ from: START, to: START + 1500 * HOUR }]);
    expect((await store.information(name)).map(({ seen, information }) => [seen, information.tick])).toEqual([[SEEN, 0.01]]);
    expect(progress).toEqual([500 / 1500, 1000 / 1500, 1]);
  });

  it('asks for what is missing and for the last ten bars when it comes again: two calls in all', async () => {
    const bars = market(1500);
    const { fetch, running, stored } = await world(bars);
    await fetch();
    const again = await fetch();
    expect(again).toMatchObject({ added: 0, revised: 0, sent: 2 });
    const last = new URL(running.requests().at(-1)!.url, running.url).searchParams;
    expect(Number(last.get('startTime'))).toBe(START + 1490 * HOUR);
    expect(same(await stored(), bars)).toBe(true);
  });

  it('asks about the market again when a day has gone by', async () => {
    const { fetch, running, store, market: name, setSeen } = await world(market(10));
    await fetch();
    setSeen(SEEN + DAY - 1);
    await fetch();
    expect(running.calls().markets).toBe(1);
    setSeen(SEEN + DAY);
    await fetch();
    expect(running.calls().markets).toBe(2);
    expect((await store.information(name)).map(({ seen, checked }) => [seen, checked])).toEqual([[SEEN, SEEN + DAY]]);
  });

  it('fills what lies before and between what is stored', async () => {
    const bars = market(300);
    const { fetch, stored } = await world(bars);
    await fetch({ from: START + 200 * HOUR });
    await fetch({ from: START + 50 * HOUR, to: START + 100 * HOUR });
    expect((await stored()).length).toBe(150);
    expect((await fetch()).added).toBe(150);
    expect(same(await stored(), bars)).toBe(true);
  });

  it('goes on where it was cut off', async () => {
    const bars = market(1000);
    const { fetch, script, stored } = await world(bars, { pageLimit: 100 });
    script([{ on: 'candles', from: 4, failure: { kind: 'error', code: -1121, message: 'Invalid symbol.' } }]);
    await expect(fetch()).rejects.toThrow('check the symbol');
    expect((await stored()).length).toBe(300);
    script([]);
    expect((await fetch()).added).toBe(700);
    expect(same(await stored(), bars)).toBe(true);
  });

  it('stops when asked to, with what is stored', async () => {
    const bars = market(1000);
    const { fetch, stored } = await world(bars, { pageLimit: 100 });
    const stop = new AbortController();
    const stopped = fetch({ signal: stop.signal, onProgress: ({ done }) => done >= 300 && stop.abort(new Error('enough')) });
    await expect(stopped).rejects.toThrow('enough');
    expect((await stored()).length).toBe(300);
  });

  it('takes the start of an interval for the first bar, and nothing from the end on', async () => {
    const { fetch, stored } = await world(market(20));
    await fetch({ from: START + 1, to: START + 3 * HOUR + 1 });
    expect([...(await stored()).openTime]).toEqual([1, 2, 3].map((k) => START + k * HOUR));
  });

  it.each([
    [1, 60],
    [7, 300],
    [100, 300],
    [500, 1200],
    [1000, 1200],
  ])('C6: reads pages of %i candles, with gaps, and counts them', async (pageLimit, length) => {
    const bars = market(length, 2, 0.05);
    const { fetch, stored, store, market: name } = await world(bars, { pageLimit });
    const { calls } = await fetch();
    expect(same(await stored(), bars)).toBe(true);
    // Each page, and one more question about each gap in front of a page.
    const { gaps, missing, unanswered } = await holdings(store, name, HOUR);
    expect(calls).toBeLessThanOrEqual(Math.ceil(length / pageLimit) + gaps + 3);
    expect(missing).toBe((bars.openTime.at(-1)! - bars.openTime[0]!) / HOUR + 1 - length);
    expect(unanswered).toBe(0);
  });
});

describe('the candle that still forms', () => {
  it.each(['included', 'left out'] as const)(
    'C1: is never stored, at whatever minute of three days one looks: %s',
    { timeout },
    async (forming) => {
      const looks = count(24, 4320);
      const bars = market(73);
      const { fetch, stored, setNow, store, market: name } = await world(bars, { forming });
      for (let k = 1; k <= looks; k++) {
        const minute = Math.round((k * 4320) / looks);
        setNow(START + minute * 60_000);
        await fetch();
        const closed = Math.floor(minute / 60);
        if (closed > 0) expect(same(await stored(), sliceBars(bars, 0, closed))).toBe(true);
      }
      // What changes afterwards was not closed.
      expect(await store.revisions(name, HOUR)).toEqual([]);
    },
  );

  const snapshots = '../shared/reference/forming-candle.json';
  it.skipIf(!existsSync(snapshots))(
    'C1: of ten real files is not stored, and its final values are (skipped where ../shared is absent)',
    async () => {
      type Values = Omit<Candle, 'openTime'>;
      const { snapshots: cases } = JSON.parse(readFileSync(snapshots, 'utf8')) as {
        readonly snapshots: readonly { readonly day: string; readonly forming: Values; readonly final: Values }[];
      };
      expect(cases).toHaveLength(10);
      for (const { day, forming, final } of cases) {
        const openTime = Date.parse(`${day}T00:00:00Z`);
        const before = { ...final, openTime: openTime - DAY };
        const store = newStore();
        const fetch = (values: Values, time: number) => {
          const { feed } = fakeFeed({
            candles: [before, { ...values, openTime }],
            intervalMs: DAY,
            paging: 'what follows',
            limit: 100,
            rows: 100,
            time,
          });
          return download({ feed, store, symbol: 'A/B', intervalMs: DAY, from: openTime - DAY, to: openTime + 9 * DAY, now: () => SEEN });
        };
        await fetch(forming, openTime + DAY - 1);
        expect((await store.read('fake:A/B', DAY)).length).toBe(1);
        await fetch(final, openTime + DAY);
        const stored = await store.read('fake:A/B', DAY);
        expect([stored.high[1], stored.low[1], stored.close[1], stored.volume[1]]).toEqual([
          final.high,
          final.low,
          final.close,
          final.volume,
        ]);
      }
    },
  );

  it('C2: may be published late: the bar is asked for again', async () => {
    const bars = market(30);
    const { fetch, stored, setNow } = await world(bars, { publishDelay: 20_000 });
    setNow(START + 20 * HOUR);
    await fetch();
    expect((await stored()).length).toBe(19);
    setNow(START + 20 * HOUR + 20_000);
    expect((await fetch()).added).toBe(1);
    expect(same(await stored(), sliceBars(bars, 0, 20))).toBe(true);
  });
});

describe('a bar that the exchange changes afterwards', () => {
  it('C3: takes the place of the stored one, which stays as a revision, wherever in the last ten it is', { timeout }, async () => {
    const seeds = count(10, 200);
    const bars = market(100);
    const { fetch, running, stored, store, market: name, setSeen } = await world(bars);
    await fetch();
    for (let seed = 1; seed <= seeds; seed++) {
      const row = 97 + (seed % 3);
      const close = bars.low[row]! + (bars.high[row]! - bars.low[row]!) * createRandom(seed).uniform();
      running.revise('BTC/USDT', bars.openTime[row]!, { close });
      setSeen(SEEN + seed);
      expect(await fetch()).toMatchObject({ added: 0, revised: 1 });
      expect((await stored()).close[row]).toBe(close);
      const revisions = await store.revisions(name, HOUR);
      expect(revisions).toHaveLength(seed);
      expect(revisions.at(-1)).toMatchObject({ openTime: bars.openTime[row], replaced: SEEN + seed });
    }
  });
});

describe('rows that are not as they should be', () => {
  it('C4: change nothing where they come twice or in another order', { timeout }, async () => {
    const seeds = count(20, 500);
    const bars = market(120);
    const { fetch, script } = await world(bars, { pageLimit: 50 });
    for (let seed = 0; seed < seeds; seed++) {
      const change: RowChange = seed % 2 ? { kind: 'shuffled', seed } : { kind: 'duplicated', last: 1 + (seed % 9) };
      script([{ on: 'candles', failure: { kind: 'rows', change } }]);
      const store = newStore();
      expect((await fetch({ store })).refused).toEqual([]);
      expect(same(await store.read('binance:BTC/USDT', HOUR), bars)).toBe(true);
    }
  });

  it('C8: are refused with the reason where they are impossible, and asked for again the next time', { timeout }, async () => {
    const mutations = count(40, 1000);
    const bars = market(60);
    const { fetch, script, running } = await world(bars, { pageLimit: 20 });
    const values = [Number.NaN, null, '', Number.POSITIVE_INFINITY, 0, -1, 'x', 1e308];
    const fields = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const;
    for (let seed = 0; seed < mutations; seed++) {
      const random = createRandom(seed);
      const field = fields[random.below(6)]!;
      const value = values[random.below(8)]!;
      // A volume of nothing is possible.
      if (field === 'volume' && value === 0) continue;
      const row = random.below(20);
      const store = newStore();
      script([
        { on: 'candles', from: 1 + random.below(3), times: 1, failure: { kind: 'rows', change: { kind: 'mutated', row, field, value } } },
      ]);
      const { refused } = await fetch({ store });
      const cell = `${field} ${String(value)}`;
      expect(refused.length, cell).toBe(1);
      expect(refused[0]!.reason, cell).toMatch(/^expected .*, received /);
      const first = await store.read('binance:BTC/USDT', HOUR);
      expect(first.length, cell).toBe(59);
      running.script([]);
      expect((await fetch({ store })).added, cell).toBe(1);
      expect(same(await store.read('binance:BTC/USDT', HOUR), bars), cell).toBe(true);
    }
  });

  it.each([
    ['a time to come', Date.UTC(2035, 0, 1)],
    ["its neighbour's time", START + 29 * HOUR],
    ['a time off the grid', START + 30 * HOUR + 1000],
  ])('leave no hole behind where one has %s, and cost one page when all is asked for again', async (_, value) => {
    const bars = market(100, 2, 0.1);
    const row = bars.openTime.indexOf(START + 30 * HOUR);
    expect([row > 0, bars.openTime[row - 1]]).toEqual([true, START + 29 * HOUR]);
    const { fetch, script, stored, store, market: name } = await world(bars);
    script([{ on: 'candles', times: 1, failure: { kind: 'rows', change: { kind: 'mutated', row, field: 'openTime', value } } }]);
    expect((await fetch()).refused).toHaveLength(1);
    const { missing, unanswered } = await holdings(store, name, HOUR);
    expect(missing).toBe(0);
    expect(unanswered).toBeGreaterThan(1);
    // The time, the page that holds all holes, and what may lie in the hole in front of it.
    expect((await fetch()).calls).toBe(3);
    expect(same(await stored(), bars)).toBe(true);
    expect(await holdings(store, name, HOUR)).toMatchObject({ unanswered: 0 });
    expect((await store.log(name, HOUR)).coverage).toHaveLength(1);
  });

  it('may be newer than the exchange was when the download began', async () => {
    const candles = candlesAt(START, HOUR, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const { feed } = fakeFeed({ candles, intervalMs: HOUR, paging: 'what follows', limit: 9, rows: 9, time: START + 4 * HOUR });
    let seen = SEEN;
    const slow: Feed = {
      ...feed,
      candles: async () => {
        seen += 5 * HOUR;
        return candles;
      },
    };
    const store = newStore();
    const { refused } = await download({
      feed: slow,
      store,
      symbol: 'A/B',
      intervalMs: HOUR,
      from: START,
      to: START + DAY,
      now: () => seen,
    });
    expect(refused).toEqual([]);
    expect((await store.read('fake:A/B', HOUR)).length).toBe(4);
  });

  it('are numbers where they are written as text', async () => {
    const bars = market(30);
    const { fetch, script, stored } = await world(bars);
    script([
      { on: 'candles', failure: { kind: 'rows', change: { kind: 'mutated', row: 3, field: 'close', value: String(bars.close[3]) } } },
    ]);
    expect((await fetch()).refused).toEqual([]);
    expect(same(await stored(), bars)).toBe(true);
  });

  it('are refused off the grid, and where two of one time differ', async () => {
    const candles = candlesAt(START, HOUR, [0, 1, 2, 3]);
    const { feed } = fakeFeed({ candles, intervalMs: HOUR, paging: 'what follows', limit: 9, rows: 9, time: START + 4 * HOUR });
    const spoilt: Feed = {
      ...feed,
      candles: async () => [...candles, { ...candles[1]!, close: 10 }, { ...candles[2]!, openTime: START + 5 }],
    };
    const store = newStore();
    const { refused } = await download({
      feed: spoilt,
      store,
      symbol: 'A/B',
      intervalMs: HOUR,
      from: START,
      to: START + DAY,
      now: () => SEEN,
    });
    expect(refused.map(({ time, reason }) => [(time! - START) / HOUR, reason])).toEqual([
      [5 / HOUR, "expected an opening time on the interval's grid"],
      [1, 'expected one candle of each opening time, received two that differ'],
    ]);
    expect([...(await store.read('fake:A/B', HOUR)).openTime]).toEqual([0, 2, 3].map((k) => START + k * HOUR));
  });

  it.each(['<html></html>', '[[1577836800000,"1"', 'null', '[]', '{}', '[null]', '[["x"]]', '{"code":0}'])(
    'store nothing and settle nothing where all answers are %j',
    async (body) => {
      const { fetch, script, store, market: name } = await world(market(100));
      await fetch({ to: START + 50 * HOUR });
      script([{ on: 'candles', failure: { kind: 'body', body } }]);
      const answer = await fetch().catch((error: unknown) => error as ExchangeError);
      if (answer instanceof Error) expect(answer.exitCode).toBe(4);
      else expect(answer).toMatchObject({ added: 0, revised: 0 });
      expect((await store.log(name, HOUR)).coverage).toEqual([{ from: START, to: START + 50 * HOUR }]);
      script([]);
      expect((await fetch()).added).toBe(50);
    },
  );

  it('E5: of another market end the download, and change nothing', async () => {
    const bars = market(100);
    const dear = barsOf(Array.from({ length: 120 }, () => [60_000, 60_001, 59_999, 60_000]));
    const { fetch, script, stored, setNow } = await world(bars, {
      markets: [
        { symbol: 'BTC/USDT', bars },
        { symbol: 'X/USDT', bars: dear },
      ],
    });
    await fetch();
    setNow(START + 105 * HOUR);
    script([{ on: 'candles', failure: { kind: 'other market', symbol: 'X/USDT' } }]);
    const error = (await fetch().catch((thrown: unknown) => thrown)) as ExchangeError;
    expect(error.message).toMatch(
      /^binance:BTC\/USDT: Expected the market that is stored, received prices far from its own from 2020-01-04T18:00:00Z; /,
    );
    expect(error.exitCode).toBe(4);
    expect(same(await stored(), bars)).toBe(true);
  });
});

describe('an interval that the exchange does not offer', () => {
  it('is made of the highest lower one that divides it, of whole closed bars only', async () => {
    const bars = market(101);
    const { fetch, setNow, store, market: name } = await world(bars, { dialect: 'coinbase', pageLimit: 30 });
    // Coinbase has hours, two hours and six, and no three.
    const three = resample(bars, 3 * HOUR).bars;
    for (let hour = 96; hour <= 101; hour++) {
      setNow(START + hour * HOUR);
      const { madeOf } = await fetch({ intervalMs: 3 * HOUR });
      expect(madeOf).toBe(HOUR);
      expect(same(await store.read(name, 3 * HOUR), sliceBars(three, 0, Math.floor(hour / 3)))).toBe(true);
    }
    expect((await store.list()).map(({ intervalMs }) => intervalMs)).toEqual([3 * HOUR]);
  });

  it('is not made of a bar whose part was refused', async () => {
    const bars = market(24);
    const { fetch, script, store, market: name } = await world(bars, { dialect: 'coinbase' });
    script([{ on: 'candles', times: 1, failure: { kind: 'rows', change: { kind: 'mutated', row: 4, field: 'low', value: -1 } } }]);
    await fetch({ intervalMs: 3 * HOUR });
    expect([...(await store.read(name, 3 * HOUR)).openTime].map((time) => (time - START) / HOUR)).toEqual([0, 6, 9, 12, 15, 18, 21]);
    await fetch({ intervalMs: 3 * HOUR });
    expect(same(await store.read(name, 3 * HOUR), resample(bars, 3 * HOUR).bars)).toBe(true);
  });

  it('that none divides is refused with those there are', async () => {
    const { feed } = fakeFeed({ candles: [], intervalMs: HOUR, paging: 'what follows', limit: 9, rows: 9 });
    const span = { from: START, to: START + DAY };
    const asked = download({ feed, store: newStore(), symbol: 'A/B', intervalMs: 1.5 * HOUR, ...span, now: () => SEEN });
    const error = (await asked.catch((thrown: unknown) => thrown)) as ExchangeError;
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain('received 90m; it offers 1h, 1d');
  });
});

describe('a perpetual', () => {
  it('brings its funding rates, once, and on whole seconds', async () => {
    const bars = market(2400);
    const times = Array.from({ length: 300 }, (_, k) => START + k * 8 * HOUR);
    const funding = { time: Float64Array.from(times, (time, k) => time + (k % 5)), rate: Float64Array.from(times, (_, k) => k / 1e5) };
    const symbol = 'BTC/USDT:USDT';
    const { fetch, store, running } = await world(bars, { markets: [{ symbol, bars, funding }], pageLimit: 100 });
    expect((await fetch({ symbol })).fundingRates).toBe(300);
    const stored = await store.funding('binance:BTC/USDT:USDT');
    expect([...stored!.time]).toEqual(times);
    expect([...stored!.rate]).toEqual([...funding.rate]);
    const asked = running.calls().funding;
    expect(asked).toBeLessThanOrEqual(5);
    expect((await fetch({ symbol })).fundingRates).toBe(0);
  });
});

const real = '../shared/data/BTC-USD-4h-coinbase.csv';
describe.skipIf(!existsSync(real))('nine years of real bars (skipped where ../shared is absent)', () => {
  it.each([
    ['binance', 1000],
    ['binance', 300],
    ['coinbase', 1000],
    ['coinbase', 300],
  ] as const)('come from %s in pages of %i exactly as they are, and cost two calls when asked for again', async (dialect, pageLimit) => {
    const { bars } = await readCsv(real, { market: 'BTC/USDT', intervalMs: 4 * HOUR });
    expect(bars.length).toBe(20_695);
    const { fetch, stored, store, market: name } = await world(bars, { dialect, pageLimit });
    const from = bars.openTime[0]! - 30 * DAY;
    const first = await fetch({ from });
    expect(first).toMatchObject({ added: 20_695, madeOf: dialect === 'coinbase' ? 2 * HOUR : null });
    expect(same(await stored(), bars)).toBe(true);
    const again = await fetch({ from });
    expect(again).toMatchObject({ added: 0, revised: 0, sent: 2 });
    expect(same(await stored(), bars)).toBe(true);
    // Known of this file: three gaps.
    expect(await holdings(store, name, 4 * HOUR)).toMatchObject({ bars: 20_695, gaps: 3, missing: 5, unanswered: 0 });
  });
});
