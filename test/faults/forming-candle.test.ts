import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Bars, createBars, sliceBars } from '../../src/core/bars.ts';
import { download } from '../../src/data/exchange/download.ts';
import type { Candle } from '../../src/data/exchange/feed.ts';
import { columnsHash, openBarStore } from '../../src/data/store.ts';
import { testFeed } from '../data/exchange/test-feed.ts';
import { DAY } from '../data/market.ts';
import { revised } from '../exchange/candles.ts';
import { startExchange } from '../exchange/server.ts';
import { count } from '../support/counts.ts';
import { randomBars } from '../support/markets.ts';

type Values = Omit<Candle, 'openTime'>;
const EVIDENCE = '../shared/reference/forming-candle.json';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-forming-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Twenty days, the last of which has given values. */
function days(last: number, values: Values): Bars {
  const bars = randomBars({ seed: 1, length: 20, gaps: 0 });
  const openTime = Float64Array.from(bars.openTime, (_, row) => last + (row - 19) * DAY);
  return revised(createBars('BTC', DAY, { ...bars, openTime }), last, values);
}

/** Candles in the words of Binance. */
function said(bars: Bars): string {
  const { openTime, open, high, low, close, volume } = bars;
  return JSON.stringify(Array.from(openTime, (time, row) => [time, ...[open, high, low, close, volume].map((column) => `${column[row]}`)]));
}

test.skipIf(!existsSync(EVIDENCE))(
  'C1: a day as a real exchange showed it while it formed is not stored, though it be sent unasked; its final values are (skipped where ../shared is absent)',
  async () => {
    const { snapshots } = JSON.parse(readFileSync(EVIDENCE, 'utf8')) as {
      readonly snapshots: readonly { readonly day: string; readonly forming: Values; readonly final: Values }[];
    };
    expect(snapshots).toHaveLength(count(10, 10));
    for (const { day, forming, final } of snapshots) {
      const openTime = Date.parse(day);
      const bars = days(openTime, final);
      let now = openTime;
      const exchange = await startExchange({ dialect: 'binance', markets: [{ symbol: 'BTC/USDT', bars }], now: () => now });
      const feed = await testFeed('binance', exchange.url);
      const store = openBarStore(join(folder, day));
      const stored = async (instant: number) => {
        now = instant;
        const span = { from: bars.openTime[0]!, to: openTime + 9 * DAY };
        const { market } = await download({ feed, store, symbol: 'BTC/USDT', intervalMs: DAY, ...span, now: () => instant });
        expect((await store.log(market, DAY)).coverage.at(-1)!.to).toBeLessThanOrEqual(instant);
        return columnsHash(await store.read(market, DAY));
      };
      exchange.script([{ on: 'candles', failure: { kind: 'body', body: said(days(openTime, forming)) } }]);
      for (const moment of [0, DAY / 2, DAY - 1]) expect(await stored(openTime + moment), day).toBe(columnsHash(sliceBars(bars, 0, 19)));
      exchange.script([]);
      expect(await stored(openTime + DAY), day).toBe(columnsHash(bars));
      expect(await store.revisions('binance:BTC/USDT', DAY)).toEqual([]);
      await feed.close();
      await exchange.close();
    }
  },
);
