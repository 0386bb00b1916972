import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exitCodeOf, messageOf } from '../../src/cli/exit-code.ts';
import { sliceBars } from '../../src/core/bars.ts';
import { download } from '../../src/data/exchange/download.ts';
import type { Clock } from '../../src/data/exchange/patience.ts';
import { type BarStore, columnsHash, openBarStore } from '../../src/data/store.ts';
import { testFeed } from '../data/exchange/test-feed.ts';
import { type Exchange, startExchange } from '../exchange/server.ts';
import { count } from '../support/counts.ts';
import { HOUR, randomBars } from '../support/markets.ts';

const MINUTE = 60_000;
const MARKET = 'binance:BTC/USDT';
const bars = randomBars({ seed: 5, length: 6000 });
const start = bars.openTime[0]!;

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-downtime-'));
afterAll(() => rmSync(folder, { recursive: true }));
const newStore = () => openBarStore(mkdtempSync(join(folder, 'store-')));

/** An exchange and whoever asks it, on one clock that only waiting moves. */
async function world() {
  let now = start;
  const exchange = await startExchange({ dialect: 'binance', markets: [{ symbol: 'BTC/USDT', bars }], now: () => now });
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  const feed = await testFeed('binance', exchange.url, { clock });
  const fetch = (store: BarStore) =>
    download({ feed, store, symbol: 'BTC/USDT', intervalMs: HOUR, from: start, to: Number.MAX_SAFE_INTEGER / 2, now: clock.now });
  const content = async (store: BarStore) => [columnsHash(await store.read(MARKET, HOUR)), (await store.log(MARKET, HOUR)).coverage];
  return {
    exchange,
    clock,
    fetch,
    content,
    setNow: (instant: number) => {
      now = instant;
    },
    close: async () => {
      await feed.close();
      await exchange.close();
    },
  };
}

describe('downtime', () => {
  test('C5: of 1 to 5,000 bars between two fetches leaves the very bars of one that was never interrupted', async () => {
    const { fetch, content, setNow, close } = await world();
    const pauses = [1, 5, 50, 600, 5000].slice(0, count(5, 5));
    for (const pause of pauses) {
      const [interrupted, uninterrupted] = [newStore(), newStore()];
      const end = start + (300 + pause) * HOUR;
      setNow(start + 300 * HOUR);
      await fetch(interrupted);
      expect((await content(interrupted))[1]).toEqual([{ from: start, to: start + 300 * HOUR }]);
      setNow(end);
      await fetch(interrupted);
      await fetch(uninterrupted);
      expect(await content(interrupted)).toEqual(await content(uninterrupted));
      const closed = sliceBars(bars, 0, bars.openTime.filter((time) => time + HOUR <= end).length);
      expect((await content(interrupted))[0]).toBe(columnsHash(closed));
      expect(await interrupted.revisions(MARKET, HOUR)).toEqual([]);
    }
    await close();
  });
});

/** Fetches every five minutes while the exchange answers 503 for five hours: the lines that say so. */
async function maintained(exchange: Exchange, clock: Clock, fetch: () => Promise<unknown>): Promise<readonly string[]> {
  const end = clock.now() + 5 * HOUR;
  const lines: string[] = [];
  while (clock.now() < end) {
    const error = await fetch().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(exitCodeOf(error)).toBe(4);
    lines.push(...messageOf(error).split('\n'));
    await clock.sleep(5 * MINUTE);
  }
  exchange.script([]);
  return lines;
}

describe('maintenance of five hours', () => {
  test.each([
    ['before the first answer', 1],
    ['in the middle of the pages', 4],
  ])('E3: %s ends each fetch with exit code 4 and less than a line a minute, and the next one does the rest', async (_, from) => {
    const { exchange, clock, fetch, content, setNow, close } = await world();
    const store = newStore();
    setNow(start + 5500 * HOUR);
    exchange.script([{ ...(from > 1 && { on: 'candles' as const, from }), failure: { kind: 'status', status: 503 } }]);
    const before = clock.now();
    const lines = await maintained(exchange, clock, () => fetch(store));
    const minutes = (clock.now() - before) / MINUTE;
    expect(minutes).toBeGreaterThanOrEqual(300);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.length / minutes).toBeLessThan(1);
    for (const line of lines) expect(line).toMatch(/^binance: Expected .+, received .+503.* \(5 tries\); .+$/);
    await fetch(store);
    const reference = newStore();
    await fetch(reference);
    expect(await content(store)).toEqual(await content(reference));
    await close();
  });
});
