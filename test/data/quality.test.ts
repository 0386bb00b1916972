import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../src/data/csv.ts';
import { type Calendar, inspect, LISTED, type ProblemKind, problemRows, type Quality, refusal } from '../../src/data/quality.ts';
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
      'prices.csv:4: Expected one bar per opening time, received that of line 3 again (rows refused: duplicate 1, conflict 1); ' +
        'correct the data, or import it with --drop duplicate --drop conflict',
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

  test('have one bad close warned of, and not the good bar after it', () => {
    for (const factor of [1.25, 1 / 1.25, 2, 1000]) {
      const bars = pickRows(clean, without());
      bars.close[200] = bars.close[200]! * factor;
      bars.high[200] = Math.max(bars.open[200]!, bars.close[200]!);
      bars.low[200] = Math.min(bars.open[200]!, bars.close[200]!);
      expect([factor, rowsOf(inspect(bars, HOUR), 'spike')]).toEqual([factor, [200]]);
    }
  });

  test('have a bad close of the size of a split named itself, among the first bars too', () => {
    const bars = pickRows(clean, without());
    for (const column of [bars.close, bars.high]) column[20] = bars.close[20]! * 2;
    const quality = inspect(bars, HOUR);
    expect([rowsOf(quality, 'spike'), rowsOf(quality, 'split')]).toEqual([[20], []]);
    expect(quality.problems[0]?.message).toBe(`close ${bars.close[20]} before an open of ${bars.open[21]} is a jump that does not last`);
  });

  test('have a move that stays warned of once', () => {
    const bars = pickRows(clean, without());
    for (const column of [bars.open, bars.high, bars.low, bars.close])
      for (let row = 200; row < 300; row++) column[row] = column[row]! * 0.8;
    expect(rowsOf(inspect(bars, HOUR), 'spike')).toEqual([200]);
  });

  test('have a high or low that no bar about it explains warned of, once for each bar', () => {
    const bars = pickRows(clean, without());
    bars.high[150] = 9_999_999;
    bars.low[151] = 0.01;
    for (const column of [bars.high, bars.close]) column[250] = 5000;
    const quality = inspect(bars, HOUR);
    expect(rowsOf(quality, 'spike')).toEqual([150, 151, 250]);
    const ranges = Array.from({ length: 100 }, (_, k) => Math.log(clean.high[50 + k]! / clean.low[50 + k]!)).sort((a, b) => a - b);
    const times = Math.round(Math.log(9_999_999 / clean.low[150]!) / ((ranges[49]! + ranges[50]!) / 2));
    expect(quality.problems.slice(0, 2).map(({ message }) => message)).toEqual([
      `high 9999999 after a close of ${clean.close[149]}: a range of ${times} times the usual size`,
      expect.stringMatching(`^low 0.01 after a close of ${clean.close[150]}: a range of \\d+ times the usual size$`),
    ]);
    expect(quality.problems[2]?.message).toMatch(/^close 5000 after /);
  });

  test('have ranges judged from the hundredth bar on, and not where most bars have none', () => {
    const high = (row: number, flat = false) => {
      const bars = pickRows(clean, without());
      if (flat) for (const column of [bars.open, bars.high, bars.low]) column.set(bars.close);
      bars.high[row] = 1e6;
      return rowsOf(inspect(bars, HOUR), 'spike');
    };
    expect([high(99), high(100), high(299), high(200, true)]).toEqual([[], [100], [299], []]);
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

  test('has no gap while the exchange was closed in September 2001', () => {
    expect(inspect(daily('2001-09-10', '2001-09-17'), DAY, 'nyse').gaps).toEqual([]);
  });

  test('has a gap where one session is missing', () => {
    const quality = inspect(daily('1999-11-15', '1999-11-17'), DAY, 'nyse');
    expect(quality.gaps).toEqual([{ row: 1, from: Date.parse('1999-11-15'), to: Date.parse('1999-11-17'), missing: 1 }]);
  });

  // The exchange had 21 sessions in January and 20 in February 2024.
  test('counts sessions over weeks', () => {
    expect(inspect(daily('2024-01-01', '2024-03-01'), DAY, 'nyse').missing).toBe(41);
  });

  test('stays aligned over the change to daylight saving time', () => {
    const bars = daily('2024-03-08T14:30Z', '2024-03-11T13:30Z', '2024-03-12T13:35Z');
    expect(rowsOf(inspect(bars, DAY, 'nyse'), 'misaligned')).toEqual([2]);
    expect(rowsOf(inspect(bars, DAY), 'misaligned')).toEqual([1, 2]);
  });
});

describe('faults planted among good bars', () => {
  // Every fifth row, so that no two touch.
  const PLACES = [...Array(58).keys()].map((k) => 5 * (k + 1));
  const FAULTS = ['none', 'gap', 'duplicate', 'conflict', 'disorder', 'impossible', 'zero-volume'] as const;
  const faults = fc.array(fc.constantFrom(...FAULTS), { minLength: PLACES.length, maxLength: PLACES.length });

  test('are counted one by one, in the kind that they are of', () => {
    fc.assert(
      fc.property(faults, (planted) => {
        const kindOf = new Map(PLACES.map((row, k) => [row, planted[k]!]));
        const rows = [...Array(300).keys()].flatMap((row) => {
          const kind = kindOf.get(row);
          if (kindOf.get(row - 1) === 'disorder') return [];
          if (kind === 'gap') return [];
          if (kind === 'disorder') return [row + 1, row];
          return kind === 'duplicate' || kind === 'conflict' ? [row, row] : [row];
        });
        const bars = pickRows(clean, rows);
        const placed: Partial<Record<ProblemKind, number[]>> = {};
        rows.forEach((row, at) => {
          const kind = kindOf.get(row);
          const second = kind === 'duplicate' || kind === 'conflict' ? rows[at - 1] === row : kind === 'disorder' || kind === 'impossible';
          if (kind === 'conflict' && second) bars.volume[at] = bars.volume[at]! + 1;
          if (kind === 'impossible') bars.low[at] = -1;
          if (kind === 'zero-volume') bars.volume[at] = 0;
          if (kind !== undefined && kind !== 'none' && (second || kind === 'zero-volume'))
            placed[kind as ProblemKind] = [...(placed[kind as ProblemKind] ?? []), at];
        });
        const count = (kind: ProblemKind) => planted.filter((each) => each === kind).length;
        const quality = inspect(bars, HOUR);
        for (const kind of FAULTS.slice(1) as ProblemKind[]) {
          expect([kind, quality.counts[kind]]).toEqual([kind, count(kind)]);
          if (kind !== 'gap') expect([...problemRows(bars, HOUR, [kind])]).toEqual(placed[kind] ?? []);
        }
        expect(quality.missing).toBe(count('gap'));
        expect(quality.errors).toBe(count('duplicate') + count('conflict') + count('disorder') + count('impossible'));
        expect(quality.warnings).toBe(count('gap') + count('zero-volume'));
        expect(quality.problems).toHaveLength(quality.errors + quality.warnings);
      }),
      { seed: 4 },
    );
  });

  test('that repeat a bar are stale from three alike on, with or without volume', () => {
    const runs = fc.array(fc.record({ alike: fc.integer({ min: 1, max: 5 }), traded: fc.boolean() }), { minLength: 58, maxLength: 58 });
    fc.assert(
      fc.property(runs, (planted) => {
        const bars = pickRows(clean, without());
        planted.forEach(({ alike, traded }, k) => {
          const first = 5 * (k + 1);
          for (let row = first + 1; row < first + alike; row++) {
            const same = traded ? (['open', 'high', 'low', 'close', 'volume'] as const) : (['close'] as const);
            if (!traded)
              for (const name of ['open', 'high', 'low', 'volume'] as const) bars[name][row] = name === 'volume' ? 0 : bars.close[first]!;
            for (const name of same) bars[name][row] = bars[name][first]!;
          }
        });
        const stale = planted.flatMap(({ alike }, k) => (alike < 3 ? [] : [...Array(alike - 1).keys()].map((j) => 5 * (k + 1) + 1 + j)));
        expect(inspect(bars, HOUR).counts.stale).toBe(stale.length);
        expect([...problemRows(bars, HOUR, ['stale'])]).toEqual(stale);
      }),
      { seed: 5 },
    );
  });

  test('at the end are told as a tail', () => {
    const bars = pickRows(clean, [...Array(100).keys(), 99, 99, 99]);
    bars.openTime.forEach((_, row) => {
      bars.openTime[row] = START + row * HOUR;
    });
    const quality = inspect(bars, HOUR);
    expect(rowsOf(quality, 'stale')).toEqual([100, 101, 102]);
    expect(quality.problems[0]?.message).toBe(`one of 4 bars alike, to the last, with a close of ${bars.close[99]}`);
    expect(quality).toMatchObject({ errors: 0, warnings: 3 });
  });
});

describe('a jump of the size of a split', () => {
  const halved = (from: number, to: number) => {
    const bars = pickRows(clean, without());
    for (const column of [bars.open, bars.high, bars.low, bars.close]) for (let row = from; row < to; row++) column[row] = column[row]! / 2;
    return inspect(bars, HOUR);
  };

  test('is suspected to be one where the price stays', () => {
    const quality = halved(200, 300);
    expect([rowsOf(quality, 'split'), rowsOf(quality, 'spike')]).toEqual([[200], []]);
    expect(rowsOf(halved(299, 300), 'split')).toEqual([299]);
  });

  test('is one spike where the next bar has the old price again', () => {
    const quality = halved(200, 201);
    expect([rowsOf(quality, 'split'), rowsOf(quality, 'spike')]).toEqual([[], [200]]);
    expect(quality.problems[0]?.message).toMatch(/^open \d.* after a close of \d.* is a jump that does not last$/);
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
    const times = readFileSync(`${DATA}/ETH-USD-4h-coinbase.csv`, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => Date.parse(line.slice(0, 20)));
    const present = new Set(times);
    const absent = [];
    for (let time = times[0]!; time < times.at(-1)!; time += 4 * HOUR) if (!present.has(time)) absent.push(time);
    expect(quality.missing).toBe(absent.length);
    expect(quality.gaps.flatMap(({ from, missing }) => [...Array(missing).keys()].map((k) => from + (k + 1) * 4 * HOUR))).toEqual(absent);
    expect([datesOf(quality, 'split'), datesOf(quality, 'spike')]).toEqual([[], expect.arrayContaining(['2017-04-15'])]);
  });

  // The crash of 12 March 2020 stays; the close of 5,200 on 3 April 2018 is gone four hours later. The lows of 0.06 and 0.1 of 15 April and
  // 21 June 2017 are flash crashes at Coinbase; Apple never traded at 10.59 in 2009.
  test.each([
    ['BTC-USDT-1d-binance.csv', DAY, '24/7', 3, ['2020-03-12']],
    ['BTC-USD-4h-coinbase.csv', 4 * HOUR, '24/7', 32, ['2017-04-15', '2018-04-03']],
    ['ETH-USDT-1d-binance.csv', DAY, '24/7', 1, ['2020-03-12']],
    ['ETH-USD-4h-coinbase.csv', 4 * HOUR, '24/7', 9, ['2017-04-15', '2017-06-21']],
    ['SPY-1d-lean.csv', DAY, 'nyse', 5, ['2020-03-12', '2020-03-16']],
    ['AAPL-1d-stooq.csv', DAY, 'nyse', 1, ['2000-09-29']],
    ['AAPL-1d-lean-unadjusted.csv', DAY, 'nyse', 4, ['2000-09-29', '2009-09-21', '2010-08-31', '2011-01-03']],
    ['IBM-1d-lean-unadjusted.csv', DAY, 'nyse', 2, ['2002-12-23']],
  ] as const)('of %s have few spikes', (name, intervalMs, calendar, spikes, among) => {
    const quality = qualityOf(name, intervalMs, calendar);
    expect(quality.counts.spike).toBe(spikes);
    const dates = datesOf(quality, 'spike');
    expect(dates).toEqual(expect.arrayContaining([...among]));
    expect(dates).not.toContain('2018-04-04');
  });

  test.each(['BTC-USDT-1d-binance.csv', 'ETH-USDT-1d-binance.csv'])('of %s have no gap', (name) => {
    expect(qualityOf(name, DAY, '24/7').gaps).toEqual([]);
  });

  // Apple's splits: 2:1, 2:1, 7:1 and 4:1 (investor.apple.com, stock split history).
  test('C9: of Apple without adjustment show its four splits', () => {
    const quality = qualityOf('AAPL-1d-lean-unadjusted.csv', DAY, 'nyse');
    expect(datesOf(quality, 'split')).toEqual(['2000-06-21', '2005-02-28', '2014-06-09', '2020-08-31']);
    const words = quality.problems.filter((problem) => problem.kind === 'split').map((problem) => problem.message.split('unadjusted ')[1]);
    expect(words).toEqual(['2:1 split', '2:1 split', '7:1 split', '4:1 split']);
    expect(datesOf(qualityOf('AAPL-1h-lean-unadjusted.csv.gz', HOUR, 'nyse'), 'split')).toEqual(datesOf(quality, 'split'));
  });

  // Of 2002-12-23 the file has 159.58 for an open and a high between 79.82 and 80.46.
  test('of IBM without adjustment show its split of 1999 and one open that is no price', () => {
    const quality = qualityOf('IBM-1d-lean-unadjusted.csv', DAY, 'nyse');
    expect(datesOf(quality, 'split')).toEqual(['1999-05-27']);
    expect(datesOf(quality, 'spike')).toContain('2002-12-23');
  });

  test.each([
    ['AAPL-1d-stooq.csv', ['1999-11-15']],
    ['SPY-1d-lean.csv', []],
    ['AAPL-1d-lean-unadjusted.csv', []],
    ['IBM-1d-lean-unadjusted.csv', []],
  ])('of %s lack the session after %j and no other', (name, before) => {
    const quality = qualityOf(name, DAY, 'nyse');
    expect(quality.gaps.map(({ from, missing }) => [new Date(from).toISOString().slice(0, 10), missing])).toEqual(
      before.map((date) => [date, 1]),
    );
    expect(quality.counts).toMatchObject({ misaligned: 0, stale: 0 });
  });

  test.each(['AAPL-1d-stooq.csv', 'SPY-1d-lean.csv'])('of %s, adjusted, show no split', (name) => {
    expect(qualityOf(name, DAY, 'nyse').counts.split).toBe(0);
  });

  // Nasdaq halted trading from 12:14 to 15:25 that day. The early closes of the years are no gaps, nor is the late opening of 2002-09-11.
  test('of Apple by the hour lack two bars of 22 August 2013', () => {
    const quality = qualityOf('AAPL-1h-lean-unadjusted.csv.gz', HOUR, 'nyse');
    expect(quality.gaps.map(({ from, to, missing }) => [new Date(from).toISOString(), new Date(to).toISOString(), missing])).toEqual([
      ['2013-08-22T16:00:00.000Z', '2013-08-22T19:00:00.000Z', 2],
    ]);
    expect(quality.counts.misaligned).toBe(0);
  });
});
