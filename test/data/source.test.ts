import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { saveCsv } from '../../src/data/csv.ts';
import { DataError } from '../../src/data/data-error.ts';
import { resolveSource, type SourceOptions } from '../../src/data/source.ts';
import { columnsHash, openBarStore } from '../../src/data/store.ts';
import { HOUR, hourlyBars, pickRows } from './market.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-source-'));
mkdirSync(join(folder, 'bots'));
afterAll(() => rmSync(folder, { recursive: true }));
const options: SourceOptions = { intervalMs: HOUR, baseDirectory: join(folder, 'bots'), workspaceDirectory: join(folder, 'workspace') };
const bars = hourlyBars(50);
const reason = (text: string, changed: Partial<SourceOptions> = {}) =>
  resolveSource(text, { ...options, ...changed }).then(
    () => undefined,
    (error: unknown) => error as DataError,
  );

describe('a market text', () => {
  test('with csv: is a file, relative to the folder of the bot', async () => {
    await saveCsv(join(folder, 'prices.csv'), bars);
    const source = await resolveSource('csv:../prices.csv', options);
    expect(source.bars).toEqual({ ...bars, market: 'csv:../prices.csv' });
    expect(source).toMatchObject({ origin: 'file ../prices.csv', quality: { errors: 0 } });
    expect(columnsHash(source.bars)).toBe(columnsHash(bars));
    expect(source).not.toHaveProperty('truth');
    expect((await resolveSource(`csv:${join(folder, 'prices.csv')}`, options)).bars.close).toEqual(source.bars.close);
  });

  test('with synthetic: is a seeded market in the interval of the bot, and says what is in it', async () => {
    const source = await resolveSource('synthetic:planted?bars=100&seed=9', { ...options, intervalMs: 4 * HOUR });
    expect(source.bars).toMatchObject({ market: 'synthetic:planted?bars=100&seed=9', intervalMs: 4 * HOUR, length: 100 });
    expect(source).toMatchObject({ origin: 'seeded market, seed 9', quality: { errors: 0, warnings: 0 } });
    expect(source.truth).toContain('10 %');
    expect((await reason('synthetic:trend?interval=1d'))?.message).toMatch(
      /^Expected the interval 1h in synthetic:trend\?interval=1d, received 1d/,
    );
  });

  test('else is a market of the store', async () => {
    const stored = pickRows(bars, [0, 1, 2, 5, 6]);
    await openBarStore(options.workspaceDirectory).write({ ...stored, market: 'coinbase:BTC/USD' }, { seen: 0 });
    const source = await resolveSource('coinbase:BTC/USD', options);
    expect(source.bars.close).toEqual(stored.close);
    expect(source).toMatchObject({ quality: { missing: 2 } });
    expect(columnsHash(source.bars)).toBe(columnsHash(stored));
    expect(source.origin).toContain('bar store');
  });

  test.each([
    ['csv:none.csv', /none\.csv: Expected a CSV file, received no such file/],
    ['coinbase:ETH/USD', /Expected stored bars of coinbase:ETH\/USD at 1h, received none .*paperwalk fetch coinbase ETH\/USD 1h --from/],
    ['gold', /paperwalk import FILE --market gold --interval 1h stores/],
    ['synthetic:gold', /Expected synthetic: and one of/],
  ])('such as %s that leads nowhere is refused with what to do', async (text, message) => {
    const error = await reason(text);
    expect(error).toBeInstanceOf(DataError);
    expect(error?.exitCode).toBe(3);
    expect(error?.message).toMatch(message);
  });

  test('takes gaps by the calendar of the bot', async () => {
    const days = pickRows(bars, [0, 1]);
    days.openTime.set([Date.parse('2024-01-05'), Date.parse('2024-01-08')]);
    await saveCsv(join(folder, 'bots', 'days.csv'), days);
    const missing = async (calendar: '24/7' | 'nyse') =>
      (await resolveSource('csv:days.csv', { ...options, intervalMs: 24 * HOUR, calendar })).quality.missing;
    expect([await missing('24/7'), await missing('nyse')]).toEqual([2, 0]);
  });
});
