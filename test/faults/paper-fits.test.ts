import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Bars } from '../../src/core/bars.ts';
import { Reason, reasonName } from '../../src/core/policy.ts';
import { createRandom } from '../../src/core/random.ts';
import { replay } from '../../src/live/replay.ts';
import { learners } from '../../src/models/baselines/learners.ts';
import { directoryFitStore, memoryFitStore } from '../../src/models/bundle.ts';
import { loadTrainer } from '../../src/models/engines/load.ts';
import { contentHash } from '../../src/models/key.ts';
import { createSchedule } from '../../src/models/schedule.ts';
import type { Samples, Trained, Trainer } from '../../src/models/trainer.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import { type PaperWorld, paperWorld, type WorldOptions } from '../live/paper-world.ts';
import { ridgeBot } from '../support/bots.ts';
import { count } from '../support/counts.ts';
import { HOUR, randomBars } from '../support/markets.ts';
import { RULES } from '../support/runs.ts';

const FROM = Date.UTC(2020, 0, 1) + 100 * HOUR;
const SYMBOL = 'BTC/USDT';
const timeout = 600_000;
const bars: Bars = randomBars({ seed: 41, length: 260, gaps: 0, silent: 0 });
const proportional = createStrategy({ kind: 'proportional', window: 20 });

const worlds: PaperWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
async function open(options: Partial<WorldOptions>): Promise<PaperWorld> {
  const world = await paperWorld({ markets: { [SYMBOL]: bars }, from: FROM, bot: ridgeBot({ strategy: proportional }), ...options });
  worlds.push(world);
  return world;
}
const alerts = async (world: PaperWorld, ticks: number) =>
  (await world.run(ticks)).flatMap(({ messages }) => messages).flatMap(({ kind, text }) => (kind === 'alert' ? [text] : []));

describe('ten retrainings in a row', () => {
  const RETRAIN = 5;
  const MAX_AGE = 12;
  const botWith = (expiredModel: 'flat' | 'hold') =>
    ridgeBot({
      strategy: createStrategy({ kind: 'threshold', enter: 0, exit: -1 }),
      schedule: createSchedule({ retrain: RETRAIN, delay: 1, maxAge: MAX_AGE }),
      rules: { ...RULES, guards: { expiredModel } },
    });
  // Until the tenth is due, at the close after it was asked for.
  const FAILING = 10 * RETRAIN + 1;

  /** A trainer that does otherwise while it is told to. */
  const wrapped = (real: Trainer, train: (real: Trainer, ...asked: Parameters<Trainer['fit']>) => Promise<Trained>): Trainer => ({
    ...real,
    fit: (...asked) => train(real, ...asked),
    open: (...fitted) => real.open(...fitted),
  });
  const failures: readonly (readonly [string, () => Error, RegExp])[] = [
    ['throw', () => new Error('it broke'), /not there, it broke/],
    [
      'run out of memory',
      () => Object.assign(new Error('Worker terminated due to reaching memory limit'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }),
      /memory limit/,
    ],
    ['time out', () => new DOMException('The operation was aborted due to timeout', 'TimeoutError'), /aborted due to timeout/],
  ];

  /** While nothing is learnt the last fit serves until its age limit, then nothing does: what was held is given up or kept, and nothing is entered. */
  function expectSafe(world: PaperWorld, ticks: number, expired: 'flat' | 'hold', failingFrom: number): void {
    const { trace, forecasts } = world.read();
    const { reason, exposure } = trace.market[0]!;
    // The last fit was asked for at a multiple of the retraining; it serves as many slots as its age allows.
    const unknown = Array.from(forecasts[0]!, (forecast, k) => (Number.isNaN(forecast) ? k : -1)).filter((k) => k >= 0);
    expect(unknown.length).toBeGreaterThanOrEqual(FAILING - MAX_AGE - RETRAIN);
    expect(unknown[0]).toBeGreaterThan(failingFrom + MAX_AGE - RETRAIN - 2);
    expect(unknown.at(-1)! - unknown[0]! + 1).toBe(unknown.length);
    const entries: readonly number[] = [Reason.enterLong, Reason.enterShort, Reason.rebalance];
    for (const k of unknown) expect(entries, reasonName(reason[k]!)).not.toContain(reason[k]);
    const held = exposure[unknown[0]!]! > 0;
    expect(held).toBe(true);
    // Given up at the next open.
    if (expired === 'flat') for (const k of unknown.slice(1)) expect(exposure[k]).toBe(0);
    else for (const k of unknown) expect(exposure[k]).toBeGreaterThan(0);
    expect(reasonName(reason[unknown[0]!]!)).toBe(expired === 'flat' ? 'expiredModel' : 'noForecast');
    expect(Number.isNaN(forecasts[0]![ticks - 1]!)).toBe(false);
  }

  test.each(failures)(
    'F1: that %s leave the last fit until its age limit, then the safe state, with alerts; later ones serve again',
    { timeout },
    async (_, error, words) => {
      for (const expired of (['flat', 'hold'] as const).slice(0, count(1, 2))) {
        let failing = false;
        const world = await open({
          bot: botWith(expired),
          trainer: (real) => wrapped(real, async (trainer, ...asked) => (failing ? Promise.reject(error()) : trainer.fit(...asked))),
        });
        await world.run(11);
        failing = true;
        const told = await alerts(world, FAILING);
        expect(told.filter((text) => words.test(text)).length).toBe(10);
        failing = false;
        await world.run(15);
        const missing = world.read().observations.filter(({ kind }) => kind === 'fitMissing');
        expect(missing).toHaveLength(10);
        expectSafe(world, 77, expired, 11);
        expect((await world.replay({}, memoryFitStore())).differences).toEqual([]);
        const unobserved = await world.replay({ unobserved: true });
        expect(new Set(unobserved.differences.flatMap(({ causes }) => causes))).toEqual(new Set(['observations left out']));
      }
    },
  );

  test('F1: that come to no finite loss are refused, which a replay that trains again finds too', { timeout }, async () => {
    for (const expired of (['hold', 'flat'] as const).slice(0, count(1, 2))) {
      let failing = false;
      const lost = new Set<string>();
      // A loss is a function of what is learnt: once it was not finite, it never is.
      const diverging = (real: Trainer) =>
        wrapped(real, async (trainer, network, samples: Samples, ...rest) => {
          const what = contentHash([samples.rows, samples.targets]);
          if (failing) lost.add(what);
          return lost.has(what) ? { kind: 'refused', reason: 'the loss is NaN' } : trainer.fit(network, samples, ...rest);
        });
      const bot = botWith(expired);
      const world = await open({ bot, trainer: diverging });
      await world.run(11);
      failing = true;
      const told = await alerts(world, FAILING);
      failing = false;
      expect(told.filter((text) => text.endsWith('no new fit, the loss is NaN'))).toHaveLength(10);
      await world.run(15);
      expectSafe(world, 77, expired, 11);
      const around = { networkTrainer: loadTrainer, fits: memoryFitStore(), clock: () => 0 };
      const again = await replay(
        world.read(),
        { ...around, learnerTrainer: (kind) => diverging(learners[kind]) },
        { recorded: { bot, missed: 'skip' } },
      );
      expect(again.differences).toEqual([]);
      expect(again.fits).toBeGreaterThan(12);
    }
  });

  test('F1: that are done after their delay serve from then on, and the ones before them until then', { timeout }, async () => {
    const gates: (() => void)[] = [];
    let slow = false;
    const world = await open({
      bot: botWith('flat'),
      trainer: (real) =>
        wrapped(real, async (trainer, ...asked) => {
          if (slow) await new Promise<void>((resolve) => gates.push(resolve));
          return trainer.fit(...asked);
        }),
    });
    await world.run(11);
    slow = true;
    const live = await world.session();
    const told: string[] = [];
    const ticks = count(FAILING, FAILING);
    for (const [k, close] of world.closes.slice(11, 11 + ticks).entries()) {
      world.time.moveTo(close + 5000);
      const { messages } = await live.tick();
      told.push(...messages.map(({ text }) => text));
      // Three closes after it was asked for.
      if (gates.length > 0 && k % RETRAIN === RETRAIN - 2) {
        for (const gate of gates.splice(0)) gate();
        await live.idle();
      }
    }
    slow = false;
    for (const gate of gates.splice(0)) gate();
    await world.run(10);
    expect(told.filter((text) => text.includes('it is still being trained')).length).toBeGreaterThanOrEqual(9);
    expect(world.read().trace.closeTime).toHaveLength(72);
    expect([...world.read().forecasts[0]!].some(Number.isNaN)).toBe(false);
    expect((await world.replay({}, memoryFitStore())).differences).toEqual([]);
    const unobserved = await world.replay({ unobserved: true });
    expect(new Set(unobserved.differences.flatMap(({ causes }) => causes))).toEqual(new Set(['observations left out']));
  });
});

describe('a stored fit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'paperwalk-stored-fits-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('F2: cut short or with a bit turned is refused by its checksum and trained again; the session is what it would have been', {
    timeout,
  }, async () => {
    const damages = count(8, 200);
    const fits = directoryFitStore(folder);
    const problems: string[] = [];
    const world = await open({ fits, onProblem: (words) => void problems.push(words) });
    await world.run(30);
    const files = () => readdirSync(folder).flatMap((key) => ['fit.json', 'weights.bin'].map((name) => join(folder, key, name)));
    const sound = new Map(files().map((file) => [file, readFileSync(file)]));
    const whole = await open({});
    await whole.run(30);
    const random = createRandom(22);
    for (let k = 0; k < damages; k++) {
      const [file, bytes] = [...sound][random.below(sound.size)]!;
      if (random.uniform() < 0.5) truncateSync(file, random.below(bytes.length));
      else {
        const turned = Buffer.from(bytes);
        turned[random.below(turned.length)]! ^= 1 << random.below(8);
        writeFileSync(file, turned);
      }
      problems.length = 0;
      await world.restart();
      expect(problems, `${k}: ${file}`).toHaveLength(1);
      expect(problems[0]).toMatch(/^Expected .*; it is trained again$/);
      expect(problems[0]).toContain(folder);
      expect(readFileSync(file).equals(bytes), file).toBe(true);
      expect(world.digest()).toBe(whole.digest());
    }
    await world.run(20);
    await whole.run(20);
    expect(world.digest()).toBe(whole.digest());
    expect((await world.replay({}, memoryFitStore())).differences).toEqual([]);
  });
});

describe('a forecast', () => {
  /** A trainer whose fits say what it is told to, once it is told to. */
  const saying =
    (word: { value: number | undefined }) =>
    (real: Trainer): Trainer => ({
      ...real,
      fit: (...asked) => real.fit(...asked),
      open: (...fitted) => {
        const predictor = real.open(...fitted);
        return {
          forecast: (rows, ends, slots, into) => {
            if (word.value === undefined) predictor.forecast(rows, ends, slots, into);
            else into.fill(word.value, 0, ends.length);
          },
          close: () => predictor.close(),
        };
      },
    });
  const strategies = [createStrategy({ kind: 'threshold', enter: 0.0005, exit: -0.0005 }), proportional] as const;
  const SOUND = 15;
  const values: readonly (readonly [string, number])[] = [
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['infinitely negative', Number.NEGATIVE_INFINITY],
  ];

  test.each(values)('F3: that is %s leads to no order, and says so as its reason', async (_, value) => {
    for (const strategy of strategies.slice(0, count(2, 2))) {
      const word: { value: number | undefined } = { value: undefined };
      const world = await open({ bot: ridgeBot({ strategy }), trainer: saying(word) });
      await world.run(SOUND);
      word.value = value;
      await world.run(40);
      const { trace, forecasts } = world.read();
      const ordered = trace.events.filter(({ kind, time }) => kind === 'order' && time > world.closes[SOUND - 1]!);
      expect(ordered).toEqual([]);
      expect(new Set(Array.from(trace.market[0]!.reason.subarray(SOUND), reasonName)), strategy.name).toEqual(new Set(['noForecast']));
      expect([...forecasts[0]!.subarray(SOUND)].every(Number.isNaN)).toBe(true);
      expect([...forecasts[0]!.subarray(0, SOUND)].some(Number.isNaN)).toBe(false);
    }
  });

  test('F3: that is the same at every close is no reason to trade: a network that has learnt nothing says the mean', async () => {
    // Unscaled, this is the mean of the labels, and far below what an entry asks for.
    const strategy = createStrategy({ kind: 'threshold', enter: 0.05, exit: -0.05 });
    const world = await open({ bot: ridgeBot({ strategy }), trainer: saying({ value: 0 }) });
    await world.run(count(40, 40));
    const { trace } = world.read();
    expect(trace.events).toEqual([]);
    expect(new Set(Array.from(trace.market[0]!.reason, reasonName))).toEqual(new Set(['belowThreshold']));
  });
});
