import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/trace.ts';
import type { Session } from '../../src/live/session.ts';
import { memoryFitStore } from '../../src/models/bundle.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import type { Bot } from '../../src/walk/bot.ts';
import { type PaperWorld, paperWorld } from '../live/paper-world.ts';
import { ridgeBot } from '../support/bots.ts';
import { count, size } from '../support/counts.ts';
import { RULES } from '../support/runs.ts';
import { AFTER, absent, HISTORY, realBars } from './paper-scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-away-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { model: _, ...withoutModel } = ridgeBot();
/** Enters with orders that wait 1 % below the close; asks for them again at every close, or once. */
const patient = (entry: 'level' | 'cross'): Bot => ({
  ...withoutModel,
  name: 'patient',
  rules: { ...RULES, entry: { kind: 'limit', offset: 0.01 } },
  strategy: createStrategy({ kind: 'crossover', fast: 2, slow: 5, entry }),
});

const lateOf = ({ observations }: Session) => observations.flatMap((one) => (one.kind === 'late' ? [one.slice] : []));
const fitsOf = ({ observations }: Session, until: number) =>
  observations.flatMap((one) => (one.kind === 'fit' && one.slice <= until ? [[one.slot, one.key, one.weights]] : []));

async function using<T>(world: PaperWorld, work: (world: PaperWorld) => Promise<T>): Promise<T> {
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

describe.skipIf(absent)('a session that was away (skipped where ../shared/data is absent)', () => {
  test('C5: of 1 to 5,000 bars forecasts as one that never was, enters nothing at closes that it missed, leaves at them, and replays', async () => {
    const pauses = [1, 5, 50, 600, 5000].slice(0, count(3, 5));
    const after = 30;
    const length = 60 + Math.max(...pauses) + after;
    const bars = await realBars(length);
    // Fits that two of them share are made once.
    const options = { markets: { 'BTC/USDT': bars }, from: bars.openTime[HISTORY]!, bot: ridgeBot(), fits: memoryFitStore() };
    const whole = await using(await paperWorld(options), async (world) => {
      await world.run(length);
      return world.read();
    });
    // It goes while it holds something.
    const before = 1 + whole.trace.market[0]!.exposure.findIndex((exposure, k) => k >= 20 && exposure > 0);
    expect(before).toBeLessThan(60);
    let exits = 0;
    for (const pause of pauses) {
      await using(await paperWorld(options), async (world) => {
        const { closes } = world;
        await world.run(before);
        // It comes back in time for the close after those that it missed.
        await world.tickAt(closes[before + pause]! + AFTER);
        await world.run(after - 1);
        const session = world.read();
        const decided = before + pause + after;
        const missed = closes.slice(before, before + pause);
        expect([...session.trace.closeTime], `${pause}`).toEqual(closes.slice(0, decided));
        expect(lateOf(session)).toEqual(missed);
        expect(session.forecasts[0]).toEqual(whole.forecasts[0]!.slice(0, decided));
        expect(session.trace.market[0]!.signal).toEqual(whole.trace.market[0]!.signal.slice(0, decided));
        const last = closes[decided - 1]!;
        expect(fitsOf(session, last)).toEqual(fitsOf(whole, last));
        const orders = (of: Session) => of.trace.events.flatMap((event) => (event.kind === 'order' ? [event.order] : []));
        const atMissed = orders(session).filter(({ decidedAt }) => decidedAt >= missed[0]! && decidedAt <= missed.at(-1)!);
        expect(atMissed.filter(({ side }) => side === 'buy')).toEqual([]);
        const [leaves] = atMissed;
        if (leaves) exits++;
        // The first exit is that of the session that was there.
        if (leaves) expect(orders(whole).find(({ side, decidedAt }) => side === 'sell' && decidedAt >= missed[0]!)).toEqual(leaves);
        else expect(session.trace.market[0]!.exposure[before + pause - 1]).toBeGreaterThan(0);
        expect((await world.replay({}, pause > 1000 ? options.fits : memoryFitStore())).differences).toEqual([]);
      });
    }
    expect(exits).toBeGreaterThan(0);
  });

  test('B9: with an order in the book has it filled while it was away as if it had been there', async () => {
    const cases = count(6, 60);
    const bars = await realBars(size(150, 1500));
    let filled = 0;
    for (const entry of ['level', 'cross'] as const) {
      const options = { markets: { 'BTC/USDT': bars }, from: bars.openTime[HISTORY]!, bot: patient(entry) };
      let done = 0;
      await using(await paperWorld(options), async (main) => {
        for (const [k, close] of main.closes.slice(0, -20).entries()) {
          if (done === cases / 2) break;
          await main.tickAt(close + AFTER);
          const waiting = main.read().state!.open.find(({ kind }) => kind === 'limit');
          // Each order is followed from its beginning.
          if (waiting?.decidedAt !== close) continue;
          done++;
          const away = main.closes.slice(k + 1, k + 2 + (done % 12));
          const back = main.closes[k + 1 + away.length]!;
          await main.restart();
          /** What becomes of the order in a copy of the session that ticks at some of the closes until it is back. */
          const fate = async (name: string, ticks: readonly number[]) => {
            const ledgerFile = join(folder, `${entry}-${done}-${name}.sqlite`);
            copyFileSync(main.ledgerFile, ledgerFile);
            return using(await paperWorld({ ...options, ledgerFile }), async (world) => {
              for (const tick of [...ticks, back]) await world.tickAt(tick + AFTER);
              const session = world.read();
              expect(lateOf(session)).toEqual(away.slice(ticks.length));
              expect((await world.replay()).differences, `${entry} ${done}, ${name}`).toEqual([]);
              return session.trace.events.filter((event) => idOf(event) === waiting.id);
            });
          };
          const there = await fate('there', away);
          const gone = await fate('gone', []);
          expect(gone, `${entry} ${done}`).toEqual(there);
          if (gone.some((event) => event.kind === 'fill' && event.time < back)) filled++;
        }
      });
      expect(done).toBe(cases / 2);
    }
    expect(filled).toBeGreaterThanOrEqual(cases / 4);
  });
});

function idOf(event: Event): string | undefined {
  if (event.kind === 'order') return event.order.id;
  return event.kind === 'fill' || event.kind === 'rejection' ? event.id : undefined;
}
