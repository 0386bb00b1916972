import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, describe, expect, test } from 'vitest';
import { type Bars, firstRowAt, sliceBars } from '../../src/core/bars.ts';
import { createRandom } from '../../src/core/random.ts';
import { readCsv } from '../../src/data/csv.ts';
import { openLedger } from '../../src/live/ledger.ts';
import { type Replay, type ReplayOptions, replay } from '../../src/live/replay.ts';
import type { Session } from '../../src/live/session.ts';
import { memoryFitStore } from '../../src/models/bundle.ts';
import { createModel } from '../../src/models/model.ts';
import { createSchedule } from '../../src/models/schedule.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import type { Bot } from '../../src/walk/bot.ts';
import { type PaperWorld, paperWorld } from '../live/paper-world.ts';
import { backtestOf, ridgeBot, surroundings } from '../support/bots.ts';
import { count, size } from '../support/counts.ts';
import { HOUR } from '../support/markets.ts';

const FILE = '../shared/data/BTC-USD-4h-coinbase.csv';
const H4 = 4 * HOUR;
const SECOND = 1000;

/** Four-hour bars of a real market, and a network that is trained again every 90 of them. */
const gru: Bot = {
  ...ridgeBot(),
  name: 'gru',
  periodsPerYear: 2191.5,
  strategy: createStrategy({ kind: 'threshold', enter: 0.0005, exit: -0.0005 }),
  model: createModel({ kind: 'gru', units: [12], lookback: 16, train: { window: 400, epochs: 4 } }),
  schedule: createSchedule({ retrain: 90, delay: 1, maxAge: 200 }),
};

const fits = memoryFitStore();
const folder = mkdtempSync(join(tmpdir(), 'paperwalk-parity-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!existsSync(FILE))('paper and backtest (skipped where ../shared/data is absent)', async () => {
  const btc: Bars = existsSync(FILE) ? (await readCsv(FILE, { market: 'BTC', intervalMs: H4 })).bars : ({} as Bars);
  const start = 12_000;
  const from = btc.openTime?.[start] ?? 0;
  const options = { markets: { 'BTC/USDT': btc }, from, bot: gru, fits, history: 1000 };
  const bars = size(120, 1000);

  /** Ticks with restarts, bars that are published late, ticks that come late, and closes at which nobody looked. */
  async function disturbed(): Promise<PaperWorld> {
    const random = createRandom(55);
    const delays = new Map<number, number>();
    const world = await paperWorld({
      ...options,
      exchange: { publishDelay: (_symbol, closeTime) => delays.get(closeTime) ?? 0 },
    });
    const closes = world.closes.slice(0, bars);
    for (const close of closes) if (random.uniform() < 0.1) delays.set(close, random.below(60) * SECOND);
    for (const [k, close] of closes.entries()) {
      if (random.uniform() < 0.04) await world.restart();
      const last = k + 1 === closes.length;
      if (!last && random.uniform() < 0.08) continue;
      await world.tickAt(close + (random.uniform() < 0.08 ? 400 : 5) * SECOND);
    }
    return world;
  }

  const kinds = ({ observations }: Session) => {
    const seen: Record<string, number> = {};
    for (const { kind } of observations) seen[kind] = (seen[kind] ?? 0) + 1;
    return seen;
  };

  test('F5: a disturbed session of a retrained network, replayed with every fit trained again, is identical bit for bit', async () => {
    const world = await disturbed();
    try {
      const session = world.read();
      count(bars, bars);
      expect(session.trace.closeTime).toHaveLength(bars);
      expect(kinds(session).late).toBeGreaterThan(2);
      expect(kinds(session).opened).toBeGreaterThan(2);
      const refitted = await world.replay({}, memoryFitStore());
      expect(refitted.differences).toEqual([]);
      expect(refitted.identical).toBe(true);
      expect(refitted.fits).toBeGreaterThanOrEqual(Math.floor(bars / 90));
      // What lateness cost shows once it is left out.
      const unobserved = await world.replay({ unobserved: true });
      expect(unobserved.identical).toBe(false);
      expect(new Set(unobserved.differences.flatMap(({ causes }) => causes))).toEqual(new Set(['observations left out']));
    } finally {
      await world.close();
    }
  });

  describe('undisturbed', async () => {
    let world: PaperWorld;
    const file = join(folder, 'undisturbed.sqlite');
    const shorter = size(100, 1000);

    test('F5: a session has the digest of a backtest over the same bars', async () => {
      world = await paperWorld(options);
      try {
        await world.run(shorter);
        count(shorter, shorter);
        const session = world.read();
        // The first fit is made before the first decision; later ones beside the ticks, which here always have the time.
        expect(kinds(session).late ?? 0).toBe(0);
        const [seen] = session.bars;
        const exported = sliceBars(seen!, 0, seen!.length);
        const { report, trace } = await backtestOf({ ...gru, period: { from }, evaluate: 'all' }, [exported], { fits });
        expect(trace.closeTime).toHaveLength(shorter);
        expect(report.digest).toBe(world.digest());
        openLedger(world.ledgerFile, 'write').close();
        copyFileSync(world.ledgerFile, file);
      } finally {
        await world.close();
      }
    });

    /** The replay of the session after something in its file was changed. */
    async function changed(change: (database: InstanceType<typeof Database>) => void): Promise<Replay> {
      const copy = join(folder, 'changed.sqlite');
      copyFileSync(file, copy);
      const database = new Database(copy);
      change(database);
      database.close();
      return replayed(copy);
    }

    async function replayed(path: string, more: Partial<ReplayOptions> = {}): Promise<Replay> {
      const ledger = openLedger(path, 'read');
      const session = ledger.read();
      ledger.close();
      return replay(session, surroundings({ fits }), { recorded: { bot: gru, missed: 'skip' }, ...more });
    }

    type Json = Record<string, unknown>;
    /** Rewrites the first row of a table of JSON that a test accepts. */
    function rewrite(
      database: InstanceType<typeof Database>,
      table: 'event' | 'observation',
      which: (row: Json) => boolean,
      to: (row: Json) => Json,
    ) {
      const rows = database.prepare(`SELECT number, json FROM ${table} ORDER BY number`).raw().all() as [number, string][];
      const found = rows.find(([, json]) => which(JSON.parse(json) as Json));
      expect(found).toBeDefined();
      database.prepare(`UPDATE ${table} SET json = ? WHERE number = ?`).run(JSON.stringify(to(JSON.parse(found![1]) as Json)), found![0]);
    }

    test('F5: one unit in the last place of a stored fill, a fee or a decision, or one observation, is found', async () => {
      expect((await replayed(file)).identical).toBe(true);
      const isFill = ({ kind }: Json) => kind === 'fill';
      const cases: readonly (readonly [string, (database: InstanceType<typeof Database>) => void])[] = [
        ['fill.price', (database) => rewrite(database, 'event', isFill, (fill) => ({ ...fill, price: nextUp(fill.price as number) }))],
        ['fill.fee', (database) => rewrite(database, 'event', isFill, (fill) => ({ ...fill, fee: nextUp(fill.fee as number) }))],
        ['equity', (database) => bump(database, 'slice', 'equity')],
        ['decision.exposure', (database) => bump(database, 'decision', 'exposure', 'exposure > 0')],
        ['decision.forecast', (database) => bump(database, 'decision', 'forecast')],
        [
          'seal',
          (database) =>
            rewrite(
              database,
              'observation',
              ({ kind }) => kind === 'quote',
              (quote) => ({ ...quote, bid: nextUp(quote.bid as number) }),
            ),
        ],
      ];
      for (const [what, change] of cases) {
        const { identical, differences } = await changed(change);
        expect(identical, what).toBe(false);
        expect(
          differences.map((difference) => difference.what),
          what,
        ).toContain(what);
        expect(new Set(differences.flatMap(({ causes }) => causes)), what).toEqual(new Set(['ledger changed']));
      }
      // Such a session does not go on either.
      const copy = join(folder, 'changed.sqlite');
      const ledger = openLedger(copy, 'write');
      expect(() => ledger.read()).toThrow(/changed\.sqlite/);
      ledger.close();
    });

    test('F5: a revised bar, a changed value and weights that come out otherwise each have their cause', async () => {
      const ledger = openLedger(file, 'read');
      const session = ledger.read();
      ledger.close();
      const [recordedBars] = session.bars;
      const row = firstRowAt(recordedBars!, from) + 40;
      const close = recordedBars!.close.slice();
      close[row] = Math.min(close[row]! * 1.01, recordedBars!.high[row]!);
      const today = [{ ...recordedBars!, close }];
      const revised = await replayed(file, { today });
      expect(revised.differences.length).toBeGreaterThan(0);
      expect(new Set(revised.differences.flatMap(({ causes }) => causes))).toEqual(new Set(['data revised']));
      expect(Math.min(...revised.differences.map(({ time }) => time))).toBe(recordedBars!.openTime[row]! + H4);

      const present = {
        bot: { ...gru, strategy: createStrategy({ kind: 'threshold', enter: 0.002, exit: -0.0005 }) },
        missed: 'skip' as const,
      };
      const other = await replayed(file, { present });
      expect(new Set(other.differences.flatMap(({ causes }) => causes))).toEqual(new Set(['config changed']));

      const both = await replayed(file, { present, today });
      const causes = new Set(both.differences.flatMap((difference) => difference.causes));
      expect(causes).toEqual(new Set(['config changed', 'data revised']));

      // Another seed stands for code that trains otherwise: the same places, other weights.
      const reseeded = await replay(session, surroundings({ fits }), { recorded: { bot: { ...gru, seed: 4 }, missed: 'skip' } });
      expect(reseeded.differences.some(({ what }) => what === 'fit.weights')).toBe(true);
      expect(new Set(reseeded.differences.flatMap((difference) => difference.causes))).toEqual(new Set(['fit changed']));
    });

    test('F5: code that decides otherwise is told from all of these', async () => {
      const ledger = openLedger(file, 'read');
      const session = ledger.read();
      ledger.close();
      const { policy } = gru.strategy;
      const hasty = {
        ...policy,
        decide: (...[view, memory, at]: Parameters<typeof policy.decide>) => policy.decide(view, memory, at) * 0.999,
      };
      const recorded = { bot: { ...gru, strategy: { ...gru.strategy, policy: hasty } }, missed: 'skip' as const };
      const { differences } = await replay(session, surroundings({ fits }), { recorded });
      expect(new Set(differences.flatMap(({ causes }) => causes))).toEqual(new Set(['code changed']));
    });
  });
});

/** Changes the first number of a column by one unit in the last place. */
function bump(database: InstanceType<typeof Database>, table: string, column: string, where = `${column} IS NOT NULL`): void {
  const [value, key] = database.prepare(`SELECT ${column}, close_time FROM ${table} WHERE ${where} LIMIT 1`).raw().get() as [
    number,
    number,
  ];
  const { changes } = database.prepare(`UPDATE ${table} SET ${column} = ? WHERE close_time = ?`).run(nextUp(value), key);
  expect(changes).toBe(1);
}

/** The next number away from zero. */
function nextUp(value: number): number {
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0]! += 1n;
  return new Float64Array(bits.buffer)[0]!;
}
