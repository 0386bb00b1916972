import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { documents } from '../src/config/documents.ts';
import { saveCsv } from '../src/data/csv.ts';
import { synthetic } from '../src/data/synthetic.ts';
import { NOW, paperwalk } from './cli/recorded-host.ts';
import { type Exchange, startExchange } from './exchange/server.ts';

const HOURS = 4 * 3_600_000;
const START = Date.UTC(2020, 0, 1);
const market = (name: string, seed: number) => ({
  ...synthetic('white-noise', { bars: Math.floor((NOW - START) / HOURS), intervalMs: HOURS, start: START, seed }).bars,
  market: name,
});
const folder = mkdtempSync(join(tmpdir(), 'paperwalk-guide-'));
let exchange: Exchange;
beforeAll(async () => {
  const listings = [1, 2].map((seed) => ({ symbol: ['BTC/USDT', 'ETH/USDT'][seed - 1]!, bars: market('', seed) }));
  exchange = await startExchange({ dialect: 'binance', markets: listings, now: () => NOW });
  await saveCsv(join(folder, 'BTC-4h.csv'), market('btc', 3));
});
afterAll(async () => {
  await exchange.close();
  rmSync(folder, { recursive: true, force: true });
});

it('fetch --json fits its published schema, also where a market fails', async () => {
  const words = [
    'fetch',
    'binance',
    'BTC/USDT',
    'NO/SUCH',
    '4h',
    '--from',
    '2020-01-01',
    '--json',
    '--quiet',
    '--workspace',
    join(folder, 'json'),
  ];
  const { code, stdout } = await paperwalk(words, { environment: { PAPERWALK_EXCHANGE_URL: exchange.url } });
  expect(code).toBe(2);
  const { markets } = documents.fetch.parse(JSON.parse(stdout));
  expect(markets).toMatchObject([
    { market: 'binance:BTC/USDT', refusedCandles: 0 },
    { market: 'binance:NO/SUCH', error: expect.any(String) },
  ]);
});

it('docs/data.md: every command does what it should, in the order of the guide', async () => {
  const commands = [...readFileSync('docs/data.md', 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((passage) =>
    passage[1]!.trim().split('\n'),
  );
  expect(commands.length).toBeGreaterThanOrEqual(6);
  for (const command of commands) {
    const words = command.split(/\s+/);
    expect(words.slice(0, 2)).toEqual(['npx', 'paperwalk']);
    const argv = words.slice(2).map((word) => (/^BTC.*\.(csv|parquet)$/.test(word) ? join(folder, word) : word));
    const place = ['--workspace', join(folder, 'w')];
    const { code, stdout, stderr } = await paperwalk([...argv, ...place], { environment: { PAPERWALK_EXCHANGE_URL: exchange.url } });
    expect({ command, code }, stderr).toEqual({ command, code: 0 });
    expect(stdout, command).not.toBe('');
  }
});
