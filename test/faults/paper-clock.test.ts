import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { cronSchedule } from '../../src/live/schedule.ts';
import type { Session } from '../../src/live/session.ts';
import { SessionError } from '../../src/live/session-error.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import type { Bot } from '../../src/walk/bot.ts';
import { type PaperWorld, paperWorld, type WorldOptions } from '../live/paper-world.ts';
import { ridgeBot } from '../support/bots.ts';
import { count, size } from '../support/counts.ts';
import { HOUR, randomBars } from '../support/markets.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const AFTER = 5 * SECOND;

/** Trades often, and by nothing that takes time to train. */
const { model: _, ...withoutModel } = ridgeBot();
const rules: Bot = {
  ...withoutModel,
  name: 'rules',
  strategy: createStrategy({ kind: 'crossover', fast: 2, slow: 5, entry: 'level' }),
};

const HISTORY = 100;
/** Options of a session on `length` bars without gaps. */
function market(length: number, intervalMs = 4 * HOUR, bot: Bot = rules) {
  const hourly = randomBars({ seed: 4, length: HISTORY + length, gaps: 0 });
  const openTime = hourly.openTime.map((_, row) => Date.UTC(2020, 0, 1) + row * intervalMs);
  return { markets: { 'ONE/USDT': { ...hourly, openTime, intervalMs } }, from: openTime[HISTORY]!, bot } satisfies WorldOptions;
}

async function using<T>(options: WorldOptions, work: (world: PaperWorld) => Promise<T>): Promise<T> {
  const world = await paperWorld(options);
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

/** The digest of a session whose ticks come `after` each of the closes, with nothing wrong. */
const undisturbed = (options: WorldOptions, length: number, after = AFTER) =>
  using(options, async ({ run, digest }) => {
    await run(length, after);
    return digest();
  });

const lateOf = ({ observations }: Session) => observations.flatMap((one) => (one.kind === 'late' ? [one.slice] : []));

describe('a clock that is wrong', () => {
  const drifts = [2 * SECOND, 10 * SECOND, 2 * MINUTE, HOUR].flatMap((size) => [size, -size]);
  const cases = [4 * HOUR, HOUR].flatMap((intervalMs) => drifts.map((drift) => [intervalMs, drift] as const));

  test('D1: closes no bar before the exchange does, is told beyond 2 s, and refused beyond half an interval', async () => {
    const closings = size(3, 100);
    const digests = new Map<number, string>();
    for (const [intervalMs, drift] of cases.slice(0, count(cases.length, cases.length))) {
      const options = market(closings, intervalMs);
      const reference = digests.get(intervalMs) ?? (await undisturbed(options, closings));
      digests.set(intervalMs, reference);
      const words: string[] = [];
      let off = drift;
      await using({ ...options, drift: () => off, onProblem: (text) => words.push(text) }, async (world) => {
        const when = `${drift} ms at ${intervalMs} ms`;
        const refused = Math.abs(drift) > intervalMs / 2;
        if (refused) {
          const attempt = world.tickAt(world.closes[0]! + SECOND);
          await expect(attempt, when).rejects.toThrow(SessionError);
          await expect(attempt).rejects.toThrow(
            `Expected the local clock within half an interval (30 min) of the exchange's, received 1 h ${drift > 0 ? 'ahead' : 'behind'}; set the clock of this machine`,
          );
          expect(world.read().trace.closeTime, when).toHaveLength(0);
          off = 0;
        }
        for (const close of world.closes) {
          const early = Math.min(close - SECOND, close + AFTER - off);
          const decided: number[] = [];
          // A clock that is ahead wakes a tick before the close, which then waits for it.
          for (const at of [early, close + AFTER].filter((one) => one >= world.time.now())) {
            const { slices, driftMs, now } = await world.tickAt(at);
            expect(driftMs).toBe(off);
            for (const { closeTime } of slices) expect(now, when).toBeGreaterThanOrEqual(closeTime);
            decided.push(...slices.map(({ closeTime }) => closeTime));
            if (at === early) expect(decided, when).toHaveLength(off >= SECOND ? 1 : 0);
          }
          expect(decided, when).toEqual([close]);
        }
        expect(world.digest(), when).toBe(reference);
        const told = !refused && Math.abs(drift) > 2 * SECOND;
        expect(words, when).toHaveLength(told ? 1 : 0);
        if (told) expect(words[0]).toMatch(drift > 0 ? /ahead of the exchange's/ : /behind the exchange's/);
        const noted = world.read().observations.flatMap((one) => (one.kind === 'clock' ? [one.driftMs] : []));
        expect(noted, when).toEqual(told ? [drift] : []);
      });
    }
  });

  test('D2: that steps back, ahead, or over a sleep of the machine decides each bar once, and lists those that were missed', async () => {
    const steps = count(8, 50);
    const random = createRandom(2);
    const length = 6 * steps;
    const options = market(length);
    const at = new Set([...random.permutation(length - 10)].slice(0, steps).map((k) => k + 5));
    let ahead = 0;
    /** How often the clock is read before it steps. */
    let readings = Number.POSITIVE_INFINITY;
    let step = 0;
    const drift = () => {
      if (readings-- <= 0) ahead = step;
      return ahead;
    };
    const asleep = new Set<number>();
    let refusals = 0;
    await using({ ...options, drift }, async (world) => {
      const { closes } = world;
      for (let k = 0, sleeps = 0; k < length; k++) {
        if (sleeps > 0) {
          sleeps--;
          asleep.add(closes[k]!);
          continue;
        }
        if (at.has(k)) {
          step = [-HOUR, HOUR, 6 * HOUR][random.below(3)]!;
          readings = random.below(4);
          await world.tickAt(closes[k]! + AFTER).catch((error: unknown) => {
            expect(error).toBeInstanceOf(SessionError);
            refusals++;
          });
          // Somebody sets it right, and the next tick looks again.
          readings = Number.POSITIVE_INFINITY;
          ahead = 0;
          if (random.uniform() < 0.3) sleeps = Math.min(1 + random.below(3), length - k - 2);
        }
        await world.tickAt(closes[k]! + MINUTE);
      }
      const session = world.read();
      expect([...session.trace.closeTime]).toEqual(closes);
      expect(lateOf(session)).toEqual([...asleep]);
      expect(asleep.size).toBeGreaterThan(0);
      expect(refusals).toBeGreaterThan(0);
      expect((await world.replay()).differences).toEqual([]);
      const slept = await using(options, async (other) => {
        for (const close of closes) if (!asleep.has(close)) await other.tickAt(close + AFTER);
        return other.digest();
      });
      expect(world.digest()).toBe(slept);
    });
  });
});

describe('ticks that overlap', () => {
  test('D3: never run two at once: while one is at work, those that were due are skipped, and said to be', async () => {
    const ticks = count(1, 50);
    const lasts = size(1500, 3000);
    let active = 0;
    const scheduled: number[] = [];
    const skipped: string[] = [];
    let finished = () => {};
    const enough = new Promise<void>((resolve) => {
      finished = resolve;
    });
    const { stop } = await cronSchedule(Date.now).start(
      '* * * * * *',
      async (at) => {
        expect(++active).toBe(1);
        scheduled.push(at);
        await sleep(lasts);
        active--;
        if (scheduled.length === ticks) finished();
      },
      (skip) => skipped.push(skip),
    );
    await enough;
    await stop();
    expect(active).toBe(0);
    expect(new Set(scheduled).size).toBe(scheduled.length);
    expect(scheduled).toEqual([...scheduled].sort((a, b) => a - b));
    expect(scheduled.every((at) => at % SECOND === 0)).toBe(true);
    expect(skipped).toContain('overlap');
    const before = scheduled.length;
    await sleep(1050);
    expect(scheduled).toHaveLength(before);
  });

  test('D3: a tick that lasts three intervals, and two at one instant, leave what ticks in time leave', async () => {
    const slow = count(5, 50);
    const length = 6 * slow;
    const options = market(length);
    const settings = { missed: 'replay' as const };
    const reference = await undisturbed({ ...options, settings }, length);
    let lasting = 0;
    const crashPoint = (name: string) => {
      if (name !== 'collected' || lasting === 0) return;
      world!.time.moveTo(world!.time.now() + lasting);
      lasting = 0;
    };
    let world: PaperWorld | undefined;
    await using({ ...options, settings, crashPoint }, async (opened) => {
      world = opened;
      const { closes, tickAt, time } = opened;
      let done = 0;
      for (const [k, close] of closes.entries()) {
        // What was due while a tick was at work is skipped.
        if (close + AFTER < time.now()) continue;
        if (k % 6 === 0) {
          lasting = 3 * 4 * HOUR;
          done++;
        }
        await tickAt(close + AFTER);
        if (k % 6 === 5) expect((await tickAt(close + AFTER)).slices).toEqual([]);
      }
      expect(done).toBe(slow);
      const session = opened.read();
      expect([...session.trace.closeTime]).toEqual(closes);
      expect(lateOf(session).length).toBeGreaterThan(slow);
      expect(opened.digest()).toBe(reference);
      expect((await opened.replay()).differences).toEqual([]);
    });
  });
});

describe('bars and ticks that are late', () => {
  test('D5: a bar that is published within the grace period is waited for, and decided once, as if it had been there', async () => {
    const length = count(40, 200);
    const random = createRandom(5);
    const options = withTwo(market(length, 4 * HOUR, ridgeBot()));
    const reference = await undisturbed(options, length);
    const delays = new Map<string, number>();
    const publishDelay = (symbol: string, close: number) => delays.get(`${symbol} ${close}`) ?? 0;
    await using({ ...options, exchange: { publishDelay } }, async ({ closes, tickAt, read, digest, replay }) => {
      let waited = 0;
      for (const close of closes) {
        const own = ['ONE/USDT', 'TWO/USDT'].map((symbol) => {
          const delay = random.below(20 * SECOND + 1);
          delays.set(`${symbol} ${close}`, delay);
          return delay;
        });
        const { slices, now } = await tickAt(close + AFTER);
        expect(slices.map(({ closeTime }) => closeTime)).toEqual([close]);
        expect(now - close).toBeGreaterThanOrEqual(Math.max(...own));
        expect(now - close).toBeLessThanOrEqual(30 * SECOND);
        if (now > close + AFTER) waited++;
      }
      expect(waited).toBeGreaterThan(length / 2);
      expect(lateOf(read())).toEqual([]);
      expect(digest()).toBe(reference);
      expect((await replay()).differences).toEqual([]);
    });
  });

  test('D5: a bar that is published after it is said to have come too late, and left out for good', async () => {
    const length = count(20, 200);
    const random = createRandom(6);
    const options = withTwo(market(length));
    const tardy = new Set<number>();
    const publishDelay = (symbol: string, close: number) => (symbol === 'TWO/USDT' && tardy.has(close) ? 40 * SECOND : 0);
    await using({ ...options, exchange: { publishDelay } }, async ({ closes, tickAt, read, replay }) => {
      for (const close of closes.slice(0, -1)) if (random.uniform() < 0.3) tardy.add(close);
      const told: string[] = [];
      for (const close of closes) {
        const { slices, messages } = await tickAt(close + AFTER);
        expect(slices.map(({ closeTime }) => closeTime)).toEqual([close]);
        told.push(...messages.flatMap(({ id }) => (id.startsWith('absent:') ? [id] : [])));
      }
      const session = read();
      const absentOnes = session.observations.flatMap((one) => (one.kind === 'absent' ? [one.slice] : []));
      expect(absentOnes).toEqual([...tardy]);
      expect(tardy.size).toBeGreaterThan(2);
      expect(new Set(told).size).toBe(tardy.size);
      expect(told).toHaveLength(tardy.size);
      expect((await replay()).differences).toEqual([]);
    });
  });

  test('D6: after a late start entries are made within the age that is allowed, and exits always', async () => {
    const starts = [10 * SECOND, 5 * MINUTE, 59 * MINUTE].slice(0, count(3, 3));
    const length = size(30, 300);
    const options = market(length);
    const reference = await undisturbed(options, length);
    for (const start of starts) {
      await using(options, async (world) => {
        const { closes } = world;
        // Every other close has the process started again, late.
        for (const [k, close] of closes.entries()) {
          if (k % 2 === 1) await world.restart();
          await world.tickAt(close + (k % 2 === 1 ? start : AFTER));
        }
        const session = world.read();
        const missed = start > 5 * MINUTE ? closes.filter((_, k) => k % 2 === 1) : [];
        expect(lateOf(session)).toEqual(missed);
        expect((await world.replay()).differences).toEqual([]);
        if (missed.length === 0) expect(world.digest()).toBe(reference);
        else {
          const sides = session.trace.events.flatMap((event) =>
            event.kind === 'order' && missed.includes(event.order.decidedAt) ? [event.order.side] : [],
          );
          expect(new Set(sides)).toEqual(new Set(['sell']));
          expect(world.digest()).not.toBe(reference);
        }
      });
    }
  });
});

/** Another market besides, with bars at the same times. */
function withTwo(options: ReturnType<typeof market>): WorldOptions {
  const one = options.markets['ONE/USDT'];
  const { openTime, intervalMs, length } = one;
  return { ...options, markets: { 'ONE/USDT': one, 'TWO/USDT': { ...randomBars({ seed: 9, length, gaps: 0 }), openTime, intervalMs } } };
}
