import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { parseCsv } from '../../src/data/csv.ts';
import { DataError } from '../../src/data/data-error.ts';
import { readTable, type TableOptions } from '../../src/data/table.ts';
import { timeZone } from '../../src/data/time-zone.ts';
import { DAY, HOUR } from './market.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-habits-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A bar as `time open high low close volume`. */
function rowsOf(content: string, intervalMs: number, options: Partial<TableOptions> = {}): readonly string[] {
  const { bars } = parseCsv(content, 'prices.csv', { market: 'TEST', ...options, intervalMs });
  return Array.from({ length: bars.length }, (_, i) => {
    const time = new Date(bars.openTime[i]!).toISOString().replace(/:00\.000Z$/, '');
    return [time, bars.open[i], bars.high[i], bars.low[i], bars.close[i], bars.volume[i]].join(' ');
  });
}

function refused(content: string, intervalMs = DAY, options: Partial<TableOptions> = {}): string {
  try {
    parseCsv(content, 'prices.csv', { market: 'TEST', ...options, intervalMs });
  } catch (error) {
    if (error instanceof DataError) return error.message;
    throw error;
  }
  throw new Error('Expected a DataError, received none');
}

const notesOf = (content: string, intervalMs: number, options: Partial<TableOptions> = {}) =>
  parseCsv(content, 'prices.csv', { market: 'TEST', ...options, intervalMs }).notes;

const TWO_DAYS = ['2024-01-02T00:00 10 12 9 11 5', '2024-01-03T00:00 11 13.5 10 13 6'];
const TWO_HOURS = ['2024-01-02T14:00 10 12 9 11 5', '2024-01-02T15:00 11 13.5 10 13 6'];

describe('recognised without an option are', () => {
  test.each<[string, string, number, readonly string[]]>([
    [
      'pandas, an index without a name',
      ',open,high,low,close,volume\n2024-01-02,10,12,9,11,5\n2024-01-03,11,13.5,10,13,6\n',
      DAY,
      TWO_DAYS,
    ],
    [
      'pandas, Datetime with an offset',
      'Datetime,Open,High,Low,Close,Volume\n2024-01-02 09:00:00-05:00,10,12,9,11,5\n2024-01-02 10:00:00-05:00,11,13.5,10,13,6\n',
      HOUR,
      TWO_HOURS,
    ],
    [
      'pandas, an index in nanoseconds',
      'timestamp,open,high,low,close,volume\n1704204000000000000,10,12,9,11,5\n1704207600000000000,11,13.5,10,13,6\n',
      HOUR,
      TWO_HOURS,
    ],
    [
      'pandas, an index in microseconds',
      'timestamp,open,high,low,close,volume\n1704204000000000,10,12,9,11,5\n1704207600000000,11,13.5,10,13,6\n',
      HOUR,
      TWO_HOURS,
    ],
    ['Yahoo', 'Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,10,12,9,11,5.5,5\n2024-01-03,11,13.5,10,13,6.5,6\n', DAY, TWO_DAYS],
    [
      'yfinance, a header of three lines',
      'Price,Close,High,Low,Open,Volume\nTicker,AAPL,AAPL,AAPL,AAPL,AAPL\nDate,,,,,\n2024-01-02,11,12,9,10,5\n2024-01-03,13,13.5,10,11,6\n',
      DAY,
      TWO_DAYS,
    ],
    ['stooq, daily', 'Date,Open,High,Low,Close,Volume\n2024-01-02,10,12,9,11,5\n2024-01-03,11,13.5,10,13,6\n', DAY, TWO_DAYS],
    [
      'stooq, daily in bulk',
      '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\nAAPL.US,D,20240102,000000,10,12,9,11,5,0\nAAPL.US,D,20240103,000000,11,13.5,10,13,6,0\n',
      DAY,
      TWO_DAYS,
    ],
    [
      'freqtrade',
      'date,open,high,low,close,volume\n2024-01-02 14:00:00+00:00,10,12,9,11,5\n2024-01-02 15:00:00+00:00,11,13.5,10,13,6\n',
      HOUR,
      TWO_HOURS,
    ],
    [
      "Binance's archive without a header, in milliseconds",
      '1704204000000,10,12,9,11,5,1704207599999,55.5,20,2.5,27.5,0\n1704207600000,11,13.5,10,13,6,1704211199999,75,30,3,37,0\n',
      HOUR,
      TWO_HOURS,
    ],
    [
      "Binance's archive since 2025, in microseconds",
      '1735689600000000,10,12,9,11,5,1735693199999999,55.5,20,2.5,27.5,0\n',
      HOUR,
      ['2025-01-01T00:00 10 12 9 11 5'],
    ],
    [
      'CryptoDataDownload, an address first and the newest row first',
      'https://www.CryptoDataDownload.com\nunix,date,symbol,open,high,low,close,Volume USDT,Volume BTC\n1704207600000,2024-01-02 15:00:00,BTC/USDT,11,13.5,10,13,75,6\n1704204000000,2024-01-02 14:00:00,BTC/USDT,10,12,9,11,55,5\n',
      HOUR,
      TWO_HOURS,
    ],
    [
      'MetaTrader',
      '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\r\n2024.01.02\t14:00:00\t10\t12\t9\t11\t900\t5\t1\r\n2024.01.02\t15:00:00\t11\t13.5\t10\t13\t901\t6\t1\r\n',
      HOUR,
      TWO_HOURS,
    ],
    [
      'MetaTrader, daily',
      '<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n2024.01.02\t10\t12\t9\t11\t900\t5\t1\n2024.01.03\t11\t13.5\t10\t13\t901\t6\t1\n',
      DAY,
      TWO_DAYS,
    ],
    [
      'a date and a time of four digits',
      'Date,Time,Open,High,Low,Close,Volume\n20240102,1400,10,12,9,11,5\n20240102,1500,11,13.5,10,13,6\n',
      HOUR,
      TWO_HOURS,
    ],
  ])('%s', (_, content, intervalMs, expected) => {
    expect(rowsOf(content, intervalMs)).toEqual(expected);
  });

  test('days that stand at midnight of their place: they are stamped at midnight UTC of that day, on both sides of a change of the clock', () => {
    const content =
      'Date,Open,High,Low,Close,Volume\n2024-03-08 00:00:00-05:00,10,12,9,11,5\n2024-03-09 00:00:00-05:00,10,12,9,11,5\n2024-03-11 00:00:00-04:00,11,13.5,10,13,6\n';
    const days = ['2024-03-08T00:00', '2024-03-09T00:00', '2024-03-11T00:00'];
    expect(rowsOf(content, DAY).map((row) => row.split(' ')[0])).toEqual(days);
    expect(notesOf(content, DAY)).toEqual([expect.stringContaining('stamped at midnight UTC of that day')]);
    // The same instants as epoch numbers: the zone has to be told.
    const epoch = 'Date,Open,High,Low,Close,Volume\n1709874000,10,12,9,11,5\n1709960400,10,12,9,11,5\n1710129600,11,13.5,10,13,6\n';
    expect(rowsOf(epoch, DAY, { zone: timeZone('America/New_York') }).map((row) => row.split(' ')[0])).toEqual(days);
    expect(rowsOf(epoch, DAY)[0]).toMatch(/^2024-03-08T05:00 /);
  });

  test('hours of a place, which stay the instants that they are', () => {
    const content = 'Date,Open,High,Low,Close,Volume\n2024-01-02 00:00:00-05:00,10,12,9,11,5\n2024-01-02 01:00:00-05:00,10,12,9,11,5\n';
    expect(rowsOf(content, HOUR).map((row) => row.split(' ')[0])).toEqual(['2024-01-02T05:00', '2024-01-02T06:00']);
    expect(notesOf(content, HOUR)).toEqual([]);
  });
});

describe('a file', () => {
  test('whose rows stand newest first is read from the end, and its problems keep their lines', () => {
    const content = 'Date,Open,High,Low,Close,Volume\n2024-01-04,10,12,9,11,5\n2024-01-02,10,12,9,11,0\n2024-01-01,10,12,9,11,5\n';
    const { bars, quality, notes } = parseCsv(content, 'prices.csv', { market: 'TEST', intervalMs: DAY });
    expect([...bars.openTime]).toEqual(['2024-01-01', '2024-01-02', '2024-01-04'].map((day) => Date.parse(day)));
    expect(notes).toEqual(['the rows stand newest first and were read from the end']);
    expect(quality.problems.map(({ kind, line }) => [kind, line])).toEqual([
      ['zero-volume', 3],
      ['gap', 2],
    ]);
    expect(refused(content.replace('10,12,9,11,0', '10,12,9,13,0'))).toMatch(/^prices\.csv:3: Expected high >= open and close/);
  });

  test('with one row out of the descending order is in disorder', () => {
    const content =
      'Date,Open,High,Low,Close,Volume\n2024-01-04,1,1,1,1,5\n2024-01-02,1,1,1,1,5\n2024-01-03,1,1,1,1,5\n2024-01-01,1,1,1,1,5\n';
    expect(refused(content)).toMatch(/^prices\.csv:3: Expected bars oldest first.*disorder 2/);
  });

  test('without a column for volume has the volume 0 where that is allowed, and says so', () => {
    const content = 'Date,Open,High,Low,Close\n2024-01-02,10,12,9,11\n';
    expect(rowsOf(content, DAY, { volumeOptional: true })).toEqual(['2024-01-02T00:00 10 12 9 11 0']);
    expect(notesOf(content, DAY, { volumeOptional: true })).toEqual([
      'no column for volume; the volume is 0 throughout, and no order fills in a bar without volume',
    ]);
    expect(refused(content)).toContain('column for volume');
  });

  test('of MetaTrader without volumes has the ticks in their place, from the first row to the last, and says so', () => {
    const header = '<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n';
    const none = `${header}2024.01.02\t10\t12\t9\t11\t900\t0\t1\n2024.01.03\t11\t13.5\t10\t13\t901\t0\t1\n`;
    const volumes = (content: string, options = {}) => rowsOf(content, DAY, options).map((row) => row.split(' ')[5]);
    expect(volumes(none)).toEqual(['900', '901']);
    expect(notesOf(none, DAY)).toEqual(['no volumes; the number of ticks (TICKVOL) stands for the volume']);
    const late = none.replace('901\t0', '901\t7');
    expect(volumes(late)).toEqual(['0', '7']);
    expect(notesOf(late, DAY)).toEqual([]);
    expect(volumes(none.replace('900', '0').replace('901', '0'))).toEqual(['0', '0']);
    const without = none.replace('<VOL>\t', '').replaceAll('\t0\t', '\t');
    expect(volumes(without, { volumeOptional: true })).toEqual(['900', '901']);
    expect(refused(none.replace('901', 'x'))).toMatch(/^prices\.csv:3: Expected a finite number for ticks, received "x"/);
  });

  test('may write the name of its one ticker in two ways, or leave it out', () => {
    const content =
      'Date,Symbol,Open,High,Low,Close,Volume\n2024-01-02,BTC/USD,10,12,9,11,5\n2024-01-03,btcusd,11,13.5,10,13,6\n2024-01-04,,11,13.5,10,13,6\n';
    expect(rowsOf(content, DAY)).toHaveLength(3);
  });

  test('whose time of day stands apart names no zone, and that is said', () => {
    const content = 'Date,Time,Open,High,Low,Close,Volume\n2024-01-02,14:00,10,12,9,11,5\n';
    expect(notesOf(content, HOUR)).toEqual([expect.stringContaining('taken as UTC; --timezone')]);
    expect(notesOf(content, HOUR, { zone: timeZone('UTC') })).toEqual([]);
  });

  test('of stooq with times of day needs the zone, which is usually Warsaw', () => {
    const content =
      '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\nAAPL.US,60,20240131,153000,10,12,9,11,5,0\nAAPL.US,60,20240131,163000,11,13.5,10,13,6,0\n';
    expect(refused(content, HOUR)).toMatch(/^prices\.csv:2: Expected --timezone .*Europe\/Warsaw.*received "20240131"/);
    // Warsaw is an hour east of UTC in winter.
    const rows = rowsOf(content, HOUR, { zone: timeZone('Europe/Warsaw') });
    expect(rows).toEqual(['2024-01-31T14:30 10 12 9 11 5', '2024-01-31T15:30 11 13.5 10 13 6']);
  });
});

describe('near, but refused with what to do, is', () => {
  const HEADER = 'Date,Open,High,Low,Close,Volume\n';
  test.each<[string, string, RegExp]>([
    [
      'a row of nulls',
      `${HEADER}2024-01-02,10,12,9,11,5\n2024-01-03,null,null,null,null,null\n`,
      /^prices\.csv:3: .*finite number for open, received "null"; what was not recorded is no bar/,
    ],
    [
      'a decimal comma',
      `${HEADER.replaceAll(',', ';')}2024-01-02;10,5;12;9;11;5\n`,
      /^prices\.csv:2: .*for open, received "10,5"; write numbers with a decimal point and without thousands/,
    ],
    [
      'a thousands separator',
      `${HEADER}2024-01-02,10,12,9,11,"1,234"\n`,
      /^prices\.csv:2: .*for volume, received "1,234"; write numbers with a decimal point/,
    ],
    [
      'a comma that cuts a number in two',
      `${HEADER}2024-01-02,10,5,12,9,11,5\n`,
      /^prices\.csv:2: .*6 fields as the header has, not 7.*decimal points, no thousands separators/,
    ],
    ['a day before its month', `${HEADER}02/01/2024,10,12,9,11,5\n`, /^prices\.csv:2: .*ISO 8601.*received "02\/01\/2024".*year-month-day/],
    [
      'a time of day that is none',
      'Date,Time,Open,High,Low,Close,Volume\n2024-01-02,3pm,10,12,9,11,5\n',
      /^prices\.csv:2: .*time of day such as 15:30.*received "3pm"/,
    ],
    [
      'several tickers',
      'Price,Close,Close\nTicker,AAPL,IBM\nDate,,\n2024-01-02,10,12\n',
      /^prices\.csv:2: Expected one ticker in a file, received AAPL, IBM/,
    ],
    [
      'two volumes without a symbol',
      'Date,Open,High,Low,Close,Volume BTC,Volume USDT\n2024-01-02,10,12,9,11,5,55\n',
      /^prices\.csv:1: .*column for volume/,
    ],
    [
      'microseconds between two milliseconds',
      'timestamp,open,high,low,close,volume\n1704204000000001,10,12,9,11,5\n',
      /^prices\.csv:2: .*whole milliseconds/,
    ],
    [
      'microseconds after milliseconds',
      'timestamp,open,high,low,close,volume\n1704204000000,10,12,9,11,5\n1735689600000000,10,12,9,11,5\n',
      /^prices\.csv:3: .*epoch milliseconds as the first row/,
    ],
    [
      'MetaTrader 4 without a header',
      '2024.01.02,14:00,10,12,9,11,5\n2024.01.02,15:00,10,12,9,11,5\n',
      /^prices\.csv:1: .*header with a column for time.*name the columns in the first line/,
    ],
    [
      'a second ticker',
      'Date,Symbol,Open,High,Low,Close,Volume\n2024-01-02,AAPL,10,12,9,11,5\n2024-01-03,AAPL,10,12,9,11,5\n2024-01-04,AAPLX,10,12,9,11,5\n',
      /^prices\.csv:4: Expected one ticker in a file, received AAPL, AAPLX; write a file for each$/,
    ],
    [
      'a second ticker of stooq, the rows of each behind the other',
      '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\nAAPL.US,D,20240102,000000,10,12,9,11,5,0\nIBM.US,D,20240103,000000,11,13.5,10,13,6,0\n',
      /^prices\.csv:3: Expected one ticker in a file, received AAPL\.US, IBM\.US; write a file for each$/,
    ],
    [
      'lines that end in carriage returns',
      `${HEADER}2024-01-02,10,12,9,11,5\n`.replaceAll('\n', '\r'),
      /^prices\.csv: Expected lines that end in a line feed, received carriage returns only; save it with the line ends of Unix$/,
    ],
    ['UTF-16 without its mark', [...HEADER].join('\u0000'), /received a file with zero bytes, as UTF-16 has them; save it as UTF-8$/],
    ['a Feather file', 'ARROW1\u0000\u0000', /Feather file, which is not read; export it as Parquet, CSV or JSON/],
    ['a zip archive', 'PK\u0003\u0004', /zip archive; unpack it/],
  ])('%s', (_, content, message) => expect(refused(content)).toMatch(message));
});

describe('a file in UTF-16', () => {
  const little = Buffer.from('\uFEFFDate,Open,High,Low,Close,Volume\n2024-01-02,10,12,9,11,5\n', 'utf16le');
  test.each([
    ['little', 'little.csv', little],
    ['big', 'big.csv', Buffer.from(little).swap16()],
    ['packed', 'little.csv.gz', gzipSync(little)],
    ['JSON', 'little.json', Buffer.from('\uFEFF[]', 'utf16le')],
  ])('is refused (%s)', async (_, name, content) => {
    writeFileSync(join(folder, name), content);
    const words = `${name}: Expected text in UTF-8, received UTF-16; save it as UTF-8`;
    await expect(readTable(join(folder, name), { market: 'TEST', intervalMs: DAY })).rejects.toThrow(words);
  });
});

describe('the JSON of freqtrade', () => {
  const read = (name: string, content: string | Uint8Array, options: Partial<TableOptions> = {}) => {
    writeFileSync(join(folder, name), content);
    return readTable(join(folder, name), { market: 'TEST', intervalMs: HOUR, ...options });
  };
  const text = '[[1704204000000,10,12,9,11,5],[1704207600000,11,13.5,10,13,6.0]]';

  test.each([
    ['plain', 'a.json', text],
    ['gzip', 'a.json.gz', gzipSync(text)],
  ])('is read, %s', async (_, name, content) => {
    const { bars } = await read(name, content);
    expect(bars).toMatchObject({ market: 'TEST', intervalMs: HOUR, length: 2 });
    expect([...bars.openTime]).toEqual([1704204000000, 1704207600000]);
    expect([...bars.open, ...bars.high, ...bars.low, ...bars.close, ...bars.volume]).toEqual([10, 11, 12, 13.5, 9, 10, 11, 13, 5, 6]);
  });

  test.each([
    ['an object', '{"data": []}', /Expected a list \[\[time.*received \{"data":\[\]\}/],
    ['an empty list', '[]', /received an empty list/],
    ['a text', 'time,open', /received text that is no JSON/],
    ['a null', '[[1704204000000,10,12,9,11,5],[1704207600000,null,13.5,10,13,6]]', /row 1: Expected a number for open, received null/],
    ['a number as text', '[["1704204000000",10,12,9,11,5]]', /row 0: Expected a number for time, received "1704204000000"/],
    ['a short row', '[[1704204000000,10,12,9,11]]', /row 0: Expected \[time, open, high, low, close, volume\]/],
    ['an impossible bar', '[[1704204000000,10,8,9,11,5]]', /row 0: Expected high >= low/],
  ])('is refused with %s', async (_, content, message) => {
    await expect(read('b.json', content)).rejects.toThrow(message);
  });
});
