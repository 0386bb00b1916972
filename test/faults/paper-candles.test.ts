import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type Bars, createBars, firstRowAt, sliceBars } from '../../src/core/bars.ts';
import { isoInstant } from '../../src/core/instant.ts';
import { Reason } from '../../src/core/policy.ts';
import { createRandom } from '../../src/core/random.ts';
import type { Candle } from '../../src/data/exchange/feed.ts';
import { openLedger } from '../../src/live/ledger.ts';
import type { Observation } from '../../src/live/observation.ts';
import { memoryFitStore } from '../../src/models/bundle.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import type { Answer } from '../cli/recorded-host.ts';
import { DAY } from '../data/market.ts';
import { revised } from '../exchange/candles.ts';
import type { Fault, RowChange } from '../exchange/faults.ts';
import { type PaperWorld, paperWorld, type WorldOptions } from '../live/paper-world.ts';
import { ridgeBot } from '../support/bots.ts';
import { count, size } from '../support/counts.ts';
import { HOUR, randomBars } from '../support/markets.ts';
import type { PaperRun } from './paper-run.ts';
import { start } from './process.ts';

const MINUTE = 60_000;
const START = Date.UTC(2020, 0, 1);
const FROM = START + 100 * HOUR;
const SYMBOL = 'BTC/USDT';
const MARKET = `binance:${SYMBOL}`;
/** It trades at every third close or so. */
const BOT = ridgeBot({ strategy: createStrategy({ kind: 'proportional', window: 20 }) });
const FULL = process.env.PAPERWALK_FAULTS === 'full';
const timeout = 600_000;

const worlds: PaperWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
async function open(options: Partial<WorldOptions> & { readonly bars: Bars }): Promise<PaperWorld> {
  const { bars, ...rest } = options;
  const world = await paperWorld({ markets: { [SYMBOL]: bars }, from: FROM, bot: BOT, ...rest });
  worlds.push(world);
  return world;
}

/** Bars of a market that is never silent, and what a session of so many ticks comes to that is told the truth. */
const bars = randomBars({ seed: 21, length: FULL ? 1200 : 220, gaps: 0, silent: 0 });
const references = new Map<number, Promise<string>>();
function reference(ticks: number): Promise<string> {
  const run = async () => {
    const world = await open({ bars, exchange: { forming: 'left out' } });
    await world.run(ticks);
    expect(world.read().trace.events.filter(({ kind }) => kind === 'fill').length).toBeGreaterThan(ticks / 5);
    return world.digest();
  };
  const known = references.get(ticks) ?? run();
  references.set(ticks, known);
  return known;
}

const ofKind = <Kind extends Observation['kind']>(world: PaperWorld, kind: Kind) =>
  world.read().observations.filter((one): one is Extract<Observation, { kind: Kind }> => one.kind === kind);

/** As the session ended, it is replayed bit for bit, with every fit made again; and nothing is in it that an exchange did not say in the end. */
async function expectSound(world: PaperWorld, ticks: number, stated: Bars = bars): Promise<void> {
  const { identical, differences } = await world.replay({}, memoryFitStore());
  expect({ identical, differences }).toEqual({ identical: true, differences: [] });
  const [seen] = world.read().bars;
  const from = firstRowAt(stated, FROM);
  const told = sliceBars(stated, 0, from + ticks);
  for (const column of ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const) {
    expect([...seen![column]], column).toEqual([...told[column]]);
  }
}

describe('the candle that still forms', () => {
  test.each(['included', 'sometimes left out'] as const)(
    'C1: is never used, stored or trained on, at whatever minute of three days a session looks: %s',
    { timeout },
    async (forming) => {
      const minutes = size(1440, 4320);
      const looks = count(48, 4320);
      const random = createRandom(1);
      const world = await open({
        bars,
        exchange: { forming: forming === 'included' ? 'included' : () => (random.uniform() < 0.5 ? 'included' : 'left out') },
      });
      for (let k = 0; k <= looks; k++) {
        const now = FROM + HOUR + Math.round((k * minutes) / looks) * MINUTE;
        const { slices } = await world.tickAt(now);
        for (const { closeTime } of slices) expect(closeTime).toBeLessThanOrEqual(now);
      }
      const closes = minutes / 60 + 1;
      expect(world.digest()).toBe(await reference(closes));
      expect(ofKind(world, 'revision')).toEqual([]);
      await expectSound(world, closes);
    },
  );

  const EVIDENCE = '../shared/reference/forming-candle.json';
  test.skipIf(!existsSync(EVIDENCE))(
    'C1: a day as a real exchange showed it while it formed is not decided on; its final values are (skipped where ../shared is absent)',
    { timeout },
    async () => {
      type Values = Omit<Candle, 'openTime'>;
      const { snapshots } = JSON.parse(readFileSync(EVIDENCE, 'utf8')) as {
        readonly snapshots: readonly { readonly day: string; readonly forming: Values; readonly final: Values }[];
      };
      expect(snapshots).toHaveLength(count(10, 10));
      const { model: _, ...plain } = ridgeBot({ strategy: createStrategy({ kind: 'crossover', fast: 2, slow: 5 }) });
      for (const { day, forming, final } of snapshots) {
        const from = Date.parse(day);
        const days = (values: Values): Bars => {
          const shifted = Float64Array.from({ length: 30 }, (_, row) => from + (row - 29) * DAY);
          return revised(createBars(SYMBOL, DAY, { ...sliceBars(bars, 0, 30), openTime: shifted }), from, values);
        };
        const world = await open({ bars: days(final), bot: plain, from });
        world.exchange.script([{ on: 'candles', failure: { kind: 'body', body: said(days(forming)) } }]);
        for (const moment of [DAY / 3, DAY / 2, DAY - 1]) expect((await world.tickAt(from + moment)).slices, day).toEqual([]);
        world.exchange.script([]);
        const { slices } = await world.tickAt(from + DAY);
        expect(slices, day).toMatchObject([{ closeTime: from + DAY, bars: [{ openTime: from, ...final }] }]);
        expect(ofKind(world, 'revision')).toEqual([]);
        await world.close();
        worlds.pop();
      }
    },
  );

  test('C2: may be left out, and the last closed one with it: the bar is waited for, and decided on as ever', { timeout }, async () => {
    const ticks = count(40, 600);
    const world = await open({
      bars,
      exchange: {
        forming: 'left out',
        faults: [{ on: 'candles', share: { of: 0.4, seed: 7 }, failure: { kind: 'rows', change: { kind: 'missing', last: 1 } } }],
      },
    });
    await world.run(ticks);
    expect(world.exchange.calls().candles).toBeGreaterThan(1.3 * ticks);
    expect(world.digest()).toBe(await reference(ticks));
    await expectSound(world, ticks);
  });
});

/** Candles in the words of Binance. */
function said({ openTime, open: opens, high, low, close, volume }: Bars): string {
  return JSON.stringify(
    Array.from(openTime, (time, row) => [time, ...[opens, high, low, close, volume].map((column) => `${column[row]}`)]),
  );
}

test('C3: one of the last three bars revised at every tick is never decided twice, and told once', { timeout }, async () => {
  const seeds = count(20, 200);
  const world = await open({ bars });
  let now = bars;
  const random = createRandom(3);
  await world.run(1);
  for (let seed = 0; seed < seeds; seed++) {
    const known = firstRowAt(bars, world.closes[seed]!);
    const row = known - 1 - random.below(3);
    const close = bars.low[row]! + (bars.high[row]! - bars.low[row]!) * random.uniform();
    world.exchange.revise(SYMBOL, bars.openTime[row]!, { close });
    now = revised(now, bars.openTime[row]!, { close });
    if (seed % 3 === 2) await world.restart();
    const [report] = await world.run(1);
    expect(report!.slices.map(({ closeTime }) => closeTime)).toEqual([world.closes[seed + 1]]);
    const revisions = ofKind(world, 'revision');
    expect(revisions).toHaveLength(seed + 1);
    expect(revisions.at(-1)).toMatchObject({ market: MARKET, now: { openTime: bars.openTime[row], close } });
  }
  const session = world.read();
  expect(new Set(session.trace.closeTime).size).toBe(seeds + 1);
  // What was decided stays.
  expect(world.digest()).toBe(await reference(seeds + 1));
  await expectSound(world, seeds + 1);
  const [own] = session.bars;
  const today = [{ ...sliceBars(now, 0, own!.length), market: own!.market }];
  const { identical, differences } = await world.replay({ today });
  expect(identical).toBe(false);
  expect(new Set(differences.flatMap(({ causes }) => causes))).toEqual(new Set(['data revised']));
});

test('C4: rows that come twice or in another order change nothing', { timeout }, async () => {
  const seeds = count(20, 500);
  const world = await open({ bars });
  for (let seed = 0; seed < seeds; seed++) {
    const change: RowChange = seed % 2 === 0 ? { kind: 'shuffled', seed } : { kind: 'duplicated', last: 1 + (seed % 4) };
    world.exchange.script([{ on: 'candles', failure: { kind: 'rows', change } }]);
    await world.run(1);
  }
  expect(world.digest()).toBe(await reference(seeds));
  expect(world.read().observations.map(({ kind }) => kind)).not.toContain('refusedBar');
  await expectSound(world, seeds);
});

describe('pages', () => {
  const gappy = randomBars({ seed: 6, length: FULL ? 1900 : 260, gaps: 0.02, silent: 0 });
  const down = size(90, 1500);

  /** A session that sleeps for so many closes and then reads what it has missed. */
  async function slept(exchange: WorldOptions['exchange'] = {}): Promise<{ readonly world: PaperWorld; readonly calls: number }> {
    const world = await open({ bars: gappy, exchange });
    await world.run(5);
    const before = world.exchange.calls().candles;
    await world.tickAt(world.closes[4 + down]! + 5000);
    const calls = world.exchange.calls().candles - before;
    await world.run(20);
    return { world, calls };
  }

  test('C6: of 1, 100, 500 or 1,000 rows, of rows twice, and short ones leave no gap and no bar twice, with bounded questions', {
    timeout,
  }, async () => {
    const { world: whole } = await slept();
    const expected = whole.digest();
    const gaps = Array.from(gappy.openTime.subarray(1)).filter((time, k) => time - gappy.openTime[k]! > HOUR).length;
    const twice: Fault = { on: 'candles', failure: { kind: 'rows', change: { kind: 'duplicated', last: 3 } } };
    const short: Fault = { on: 'candles', share: { of: 0.5, seed: 3 }, failure: { kind: 'rows', change: { kind: 'missing', last: 1 } } };
    const cases = [
      { pageLimit: 1 },
      { pageLimit: 100 },
      { pageLimit: 500 },
      { pageLimit: 1000 },
      { pageLimit: 100, faults: [twice] },
      { pageLimit: 100, faults: [short] },
    ];
    for (const exchange of cases.slice(0, count(6, 6))) {
      const { world, calls } = await slept(exchange);
      expect(world.digest(), JSON.stringify(exchange)).toBe(expected);
      await expectSound(world, 5 + down + 20, gappy);
      // Each page, one more question about each gap, and about what a page has left out.
      expect(calls, JSON.stringify(exchange)).toBeLessThanOrEqual(2 * Math.ceil(down / exchange.pageLimit) + gaps + 5);
    }
  });
});

describe('impossible prices', () => {
  const LOW = 1e-6;
  const VALUES = [Number.NaN, null, '', Number.POSITIVE_INFINITY, 0, -1, 'x', 1e308];
  const FIELDS = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const;

  test('C8: are refused with the reason and not traded on; the bar is decided on once it is stated as it was', { timeout }, async () => {
    const mutations = count(30, 1000);
    const world = await open({ bars, exchange: { forming: 'left out' }, settings: { graceMs: 8000 } });
    const random = createRandom(8);
    let refusals = 0;
    for (const close of world.closes.slice(0, mutations)) {
      const field = FIELDS[random.below(6)]!;
      // A volume of nothing is possible; a high below the low, or a low above the high, is not.
      const value =
        random.uniform() < 0.1 && field === 'high' ? LOW : random.uniform() < 0.1 && field === 'low' ? 1e6 : VALUES[random.below(8)]!;
      const cell = `${field} ${String(value)}`;
      const possible = field === 'volume' && value === 0;
      world.exchange.script([{ on: 'candles', failure: { kind: 'rows', change: { kind: 'mutated', row: -1, field, value } } }]);
      const refused = await world.tickAt(close + 1000);
      if (!possible) {
        expect(refused.slices, cell).toEqual([]);
        expect(
          refused.messages.filter(({ kind }) => kind !== 'alert' && kind !== 'fit'),
          cell,
        ).toEqual([]);
        // Without its time a candle is told once for each reason.
        if (field !== 'openTime') {
          refusals++;
          expect(refused.messages.map(({ text: words }) => words).join(), cell).toMatch(/is refused, .*expected/i);
        }
      } else world.exchange.revise(SYMBOL, close - HOUR, { volume: 0 });
      world.exchange.script([]);
      const decided = await world.tickAt(close + 60_000);
      expect(
        (possible ? refused : decided).slices.map(({ closeTime }) => closeTime),
        cell,
      ).toEqual([close]);
      if (possible) world.exchange.revise(SYMBOL, close - HOUR, { volume: bars.volume[firstRowAt(bars, close - HOUR)]! });
    }
    expect(ofKind(world, 'refusedBar').length).toBeGreaterThan(refusals);
    expect((await world.replay({}, memoryFitStore())).identical).toBe(true);
    expect(world.read().trace.closeTime).toHaveLength(mutations);
  });
});

test('C11: a market that shows the same last candle for three intervals is entered by nobody and told once; the session goes on by itself', async () => {
  const [first, last] = [20, 26];
  const away = (k: number) => FROM + (k + 1) * HOUR;
  const cases = count(1, 2);
  for (const restarts of [true, false].slice(0, cases)) {
    const world = await open({
      bars,
      exchange: {
        forming: 'left out',
        publishDelay: (_, close) => (close >= away(first) && close < away(last) ? away(last) - close : 0),
      },
    });
    await world.run(first);
    for (let k = first; k < last; k++) {
      const { slices, messages } = await world.tickAt(away(k) + 5000);
      expect(slices).toEqual([]);
      const told = messages.map(({ kind, text }) => `${kind}: ${text}`);
      // The first tick waits until the grace period is over; the third bar in a row is then missing at the third.
      const expected = k === first + 2 ? [`alert: ${MARKET}: no bar has come since the one of ${isoInstant(away(first - 2))}`] : [];
      expect(told).toEqual(expected);
      if (restarts) await world.restart();
    }
    const [back] = await world.run(1);
    expect(back!.slices).toHaveLength(last - first + 1);
    // What could not be decided in time enters nothing.
    const late = new Set(ofKind(world, 'late').map(({ slice }) => slice));
    expect(late.size).toBe(last - first);
    const { trace } = world.read();
    const entered = trace.market[0]!.reason.filter(
      (reason, k) => late.has(trace.closeTime[k]!) && (reason === Reason.enterLong || reason === Reason.enterShort),
    );
    expect([...entered]).toEqual([]);
    const ledger = openLedger(world.ledgerFile, 'read');
    expect(ledger.pending(['channel']).filter(({ message }) => message.id.startsWith('stale:')).length).toBe(restarts ? 0 : 1);
    ledger.close();
    await world.run(40);
    expect(ofKind(world, 'stale')).toHaveLength(1);
    expect(world.read().trace.events.some(({ kind, time }) => kind === 'fill' && time > away(last + 1))).toBe(true);
    await expectSound(world, last + 41);
    expect(new Set((await world.replay({ unobserved: true })).differences.flatMap(({ causes }) => causes))).toEqual(
      new Set(['observations left out']),
    );
  }
});

describe('time zones', () => {
  const folder = mkdtempSync(join(tmpdir(), 'paperwalk-paper-zones-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const H4 = 4 * HOUR;

  test('C12: a session, its status and its replay are the same whatever the zone of the machine', { timeout }, async () => {
    const zones = ['Pacific/Apia', 'UTC', 'America/New_York', 'Asia/Kolkata'].slice(0, count(2, 4));
    // Over the nights on which New York changes its clocks, and with closes that are midnights in no zone.
    const market = randomBars({ seed: 12, length: 640, gaps: 0, silent: 0 });
    const begin = Date.UTC(2024, 2, 8) + 1000;
    const first = begin - 1000 - 560 * H4;
    const csv = join(folder, 'bars.csv');
    writeFileSync(
      csv,
      `time,open,high,low,close,volume\n${Array.from(market.openTime, (_, row) => [isoInstant(first + row * H4), market.open[row], market.high[row], market.low[row], market.close[row], market.volume[row]].join()).join('\n')}\n`,
    );
    const bot = join(folder, 'bot.yaml');
    writeFileSync(
      bot,
      `name: paper\nmarkets: [${MARKET}]\ninterval: 4h\ncosts: { taker: 0.1% }\nstrategy: { kind: crossover, fast: 2, slow: 5 }\n`,
    );
    const end = begin + size(10, 60) * H4;
    const lines = [
      ['replay', bot, '--json'],
      ['replay', bot],
      ['explain', bot, isoInstant(end - H4)],
    ];
    const told: (readonly Answer[])[] = [];
    for (const zone of zones) {
      const workspace = join(folder, zone.replace('/', '-'));
      mkdirSync(workspace);
      const run = JSON.stringify({ workspace, begin, end, bars: csv, bot } satisfies PaperRun);
      const child = start('test/faults/paper-zone.ts', [run, JSON.stringify(lines)], { environment: { TZ: zone } });
      const { zone: set, answers } = JSON.parse(await text(child.stdout!)) as {
        readonly zone: string;
        readonly answers: readonly Answer[];
      };
      expect(set.replace('Calcutta', 'Kolkata')).toBe(zone);
      expect(answers.map(({ code }) => code)).toEqual([130, 0, 0, 0]);
      expect(JSON.parse(answers[1]!.stdout).decisions).toBeGreaterThanOrEqual(size(9, 59));
      told.push(answers);
    }
    for (const [k, other] of told.entries()) expect(other, zones[k]!).toEqual(told[0]);
  });
});
