import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bars, createBars, sliceBars } from '../../src/core/bars.ts';
import { DataError } from '../../src/data/data-error.ts';
import { type BarStore, columnsHash, openBarStore } from '../../src/data/store.ts';
import { count } from '../support/counts.ts';
import { perpetual } from '../support/perpetual.ts';
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
const readAll = () => store.read(all.market, HOUR);
const SEEN = Date.UTC(2024, 5, 1);
const seen = { seen: SEEN };
/** The files of a market that a checksum guards. */
const filesOf = (market: string) =>
  readdirSync(workspace, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes(`${market.replace(/[^A-Za-z0-9]+/g, '-')}.`))
    .map((entry) => join(entry.parentPath, entry.name));
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'paperwalk-store-'));
  store = openBarStore(workspace);
});
afterEach(() => rmSync(workspace, { recursive: true }));

describe('the bar store', () => {
  test('gives back exactly what it was given', async () => {
    expect(await store.write(all, seen)).toEqual({ bars: 100, added: 100, replaced: 0 });
    expect(await openBarStore(workspace).read('coinbase:BTC/USD', HOUR)).toEqual(all);
  });

  test('is empty before anything is written', async () => {
    expect(await store.list()).toEqual([]);
    expect(readdirSync(workspace)).toEqual([]);
  });

  test('lists each market and interval with its range', async () => {
    await store.write(all, seen);
    await store.write(named(sliceBars(all, 10, 30), 'binance:ETH/USDT'), seen);
    await store.write(createBars(all.market, 60_000, sliceBars(all, 0, 5)), seen);
    const range = (from: number, to: number) => ({ from: START + from * HOUR, to: START + to * HOUR });
    expect(await store.list()).toMatchObject([
      { market: 'binance:ETH/USDT', intervalMs: HOUR, bars: 20, ...range(10, 29) },
      { market: 'coinbase:BTC/USD', intervalMs: 60_000, bars: 5, ...range(0, 4) },
      { market: 'coinbase:BTC/USD', intervalMs: HOUR, bars: 100, ...range(0, 99) },
    ]);
  });

  test('keeps markets apart whose names look alike or are no file names', async () => {
    const names = ['a/b', 'a-b', 'A-B', '../a', '..', 'a\0b', 'CON', 'é€', 'x'.repeat(300), `${'x'.repeat(300)}y`, ''];
    for (const [i, name] of names.entries()) await store.write(named(sliceBars(all, i, i + 2), name), seen);
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
      await store.write(sliceBars(all, from, to), seen);
    expect(await store.read(all.market, HOUR)).toEqual(all);
    const even = pickRows(
      all,
      [...Array(50).keys()].map((i) => 2 * i),
    );
    const odd = pickRows(
      all,
      [...Array(50).keys()].map((i) => 2 * i + 1),
    );
    await store.write(named(even, 'zip'), seen);
    expect(await store.write(named(odd, 'zip'), seen)).toEqual({ bars: 100, added: 50, replaced: 0 });
    expect(await store.read('zip', HOUR)).toEqual(named(all, 'zip'));
  });

  test('refuses bars that differ from those stored and keeps these', async () => {
    await store.write(sliceBars(all, 0, 60), seen);
    const revised = { ...sliceBars(all, 50, 70), volume: all.volume.slice(50, 70) };
    revised.volume[3] = 1;
    revised.volume[7] = 2;
    const error = await reason(store.write(revised, seen));
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).message).toMatch(/received 2 that differ, the first at 2024-01-03T05:00:00Z; --replace/);
    expect(await store.read(all.market, HOUR)).toEqual({ ...sliceBars(all, 0, 60) });

    expect(await store.write(revised, { seen: SEEN + 1, revise: true })).toEqual({ bars: 70, added: 10, replaced: 2 });
    const merged = await store.read(all.market, HOUR);
    expect([merged.volume[52], merged.volume[53], merged.volume[57], merged.volume[58]]).toEqual([all.volume[52], 1, 2, all.volume[58]]);
  });

  test('names what it holds, and how to import, where a market is missing', async () => {
    await store.write(all, seen);
    const error = await reason(store.read('coinbase:ETH/USD', 4 * HOUR));
    expect(error).toMatchObject({ name: 'DataError', exitCode: 3 });
    expect((error as DataError).message).toMatch(
      /of coinbase:ETH\/USD at 4h, received none \(stored: coinbase:BTC\/USD 1h\); paperwalk fetch coinbase ETH\/USD 4h --from DATE/,
    );
  });

  test('refuses a file cut short anywhere, or gone', async () => {
    await store.write(sliceBars(all, 0, 3), seen);
    for (const file of filesOf(all.market)) {
      const content = readFileSync(file);
      for (let length = 0; length < content.length; length += 13) {
        writeFileSync(file, content.subarray(0, length));
        expect(await reason(readAll())).toBeInstanceOf(DataError);
      }
      rmSync(file);
      expect(await reason(readAll())).toMatchObject({ name: 'DataError', file });
      writeFileSync(file, content);
    }
  });

  test('refuses a folder that was renamed to another market', async () => {
    await store.write(all, seen);
    await store.write(named(all, 'other'), seen);
    const folder = async (market: string) => (await store.list()).find((entry) => entry.market === market)!.folder;
    const [mine, others] = [await folder(all.market), await folder('other')];
    rmSync(others, { recursive: true });
    cpSync(mine, others, { recursive: true });
    expect(await reason(store.read('other', HOUR))).toMatchObject({
      name: 'DataError',
      message: expect.stringContaining('its former name'),
    });
  });

  test('does not store nothing, unless that is what the origin answered', async () => {
    expect(await reason(store.write(sliceBars(all, 0, 0), seen))).toBeInstanceOf(DataError);
    const covered = { from: START, to: START + 5 * HOUR };
    expect(await store.write(sliceBars(all, 0, 0), { ...seen, covered })).toEqual({ bars: 0, added: 0, replaced: 0 });
    expect(await store.log(all.market, HOUR)).toEqual({ coverage: [covered], repairs: [], revisions: 0, bars: 0, from: null, to: null });
    expect(await reason(readAll())).toMatchObject({ name: 'DataError' });
    expect(await store.list()).toEqual([]);
  });

  test('joins what the origin has answered for', async () => {
    const span = (from: number, to: number) => ({ from: START + from * HOUR, to: START + to * HOUR });
    for (const [from, to] of [
      [10, 20],
      [30, 40],
      [20, 25],
      [24, 31],
    ] as const) {
      await store.write(sliceBars(all, from, to), { ...seen, covered: span(from, to) });
    }
    expect((await store.log(all.market, HOUR)).coverage).toEqual([span(10, 40)]);
    await store.write(sliceBars(all, 0, 0), { ...seen, covered: span(60, 70) });
    expect((await store.log(all.market, HOUR)).coverage).toEqual([span(10, 40), span(60, 70)]);
  });

  test('appends without rewriting: bars that come one by one are each written about log2(bars) times', async () => {
    const folder = async () => (await store.list())[0]!.folder;
    const sizes = async () => {
      const versions = readdirSync(await folder()).filter((name) => name.startsWith('v'));
      const newest = versions.sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))).at(-1)!;
      return readdirSync(join(await folder(), newest))
        .filter((name) => name.endsWith('.columns'))
        .map((name) => statSync(join(workspace, 'bars', readdirSync(join(workspace, 'bars'))[0]!, '1h', newest, name)).size);
    };
    let written = 0;
    for (let row = 0; row < 100; row++) {
      await store.write(sliceBars(all, row, row + 1), seen);
      for (const size of await sizes()) written += Math.floor(size / (7 * 8)) - 1;
    }
    expect(written).toBeLessThan(100 * 7);
    expect(await readAll()).toEqual(all);
    // What no version uses any more is gone.
    expect(readdirSync(await folder()).length).toBeLessThan(10);
  });

  test('ignores, and in the end removes, what a stopped process left behind', async () => {
    await store.write(sliceBars(all, 0, 50), seen);
    const folder = (await store.list())[0]!.folder;
    mkdirSync(join(folder, '.new.1.0'));
    writeFileSync(join(folder, '.new.1.0', '1.columns'), 'half');
    mkdirSync(join(folder, '.new.2.0'));
    utimesSync(join(folder, '.new.2.0'), 1, 1);
    await store.write(sliceBars(all, 50, 100), seen);
    expect(await readAll()).toEqual(all);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual(['.new.1.0']);
  });

  test('lets several write at once, and each finds its bars', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, k) => openBarStore(workspace).write(sliceBars(all, 10 * k, 10 * k + 10), seen)));
    expect(await readAll()).toEqual(all);
  });

  test('tells of every damage it holds, and goes on without what is damaged where that is wished', async () => {
    await store.write(all, seen);
    await store.write({ ...sliceBars(all, 5, 6), volume: Float64Array.of(1) }, { seen: SEEN + 1, revise: true });
    await store.write(named(all, 'other'), seen);
    await store.saveFunding('other', { time: Float64Array.of(0), rate: Float64Array.of(0.1) }, seen);
    expect(await store.check()).toEqual([]);
    const guarded = [...filesOf(all.market), ...filesOf('other')].filter(
      (file) => !file.includes(`v1${sep}manifest`) || file.includes('other'),
    );
    for (const file of guarded) {
      const content = readFileSync(file);
      writeFileSync(file, Buffer.concat([content, Buffer.from('x')]));
      const damages = await store.check();
      expect(damages.length, file).toBeGreaterThan(0);
      for (const { message } of damages) expect(message).toContain(file);
      writeFileSync(file, content);
    }
    const manifest = filesOf('other').find((file) => file.includes(`1h${sep}v1${sep}manifest`))!;
    writeFileSync(manifest, 'x');
    expect(await reason(store.list())).toMatchObject({ name: 'DataError', file: manifest });
    const told: string[] = [];
    expect(await store.list(({ file }) => told.push(file!))).toMatchObject([{ market: all.market }]);
    expect(told).toEqual([manifest]);
    // What is sound can be read, and the error about what is not there says so.
    expect((await readAll()).length).toBe(100);
    expect(await reason(store.read('none', HOUR))).toMatchObject({ message: expect.stringContaining('(stored: coinbase:BTC/USD 1h)') });
  });

  test('can be read while it is written', async () => {
    await store.write(sliceBars(all, 0, 1), seen);
    let writing = true;
    const reading = (async () => {
      let last = 0;
      for (; writing; await new Promise(setImmediate)) {
        const bars = await readAll();
        expect(bars.length).toBeGreaterThanOrEqual(last);
        expect(bars).toEqual(sliceBars(all, 0, bars.length));
        last = bars.length;
      }
    })();
    for (let row = 1; row < 100; row++) await store.write(sliceBars(all, row, row + 1), seen);
    writing = false;
    await reading;
  });
});

describe('the history of what was seen', () => {
  const revised = (row: number, close: number): Bars => {
    const bars = sliceBars(all, row, row + 1);
    return {
      ...bars,
      close: Float64Array.of(close),
      high: Float64Array.of(Math.max(close, bars.high[0]!)),
      low: Float64Array.of(Math.min(close, bars.low[0]!)),
    };
  };

  test('keeps a bar that changed as a revision, with the times between which it stood', async () => {
    await store.write(all, { seen: 1000 });
    await store.write(revised(40, 55), { seen: 2000, revise: true });
    await store.write(revised(40, 56), { seen: 3000, revise: true });
    expect(await store.revisions(all.market, HOUR)).toMatchObject([
      { openTime: all.openTime[40], close: all.close[40], volume: all.volume[40], seen: 1000, replaced: 2000 },
      { openTime: all.openTime[40], close: 55, seen: 2000, replaced: 3000 },
    ]);
    expect((await readAll()).close[40]).toBe(56);
  });

  test('gives the bars as they stood at any time', async () => {
    await store.write(sliceBars(all, 0, 60), { seen: 1000 });
    await store.write(revised(40, 55), { seen: 2000, revise: true });
    await store.write(sliceBars(all, 60, 100), { seen: 3000 });
    const asOf = (time: number) => store.read(all.market, HOUR, { asOf: time });
    expect(await reason(asOf(999))).toMatchObject({
      name: 'DataError',
      message: expect.stringContaining('as of 1970-01-01T00:00:00.999Z'),
    });
    expect(await asOf(1000)).toEqual(sliceBars(all, 0, 60));
    expect(await asOf(1999)).toEqual(sliceBars(all, 0, 60));
    const then = await asOf(2000);
    expect([then.length, then.close[40]]).toEqual([60, 55]);
    expect(await asOf(3000)).toEqual(await readAll());
  });

  test('agrees with a plain list of everything that was ever written, whatever the order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(49), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 12 }),
        fc.nat(12),
        async (writes, at) => {
          const folder = mkdtempSync(join(tmpdir(), 'paperwalk-law-'));
          try {
            const own = openBarStore(folder);
            const seenOf = new Map<number, { volume: number; time: number }[]>();
            for (const [time, [from, length, volume]] of writes.entries()) {
              const to = Math.min(50, from + length);
              const bars = { ...sliceBars(all, from, to), volume: new Float64Array(to - from).fill(volume) };
              await own.write(bars, { seen: time, revise: true });
              for (let row = from; row < to; row++) {
                const versions = seenOf.get(row) ?? [];
                if (versions.at(-1)?.volume !== volume) seenOf.set(row, [...versions, { volume, time }]);
              }
            }
            const asOf = Math.min(at, writes.length - 1);
            const expected = [...seenOf]
              .flatMap(([row, versions]) =>
                versions
                  .filter(({ time }) => time <= asOf)
                  .slice(-1)
                  .map(({ volume }) => [all.openTime[row], volume]),
              )
              .sort(([a], [b]) => a! - b!);
            const bars = await own.read(all.market, HOUR, { asOf });
            expect(Array.from(bars.openTime, (time, row) => [time, bars.volume[row]])).toEqual(expected);
            const revisions = await own.revisions(all.market, HOUR);
            expect(revisions.length).toBe([...seenOf.values()].reduce((sum, versions) => sum + versions.length - 1, 0));
          } finally {
            rmSync(folder, { recursive: true });
          }
        },
      ),
      { numRuns: count(40, 500), seed: 11 },
    );
  });

  test('drops bars only when told to, keeps them among the revisions and logs it', async () => {
    await store.write(all, { seen: 1000, covered: { from: START, to: START + 100 * HOUR } });
    const dropped = await store.drop(all.market, HOUR, () => (row) => row % 10 === 3, { at: 5000, kind: 'spike' });
    expect(dropped).toEqual([3, 13, 23, 33, 43, 53, 63, 73, 83, 93].map((row) => all.openTime[row]));
    expect((await readAll()).length).toBe(90);
    expect(await store.read(all.market, HOUR, { asOf: 4999 })).toEqual(all);
    expect(await store.log(all.market, HOUR)).toEqual({
      coverage: [{ from: START, to: START + 100 * HOUR }],
      repairs: [{ at: 5000, kind: 'spike', bars: 10 }],
      revisions: 10,
      bars: 90,
      from: START,
      to: START + 99 * HOUR,
    });
    expect(await store.drop(all.market, HOUR, () => () => false, { at: 6000, kind: 'spike' })).toEqual([]);
    expect((await store.log(all.market, HOUR)).repairs).toHaveLength(1);
    // All of them: the series is empty, its history is not.
    await store.drop(all.market, HOUR, () => () => true, { at: 7000, kind: 'all' });
    expect(await reason(readAll())).toMatchObject({ name: 'DataError' });
    expect(await store.read(all.market, HOUR, { asOf: 4999 })).toEqual(all);
  });

  test('brings a dropped bar back when a person imports it, or its origin says otherwise, but not when a download repeats it', async () => {
    const covered = { from: START, to: START + 100 * HOUR };
    await store.write(all, { seen: 1000, covered });
    await store.drop(all.market, HOUR, () => (row) => row === 95, { at: 2000, kind: 'time' });
    const tail = sliceBars(all, 90, 100);
    expect(await store.write(tail, { seen: 3000, revise: true, covered })).toEqual({ bars: 99, added: 0, replaced: 0 });
    expect((await readAll()).length).toBe(99);
    const other = revised(95, 77);
    expect(await store.write(other, { seen: 4000, revise: true, covered })).toEqual({ bars: 100, added: 1, replaced: 0 });
    expect((await readAll()).close[95]).toBe(77);
    await store.drop(all.market, HOUR, () => (row) => row === 95, { at: 5000, kind: 'time' });
    expect(await store.write(sliceBars(all, 95, 96), { seen: 6000 })).toEqual({ bars: 100, added: 1, replaced: 0 });
    expect(await readAll()).toEqual(all);
  });
});

describe('market information and funding', () => {
  const information = perpetual;

  test('is stored with its dates: a new version where it changed, else the time at which it was confirmed', async () => {
    expect(await store.information(information.market)).toEqual([]);
    await store.saveInformation(information, 100);
    await store.saveInformation(information, 200);
    const changed = { ...information, taker: 0.0004 };
    await store.saveInformation(changed, 300);
    expect(await store.information(information.market)).toEqual([
      { seen: 100, checked: 200, information },
      { seen: 300, checked: 300, information: changed },
    ]);
    const file = filesOf(information.market)[0]!;
    writeFileSync(file, readFileSync(file, 'utf8').replace('0.0002', '0.0003'));
    expect(await reason(store.information(information.market))).toMatchObject({ name: 'DataError', file });
  });

  test('loses nothing where two write it at once', async () => {
    const fees = [0.001, 0.002, 0.003, 0.004];
    await Promise.all(fees.map((taker, k) => openBarStore(workspace).saveInformation({ ...information, taker }, 100 + k)));
    expect((await store.information(information.market)).map(({ information: { taker } }) => taker)).toEqual(fees);
  });

  test('keeps funding rates beside the bars, with what was asked for', async () => {
    expect(await store.funding('m')).toBeUndefined();
    const rates = { time: Float64Array.of(0, 8 * HOUR), rate: Float64Array.of(0.0001, -0.0002) };
    await store.saveFunding('m', rates, { seen: 1, covered: { from: 0, to: 10 * HOUR } });
    expect(await store.funding('m')).toEqual(rates);
    expect(await store.fundingCoverage('m')).toEqual([{ from: 0, to: 10 * HOUR }]);
    expect(await store.list()).toEqual([]);
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
