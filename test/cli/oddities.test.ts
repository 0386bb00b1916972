import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bars, createBars, sliceBars } from '../../src/core/bars.ts';
import { sessionOf } from '../../src/core/nyse.ts';
import type { MarketInformation } from '../../src/data/exchange/market-information.ts';
import { likelyCalendar } from '../../src/data/gaps.ts';
import { openBarStore } from '../../src/data/store.ts';
import { DAY, HOUR, hourlyBars, START } from '../data/market.ts';
import { paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-oddities-'));
const workspace = join(folder, 'w');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The prices of a seeded market at other times. */
function at(times: readonly number[], market: string, intervalMs: number): Bars {
  const { open, high, low, close, volume } = hourlyBars(times.length);
  return createBars(market, intervalMs, { openTime: Float64Array.from(times), open, high, low, close, volume });
}
const sessions = Array.from({ length: 400 }, (_, k) => sessionOf(START / DAY + k)).filter((session) => session !== undefined);
const days = sessions.map(({ open }) => Math.floor(open / DAY) * DAY);
const hours = sessions.flatMap(({ open, close }) => Array.from({ length: Math.ceil((close - open) / HOUR) }, (_, k) => open + k * HOUR));

async function warnings(markets: string, interval: string, more = ''): Promise<readonly (readonly string[])[]> {
  const file = join(folder, 'bot.yaml');
  writeFileSync(file, `markets: ${markets}\ninterval: ${interval}\nstrategy: buy-and-hold\n${more}`);
  const { code, stdout, stderr } = await paperwalk(['backtest', file, '--json', '--quiet', '--workspace', workspace]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout).data.map((entry: { warnings: readonly string[] }) => entry.warnings);
}

describe('the calendar that bars look like', () => {
  it.each([
    ['daily bars of sessions', days, DAY, 'nyse'],
    ['hourly bars of sessions', hours, HOUR, 'nyse'],
    ['bars around the clock', Array.from({ length: 500 }, (_, k) => START + k * HOUR), HOUR, '24/7'],
    [
      'bars around the clock of which every tenth is missing',
      Array.from({ length: 500 }, (_, k) => START + k * HOUR).filter((_, k) => k % 10 > 0),
      HOUR,
      '24/7',
    ],
    ['two bars', [START, START + 9 * HOUR], HOUR, '24/7'],
    ['no bars', [], HOUR, '24/7'],
    ['bars of an interval that no session fits', hours.filter((_, k) => k % 3 === 0), 45 * 60_000, '24/7'],
  ] as const)('is that of %s', (_, times, intervalMs, expected) => {
    expect(likelyCalendar(Float64Array.from(times), intervalMs)).toBe(expected);
  });
});

describe('a backtest warns', () => {
  it('where bars of sessions are taken for bars around the clock, and no longer where the bot file says what they are', async () => {
    await openBarStore(workspace).write(at(days, 'shares', DAY), { seen: START });
    expect((await warnings('[shares]', '1d'))[0]!.at(-1)).toMatch(/look like sessions of New York: calendar: nyse/);
    expect(await warnings('[shares]', '1d', 'calendar: nyse\n')).toEqual([[]]);
    expect((await warnings('[shares]', '1d', 'calendar: { periodsPerYear: 252 }\n'))[0]!.join()).not.toContain('New York');
    const { stdout } = await paperwalk(['bars', 'shares', '--workspace', workspace]);
    expect(stdout).toMatch(/^shares 1d: \d+ bars, .*, calendar nyse\nnothing is wrong with them/);
  });

  it('where the period is to begin before the bars do', async () => {
    await openBarStore(workspace).write({ ...hourlyBars(100), market: 'late' }, { seen: START });
    expect(await warnings('[late]', '1h', 'period: { from: 2023-06-01 }\n')).toEqual([
      ['the period is to begin at 2023-06-01T00:00:00Z, the bars at 2024-01-01T00:00:00Z: so does the run'],
    ]);
    expect(await warnings('[late]', '1h', 'period: { from: 2024-01-01 }\n')).toEqual([[]]);
  });

  it('where the bars of a market end before those of the others', async () => {
    await openBarStore(workspace).write({ ...sliceBars(hourlyBars(100), 0, 60), market: 'ended' }, { seen: START });
    expect(await warnings('[late, ended]', '1h')).toEqual([
      [
        'its bars end at 2024-01-03T12:00:00.000Z, 40 slices before those of others: until the end what is held of it is valued at its last close',
      ],
      [],
    ]);
  });

  it('where a perpetual is run as if it were spot', async () => {
    const market = 'binance:BTC/USDT:USDT';
    const store = openBarStore(workspace);
    await store.write({ ...hourlyBars(100), market }, { seen: START });
    await store.saveInformation({ market, kind: 'perpetual' } as MarketInformation, START);
    expect(await warnings(`["${market}"]`, '1h')).toEqual([
      [expect.stringMatching(/says that it is a perpetual, the bot file spot: no funding is paid/)],
    ]);
    expect(await warnings(`[{ source: "${market}", type: perpetual, funding: none }]`, '1h')).toEqual([[]]);
  });
});

it('a list of stored bars goes on where one of them is damaged, and leaves out what was not there yet', async () => {
  const other = join(folder, 'other');
  const store = openBarStore(other);
  await store.write({ ...hourlyBars(50), market: 'early' }, { seen: START });
  await store.write({ ...hourlyBars(50), market: 'late' }, { seen: START + 10 * DAY });
  await store.write({ ...hourlyBars(50), market: 'broken' }, { seen: START });
  const names = async (...more: string[]) => {
    const { code, stdout, stderr } = await paperwalk(['bars', '--json', '--workspace', other, ...more]);
    return { code, stderr, names: JSON.parse(stdout).markets.map((entry: { market: string }) => entry.market) };
  };
  expect(await names('--as-of', '2024-01-05')).toEqual({ code: 0, stderr: '', names: ['broken', 'early'] });
  const folderOf = (await store.list()).find(({ market }) => market === 'broken')!.folder;
  writeFileSync(join(folderOf, 'v1', '1.columns'), 'x');
  expect(await names()).toEqual({ code: 3, stderr: expect.stringContaining(join(folderOf, 'v1', '1.columns')), names: ['early', 'late'] });
});
