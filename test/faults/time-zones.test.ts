import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startExchange } from '../exchange/server.ts';
import { count } from '../support/counts.ts';
import { HOUR, randomBars } from '../support/markets.ts';
import { commands } from './process.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-zones-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEADER = 'time,open,high,low,close,volume\n';
const file = (name: string, times: readonly string[]) => {
  writeFileSync(join(folder, name), HEADER + times.map((time, k) => `${time},${10 + k},${12 + k},${9 + k},${11 + k},5\n`).join(''));
  return join(folder, name);
};
const hoursOf = (day: string) => Array.from({ length: 24 }, (_, hour) => `${day} ${String(hour).padStart(2, '0')}:00:00`);
// Days on which clocks change in New York; the date that Apia never had.
const spring = file('spring.csv', [...hoursOf('2024-03-09'), ...hoursOf('2024-03-10')]);
const autumn = file('autumn.csv', [...hoursOf('2023-11-04'), ...hoursOf('2023-11-05')]);
const dates = file('dates.csv', ['2011-12-28', '2011-12-29', '2011-12-30', '2011-12-31', '2012-01-01']);
const sessions = file('sessions.csv', ['2024-03-08', '2024-03-11', '2024-03-12']);

/** One line after the other, in a workspace of its own. */
function lines(workspace: string): readonly (readonly string[])[] {
  const markets = [
    ['spring', spring, '1h'],
    ['autumn', autumn, '1h'],
    ['dates', dates, '1d'],
    ['sessions', sessions, '1d', '--calendar', 'nyse'],
    ['new-york', dates, '1d', '--timezone', 'America/New_York'],
  ] as const;
  return [
    ...markets.map(([market, source, interval, ...more]) => ['import', source, '--market', market, '--interval', interval, ...more]),
    ['fetch', 'binance', 'BTC/USDT', '4h', '--from', '2020-01-01', '--to', '2020-01-08', '--json'],
    ['bars', '--json'],
    ['bars', 'sessions', '--calendar', 'nyse'],
    ...markets.map(([market, , interval]) => ['export', join(workspace, `${market}.csv`), '--market', market, '--interval', interval]),
    ['export', join(workspace, 'btc.parquet'), '--market', 'binance:BTC/USDT', '--interval', '4h'],
    ['backtest', 'config/sma-cross.yaml', '--json', '--quiet'],
  ].map((line) => [...line, '--workspace', workspace]);
}

/** All files of a workspace by their path, without the folder of the run, which holds what it took. */
function filesOf(workspace: string): Readonly<Record<string, string>> {
  const files = readdirSync(workspace, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('/runs/') || path.endsWith('.csv'));
  return Object.fromEntries(files.map((path) => [path.slice(workspace.length), readFileSync(path, 'base64')]));
}

test('C12: imports, fetches, listings, exports and a backtest are the same whatever the zone of the machine', async () => {
  const bars = randomBars({ seed: 12, length: 200 });
  const end = bars.openTime.at(-1)! + HOUR;
  const exchange = await startExchange({ dialect: 'binance', markets: [{ symbol: 'BTC/USDT', bars }], now: () => end });
  const zones = ['UTC', 'Pacific/Apia', 'America/New_York', 'Asia/Kolkata'].slice(0, count(2, 4));
  const told: unknown[] = [];
  for (const zone of zones) {
    const workspace = join(folder, zone.replace('/', '-'));
    mkdirSync(workspace);
    const { answers, zone: set } = await commands(lines(workspace), { TZ: zone, PAPERWALK_EXCHANGE_URL: exchange.url });
    expect(set.replace('Calcutta', 'Kolkata')).toBe(zone);
    expect(answers.map(({ code }) => code)).toEqual(answers.map(() => 0));
    const { timings, ...run } = JSON.parse(answers.at(-1)!.stdout);
    const words = answers.slice(0, -1).map(({ stdout, stderr }) => (stdout + stderr).replaceAll(workspace, ''));
    told.push({ run: JSON.stringify(run).replaceAll(workspace, ''), words, files: filesOf(workspace) });
  }
  await exchange.close();
  expect(Object.keys((told[0] as { files: object }).files).length).toBeGreaterThan(15);
  for (const [k, other] of told.entries()) expect(other, zones[k]!).toEqual(told[0]);
  // An offset that came from the machine would show here: what was written is what is stored.
  const written = readFileSync(join(folder, 'Pacific-Apia', 'spring.csv'), 'utf8');
  expect(written.split('\n')[1]).toBe('2024-03-09T00:00:00Z,10,12,9,11,5');
});
