import { afterEach, describe, expect, it } from 'vitest';
import { createBars, sliceBars } from '../../src/core/bars.ts';
import { nextOpening } from '../../src/core/calendar.ts';
import { createPanel } from '../../src/core/panel.ts';
import { resample } from '../../src/core/resample.ts';
import { memoryFitStore } from '../../src/models/bundle.ts';
import { createModel } from '../../src/models/model.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import { digest } from '../../src/walk/digest.ts';
import { walk } from '../../src/walk/walked.ts';
import { ridgeBot, surroundings } from '../support/bots.ts';
import { HOUR, randomBars } from '../support/markets.ts';
import { type PaperWorld, paperWorld, type WorldOptions } from './paper-world.ts';

let world: PaperWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});
const open = async (options: WorldOptions) => {
  world = await paperWorld(options);
  return world;
};

/** Two markets whose bars are missing here and there. */
const one = randomBars({ seed: 1, length: 500, market: 'one', silent: 0 });
const two = randomBars({ seed: 2, length: 500, market: 'two', silent: 0 });
const FROM = Date.UTC(2020, 0, 1) + 300 * HOUR;

describe('a session in many short ticks', () => {
  it('decides, fills and marks what one long tick over the same bars does', async () => {
    const { run, replay, read, closes } = await open({ markets: { 'ONE/USDT': one, 'TWO/USDT': two }, from: FROM, bot: ridgeBot() });
    const reports = await run(60, 40_000);
    expect(reports.flatMap(({ slices }) => slices.map(({ closeTime }) => closeTime))).toEqual(closes.slice(0, 60));
    const { identical, decisions, fits } = await replay({}, memoryFitStore());
    expect({ identical, decisions }).toEqual({ identical: true, decisions: 120 });
    expect(fits).toBeGreaterThan(4);
    const session = read();
    const panel = createPanel(
      [one, two].map((bars, m) => ({
        ...sliceBars(
          bars,
          0,
          bars.openTime.findIndex((time) => time + HOUR > closes[59]!),
        ),
        market: session.genesis.markets[m]!,
      })),
    );
    const whole = await walk(ridgeBot(), panel, FROM, surroundings());
    expect(digest(whole.run.trace)).toBe(digest(session.trace));
    expect(session.trace.events.filter(({ kind }) => kind === 'fill').length).toBeGreaterThan(10);
  });

  it('comes out the same however often it is started again', async () => {
    const options = { markets: { 'ONE/USDT': one }, from: FROM, bot: ridgeBot() };
    const whole = await open(options);
    await whole.run(40);
    const undisturbed = whole.digest();
    await whole.close();
    const cut = await open(options);
    for (let k = 0; k < 10; k++) {
      await cut.run(4);
      await cut.restart();
    }
    expect(cut.digest()).toBe(undisturbed);
    expect((await cut.replay()).identical).toBe(true);
  });

  it.each(['mean', 'median', 'stacking'] as const)('forecasts with an ensemble by %s as a walk does', async (combine) => {
    const member = createModel({ kind: 'drift', lookback: 4, features: ['logReturn'], train: { window: 40, validation: 0.2 } });
    const bot = ridgeBot({ ensemble: { members: [member], combine, ...(combine === 'stacking' && { window: 30 }) } });
    const { run, replay, restart } = await open({ markets: { 'ONE/USDT': one }, from: FROM, bot });
    await run(25);
    await restart();
    await run(10);
    expect((await replay({}, memoryFitStore())).differences).toEqual([]);
  });

  it('goes by any built-in strategy as a walk does', async () => {
    const bot = ridgeBot({
      strategy: createStrategy({
        kind: 'vote',
        of: [
          { kind: 'proportional', window: 20 },
          { kind: 'crossover', fast: 3, slow: 9 },
        ],
      }),
    });
    const { run, replay } = await open({ markets: { 'ONE/USDT': one, 'TWO/USDT': two }, from: FROM, bot });
    await run(40, 40_000);
    expect((await replay()).differences).toEqual([]);
  });

  it.each(['wasm', 'tensorflow'] as const)('forecasts with a network on %s as a walk does', async (engine) => {
    const model = createModel({ kind: 'gru', engine, units: [4], lookback: 5, train: { window: 80, epochs: 2 } });
    const { run, replay, restart } = await open({ markets: { 'ONE/USDT': one }, from: FROM, bot: ridgeBot({ model }) });
    await run(12);
    await restart();
    await run(12);
    expect((await replay()).differences).toEqual([]);
  });

  it('goes by a frozen model, which serves after the close at which it was made', async () => {
    const fits = memoryFitStore();
    const trained = await paperWorld({ markets: { 'ONE/USDT': one }, from: FROM, bot: ridgeBot(), fits });
    await trained.run(2);
    const arrived = trained.read().observations.find(({ kind }) => kind === 'fit');
    await trained.close();
    const frozen = fits.get((arrived as { readonly key: string }).key)!;
    const { run, replay, read } = await open({
      markets: { 'ONE/USDT': one },
      from: FROM,
      bot: { ...ridgeBot(), frozen, model: frozen.model },
    });
    await run(20);
    expect(read().forecasts[0]!.every(Number.isFinite)).toBe(true);
    expect((await replay()).differences).toEqual([]);
  });
});

describe('bars of several markets', () => {
  const full = (seed: number) => randomBars({ seed, length: 400, gaps: 0, silent: 0 });

  it('are decided together once all are there; one that comes after the grace stays absent, and is told', async () => {
    const delays = new Map<string, number>();
    const { run, read, replay, closes } = await open({
      markets: { 'ONE/USDT': full(1), 'TWO/USDT': full(2) },
      from: FROM,
      bot: ridgeBot(),
      exchange: { publishDelay: (symbol, closeTime) => delays.get(`${symbol} ${closeTime}`) ?? 0 },
    });
    delays.set(`TWO/USDT ${closes[3]}`, 12_000);
    delays.set(`TWO/USDT ${closes[6]}`, 50_000);
    const reports = await run(10);
    expect(reports.map(({ slices }) => slices.map(({ bars }) => bars.filter(Boolean).length))).toEqual([
      ...Array.from({ length: 6 }, () => [2]),
      [1],
      ...Array.from({ length: 3 }, () => [2]),
    ]);
    const absent = read().observations.filter(({ kind }) => kind === 'absent');
    expect(absent).toMatchObject([{ market: 'binance:TWO/USDT', slice: closes[6] }]);
    // Within the grace it was waited for, so nothing was late either.
    expect(read().observations.filter(({ kind }) => kind === 'late')).toEqual([]);
    expect((await replay()).identical).toBe(true);
  });

  it('that nobody has are waited for, decided when they come, and missed', async () => {
    const outage = { from: 0, to: 0 };
    const { run, read, closes } = await open({
      markets: { 'ONE/USDT': full(1), 'TWO/USDT': full(2) },
      from: FROM,
      bot: ridgeBot(),
      exchange: {
        publishDelay: (_symbol, closeTime) => (closeTime > outage.from && closeTime <= outage.to ? outage.to + 600_000 - closeTime : 0),
      },
    });
    Object.assign(outage, { from: closes[4], to: closes[9] });
    const reports = await run(14);
    expect(reports.map(({ slices }) => slices.length)).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 6, 1, 1, 1]);
    expect(read().observations.flatMap((one) => (one.kind === 'late' ? [one.slice] : []))).toEqual(closes.slice(5, 10));
    const alerts = reports.flatMap(({ messages }) => messages).filter(({ kind }) => kind === 'alert');
    expect(alerts.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^binance:ONE\/USDT: no bar has come since /),
      expect.stringMatching(/^binance:TWO\/USDT: no bar has come since /),
      expect.stringMatching(/^5 closes from .* were decided .* late$/),
    ]);
  });
});

describe('a local clock that runs ahead', () => {
  it('calls ticks before the close, which then wait for it: nothing is missed', async () => {
    const whole = randomBars({ seed: 1, length: 400, gaps: 0, silent: 0 });
    const ahead = 10 * 60_000;
    const { tickAt, read, closes, replay } = await open({
      markets: { 'ONE/USDT': whole },
      from: FROM,
      bot: ridgeBot(),
      drift: () => ahead,
    });
    // Called at five seconds past by the local clock.
    for (const close of closes.slice(0, 12)) {
      const { slices } = await tickAt(close + 5000 - ahead);
      expect(slices.map(({ closeTime }) => closeTime)).toEqual([close]);
    }
    expect(read().observations.filter(({ kind }) => kind === 'late')).toEqual([]);
    expect((await replay()).identical).toBe(true);
  });
});

describe('sessions of shares', () => {
  it('expect no bar outside of them, and count their slots', async () => {
    // Bars of an hour from 10:00 to 16:00 in New York on two weeks of January 2024, Martin Luther King Day among them.
    const hours = randomBars({ seed: 9, length: 24 * 40, gaps: 0, silent: 0 });
    const start = Date.UTC(2023, 11, 1, 0);
    const opened = Float64Array.from({ length: hours.length }, (_, row) => start + row * HOUR);
    const kept = [...opened.keys()].filter((row) => {
      const slot = nextOpening('nyse', HOUR, opened[row]! - HOUR);
      return slot === opened[row];
    });
    const pick = (column: Float64Array) => Float64Array.from(kept, (row) => column[row]!);
    const { open: o, high, low, close, volume } = hours;
    const bars = createBars('one', HOUR, {
      openTime: pick(opened),
      open: pick(o),
      high: pick(high),
      low: pick(low),
      close: pick(close),
      volume: pick(volume),
    });
    expect(bars.length).toBeGreaterThan(150);
    const from = bars.openTime[120]!;
    const bot = ridgeBot({ calendar: 'nyse', periodsPerYear: 252 * 7 });
    const { tickAt, read, replay, time } = await open({ markets: { 'AAPL/USDT': bars }, from, bot });
    const last = bars.openTime[150]! + HOUR;
    // A tick every hour, nights and weekends included.
    for (let at = from + HOUR + 5000; at <= last + 5000; at += HOUR) {
      await tickAt(at);
      // Nobody was waited for.
      expect(time.now()).toBe(at);
    }
    const session = read();
    expect(session.trace.closeTime).toHaveLength(31);
    expect(session.observations.filter(({ kind }) => kind === 'late' || kind === 'skipped')).toEqual([]);
    expect((await replay()).identical).toBe(true);
  });
});

describe('an interval that the exchange does not offer', () => {
  it('is made of a lower one, bar by bar as a resampling of all of them', async () => {
    const hourly = randomBars({ seed: 4, length: 1600, gaps: 0, silent: 0 });
    const { bars } = resample(hourly, 4 * HOUR);
    const from = bars.openTime[300]!;
    const { run, read, replay } = await open({
      markets: { 'ONE/USD': hourly },
      intervalMs: 4 * HOUR,
      from,
      bot: ridgeBot(),
      exchange: { dialect: 'coinbase' },
    });
    await run(20);
    const [seen] = read().bars;
    expect(seen!.close).toEqual(bars.close.subarray(0, 320));
    expect(seen!.volume).toEqual(bars.volume.subarray(0, 320));
    expect((await replay()).identical).toBe(true);
  });
});
