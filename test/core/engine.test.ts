import { describe, expect, it } from 'vitest';
import { reasonName } from '../../src/core/policy.ts';
import { threshold } from '../../src/strategies/threshold.ts';
import { barsOf, flatBars, HOUR } from '../support/markets.ts';
import { fillsOf, runCase } from '../support/runs.ts';

const free = { costs: { taker: 0, slippage: 0 } };
const opens = [
  [10, 12, 9, 11],
  [12, 14, 11, 13],
  [20, 21, 19, 20],
  [30, 31, 29, 30],
];

describe('the engine', () => {
  it('fills at the next open what was decided at a close, by default', () => {
    const [fill] = fillsOf(runCase({ markets: [barsOf(opens)], signals: { test: [-1, 1, 1, 1] }, rules: free }));
    expect(fill).toMatchObject({ side: 'buy', price: 20, quantity: 500, time: Date.UTC(2020, 0, 1) + 2 * HOUR, factor: 1 });
  });

  it('fills at the next close where that is chosen', () => {
    const run = runCase({ markets: [barsOf(opens)], signals: { test: [1, 1, 1, 1] }, rules: { ...free, fill: 'next-close' } });
    expect(fillsOf(run)[0]).toMatchObject({ price: 13, time: Date.UTC(2020, 0, 1) + 2 * HOUR });
  });

  it('fills at the close of the decision where that optimistic rule is chosen', () => {
    const run = runCase({ markets: [barsOf(opens)], signals: { test: [1, 1, 1, 1] }, rules: { ...free, fill: 'this-close' } });
    expect(fillsOf(run)[0]).toMatchObject({ price: 11, time: Date.UTC(2020, 0, 1) + HOUR });
    expect(run.trace.market[0]!.exposure[0]).toBe(1);
  });

  it('spends all cash on a full long position, fee and slippage included, and no more', () => {
    const run = runCase({
      markets: [flatBars([10, 10, 10])],
      signals: { test: [1, 1, 1] },
      rules: { costs: { taker: 0.01, slippage: 0.05 } },
    });
    const [fill] = fillsOf(run);
    expect(fill!.price).toBe(10.5);
    expect(fill!.quantity * 10.5 * 1.01).toBeCloseTo(10_000, 8);
    expect(run.state.account.cash).toBeGreaterThanOrEqual(0);
    expect(run.state.account.cash).toBeLessThan(1e-8);
    expect(fill!.slippage).toBeCloseTo(fill!.quantity * 0.5, 9);
  });

  it('sells the whole position, leaving exactly nothing', () => {
    const run = runCase({ markets: [flatBars([10, 11, 12, 13, 13])], signals: { test: [1, 1, -1, -1, -1] } });
    expect(fillsOf(run).map((fill) => fill.side)).toEqual(['buy', 'sell']);
    expect(run.state.account.positions[0]).toMatchObject({ quantity: 0, entryPrice: null, barsHeld: 0 });
  });

  it('never fills what was decided at the last close, and keeps it as an open order', () => {
    const run = runCase({ markets: [flatBars([10, 10])], signals: { test: [-1, 1] } });
    expect(fillsOf(run)).toHaveLength(0);
    expect(run.state.open).toMatchObject([{ id: `bot:test:${Date.UTC(2020, 0, 1) + 2 * HOUR}:0`, exposure: 1 }]);
  });

  it('lets an order wait over bars without volume', () => {
    const bars = barsOf([
      [10, 10, 10, 10],
      [11, 11, 11, 11, 0],
      [12, 12, 12, 12],
    ]);
    const fills = fillsOf(runCase({ markets: [bars], signals: { test: [1, 1, 1] }, rules: free }));
    expect(fills).toMatchObject([{ price: 12 }]);
  });

  it('withdraws an order that still waits when the opinion turns, as an event with its reason', () => {
    const bars = barsOf([
      [10, 10, 10, 10],
      [11, 11, 11, 11, 0],
      [12, 12, 12, 12, 0],
    ]);
    const policy = threshold({ enter: 0, exit: 0, side: 'both' });
    const run = runCase({ markets: [bars], signals: { test: [1, -1, -1] }, policy, rules: { markets: { test: { margin: true } } } });
    expect(run.trace.events.map((event) => event.kind)).toEqual(['order', 'rejection', 'order']);
    expect(run.trace.events[1]).toMatchObject({ reason: 'replaced by a later decision' });
  });

  it('turns a long position into a short one by two fills at one instant, the second with all equity', () => {
    const policy = threshold({ enter: 0, side: 'both' });
    const run = runCase({
      markets: [flatBars([10, 10, 20, 20, 20])],
      signals: { test: [1, 1, -1, -1, -1] },
      policy,
      rules: { costs: { taker: 0.01, slippage: 0 }, markets: { test: { margin: true } } },
    });
    const [entry, exit, short] = fillsOf(run);
    // 10,000 buys 990.099 at 10 with 1 %; sold at 20 less 1 %: 19,603.96; short that / (20 x 1.01).
    expect(entry!.quantity).toBeCloseTo(10_000 / 10.1, 9);
    expect(exit).toMatchObject({ side: 'sell', quantity: entry!.quantity, time: short!.time });
    expect(short!.quantity).toBeCloseTo((entry!.quantity * 20 * 0.99) / 20.2, 9);
    expect(run.state.account.positions[0]!.quantity).toBe(-short!.quantity);
  });

  it('never sells a spot market short and says so', () => {
    const run = runCase({
      markets: [flatBars([10, 10, 10])],
      signals: { test: [-1, -1, -1] },
      policy: threshold({ enter: 0, side: 'both' }),
    });
    expect(run.trace.events).toHaveLength(0);
    expect(reasonName(run.trace.market[0]!.reason[0]!)).toBe('noShortOnSpot');
  });

  it('shares the cash between markets bought at one instant by one factor', () => {
    const markets = [flatBars([10, 10, 10], 'a'), flatBars([50, 50, 50], 'b')];
    const rules = { costs: { taker: 0.001, slippage: 0 }, share: 0.8 };
    const run = runCase({ markets, signals: { a: [1, 1, 1], b: [1, 1, 1] }, rules });
    const fills = fillsOf(run);
    expect(fills.map((fill) => fill.market)).toEqual(['a', 'b']);
    expect(fills[0]!.factor).toBeCloseTo(1 / 1.6, 12);
    expect(fills[1]!.factor).toBe(fills[0]!.factor);
    expect(run.state.account.cash).toBeGreaterThanOrEqual(0);
    expect(run.state.account.cash).toBeLessThan(1e-8);
  });

  it('sells before it buys at one instant, so that one market can pay for the other', () => {
    const markets = [flatBars([10, 10, 10, 10], 'a'), flatBars([50, 50, 50, 50], 'b')];
    const run = runCase({ markets, signals: { a: [-1, -1, 1, 1], b: [1, 1, -1, -1] }, rules: free });
    expect(fillsOf(run).map(({ market, side }) => `${side} ${market}`)).toEqual(['buy b', 'sell b', 'buy a']);
    expect(run.state.account.positions[0]!.quantity).toBe(1000);
  });

  it('leaves drift within the band alone and trades beyond it', () => {
    const markets = [flatBars([10, 10, 10.1, 14, 14, 14], 'a')];
    const rules = { ...free, share: 0.5, band: 0.05 };
    const run = runCase({ markets, signals: { a: [1, 1, 1, 1, 1, 1] }, rules });
    const reasons = [...run.trace.market[0]!.reason].map(reasonName);
    expect(reasons).toEqual(['enterLong', 'holding', 'holding', 'rebalance', 'holding', 'holding']);
    expect(fillsOf(run).map((fill) => fill.side)).toEqual(['buy', 'sell']);
    expect(run.trace.market[0]!.exposure[4]).toBeCloseTo(0.5, 12);
  });

  it('marks a market without a bar at its last close and gives its slice a reason', () => {
    const a = flatBars([10, 10, 20, 20], 'a');
    const b = barsOf([[5, 5, 5, 5]], 'b', Date.UTC(2020, 0, 1));
    const run = runCase({ markets: [a, b], signals: { a: [-1, -1, -1, -1], b: [1] }, rules: free });
    expect([...run.trace.market[1]!.reason].map(reasonName)).toEqual(['enterLong', 'absent', 'absent', 'absent']);
    expect(run.state.open).toHaveLength(1);
  });

  it('tells warming up from a forecast that is missing later on', () => {
    const run = runCase({ markets: [flatBars([10, 10, 10, 10])], signals: { test: [Number.NaN, 1, Number.NaN, 1] }, rules: free });
    expect([...run.trace.market[0]!.reason].map(reasonName)).toEqual(['warmingUp', 'enterLong', 'noForecast', 'holding']);
  });

  it('gives up its position and stays out of the market when nothing is left', () => {
    const policy = threshold({ enter: 0, side: 'both' });
    const run = runCase({
      markets: [flatBars([10, 10, 30, 30, 30, 30])],
      signals: { test: [-1, -1, -1, 1, 1, -1] },
      policy,
      rules: { costs: { taker: 0, slippage: 0 }, markets: { test: { margin: true } } },
    });
    expect(run.trace.equity[5]).toBeCloseTo(-10_000, 6);
    expect(fillsOf(run).map((fill) => fill.side)).toEqual(['sell', 'buy']);
    // While short without a positive equity only the side can be told.
    expect([...run.trace.market[0]!.exposure].slice(1)).toEqual([-1, -1, 0, 0, 0]);
    expect([...run.trace.market[0]!.reason].slice(2).map(reasonName)).toEqual(Array(4).fill('nothingLeft'));
  });

  it('withdraws an entry that waits for volume once nothing speaks for it any more', () => {
    const waiting = (signal: readonly number[], entry: 'level' | 'cross') => {
      const bars = barsOf(signal.map((_, i) => [10, 10, 10, 10, i === 2 || i === 3 ? 0 : 100]));
      return runCase({ markets: [bars], signals: { test: signal }, policy: threshold({ enter: 0, entry }), rules: free });
    };
    for (const entry of ['level', 'cross'] as const) {
      const run = waiting([-1, 1, -1, -1, -1, -1], entry);
      expect(fillsOf(run)).toEqual([]);
      expect(run.trace.events.map((event) => event.kind)).toEqual(['order', 'rejection']);
    }
  });

  it('withdraws an exit that waits for volume when the signal crosses up again', () => {
    const signal = [-1, 1, 1, -1, 1, 1, 1];
    const bars = barsOf(signal.map((_, i) => [10, 10, 10, 10, i === 4 ? 0 : 100]));
    const run = runCase({ markets: [bars], signals: { test: signal }, policy: threshold({ enter: 0, entry: 'cross' }), rules: free });
    expect(fillsOf(run).map((fill) => fill.side)).toEqual(['buy']);
    expect(run.state.account.positions[0]!.quantity).toBe(1000);
  });

  it.each([
    ['next-open', 0.4 * (10_000 - 4000 + 40 * 150), 50],
    ['next-close', 0.4 * (10_000 - 4000 + 40 * 200), 100],
  ] as const)('values what it holds at the prices of the instant at which another market fills (%s)', (fill, value, price) => {
    // 40 units of a are held; at the bar in which b is bought, a opens at 150 and closes at 200.
    const a = barsOf(
      [
        [100, 100, 100, 100],
        [100, 100, 100, 100],
        [150, 200, 150, 200],
        [200, 200, 200, 200],
      ],
      'a',
    );
    const b = barsOf(
      [
        [50, 50, 50, 50],
        [50, 50, 50, 50],
        [50, 100, 50, 100],
        [100, 100, 100, 100],
      ],
      'b',
    );
    const rules = { ...free, share: 0.4, band: 10, fill };
    const run = runCase({ markets: [a, b], signals: { a: [1, 1, 1, 1], b: [-1, 1, 1, 1] }, rules });
    expect(fillsOf(run).map(({ market, quantity }) => [market, quantity])).toEqual([
      ['a', 40],
      ['b', value / price],
    ]);
  });

  it('sells short at the slipped price, and resizes at what a position would cost', () => {
    const rules = { costs: { taker: 0.01, slippage: 0.02 }, markets: { test: { margin: true } }, band: 0.01 };
    const short = runCase({
      markets: [flatBars([10, 10, 10])],
      signals: { test: [-1, -1, -1] },
      policy: threshold({ enter: 0, side: 'both' }),
      rules,
    });
    expect(fillsOf(short)[0]!.quantity).toBeCloseTo(10_000 / (9.8 * 1.01), 9);
    const half = { ...rules, share: 0.5 };
    const run = runCase({
      markets: [flatBars([10, 10, 20, 20])],
      signals: { test: [1, 1, 1, 1] },
      policy: threshold({ enter: 0 }),
      rules: half,
    });
    const [entry, cut] = fillsOf(run);
    const unit = 20 * 1.02 * 1.01;
    const cash = 10_000 - entry!.quantity * 10.2 * 1.01;
    expect(cut!.quantity).toBeCloseTo(entry!.quantity - (0.5 * (cash + entry!.quantity * unit)) / unit, 9);
  });

  it('refuses a state that does not end where the run starts', () => {
    const markets = [flatBars([10, 10, 10])];
    const { state } = runCase({ markets });
    expect(state.slice).toBe(2);
    expect(() => runCase({ markets }, [5])).toThrow('Expected slices within 0 and 3');
  });
});
