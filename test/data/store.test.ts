import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bars, createBars, sliceBars } from '../../src/core/bars.ts';
import { createRandom } from '../../src/core/random.ts';
import { DataError } from '../../src/data/data-error.ts';
import { type BarStore, columnsHash, openBarStore } from '../../src/data/store.ts';
import { HOUR, hourlyBars, pickRows, START } from './market.ts';

const named = (bars: Bars, market: string): Bars => ({ ...bars, market });
const all = named(hourlyBars(100), 'coinbase:BTC/USD');
const reason = (act: Promise<unknown>) =>
  act.then(
    () => undefined,
    (error: unknown) => error,
  );

let workspace = '';
let store: BarStore;
const onlyFile = () => join(workspace, 'bars', readdirSync(join(workspace, 'bars'))[0]!);
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'paperwalk-store-'));
  store = openBarStore(workspace);
});
afterEach(() => rmSync(workspace, { recursive: true }));

describe('the bar store', () => {
  test('gives back exactly what it was given', async () => {
    expect(await store.write(all)).toEqual({ bars: 100, added: 100, replaced: 0 });
    expect(await openBarStore(workspace).read('coinbase:BTC/USD', HOUR)).toEqual(all);
  });

  test('is empty before anything is written', async () => {
    expect(await store.list()).toEqual([]);
    expect(readdirSync(workspace)).toEqual([]);
  });

  test('lists each market and interval with its range', async () => {
    await store.write(all);
    await store.write(named(sliceBars(all, 10, 30), 'binance:ETH/USDT'));
    await store.write(createBars(all.market, 60_000, sliceBars(all, 0, 5)));
    const range = (from: number, to: number) => ({ from: START + from * HOUR, to: START + to * HOUR });
    expect(await store.list()).toMatchObject([
      { market: 'binance:ETH/USDT', intervalMs: HOUR, bars: 20, ...range(10, 29) },
      { market: 'coinbase:BTC/USD', intervalMs: 60_000, bars: 5, ...range(0, 4) },
      { market: 'coinbase:BTC/USD', intervalMs: HOUR, bars: 100, ...range(0, 99) },
    ]);
  });

  test('keeps markets apart whose names look alike or are no file names', async () => {
    const names = ['a/b', 'a-b', 'A-B', '../a', '..', 'a\0b', 'CON', 'é€', 'x'.repeat(300), `${'x'.repeat(300)}y`, ''];
    for (const [i, name] of names.entries()) await store.write(named(sliceBars(all, i, i + 2), name));
    for (const [i, name] of names.entries()) expect((await store.read(name, HOUR)).openTime[0]).toBe(START + i * HOUR);
    expect(readdirSync(workspace)).toEqual(['bars']);
    const files = readdirSync(join(workspace, 'bars'));
    expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(names.length);
    for (const file of files) expect(file).toMatch(/^[A-Za-z0-9.-]{1,120}$/);
  });

  test('merges what comes later, earlier, in between and again', async () => {
    for (const [from, to] of [
      [40, 60],
      [70, 100],
      [0, 45],
      [50, 80],
      [0, 100],
    ] as const)
      await store.write(sliceBars(all, from, to));
    expect(await store.read(all.market, HOUR)).toEqual(all);
    const even = pickRows(
      all,
      [...Array(50).keys()].map((i) => 2 * i),
    );
    const odd = pickRows(
      all,
      [...Array(50).keys()].map((i) => 2 * i + 1),
    );
    await store.write(named(even, 'zip'));
    expect(await store.write(named(odd, 'zip'))).toEqual({ bars: 100, added: 50, replaced: 0 });
    expect(await store.read('zip', HOUR)).toEqual(named(all, 'zip'));
  });

  test('refuses bars that differ from those stored and keeps these', async () => {
    await store.write(sliceBars(all, 0, 60));
    const revised = { ...sliceBars(all, 50, 70), volume: all.volume.slice(50, 70) };
    revised.volume[3] = 1;
    revised.volume[7] = 2;
    const error = await reason(store.write(revised));
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toMatch(/received 2 that differ, the first at 2024-01-03T05:00:00Z; replace/);
    expect(await store.read(all.market, HOUR)).toEqual({ ...sliceBars(all, 0, 60) });

    expect(await store.write(revised, { replace: true })).toEqual({ bars: 70, added: 10, replaced: 2 });
    const merged = await store.read(all.market, HOUR);
    expect([merged.volume[52], merged.volume[53], merged.volume[57], merged.volume[58]]).toEqual([all.volume[52], 1, 2, all.volume[58]]);
  });

  test('names what it holds, and how to import, where a market is missing', async () => {
    await store.write(all);
    const error = await reason(store.read('coinbase:ETH/USD', 4 * HOUR));
    expect(error).toMatchObject({ name: 'DataError', exitCode: 3 });
    expect((error as DataError).message).toMatch(
      /of coinbase:ETH\/USD at 4h, received none \(stored: coinbase:BTC\/USD 1h\); paperwalk import/,
    );
  });

  test('refuses a file with any bit flipped, naming it', async () => {
    await store.write(all);
    const file = onlyFile();
    const content = readFileSync(file);
    const random = createRandom(3);
    const places = [0, 7, content.length - 1, ...Array.from({ length: 200 }, () => random.below(content.length))];
    for (const place of places) {
      const damaged = Buffer.from(content);
      damaged[place] = damaged[place]! ^ (1 << random.below(8));
      writeFileSync(file, damaged);
      for (const act of [() => store.read(all.market, HOUR), () => store.write(all), () => store.list()]) {
        const error = await reason(act());
        expect(error).toBeInstanceOf(DataError);
        expect((error as DataError).message).toContain(`${file}: Expected the content that was stored`);
      }
    }
  });

  test('refuses a file cut short anywhere', async () => {
    await store.write(sliceBars(all, 0, 3));
    const file = onlyFile();
    const content = readFileSync(file);
    for (let length = 0; length < content.length; length += 13) {
      writeFileSync(file, content.subarray(0, length));
      expect(await reason(store.read(all.market, HOUR))).toBeInstanceOf(DataError);
    }
  });

  test('refuses a file that was renamed to another market', async () => {
    await store.write(all);
    const content = readFileSync(onlyFile());
    await store.write(named(all, 'other'));
    const other = (await store.list()).find((entry) => entry.market === 'other')!;
    writeFileSync(other.file, content);
    expect(await reason(store.read('other', HOUR))).toMatchObject({ name: 'DataError', file: other.file });
  });

  test('does not store nothing', async () => {
    expect(await reason(store.write(sliceBars(all, 0, 0)))).toBeInstanceOf(DataError);
  });

  test('ignores what a stopped process left behind', async () => {
    await store.write(all);
    writeFileSync(join(workspace, 'bars', '.left.bars.1.0.tmp'), 'half');
    expect(await store.list()).toHaveLength(1);
  });
});

test('the hash of columns changes with any of them and with nothing else', () => {
  const hash = columnsHash(all);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(columnsHash(named(all, 'other'))).toBe(hash);
  expect(columnsHash(sliceBars(pickRows(all, [0, ...Array(100).keys()]), 1, 101))).toBe(hash);
  for (const name of ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const) {
    const column = all[name].slice();
    column[50] = column[50]! * (1 + Number.EPSILON);
    expect(columnsHash({ ...all, [name]: column })).not.toBe(hash);
  }
});
