import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { type Bars, createBars } from '../../src/core/bars.ts';
import { createRandom } from '../../src/core/random.ts';
import { parseCsv, readCsv, saveCsv, writeCsv } from '../../src/data/csv.ts';
import { DataError } from '../../src/data/data-error.ts';
import { columnsHash } from '../../src/data/store.ts';
import { DAY, HOUR, hourlyBars, pickRows } from './market.ts';

const DATA = '../shared/data';
const options = { market: 'TEST', intervalMs: DAY };
const parse = (content: string | Uint8Array) => parseCsv(content, 'prices.csv', options).bars;
const BLOCK_BYTES = 1 << 20;
const HEADER = 'timestamp,open,high,low,close,volume\n';
const PLAIN = `${HEADER}2024-01-01,10,12,9,11,5\n2024-01-02,11,13.5,10,13,6\n`;
const EXPECTED = parse(PLAIN);

function refused(act: () => unknown): DataError {
  try {
    act();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('Expected a DataError, received none');
}

describe('a CSV file', () => {
  test('gives its bars as columns', () => {
    expect(EXPECTED).toMatchObject({ market: 'TEST', intervalMs: DAY, length: 2 });
    expect([...EXPECTED.openTime]).toEqual([Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 2)]);
    expect([...EXPECTED.high]).toEqual([12, 13.5]);
    expect([...EXPECTED.volume]).toEqual([5, 6]);
  });

  test.each<[string, string | Uint8Array]>([
    ['CRLF', PLAIN.replaceAll('\n', '\r\n')],
    ['no newline at the end', PLAIN.trimEnd()],
    ['blank lines at the end', `${PLAIN}\r\n  \n\n`],
    ['a byte order mark', `\uFEFF${PLAIN}`],
    ['semicolons', PLAIN.replaceAll(',', ';')],
    ['tabs', PLAIN.replaceAll(',', '\t')],
    ['blanks around fields', PLAIN.replaceAll(',', ' , ')],
    ['quoted fields', PLAIN.replace(/[^,\n]+/g, '"$&"')],
    ['gzip', gzipSync(PLAIN)],
    ['bytes', Buffer.from(PLAIN)],
    ['other names and case', PLAIN.replace(HEADER, 'Open Time,OPEN,High,"Low",close,Vol\n')],
    ['another order', 'vol,Close,low,high,open,Date\n5,11,9,12,10,2024-01-01\n6,13,10,13.5,11,2024-01-02\n'],
    [
      'extra columns, quoted separators in them too',
      `Unix,date,symbol,open,high,low,close,volume\n1704067200,x,"a,""b""",10,12,9,11,5\n1704153600,y,,11,13.5,10,13,6\n`,
    ],
    ['epoch seconds', `unix,open,high,low,close,volume\n1704067200,10,12,9,11,5\n1704153600,11,13.5,10,13,6\n`],
    ['epoch milliseconds', `open_time,open,high,low,close,volume\n1704067200000,10,12,9,11,5\n1704153600000,11,13.5,10,13,6\n`],
    ['a zone', `datetime,open,high,low,close,volume\n2024-01-01T02:00+02:00,10,12,9,11,5\n2024-01-02 00:00:00Z,11,13.5,10,13,6\n`],
    ['an adjusted close', `Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-01,10,12,9,11,5.5,5\n2024-01-02,11,13.5,10,13,6.5,6\n`],
  ])('means the same with %s', (_, content) => {
    expect(parse(content)).toEqual(EXPECTED);
  });

  test('gives prices scaled to the adjusted close when asked for', () => {
    const text = `Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-01,10,12,9,11,5.5,5\n2024-01-02,11,13.5,10,13,6.5,6\n`;
    const { bars } = parseCsv(text, 'prices.csv', { ...options, adjusted: true });
    expect([...bars.open, ...bars.high, ...bars.low, ...bars.close]).toEqual([5, 5.5, 6, 6.75, 4.5, 5, 5.5, 6.5]);
    expect([...bars.volume]).toEqual([5, 6]);
    expect(refused(() => parseCsv(PLAIN, 'prices.csv', { ...options, adjusted: true })).message).toContain('adjusted close (adjclose');
  });

  test.each<[string, string | Uint8Array, number | undefined, RegExp]>([
    ['an empty file', '', 1, /header.*received ""/],
    ['a header without rows', HEADER, 2, /at least one bar/],
    [
      'a missing column',
      'timestamp,open,high,low,close\n',
      1,
      /column for volume \(volume, vol\), received "timestamp,open,high,low,close"/,
    ],
    ['a file without a header', '2024-01-01,10,12,9,11,5\n', 1, /column for time/],
    ['a column named twice', 'timestamp,open,high,low,close,close,volume\n', 1, /one column named "close"/],
    ['a word for a number', `${PLAIN}2024-01-03,11,x,10,13,6\n`, 4, /finite number for high, received "x"/],
    ['too few fields', `${HEADER}2024-01-01,10,12,9,11\n`, 2, /6 fields as the header has, not 5, received "2024-01-01,10,12,9,11"/],
    ['too many fields', `${HEADER}2024-01-01,10,12,9,11,5,7\n`, 2, /not 7/],
    ['a blank line between rows', PLAIN.replace('5\n', '5\n\n'), 3, /received ""/],
    ['a quote that does not close', `${HEADER}2024-01-01,10,12,9,11,"5\n`, 2, /closing quote/],
    ['text after a quote', `${HEADER}2024-01-01,10,12,9,"11"1,5\n`, 2, /separator after a closing quote/],
    ['a day that does not exist', `${HEADER}2023-02-29,10,12,9,11,5\n`, 2, /time in ISO 8601.*received "2023-02-29"/],
    ['a date without dashes', `${HEADER}20240101,10,12,9,11,5\n`, 2, /epoch seconds/],
    ['seconds, then milliseconds', `${HEADER}1704067200,10,12,9,11,5\n1704153600000,10,12,9,11,5\n`, 3, /epoch seconds as the first row/],
    [
      'milliseconds, then seconds',
      `${HEADER}1704067200000,10,12,9,11,5\n1704153600,10,12,9,11,5\n`,
      3,
      /epoch milliseconds as the first row/,
    ],
    ['an epoch, then a date', `${HEADER}1704067200,10,12,9,11,5\n2024-01-02,10,12,9,11,5\n`, 3, /epoch seconds/],
    ['a part of a millisecond', `${HEADER}1704067200000.5,10,12,9,11,5\n`, 2, /whole milliseconds/],
    ['a damaged gzip file', gzipSync(PLAIN).subarray(0, 30), undefined, /whole gzip file/],
  ])('is refused with %s, naming the line', (_, content, line, message) => {
    const error = refused(() => parse(content));
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(line === undefined ? /^prices\.csv: / : new RegExp(`^prices\\.csv:${line}: Expected`));
    expect(error).toMatchObject({ file: 'prices.csv', exitCode: 3 });
    expect(error.line).toBe(line);
  });

  test('is refused in few words, however long what was received is', () => {
    const error = refused(() => parse(`${HEADER}${'x'.repeat(100_000)},10,12,9,11,5\n`));
    expect(error.message).toContain(`received "${'x'.repeat(200)}..."`);
    expect(error.message.length).toBeLessThan(500);
  });

  test('is refused where high < low on line 17', () => {
    const lines = writeCsv(hourlyBars(30)).split('\n');
    lines[16] = '2024-01-01T15:00:00Z,9.5,9,10,9.5,1';
    const error = refused(() => parse(lines.join('\n')));
    expect(error.message).toMatch(/^prices\.csv:17: Expected high >= low, received high 9 < low 10 \(rows refused: impossible 1\)/);
    expect(error.line).toBe(17);
  });

  test('is refused with the line for 1,000 impossible values anywhere', () => {
    const rows = writeCsv(hourlyBars(60)).trimEnd().split('\n');
    const random = createRandom(7);
    const mutations = [
      'NaN',
      'null',
      '',
      '""',
      'Infinity',
      '-Infinity',
      '0',
      '-1',
      '1e308',
      '-1e308',
      '1e999',
      'undefined',
      'abc',
      'high < low',
    ];
    for (let i = 0; i < 1000; i++) {
      const line = 2 + random.below(60);
      const mutation = mutations[i % mutations.length]!;
      const fields = rows[line - 1]!.split(',');
      // A volume of 0 can be: nobody traded.
      const field = 1 + random.below(mutation === '0' ? 4 : 5);
      if (mutation === 'high < low') [fields[2], fields[3]] = [fields[3]!, fields[2]!];
      else fields[field] = mutation;
      const changed = rows.with(line - 1, fields.join(',')).join('\n');
      const error = refused(() => parse(changed));
      expect(error.line, `${mutation} in field ${field}`).toBe(line);
      expect(error.message).toContain('received');
    }
  });

  test('that is shuffled and has doubled rows is refused with exact counts', () => {
    const bars = hourlyBars(40);
    for (let seed = 0; seed < 200; seed++) {
      const random = createRandom(seed);
      const doubled = Array.from({ length: random.below(8) }, () => random.below(40));
      const order = [...Array(40).keys(), ...doubled];
      const rows = [...random.permutation(order.length)].map((at) => order[at]!);
      const seen = new Set<number>();
      const expected = { duplicate: 0, disorder: 0 };
      rows.forEach((row, at) => {
        if (seen.has(row)) expected.duplicate++;
        else if (at > 0 && row < rows[at - 1]!) expected.disorder++;
        seen.add(row);
      });
      const error = refused(() => parse(writeCsv(pickRows(bars, rows))));
      expect(error.quality?.counts).toMatchObject({ ...expected, conflict: 0, impossible: 0, gap: 0 });
      expect(error.line).toBe(error.quality!.problems.find((problem) => problem.severity === 'error')!.row + 2);
    }
  });
});

describe('written bars', () => {
  const time = fc.integer({ min: 0, max: 4e9 }).map((seconds) => seconds * 1000 + (seconds % 3));
  const price = fc.double({ min: 1e-12, max: 1e12, noNaN: true });
  const anyBars = fc
    .uniqueArray(
      fc.record({ time, prices: fc.array(price, { minLength: 4, maxLength: 4 }), volume: fc.double({ min: 0, max: 1e15, noNaN: true }) }),
      {
        minLength: 1,
        selector: (row) => row.time,
      },
    )
    .map((rows): Bars => {
      const sorted = rows.map((row) => ({ ...row, prices: [...row.prices].sort((a, b) => a - b) })).sort((a, b) => a.time - b.time);
      const column = (of: (row: (typeof sorted)[number]) => number) => Float64Array.from(sorted, of);
      return createBars('TEST', DAY, {
        openTime: column((row) => row.time),
        low: column((row) => row.prices[0]!),
        open: column((row) => row.prices[1]!),
        close: column((row) => row.prices[2]!),
        high: column((row) => row.prices[3]!),
        volume: column((row) => row.volume),
      });
    });

  test('read back exactly', () => {
    fc.assert(
      fc.property(anyBars, (bars) => {
        expect(parse(writeCsv(bars))).toEqual(bars);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('have the header, ISO times in UTC and the shortest numbers', () => {
    expect(writeCsv(EXPECTED)).toBe(`${HEADER}2024-01-01T00:00:00Z,10,12,9,11,5\n2024-01-02T00:00:00Z,11,13.5,10,13,6\n`);
  });
});

describe('on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'paperwalk-csv-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('a file is replaced as a whole and nothing else is left in its folder', async () => {
    const path = join(folder, 'bars.csv');
    writeFileSync(path, 'something else');
    const bars = hourlyBars(100);
    await saveCsv(path, bars);
    expect((await readCsv(path, { market: bars.market, intervalMs: HOUR })).bars).toEqual(bars);
    expect(readdirSync(folder)).toEqual(['bars.csv']);
  });

  test.each(['blocks.csv', 'blocks.csv.gz'])('a file of several blocks is read as if it were one: %s', async (name) => {
    const path = join(folder, name);
    const bars = hourlyBars(30_000);
    const text = writeCsv(bars).replaceAll('\n', '\r\n');
    expect(text.length).toBeGreaterThan(2 * BLOCK_BYTES);
    const write = (content: string) => writeFileSync(path, name.endsWith('.gz') ? gzipSync(content) : content);
    write(text.trimEnd());
    expect(columnsHash((await readCsv(path, { market: bars.market, intervalMs: HOUR })).bars)).toBe(columnsHash(bars));
    // Blank lines at the end may fill blocks of their own, but no row may follow them.
    write(text + '\n'.repeat(2 * BLOCK_BYTES));
    expect(columnsHash((await readCsv(path, { market: bars.market, intervalMs: HOUR })).bars)).toBe(columnsHash(bars));
    write(`${text}${'\n'.repeat(BLOCK_BYTES)}x`);
    await expect(readCsv(path, options)).rejects.toMatchObject({ line: 30_002 });
    write(`${text}x\n`);
    await expect(readCsv(path, options)).rejects.toMatchObject({ line: 30_002 });
  });

  test('a line that is longer than a block is refused with little memory', async () => {
    const path = join(folder, 'long.csv');
    writeFileSync(path, HEADER + '1'.repeat(3 * BLOCK_BYTES));
    await expect(readCsv(path, options)).rejects.toThrow(/long\.csv: Expected lines of less than 1048576 bytes, received a longer one/);
  });

  test('a gzip file that is cut is refused', async () => {
    const path = join(folder, 'cut.csv.gz');
    writeFileSync(path, gzipSync(writeCsv(hourlyBars(1000))).subarray(0, 5000));
    await expect(readCsv(path, options)).rejects.toThrow(/cut\.csv\.gz: Expected a whole gzip file, received a damaged one/);
  });

  test('a path that holds no file is refused, naming it', async () => {
    for (const path of [join(folder, 'none.csv'), folder, join(folder, 'bars.csv', 'below')]) {
      const error = await readCsv(path, options).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DataError);
      expect(error).toMatchObject({ file: path, exitCode: 3 });
      expect((error as DataError).message).toContain(`${path}: Expected a CSV file, received`);
    }
  });
});

describe.skipIf(!existsSync(DATA))('real prices (skipped where ../shared/data is absent)', () => {
  // Rows and ranges as listed in ../shared/data/README.md.
  test.each([
    ['AAPL-1d-stooq.csv', DAY, 10_314, '1984-09-07', '2025-08-14'],
    ['SPY-1d-lean.csv', DAY, 5_849, '1998-01-02', '2021-03-31'],
    ['AAPL-1d-lean-unadjusted.csv', DAY, 5_849, '1998-01-02', '2021-03-31'],
    ['IBM-1d-lean-unadjusted.csv', DAY, 5_849, '1998-01-02', '2021-03-31'],
    ['AAPL-1h-lean-unadjusted.csv.gz', HOUR, 40_831, '1998-01-02', '2021-03-31'],
    ['BTC-USDT-1d-binance.csv', DAY, 2_698, '2017-08-17', '2025-01-04'],
    ['ETH-USDT-1d-binance.csv', DAY, 2_461, '2017-08-17', '2024-05-12'],
    ['BTC-USD-4h-coinbase.csv', 4 * HOUR, 20_695, '2016-05-18', '2025-10-28'],
    ['ETH-USD-4h-coinbase.csv', 4 * HOUR, 20_675, '2016-05-18', '2025-10-28'],
  ])('of %s are read whole', (name, intervalMs, rows, from, to) => {
    const { bars, quality } = parseCsv(readFileSync(`${DATA}/${name}`), name, { market: name, intervalMs });
    expect(bars.length).toBe(rows);
    expect(quality).toMatchObject({ bars: rows, errors: 0 });
    expect(new Date(bars.openTime[0]!).toISOString().slice(0, 10)).toBe(from);
    expect(new Date(bars.openTime[rows - 1]!).toISOString().slice(0, 10)).toBe(to);
    expect(parseCsv(writeCsv(bars), name, { market: name, intervalMs }).bars).toEqual(bars);
  });
});
