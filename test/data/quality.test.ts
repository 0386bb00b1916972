import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../src/data/csv.ts';
import { type Calendar, inspect, LISTED, type ProblemKind, type Quality, refusal } from '../../src/data/quality.ts';
import { DAY, HOUR, hourlyBars, pickRows, START } from './market.ts';

const DATA = '../shared/data';
const clean = hourlyBars(300);
const rowsOf = (quality: Quality, kind: ProblemKind) =>
  quality.problems.filter((problem) => problem.kind === kind).map((problem) => problem.row);
const without = (...rows: number[]) => [...Array(300).keys()].filter((row) => !rows.includes(row));

describe('inspected bars', () => {
  test('without fault have no problem', () => {
    const quality = inspect(clean, HOUR);
    expect(quality).toMatchObject({ bars: 300, errors: 0, warnings: 0, problems: [], gaps: [], missing: 0, longestGapMs: 0 });
    expect(quality).toMatchObject({ from: START, to: START + 299 * HOUR });
    expect(refusal(quality, 'prices.csv')).toBeUndefined();
  });

  test('may be none', () => {
    expect(inspect(pickRows(clean, []), HOUR)).toMatchObject({ bars: 0, from: null, to: null, errors: 0, warnings: 0 });
  });

  test('have a gap where bars are missing, counted exactly', () => {
    const quality = inspect(pickRows(clean, without(10, 11, 12, 50)), HOUR);
    expect(quality.gaps).toEqual([
      { row: 10, from: START + 9 * HOUR, to: START + 13 * HOUR, missing: 3 },
      { row: 47, from: START + 49 * HOUR, to: START + 51 * HOUR, missing: 1 },
    ]);
    expect(quality).toMatchObject({ missing: 4, longestGapMs: 4 * HOUR, errors: 0 });
    expect(quality.counts.gap).toBe(2);
  });

  test('tell the same bar twice from two bars for one time', () => {
    const bars = pickRows(clean, [0, 1, 1, 2, 2, 3]);
    bars.volume[4] = bars.volume[4]! + 1;
    const quality = inspect(bars, HOUR, '24/7', 2);
    expect(rowsOf(quality, 'duplicate')).toEqual([2]);
    expect(rowsOf(quality, 'conflict')).toEqual([4]);
    expect(quality).toMatchObject({ errors: 2, warnings: 0 });
    expect(refusal(quality, 'prices.csv')?.message).toBe(
      'prices.csv:4: Expected one bar per opening time, received that of line 3 again (rows refused: duplicate 1, conflict 1); correct the data',
    );
  });

  test('have every kind of error counted once for each row', () => {
    const bars = pickRows(clean, [0, 3, 2, 1, 3, 4]);
    bars.high[5] = 1;
    expect(inspect(bars, HOUR).counts).toMatchObject({ disorder: 2, duplicate: 1, conflict: 0, impossible: 1, gap: 0 });
  });

  test('are refused by row where they come from no file', () => {
    const bars = pickRows(clean, [0, 1, 2]);
    bars.openTime[1] = Number.NaN;
    const quality = inspect(bars, HOUR);
    expect(quality.problems[0]).toMatchObject({ kind: 'impossible', row: 1, time: null });
    expect(quality.problems[0]).not.toHaveProperty('line');
    expect(refusal(quality, 'market')?.message).toMatch(/^market, row 1: Expected a finite opening time/);
  });

  test('off the grid of the first, or without volume, are warned of', () => {
    const bars = pickRows(clean, [0, 1, 2, 3]);
    bars.openTime[2] = bars.openTime[2]! + 60_000;
    bars.volume[3] = 0;
    const quality = inspect(bars, HOUR);
    expect(rowsOf(quality, 'misaligned')).toEqual([2]);
    expect(rowsOf(quality, 'zero-volume')).toEqual([3]);
    expect(quality).toMatchObject({ errors: 0, warnings: 2 });
  });

  test('have one bad price warned of, where it comes and where it goes', () => {
    const bars = pickRows(clean, without());
    for (const column of [bars.close, bars.high]) column[200] = bars.close[200]! * 1.25;
    expect(rowsOf(inspect(bars, HOUR), 'spike')).toEqual([200, 201]);
  });

  test('list the first problems of a kind and count all', () => {
    const bars = pickRows(clean, without());
    bars.volume.fill(0);
    const quality = inspect(bars, HOUR);
    expect(quality.counts['zero-volume']).toBe(300);
    expect(rowsOf(quality, 'zero-volume')).toEqual([...Array(LISTED).keys()]);
  });
});

describe('the New York calendar', () => {
  const daily = (...dates: string[]) => {
    const bars = pickRows(clean, [...dates.keys()]);
    dates.forEach((date, row) => {
      bars.openTime[row] = Date.parse(date);
    });
    return bars;
  };

  test('has no gap at weekends and holidays', () => {
    // Thanksgiving 2023, a weekend, and the three-day weekend of New Year 2024.
    const bars = daily('2023-11-22', '2023-11-24', '2023-11-27', '2023-12-29', '2024-01-02');
    expect(inspect(pickRows(bars, [0, 1, 2]), DAY, 'nyse').gaps).toEqual([]);
    expect(inspect(pickRows(bars, [3, 4]), DAY, 'nyse').gaps).toEqual([]);
    expect(inspect(pickRows(bars, [0, 1, 2]), DAY).missing).toBe(3);
  });

  test('has a gap of four weekdays in September 2001', () => {
    const quality = inspect(daily('2001-09-10', '2001-09-17'), DAY, 'nyse');
    expect(quality.gaps).toEqual([{ row: 1, from: Date.parse('2001-09-10'), to: Date.parse('2001-09-17'), missing: 4 }]);
  });

  test('counts weekdays over weeks', () => {
    // Monday 2024-01-01 to Friday 2024-03-01: 45 weekdays, less the two ends.
    expect(inspect(daily('2024-01-01', '2024-03-01'), DAY, 'nyse').missing).toBe(43);
  });

  test('stays aligned over the change to daylight saving time', () => {
    const bars = daily('2024-03-08T14:30Z', '2024-03-11T13:30Z', '2024-03-12T13:35Z');
    expect(rowsOf(inspect(bars, DAY, 'nyse'), 'misaligned')).toEqual([2]);
    expect(rowsOf(inspect(bars, DAY), 'misaligned')).toEqual([1, 2]);
  });
});

describe.skipIf(!existsSync(DATA))('real prices (skipped where ../shared/data is absent)', () => {
  const qualityOf = (name: string, intervalMs: number, calendar: Calendar) =>
    parseCsv(readFileSync(`${DATA}/${name}`), name, { market: name, intervalMs, calendar }).quality;
  const datesOf = (quality: Quality, kind: ProblemKind) =>
    quality.problems.filter((problem) => problem.kind === kind).map((problem) => new Date(problem.time!).toISOString().slice(0, 10));

  test('of BTC/USD at Coinbase have 3 gaps, the longest of 16 hours', () => {
    const quality = qualityOf('BTC-USD-4h-coinbase.csv', 4 * HOUR, '24/7');
    expect(quality).toMatchObject({ errors: 0, missing: 5, longestGapMs: 16 * HOUR });
    expect(quality.gaps.map((gap) => [new Date(gap.from).toISOString(), gap.missing])).toEqual([
      ['2017-02-28T16:00:00.000Z', 1],
      ['2018-08-10T00:00:00.000Z', 3],
      ['2025-10-25T12:00:00.000Z', 1],
    ]);
  });

  // Counted with Python's datetime over the same file.
  test('of ETH/USD at Coinbase have 9 gaps, the longest of 64 hours, and one open that is no price', () => {
    const quality = qualityOf('ETH-USD-4h-coinbase.csv', 4 * HOUR, '24/7');
    expect(quality.gaps).toHaveLength(9);
    expect(quality).toMatchObject({ errors: 0, missing: 26, longestGapMs: 64 * HOUR });
    expect(datesOf(quality, 'split')).toEqual(['2017-04-15']);
  });

  test.each(['BTC-USDT-1d-binance.csv', 'ETH-USDT-1d-binance.csv'])('of %s have no gap', (name) => {
    expect(qualityOf(name, DAY, '24/7').gaps).toEqual([]);
  });

  // Apple's splits: 2:1, 2:1, 7:1 and 4:1 (investor.apple.com, stock split history).
  test('of Apple without adjustment show its four splits', () => {
    const quality = qualityOf('AAPL-1d-lean-unadjusted.csv', DAY, 'nyse');
    expect(datesOf(quality, 'split')).toEqual(['2000-06-21', '2005-02-28', '2014-06-09', '2020-08-31']);
    const words = quality.problems.filter((problem) => problem.kind === 'split').map((problem) => problem.message.split('unadjusted ')[1]);
    expect(words).toEqual(['2:1 split', '2:1 split', '7:1 split', '4:1 split']);
    expect(datesOf(qualityOf('AAPL-1h-lean-unadjusted.csv.gz', HOUR, 'nyse'), 'split')).toEqual(datesOf(quality, 'split'));
  });

  test('of IBM without adjustment show its split of 1999', () => {
    expect(datesOf(qualityOf('IBM-1d-lean-unadjusted.csv', DAY, 'nyse'), 'split')).toContain('1999-05-27');
  });

  test.each(['AAPL-1d-stooq.csv', 'SPY-1d-lean.csv'])('of %s, adjusted, show no split and only the closure of 2001', (name) => {
    const quality = qualityOf(name, DAY, 'nyse');
    expect(quality.counts).toMatchObject({ split: 0, gap: 1, misaligned: 0 });
    expect(quality.gaps[0]).toMatchObject({ from: Date.parse('2001-09-10'), missing: 4 });
  });
});
