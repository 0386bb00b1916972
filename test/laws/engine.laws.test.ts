import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bars } from '../../src/core/bars.ts';
import { createBars } from '../../src/core/bars.ts';
import type { Run } from '../../src/core/engine.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { FillRule } from '../../src/core/trace.ts';
import { hold } from '../../src/strategies/buy-and-hold.ts';
import { probability } from '../../src/strategies/probability.ts';
import { proportional } from '../../src/strategies/proportional.ts';
import { quantile } from '../../src/strategies/quantile.ts';
import { follow } from '../../src/strategies/rebalancing.ts';
import { threshold } from '../../src/strategies/threshold.ts';
import { vote } from '../../src/strategies/vote.ts';
import { digest } from '../../src/walk/digest.ts';
import { HOUR, poisoned, powerOfTwo, randomBars } from '../support/markets.ts';
import { fillsOf, RULES, runCase } from '../support/runs.ts';

const POLICIES: Readonly<Record<string, Policy>> = {
  level: threshold({ enter: 0.001, exit: -0.001 }),
  cross: threshold({ enter: 0, entry: 'cross' }),
  both: threshold({ enter: 0.002, exit: 0, side: 'both' }),
  bothCross: threshold({ enter: 0, side: 'both', entry: 'cross' }),
  confirmed: threshold({ enter: 0.001, exit: -0.001, confirm: 2 }),
  bothConfirmed: threshold({ enter: 0, side: 'both', entry: 'cross', confirm: 2 }),
  bothProportional: proportional({ scale: 0.01, side: 'both', least: 0.1 }).policy,
  quantile: quantile({ costs: 0.002 }).policy,
  bothQuantile: quantile({ costs: 0.002, exit: -0.001, side: 'both' }).policy,
  bothVote: vote([quantile({ costs: 0, side: 'both' }), probability({ enter: 0.52, side: 'both', confirm: 2 })]).policy,
  hold,
  bothFollow: follow,
};

interface Market {
  readonly bars: readonly Bars[];
  readonly policy: Policy;
  readonly rules: Partial<Rules>;
}

const markets: fc.Arbitrary<Market> = fc
  .record({
    seed: fc.integer({ min: 1, max: 1_000_000 }),
    count: fc.integer({ min: 1, max: 4 }),
    length: fc.integer({ min: 5, max: 120 }),
    policy: fc.constantFrom(...Object.keys(POLICIES)),
    fill: fc.constantFrom<FillRule>('next-open', 'next-close', 'this-close'),
    share: fc.constantFrom(1, 0.5, 0.25),
    band: fc.constantFrom(0, 0.05),
  })
  .map(({ seed, count, length, policy, fill, share, band }) => {
    const bars = Array.from({ length: count }, (_, k) => randomBars({ seed: seed + k, length, market: `m${k}` }));
    const markets = policy.startsWith('both') ? Object.fromEntries(bars.map((one) => [one.market, { margin: true }])) : {};
    return { bars, policy: POLICIES[policy]!, rules: { fill, share, band, markets } };
  });

const asCase = ({ bars, policy, rules }: Market) => ({ markets: bars, policy, rules });
const options = { seed: 1, numRuns: 150 };

describe('the laws of the engine, on seeded random markets', () => {
  it('1: what happens before a bar does not depend on anything after it', () => {
    fc.assert(
      fc.property(markets, fc.double({ min: 0.1, max: 0.9, noNaN: true }), (market, share) => {
        const clean = runCase(asCase(market));
        const cut = Math.floor(share * clean.trace.closeTime.length);
        const time = clean.trace.closeTime[cut]!;
        const bars = market.bars.map((one) => poisoned(one, rowsUntil(one, time)));
        const changed = runCase(asCase({ ...market, bars }));
        expect(historyUntil(changed, time)).toEqual(historyUntil(clean, time));
      }),
      options,
    );
  });

  it('2: any cut into ticks, with the state through JSON, gives the same trace', () => {
    fc.assert(
      fc.property(markets, fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 12 }), (market, steps) => {
        const whole = runCase(asCase(market));
        const slices = whole.trace.closeTime.length;
        const cuts: number[] = [];
        for (const step of steps) {
          const next = (cuts[cuts.length - 1] ?? 0) + step;
          if (next < slices) cuts.push(next);
        }
        const chopped = runCase(asCase(market), cuts);
        expect(chopped.trace).toEqual(whole.trace);
        expect(chopped.state).toEqual(whole.state);
        expect(digest(chopped.trace)).toBe(digest(whole.trace));
      }),
      options,
    );
  });

  it('2: every seven slices, on a longer market', () => {
    const market: Market = {
      bars: [1, 2, 3].map((k) => randomBars({ seed: k, length: 700, market: `m${k}` })),
      policy: POLICIES.cross!,
      rules: { share: 0.5 },
    };
    const slices = runCase(asCase(market)).trace.closeTime.length;
    const cuts = Array.from({ length: Math.floor((slices - 1) / 7) }, (_, k) => 7 * (k + 1));
    expect(digest(runCase(asCase(market), cuts).trace)).toBe(digest(runCase(asCase(market)).trace));
  });

  it('3: equity changes by the price moves of what was held, less fees and slippage; spot cash is never negative', () => {
    fc.assert(
      fc.property(markets, (market) => {
        const run = runCase(asCase(market));
        const expected = RULES.capital + pricedMoves(market.bars, run) - run.state.account.fees - run.state.account.slippage;
        const equity = run.trace.equity[run.trace.equity.length - 1]!;
        expect(Math.abs(equity - expected)).toBeLessThanOrEqual(1e-9 * Math.max(RULES.capital, Math.abs(equity)));
        if (Object.keys(market.rules.markets ?? {}).length === 0) expect(cashAfterEveryFill(run)).toBeGreaterThanOrEqual(0);
      }),
      options,
    );
  });

  it('4: fills come after their decision, at a price the bar traded before slippage, and never without volume', () => {
    fc.assert(
      fc.property(markets, (market) => {
        const run = runCase(asCase(market));
        const slippage = RULES.costs.slippage as number;
        for (const fill of fillsOf(run)) {
          const bars = market.bars.find((one) => one.market === fill.market)!;
          const atOpen = market.rules.fill === 'next-open';
          const row = bars.openTime.indexOf(fill.time - (atOpen ? 0 : HOUR));
          const raw = fill.side === 'buy' ? fill.price / (1 + slippage) : fill.price / (1 - slippage);
          expect(raw).toBeGreaterThanOrEqual(bars.low[row]! * (1 - 1e-12));
          expect(raw).toBeLessThanOrEqual(bars.high[row]! * (1 + 1e-12));
          expect(bars.volume[row]).toBeGreaterThan(0);
          const decided = Number(fill.id.split(':')[2]);
          if (market.rules.fill === 'next-close') expect(fill.time).toBeGreaterThan(decided);
          else expect(fill.time).toBeGreaterThanOrEqual(decided);
        }
      }),
      options,
    );
  });

  it('5: prices x c, volumes x k/c and capital x k leave every decision as it is and equity x k', () => {
    fc.assert(
      fc.property(markets, fc.integer({ min: -4, max: 4 }), fc.integer({ min: -4, max: 4 }), (market, log2c, log2k) => {
        const c = powerOfTwo(log2c);
        const k = powerOfTwo(log2k);
        const plain = runCase(asCase(market));
        const scaled = runCase({
          markets: market.bars.map((bars) => scaledBars(bars, c, k / c)),
          policy: market.policy,
          rules: { ...market.rules, capital: RULES.capital * k },
        });
        expect(scaled.trace.equity).toEqual(plain.trace.equity.map((value) => value * k));
        scaled.trace.market.forEach((one, m) => {
          expect(one.reason).toEqual(plain.trace.market[m]!.reason);
          expect(one.exposure).toEqual(plain.trace.market[m]!.exposure);
        });
      }),
      options,
    );
  });

  it('6: the order of markets in the configuration changes nothing', () => {
    fc.assert(
      fc.property(markets, fc.integer(), (market, seed) => {
        const shuffled = [...market.bars].sort(
          (a, b) => ((a.market.charCodeAt(1) * 7919 + seed) % 13) - ((b.market.charCodeAt(1) * 7919 + seed) % 13),
        );
        expect(digest(runCase(asCase({ ...market, bars: shuffled })).trace)).toBe(digest(runCase(asCase(market)).trace));
      }),
      options,
    );
  });

  it('8: every slice of a market has a reason, and every order a fill, a rejection, or a place among the open ones', () => {
    fc.assert(
      fc.property(markets, (market) => {
        const run = runCase(asCase(market));
        const open = new Set(run.state.open.map((order) => order.id));
        const ended = new Set(run.trace.events.flatMap((event) => (event.kind === 'fill' || event.kind === 'rejection' ? [event.id] : [])));
        for (const event of run.trace.events) {
          if (event.kind === 'order') expect(open.has(event.order.id) !== ended.has(event.order.id)).toBe(true);
        }
        for (const bars of market.bars) {
          const m = run.trace.market.findIndex((one) => one.market === bars.market);
          const decided = run.trace.market[m]!.reason.filter((code) => code !== 0).length;
          expect(decided).toBe(bars.length);
        }
      }),
      options,
    );
  });
});

describe('the digest', () => {
  const run = () => runCase({ markets: [randomBars({ seed: 5, length: 200, market: 'm' })] });
  const bump = (value: number) => value + Math.abs(value) * Number.EPSILON;

  it('is the same for the same run', () => {
    expect(digest(run().trace)).toBe(digest(run().trace));
  });

  it.each(['price', 'quantity', 'fee'] as const)('changes when the %s of one fill changes by one unit in the last place', (field) => {
    const { trace } = run();
    const index = trace.events.findIndex((event) => event.kind === 'fill');
    const events = trace.events.map((event, k) =>
      k === index && event.kind === 'fill' ? { ...event, [field]: bump(event[field]) } : event,
    );
    expect(digest({ ...trace, events })).not.toBe(digest(trace));
  });

  it('changes when one equity mark or one target changes by one unit in the last place', () => {
    const { trace } = run();
    const equity = trace.equity.slice();
    equity[100] = bump(equity[100]!);
    expect(digest({ ...trace, equity })).not.toBe(digest(trace));
    const target = trace.market[0]!.target.slice();
    const known = target.indexOf(1);
    target[known] = bump(1);
    expect(digest({ ...trace, market: [{ ...trace.market[0]!, target }] })).not.toBe(digest(trace));
  });

  it('takes every NaN for the same', () => {
    const { trace } = run();
    const target = trace.market[0]!.target.slice();
    // A NaN with another payload, as another machine may produce it.
    new Uint32Array(target.buffer)[1] = 0xfff80001;
    expect(Number.isNaN(target[0])).toBe(true);
    expect(digest({ ...trace, market: [{ ...trace.market[0]!, target }] })).toBe(digest(trace));
  });
});

function rowsUntil(bars: Bars, closeTime: number): number {
  let row = 0;
  while (row < bars.length && bars.openTime[row]! + bars.intervalMs <= closeTime) row++;
  return row;
}

function historyUntil({ trace }: Run, time: number): unknown {
  const slices = trace.closeTime.filter((close) => close <= time).length;
  return {
    equity: trace.equity.slice(0, slices),
    market: trace.market.map(({ signal, target, exposure, reason }) =>
      [signal, target, exposure, reason].map((column) => column.slice(0, slices)),
    ),
    // A fill at the next open carries that bar's opening time, which is the close of the bar before it.
    events: trace.events.filter((event) => (event.kind === 'order' ? event.time <= time : event.time < time)),
  };
}

/** Sum over slices of quantity held x move of the close, with every fill counted from the bar's own price on. */
function pricedMoves(markets: readonly Bars[], run: Run): number {
  let moves = 0;
  for (const bars of markets) {
    let quantity = 0;
    let mark = Number.NaN;
    const fills = fillsOf(run).filter((fill) => fill.market === bars.market);
    const last = bars.close[bars.length - 1]!;
    for (const fill of fills) {
      const raw = fill.side === 'buy' ? fill.price - fill.slippage / fill.quantity : fill.price + fill.slippage / fill.quantity;
      if (quantity !== 0) moves += quantity * (raw - mark);
      quantity += fill.side === 'buy' ? fill.quantity : -fill.quantity;
      mark = raw;
    }
    if (quantity !== 0) moves += quantity * (last - mark);
  }
  return moves;
}

function cashAfterEveryFill(run: Run): number {
  let cash = RULES.capital;
  let least = cash;
  for (const fill of fillsOf(run)) {
    cash -= (fill.side === 'buy' ? fill.quantity : -fill.quantity) * fill.price + fill.fee;
    least = Math.min(least, cash);
  }
  return least;
}

function scaledBars(bars: Bars, c: number, volume: number): Bars {
  const times = (column: Float64Array, factor: number) => column.map((value) => value * factor);
  return createBars(bars.market, bars.intervalMs, {
    openTime: bars.openTime,
    open: times(bars.open, c),
    high: times(bars.high, c),
    low: times(bars.low, c),
    close: times(bars.close, c),
    volume: times(bars.volume, volume),
  });
}
