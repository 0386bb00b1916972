import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, test } from 'vitest';
import { DataError } from '../../src/data/data-error.ts';
import { saveParquet, writeParquet } from '../../src/data/parquet.ts';
import { resolveSource } from '../../src/data/source.ts';
import { readTable, type TableOptions } from '../../src/data/table.ts';
import { timeZone } from '../../src/data/time-zone.ts';
import { DAY, HOUR, hourlyBars } from './market.ts';
import { PARQUET_FILES } from './parquet-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-parquet-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'bars.parquet');

function read(content: Uint8Array, options: Partial<TableOptions> = {}) {
  writeFileSync(path, content);
  return readTable(path, { market: 'TEST', intervalMs: HOUR, ...options });
}

async function refused(content: Uint8Array, options: Partial<TableOptions> = {}): Promise<string> {
  const error: unknown = await read(content, options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  expect(error).toMatchObject({ exitCode: 3 });
  return (error as DataError).message.replace(path, 'bars.parquet');
}

const fileOf = (name: keyof typeof PARQUET_FILES) => Buffer.from(PARQUET_FILES[name], 'base64');
const hours = (...days: string[]) => days.map((day) => Date.parse(`${day}Z`));
const AFTERNOON = hours('2024-01-02T14:00', '2024-01-02T15:00');

describe('a Parquet file of pandas', () => {
  test.each(['snappy', 'zstd', 'gzip', 'ms', 'ns', 'int96', 'unnamed', 'newyork', 'string', 'epoch', 'decimal'] as const)(
    'is read (%s)',
    async (name) => {
      const { bars, quality } = await read(fileOf(name), { intervalMs: undefined });
      expect(bars).toMatchObject({ market: 'TEST', intervalMs: HOUR, length: 2 });
      expect([...bars.openTime]).toEqual(AFTERNOON);
      // The decimals were 10.07 in the first row.
      expect([...bars.open]).toEqual([name === 'decimal' ? 10.07 : 10, 11]);
      expect([...bars.high, ...bars.low, ...bars.close, ...bars.volume]).toEqual([12, 13.5, 9, 10, 11, 13, 5, 6]);
      expect(quality).toMatchObject({ errors: 0, warnings: 0 });
    },
  );

  test('whose times name no zone has those of the zone given, else UTC', async () => {
    expect([...(await read(fileOf('naive'))).bars.openTime]).toEqual(hours('2024-01-02T09:00', '2024-01-02T10:00'));
    expect([...(await read(fileOf('naive'), { zone: timeZone('America/New_York') })).bars.openTime]).toEqual(AFTERNOON);
  });

  test('with dates has bars at midnight UTC, whatever the zone', async () => {
    for (const zone of [undefined, timeZone('America/New_York')]) {
      const { bars } = await read(fileOf('date'), { intervalMs: DAY, zone });
      expect([...bars.openTime]).toEqual(hours('2024-01-02T00:00', '2024-01-03T00:00'));
    }
  });

  test('with a null is refused, naming the row', async () => {
    expect(await refused(fileOf('null'))).toBe(
      'bars.parquet, row 1: Expected a finite number for high, received null; correct or remove the row',
    );
    expect(await refused(fileOf('nulltime'))).toBe('bars.parquet, row 1: Expected a time, received null; correct or remove the row');
  });
});

describe('what is no table of bars is refused', () => {
  const bars = hourlyBars(3);
  const column = (name: string, data: Float64Array | string[]) => ({ name, data, nullable: false });
  const columns = ['open', 'high', 'low', 'close', 'volume'].map((name) => column(name, bars[name as 'open']));
  const time = { name: 'timestamp', data: bars.openTime, type: 'TIMESTAMP' as const };
  const built = (columnData: Parameters<typeof parquetWriteBuffer>[0]['columnData']) => new Uint8Array(parquetWriteBuffer({ columnData }));

  test.each<[string, Uint8Array, RegExp]>([
    [
      'text',
      Buffer.from('timestamp,open,high,low,close,volume\n'),
      /^bars\.parquet: Expected a Parquet file, received something else \(.*\); check the path$/,
    ],
    ['an empty file', Buffer.alloc(0), /^bars\.parquet: Expected a Parquet file, received something else/],
    ['a file cut at its end', writeParquet(bars).subarray(0, -20), /^bars\.parquet: Expected a Parquet file, received something else/],
    [
      'a file without a column',
      built([time, ...columns.slice(1)]),
      /^bars\.parquet: Expected a header with a column for open \(open, openprice\), received timestamp, high, low, close, volume; name the columns$/,
    ],
    ['a file without times', built(columns), /column for time .*received open, high/],
    [
      'numbers as text',
      built([time, column('open', ['1', '2', '3']), ...columns.slice(1)]),
      /row 0: Expected a finite number for open, received "1"/,
    ],
    [
      'a time that is none',
      built([column('date', ['2024-01-01', '2024-01-02', 'soon']), ...columns]),
      /row 2: Expected a time in ISO 8601, received "soon"/,
    ],
  ])('such as %s', async (_, content, message) => expect(await refused(content)).toMatch(message));

  test('such as several tickers, in whatever group of rows the second stands', async () => {
    const many = hourlyBars(1500);
    const tickers = (change: number): string[] =>
      Array.from({ length: 1500 }, (_, row) => (row < change ? 'BTC/USDT' : row === change ? 'ETH' : 'IBM'));
    const content = (symbols: string[]) =>
      built([
        { name: 'timestamp', data: many.openTime, type: 'TIMESTAMP' as const },
        column('Symbol', symbols),
        ...['open', 'high', 'low', 'close', 'volume'].map((name) => column(name, many[name as 'open'])),
      ]);
    for (const change of [1, 1000, 1499])
      expect(await refused(content(tickers(change)))).toBe(
        `bars.parquet, row ${change}: Expected one ticker in a file, received BTC/USDT, ETH; write a file for each`,
      );
    expect((await read(content(tickers(1500)))).bars.length).toBe(1500);
    expect((await read(content(tickers(1500).with(700, 'btcusdt').with(800, '')))).bars.length).toBe(1500);
  });

  test('such as a file that is damaged inside', async () => {
    const content = writeParquet(hourlyBars(500));
    content.fill(0xff, 4, 400);
    expect(await refused(content)).toMatch(/^bars\.parquet: Expected a whole Parquet file, received one that cannot be read/);
  });

  test('such as a path that leads nowhere', async () => {
    await expect(readTable(join(folder, 'none.parquet'), { market: 'TEST', intervalMs: HOUR })).rejects.toThrow(
      /none\.parquet: Expected a Parquet file, received no such file; check the path/,
    );
  });

  test('without volumes only where they are required', async () => {
    const without = built([time, ...columns.slice(0, 4)]);
    expect(await refused(without)).toContain('column for volume');
    const { bars: read1, notes } = await read(without, { volumeOptional: true });
    expect([...read1.volume]).toEqual([0, 0, 0]);
    expect(notes).toEqual(['no column for volume; the volume is 0 throughout, and no order fills in a bar without volume']);
  });
});

describe('written bars', () => {
  test('read back exactly, whatever finite numbers they have', async () => {
    const price = fc.double({ min: 1e-12, max: 1e12, noNaN: true });
    const rows = fc.array(fc.tuple(fc.array(price, { minLength: 4, maxLength: 4 }), fc.double({ min: 0, max: 1e15, noNaN: true })), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 0, max: 4e12 }), async (drawn, start) => {
        const sorted = drawn.map(([prices, volume]) => ({ prices: [...prices].sort((a, b) => a - b), volume: volume + 0 }));
        const from = (k: number) => Float64Array.from(sorted, ({ prices }) => prices[k]!);
        const openTime = Float64Array.from(sorted, (_, i) => start + i * HOUR);
        const volume = Float64Array.from(sorted, (row) => row.volume);
        const bars = {
          market: 'TEST',
          intervalMs: HOUR,
          length: sorted.length,
          openTime,
          low: from(0),
          open: from(1),
          close: from(2),
          high: from(3),
          volume,
        };
        expect((await read(writeParquet(bars))).bars).toEqual(bars);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  test('read back exactly from several row groups', async () => {
    // The library begins a new group after 1,000 rows.
    const bars = hourlyBars(2500);
    const content = writeParquet(bars);
    expect((await read(content)).bars).toEqual({ ...bars, market: 'TEST' });
    expect((await parquetMetadataAsync(await asyncBufferFromFile(path))).row_groups.length).toBeGreaterThan(1);
  });

  test('have timestamps in ms UTC and 64-bit floats', async () => {
    await saveParquet(path, hourlyBars(3));
    const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(path));
    expect(schema.slice(1).map(({ name, type, converted_type }) => [name, type, converted_type])).toEqual([
      ['timestamp', 'INT64', 'TIMESTAMP_MILLIS'],
      ...['open', 'high', 'low', 'close', 'volume'].map((name) => [name, 'DOUBLE', undefined]),
    ]);
    expect(readdirSync(folder)).toEqual(['bars.parquet']);
  });

  test('are a market of a bot file with parquet:', async () => {
    const bars = hourlyBars(30);
    await saveParquet(join(folder, 'own.parq'), bars);
    const options = { intervalMs: HOUR, baseDirectory: folder, workspaceDirectory: folder };
    const source = await resolveSource('parquet:own.parq', options);
    expect(source).toMatchObject({ origin: 'file own.parq', quality: { errors: 0 } });
    expect(source.bars).toEqual({ ...bars, market: 'parquet:own.parq' });
  });
});
