import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readCsv } from '../../src/data/csv.ts';
import { columnsHash, openBarStore } from '../../src/data/store.ts';
import { paperwalk } from '../cli/recorded-host.ts';
import { startExchange } from '../exchange/server.ts';
import { HOUR } from '../support/markets.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-gaps-'));
afterAll(() => rmSync(folder, { recursive: true }));

// By a few lines of Python over the files: bars, and the last bar before each gap, the first one after it and how many are missing between.
const REAL = [
  [
    'BTC',
    20_695,
    [
      ['2017-02-28T16:00:00Z', '2017-03-01T00:00:00Z', 1],
      ['2018-08-10T00:00:00Z', '2018-08-10T16:00:00Z', 3],
      ['2025-10-25T12:00:00Z', '2025-10-25T20:00:00Z', 1],
    ],
  ],
  [
    'ETH',
    20_675,
    [
      ['2016-05-18T00:00:00Z', '2016-05-18T16:00:00Z', 3],
      ['2016-05-19T00:00:00Z', '2016-05-19T08:00:00Z', 1],
      ['2016-05-19T08:00:00Z', '2016-05-19T16:00:00Z', 1],
      ['2016-05-20T00:00:00Z', '2016-05-20T12:00:00Z', 2],
      ['2016-05-20T20:00:00Z', '2016-05-23T12:00:00Z', 15],
      ['2016-05-23T12:00:00Z', '2016-05-23T20:00:00Z', 1],
      ['2016-05-24T04:00:00Z', '2016-05-24T12:00:00Z', 1],
      ['2017-02-28T16:00:00Z', '2017-03-01T00:00:00Z', 1],
      ['2025-10-25T12:00:00Z', '2025-10-25T20:00:00Z', 1],
    ],
  ],
] as const;

test.skipIf(!existsSync('../shared/data')).each(REAL)(
  'C7: the gaps of nine years of %s are told with exact counts, and no bar is invented (skipped where ../shared is absent)',
  async (base, length, gaps) => {
    const { bars } = await readCsv(`../shared/data/${base}-USD-4h-coinbase.csv`, { market: base, intervalMs: 4 * HOUR });
    const end = bars.openTime.at(-1)! + bars.intervalMs;
    const exchange = await startExchange({ dialect: 'binance', markets: [{ symbol: `${base}/USDT`, bars }], now: () => end });
    const workspace = ['--workspace', folder];
    const host = { environment: { PAPERWALK_EXCHANGE_URL: exchange.url }, now: () => end };
    const fetched = await paperwalk(
      ['fetch', 'binance', `${base}/USDT`, '4h', '--from', '2016-05-18', '--json', '--quiet', ...workspace],
      host,
    );
    await exchange.close();
    const missing = gaps.reduce((sum, [, , bars]) => sum + bars, 0);
    expect(JSON.parse(fetched.stdout).markets).toMatchObject([{ bars: length, gaps: gaps.length, missing, unanswered: 0, refused: [] }]);

    const market = `binance:${base}/USDT`;
    const told = JSON.parse((await paperwalk(['bars', market, '--json', ...workspace], host)).stdout).markets[0];
    expect(told).toMatchObject({ bars: length, missing });
    expect(told.gaps.map(({ from, to, missing }: Record<string, unknown>) => [from, to, missing])).toEqual(gaps);
    expect(columnsHash(await openBarStore(folder).read(market, 4 * HOUR))).toBe(columnsHash(bars));
  },
);
