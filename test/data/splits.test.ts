import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Bars } from '../../src/core/bars.ts';
import { parseCsv } from '../../src/data/csv.ts';
import { DataError } from '../../src/data/data-error.ts';
import { readSplits, type Split } from '../../src/data/splits.ts';
import { readTable, type TableOptions } from '../../src/data/table.ts';
import { timeZone } from '../../src/data/time-zone.ts';
import { DAY, HOUR } from './market.ts';

const DATA = '../shared/data';
const folder = mkdtempSync(join(tmpdir(), 'paperwalk-splits-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (text: string) => {
  const path = join(folder, 'splits.csv');
  writeFileSync(path, text);
  return path;
};
const split = (date: string, ratio: number, dividend = 0): Split => ({ date: Date.parse(date), ratio, dividend });
const HEADER = 'timestamp,open,high,low,close,volume\n';
/** 100 until a split of 2:1 on the third day, then 51. */
const RAW = `${HEADER}2024-01-01,98,101,97,99,10\n2024-01-02,99,102,98,100,12\n2024-01-03,51,52,50,51,30\n2024-01-04,51,52,50,52,28\n`;
const read = (content: string, splits: readonly Split[], options: Partial<TableOptions> = {}) =>
  parseCsv(content, 'prices.csv', { market: 'TEST', ...options, intervalMs: options.intervalMs ?? DAY, splits });
const rows = ({ open, high, low, close, volume, length }: Bars) =>
  Array.from({ length }, (_, i) => [open[i], high[i], low[i], close[i], volume[i]]);

describe('a table of splits', () => {
  test('has a date, a ratio in one of three spellings and a dividend, in any order of rows and columns', async () => {
    const text =
      'Dividend,Ratio,Date\n,4:1,2020-08-31\n0.24,,2020-05-08\n0,7/1,2014-06-09\n,2,2005-02-28\n,1:10,1999-01-04\n,1.5,1998-01-05\n';
    expect(await readSplits(file(text))).toEqual([
      split('1998-01-05', 1.5),
      split('1999-01-04', 0.1),
      split('2005-02-28', 2),
      split('2014-06-09', 7),
      split('2020-05-08', 1, 0.24),
      split('2020-08-31', 4),
    ]);
  });

  test('may be what yfinance writes, with 0 for none, times and other columns beside', async () => {
    const actions =
      'Date,Dividends,Stock Splits\n2012-08-09 00:00:00-04:00,0.094643,0.0\n2014-06-09 00:00:00-04:00,0.0,7.0\n2014-06-10 00:00:00-04:00,0.0,0.0\n';
    const expected = [split('2012-08-09', 1, 0.094643), split('2014-06-09', 7)];
    expect(await readSplits(file(actions))).toEqual(expected);
    const history =
      'Date,Open,Volume,Dividends,Stock Splits\n2012-08-09,22.06,"215,000",0.094643,0.0\n2014-06-09,23.17,"301,660",0.0,7.0\n2014-06-10,23.68,"251,108",0.0,0.0\n';
    expect(await readSplits(file(history))).toEqual(expected);
    expect(await readSplits(file('"Date","Split"\r"2014-06-09","7:1"\r'))).toEqual([split('2014-06-09', 7)]);
  });

  test.each([
    [
      'another header',
      'day,ratio\n2020-08-31,4:1\n',
      /splits\.csv:1: Expected the columns date and ratio \(or dividend\), received "day,ratio"/,
    ],
    ['another date', 'date,ratio\n31.08.2020,4:1\n', /splits\.csv:2: Expected a date such as 2020-08-31, received "31\.08\.2020"/],
    [
      'a word for the ratio',
      'date,ratio\n2020-08-31,4:1\n2020-09-01,four\n',
      /splits\.csv:3: Expected a ratio such as 4:1, 7\/1 or 4, received "four"/,
    ],
    ['a ratio of nothing', 'date,ratio\n2020-08-31,0:1\n', /splits\.csv:2: Expected a ratio/],
    ['a dividend that is none', 'date,dividend\n2020-08-31,-1\n', /splits\.csv:2: Expected a dividend such as 0.24, received "-1"/],
    ['UTF-16', `\u0000d\u0000a\u0000t\u0000e\u0000,`, /splits\.csv: Expected text in UTF-8, received a file with zero bytes/],
    ['a date twice', 'date,ratio\n2020-08-31,4:1\n2020-08-31,2\n', /splits\.csv: Expected each date once, received 2020-08-31 twice/],
  ])('is refused with %s', async (_, text, message) => {
    await expect(readSplits(file(text))).rejects.toThrow(message);
    await expect(readSplits(file(text))).rejects.toBeInstanceOf(DataError);
  });
});

describe('a split', () => {
  test('divides the prices before its day by its ratio and multiplies the volumes', () => {
    const { bars, quality, notes } = read(RAW, [split('2024-01-03', 2)]);
    expect(rows(bars)).toEqual([
      [49, 50.5, 48.5, 49.5, 20],
      [49.5, 51, 49, 50, 24],
      [51, 52, 50, 51, 30],
      [51, 52, 50, 52, 28],
    ]);
    expect(quality.counts.split).toBe(0);
    expect(notes).toEqual([]);
    expect(read(RAW, []).quality.counts.split).toBe(1);
  });

  test('adds up with others before it, and a consolidation goes the other way', () => {
    const twice = `${HEADER}2024-01-01,1000,1000,1000,1000,1\n2024-01-02,500,500,500,500,1\n2024-01-03,125,125,125,125,1\n`;
    const { bars } = read(twice, [split('2024-01-02', 2), split('2024-01-03', 4)]);
    expect(rows(bars)).toEqual([
      [125, 125, 125, 125, 8],
      [125, 125, 125, 125, 4],
      [125, 125, 125, 125, 1],
    ]);
    const penny = `${HEADER}2024-01-01,1,1,1,1,500\n2024-01-02,10,10,10,10,50\n`;
    expect(rows(read(penny, [split('2024-01-02', 0.1)]).bars)).toEqual([
      [10, 10, 10, 10, 50],
      [10, 10, 10, 10, 50],
    ]);
  });

  test('on a day without bars acts from the next one on', () => {
    const { bars } = read(RAW.replace('2024-01-03', '2024-01-05').replace('2024-01-04', '2024-01-06'), [split('2024-01-03', 2)]);
    expect([...bars.close]).toEqual([49.5, 50, 51, 52]);
  });

  test('that the prices do not show is refused with its date, and where they show it on another day with that one', () => {
    const adjusted = `${HEADER}2024-01-01,49,50.5,48.5,49.5,20\n2024-01-02,49.5,51,49,50,24\n2024-01-03,51,52,50,51,30\n`;
    expect(() => read(adjusted, [split('2024-01-03', 2)])).toThrow(
      /^prices\.csv: Expected prices that show the split 2:1 of 2024-01-03, received an open of 51 after a close of 50 \(they may take it into account already\)/,
    );
    expect(() => read(RAW, [split('2024-01-02', 2)])).toThrow(
      /split 2:1 of 2024-01-02, .*\(2024-01-03 shows it\); correct or remove its line/,
    );
  });

  test('of another ratio than the prices show is refused: a fall of a tenth beside it is no split', () => {
    for (const ratio of [7, 3, 2.5, 1.75, 1.5]) expect(() => read(RAW, [split('2024-01-03', ratio)]), `${ratio}:1`).toThrow(DataError);
    // 100 to 55.2 are 2:1 and exp(0.0988), to 55.3 exp(0.1007); a share dividend of 5 % is told from none by half of it.
    const opens = (open: number) => RAW.replace('03,51,52,50,51', `03,${open},56,50,51`);
    expect(read(opens(55.2), [split('2024-01-03', 2)]).bars.length).toBe(4);
    expect(() => read(opens(55.3), [split('2024-01-03', 2)])).toThrow(/they may take it into account already/);
    const share = (open: number) =>
      read(`${HEADER}2024-01-01,105,105,105,105,1\n2024-01-02,${open},105,99,100,1\n`, [split('2024-01-02', 1.05)]);
    expect(share(102).bars.length).toBe(2);
    expect(() => share(103)).toThrow(DataError);
  });

  test('beside which the price moves by more than 3 % has that told', () => {
    const moved = (open: number) => read(RAW.replace('03,51,52,50,51', `03,${open},52,47,51`), [split('2024-01-03', 2)]).notes;
    expect(moved(51.5)).toEqual([]);
    expect(moved(52)).toEqual(['beside the split 2:1 of 2024-01-03 the open lies 4.0 % above the last close']);
    expect(moved(47.5)).toEqual(['beside the split 2:1 of 2024-01-03 the open lies 5.0 % below the last close']);
  });

  test('outside the bars changes nothing, and is told', () => {
    const { bars, notes } = read(RAW, [split('2023-06-01', 3), split('2024-01-03', 2), split('2025-01-01', 5)]);
    expect([...bars.close]).toEqual([49.5, 50, 51, 52]);
    expect(notes).toEqual([
      'the split or dividend of 2023-06-01 lies before the second bar and changes nothing',
      'the split or dividend of 2025-01-01 lies after the last bar and changes nothing',
    ]);
  });

  test('of bars of hours counts from midnight of the place', () => {
    // 23:00 in New York on 2 January is 04:00 UTC on 3 January.
    const text = `${HEADER}2024-01-03T03:00Z,100,100,100,100,1\n2024-01-03T04:00Z,100,100,100,100,1\n2024-01-03T05:00Z,50,50,50,50,1\n`;
    const { bars } = read(text, [split('2024-01-03', 2)], { intervalMs: HOUR, splitZone: timeZone('America/New_York') });
    expect([...bars.close]).toEqual([50, 50, 50]);
    // In UTC all three are of that day.
    expect([...read(text, [split('2024-01-03', 2)], { intervalMs: HOUR }).bars.close]).toEqual([100, 100, 50]);
  });
});

describe('a dividend', () => {
  test('takes its share of the last close before its day off the prices before it, and leaves the volumes', () => {
    const text = `${HEADER}2024-01-01,100,100,100,100,10\n2024-01-02,80,80,80,80,10\n2024-01-03,78,78,78,78,10\n`;
    // 2 of 80 are 1/40: the prices before keep 39/40.
    expect(rows(read(text, [split('2024-01-03', 1, 2)]).bars)).toEqual([
      [97.5, 97.5, 97.5, 97.5, 10],
      [78, 78, 78, 78, 10],
      [78, 78, 78, 78, 10],
    ]);
  });

  test('on the day of a split is cash per new share', () => {
    // 100 becomes 50, of which 1 is paid: 1/50.
    expect(read(RAW, [split('2024-01-03', 2, 1)]).bars.close[1]).toBeCloseTo(49, 12);
  });

  test('on the day of a split is no part of the move beside it', () => {
    // 100 becomes 50, of which 8 are paid: 42.
    const { notes } = read(RAW.replace('03,51,52,50,51', '03,42,52,42,51'), [split('2024-01-03', 2, 8)]);
    expect(notes).toEqual([]);
  });

  test('is refused for prices scaled to the adjusted close, which has it taken off', () => {
    const text =
      'Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-01,80,80,80,80,78,10\n2024-01-02,78,78,78,78,78,10\n2024-01-03,78,78,78,78,78,10\n';
    expect(() => read(text, [split('2024-01-02', 1, 2)], { adjusted: true })).toThrow(
      /^prices\.csv: Expected no dividends for prices scaled to the adjusted close, .*received 2 on 2024-01-02; leave out the adjustment or the dividends$/,
    );
    expect(() => read(text, [split('2024-01-02', 2)], { adjusted: true })).toThrow(/prices that show the split 2:1/);
  });

  test('above the price is refused', () => {
    expect(() => read(RAW, [split('2024-01-02', 1, 99)])).toThrow(/Expected a dividend on 2024-01-02 below the close of 99, received 99/);
  });
});

describe.skipIf(!existsSync(DATA))('the splits of Apple (skipped where ../shared/data is absent)', () => {
  const SPLITS = 'date,ratio\n2000-06-21,2:1\n2005-02-28,2:1\n2014-06-09,7:1\n2020-08-31,4:1\n';
  const DAYS = ['2000-06-21', '2005-02-28', '2014-06-09', '2020-08-31'];
  const options = { market: 'AAPL', intervalMs: DAY, calendar: 'nyse', splitZone: timeZone('America/New_York') } as const;
  const apple = async (name: string, changed: Partial<TableOptions> = {}) =>
    readTable(`${DATA}/${name}`, { ...options, splits: await readSplits(file(SPLITS)), ...changed });
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);

  test.each([
    ['days', 'AAPL-1d-lean-unadjusted.csv', DAY],
    ['hours', 'AAPL-1h-lean-unadjusted.csv.gz', HOUR],
  ])('are flagged in raw bars of %s on exactly their days, and nowhere once they are taken into account', async (_, name, intervalMs) => {
    const raw = await apple(name, { intervalMs, splits: [] });
    expect(raw.quality.problems.filter(({ kind }) => kind === 'split').map(({ time }) => day(time!))).toEqual(DAYS);
    const adjusted = await apple(name, { intervalMs });
    expect(adjusted.quality.counts.split).toBe(0);
    expect(adjusted.notes).toEqual([]);
  });

  test('give bars of hours that close as the bars of days do', async () => {
    const [days, hours] = [
      (await apple('AAPL-1d-lean-unadjusted.csv')).bars,
      (await apple('AAPL-1h-lean-unadjusted.csv.gz', { intervalMs: HOUR })).bars,
    ];
    const last = new Map(Array.from({ length: hours.length }, (_, i) => [day(hours.openTime[i]!), hours.close[i]!]));
    expect([...days.openTime].map((time) => last.get(day(time)))).toEqual([...days.close]);
  });

  test('are refused with another ratio', async () => {
    for (const ratio of ['3:1', '5:2', '7:4']) {
      const splits = await readSplits(file(`date,ratio\n2000-06-21,${ratio}\n`));
      await expect(apple('AAPL-1d-lean-unadjusted.csv', { splits }), ratio).rejects.toThrow(/show the split .* of 2000-06-21/);
    }
  });

  test('are refused for prices that take them into account already', async () => {
    await expect(apple('AAPL-1d-stooq.csv')).rejects.toThrow(/show the split 2:1 of 2000-06-21, .*take it into account already/);
  });

  // The two sources differ: the last trade against the official close, two decimals and sixteenths of a dollar against the adjusted price of
  // today, and stooq takes dividends off as well. What is stated here was measured.
  test('agree with the adjusted prices of another source as far as the two agree at all', async () => {
    const { bars } = await apple('AAPL-1d-lean-unadjusted.csv');
    const { bars: other } = await apple('AAPL-1d-stooq.csv', { splits: [] });
    const close = new Map([...other.openTime].map((time, i) => [time, other.close[i]!]));
    const level: number[] = [];
    const differences = new Map<string, number>();
    for (let i = 1; i < bars.length; i++) {
      const [now, before] = [close.get(bars.openTime[i]!), close.get(bars.openTime[i - 1]!)];
      if (now === undefined || before === undefined) continue;
      differences.set(day(bars.openTime[i]!), now / before - bars.close[i]! / bars.close[i - 1]!);
      if (day(bars.openTime[i]!) < '2012-08-09') level.push(bars.close[i]! / now);
    }
    expect(differences.size).toBe(5846);
    // Returns over the four days: three within 0.1 %, the first within 0.2 % (one sixteenth of a dollar is 0.11 % of the price then).
    expect(DAYS.map((date) => Math.abs(differences.get(date)!) < 0.001)).toEqual([false, true, true, true]);
    expect(Math.abs(differences.get('2000-06-21')!)).toBeLessThan(0.002);
    // All days: half of them within 0.02 %, 79 % within 0.1 %.
    const sizes = [...differences.values()].map(Math.abs).sort((a, b) => a - b);
    expect(sizes[sizes.length >> 1]).toBeLessThan(0.0002);
    expect(sizes.filter((size) => size <= 0.001).length / sizes.length).toBeGreaterThan(0.79);
    // Before Apple paid dividends again (first ex-date 2012-08-09) the two are proportional, over two splits and 14 years.
    const typical = [...level].sort((a, b) => a - b)[level.length >> 1]!;
    expect(level.filter((ratio) => Math.abs(ratio / typical - 1) > 0.01).length / level.length).toBeLessThan(0.005);
    // On its ex-dates stooq's return is higher by about the quarterly dividend's share of the price: 0.15 to 0.7 %.
    for (const date of ['2012-08-09', '2014-05-08', '2016-05-05', '2018-08-10', '2020-05-08', '2021-02-05']) {
      expect(differences.get(date), date).toBeGreaterThan(0.001);
      expect(differences.get(date), date).toBeLessThan(0.007);
    }
  });
});
