import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Order, OrderKind } from '../../src/core/order.ts';
import type { Event, FillEvent } from '../../src/core/trace.ts';
import { readSlippage } from '../../src/data/slippage.ts';
import type { Observation } from '../../src/live/observation.ts';
import { measuredFills, slippageSample } from '../../src/live/slippage.ts';
import { paperwalk } from '../cli/recorded-host.ts';
import { randomBars } from '../support/markets.ts';
import { fillsOf, runCase } from '../support/runs.ts';

const T = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'paperwalk-slippage-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ordered(id: string, { kind = 'market', market = 'X' }: { kind?: OrderKind; market?: string } = {}): Event {
  const order: Order = { id, market, kind, side: 'buy', decidedAt: T, reason: 'signal', target: true, bars: 0, exposure: 1 };
  return { kind: 'order', time: T, order };
}

function filled(id: string, change: Partial<FillEvent> = {}): Event {
  const fill: FillEvent = {
    kind: 'fill',
    time: T,
    id,
    market: 'X',
    side: 'buy',
    quantity: 2,
    price: 100.5,
    fee: 0,
    slippage: 1,
    factor: 1,
    maker: false,
    reason: 'signal',
  };
  return { ...fill, ...change };
}

function quoted(bid: number | null, ask: number | null, slice = T, market = 'X'): Observation {
  return { kind: 'quote', slice, market, bid, ask, last: null, time: slice + 5000 };
}

const measured = (events: readonly Event[], observations: readonly Observation[]) =>
  measuredFills(events, observations).map((fill) => fill.measured);

describe('the slippage that a session measures', () => {
  it('of a purchase is how far the ask lay above the price before slippage', () => {
    // 100.5 less 1 / 2 per unit is 100; 101 is 1 % above, and 0.5 % was simulated.
    const [fill] = measuredFills([ordered('a'), filled('a')], [quoted(99, 101)]);
    expect(fill).toMatchObject({ id: 'a', market: 'X', time: T, side: 'buy' });
    expect(fill?.measured).toBeCloseTo(0.01, 14);
    expect(fill?.simulated).toBeCloseTo(0.005, 14);
  });

  it('of a sale is how far the bid lay below it', () => {
    // 199 and 1 / 1 per unit: 200; 194 is 3 % below.
    const sale = filled('a', { side: 'sell', price: 199, quantity: 1, slippage: 1 });
    const [fill] = measuredFills([ordered('a'), sale], [quoted(194, 210)]);
    expect(fill?.measured).toBeCloseTo(0.03, 14);
    expect(fill?.simulated).toBeCloseTo(0.005, 14);
  });

  it('is negative where the market was better than the bar', () => {
    expect(measured([ordered('a'), filled('a')], [quoted(98, 99)])[0]).toBeCloseTo(-0.01, 14);
  });

  it.each<[string, readonly Event[], readonly Observation[]]>([
    ['without a quote', [ordered('a'), filled('a')], []],
    ['with a quote of another market', [ordered('a'), filled('a')], [quoted(99, 101, T, 'Y')]],
    ['with a quote of another slice', [ordered('a'), filled('a')], [quoted(99, 101, 2 * T)]],
    ['with a quote of the other side only', [ordered('a'), filled('a')], [quoted(99, null)]],
    ['with a quote of twice the price', [ordered('a'), filled('a')], [quoted(99, 200)]],
    ['of a limit order', [ordered('a', { kind: 'limit' }), filled('a')], [quoted(99, 101)]],
    ['of no order, as of a stop', [filled('a')], [quoted(99, 101)]],
    ['that came after a night', [ordered('a'), filled('a', { time: 2 * T })], [quoted(99, 101), quoted(99, 101, 2 * T)]],
  ])('leaves out a fill %s', (_, events, observations) => {
    expect(measured(events, observations)).toEqual([]);
  });

  it('counts the first quote of a slice, and of an order in parts the first part', () => {
    const events = [ordered('a'), filled('a'), filled('a', { time: 2 * T })];
    expect(measured(events, [quoted(99, 101), quoted(99, 150), quoted(99, 150, 2 * T)])).toEqual([expect.closeTo(0.01, 12)]);
  });

  it('is the simulated one where the market offers what was simulated', () => {
    const bars = randomBars({ seed: 3, length: 400, gaps: 0, silent: 0, market: 'X' });
    const slippage = 0.002;
    const trace = runCase({
      markets: [bars],
      rules: { costs: { taker: 0.001, slippage } },
    });
    const offers = [...bars.openTime].map((open, i) => quoted(bars.open[i]! * (1 - slippage), bars.open[i]! * (1 + slippage), open));
    const found = measuredFills(trace.trace.events, offers);
    expect(found.length).toBeGreaterThan(20);
    expect(found).toHaveLength(fillsOf(trace).length);
    for (const fill of found) {
      expect(fill.measured).toBeCloseTo(slippage, 12);
      expect(fill.simulated).toBeCloseTo(slippage, 12);
    }
  });
});

describe('a sample of slippages', () => {
  const fills = [0.001, -0.001, 0.004, 0.002].map((value, k) => ({
    id: String(k),
    market: 'X',
    time: k,
    side: 'buy' as const,
    measured: value,
    simulated: 0.0005,
  }));

  it('has its distribution, beside what was simulated', () => {
    const found = slippageSample(fills);
    expect(found.sample).toEqual([0.001, -0.001, 0.004, 0.002]);
    expect(found.count).toBe(4);
    expect(found.measured?.mean).toBeCloseTo(0.0015, 15);
    expect(found.measured?.median).toBeCloseTo(0.0015, 15);
    expect(found.measured).toMatchObject({ minimum: -0.001, maximum: 0.004 });
    expect(found.simulated).toMatchObject({ minimum: 0.0005, median: 0.0005, maximum: 0.0005 });
  });

  it('is empty without fills', () => {
    expect(slippageSample([])).toEqual({ sample: [], count: 0, measured: null, simulated: null });
  });

  it('is a file that a backtest takes its slippage from', async () => {
    const file = join(folder, 'measured.json');
    writeFileSync(file, JSON.stringify(slippageSample(fills)));
    expect(await readSlippage(file)).toEqual([0.001, -0.001, 0.004, 0.002]);
    const bot = join(folder, 'bot.yaml');
    const costs = 'costs: { slippage: { measured: measured.json } }\n';
    writeFileSync(bot, `markets: ["synthetic:trend?bars=200"]\ninterval: 1h\nstrategy: buy-and-hold\n${costs}`);
    const { code, stdout } = await paperwalk(['backtest', bot, '--json', '--workspace', folder]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).performance.slippage).not.toBe(0);
  });
});
