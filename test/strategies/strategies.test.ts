import { describe, expect, it } from 'vitest';
import { run } from '../../src/core/engine.ts';
import { createPanel } from '../../src/core/panel.ts';
import type { Strategy } from '../../src/core/policy.ts';
import { reasonName } from '../../src/core/policy.ts';
import { crossover } from '../../src/strategies/crossover.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import { threshold } from '../../src/strategies/threshold.ts';
import { vote } from '../../src/strategies/vote.ts';
import { flatBars, randomBars } from '../support/markets.ts';
import { fillsOf, RULES, runCase } from '../support/runs.ts';

const NaN_ = Number.NaN;
const free = { costs: { taker: 0, slippage: 0 } };

function exposures(signal: readonly number[], policy: ReturnType<typeof threshold>, margin: readonly string[] = []): number[] {
  const bars = flatBars([...signal, 10].map(() => 10));
  const result = runCase({
    markets: [bars],
    signals: { test: [...signal, NaN_] },
    policy,
    rules: { ...free, markets: Object.fromEntries(margin.map((market) => [market, { margin: true }])) },
  });
  return [...result.trace.market[0]!.exposure].slice(1).map(Math.round);
}

describe('the threshold policy', () => {
  it('enters above `enter`, stays between, and leaves at or below `exit`', () => {
    expect(exposures([0.4, 0.6, 0.1, -0.4, -0.5, 0.5], threshold({ enter: 0.5, exit: -0.5 }))).toEqual([0, 1, 1, 1, 0, 0]);
  });

  it('enters again at once after an exit where its entry is a level', () => {
    expect(exposures([1, -1, 1, 1], threshold({ enter: 0 }))).toEqual([1, 0, 1, 1]);
  });

  it('with a crossing entry takes being above at the first known value for no entry', () => {
    expect(exposures([1, 1, -1, 1, 1], threshold({ enter: 0, entry: 'cross' }))).toEqual([0, 0, 0, 1, 1]);
    expect(exposures([-1, NaN_, 1, -1, 1], threshold({ enter: 0, entry: 'cross' }))).toEqual([0, 0, 0, 0, 1]);
  });

  it('mirrors itself for shorts', () => {
    expect(exposures([1, -1, -0.2, 0.5, 1], threshold({ enter: 0.5, exit: -0.5, side: 'both' }), ['test'])).toEqual([1, -1, -1, 0, 1]);
  });

  it('counts a tie with zero as not above and not below', () => {
    expect(exposures([1, 0, -1, 0], threshold({ enter: 0, side: 'both' }), ['test'])).toEqual([1, 0, -1, 0]);
  });

  it('refuses thresholds that contradict each other', () => {
    expect(() => threshold({ enter: 0.1, exit: 0.2 })).toThrow('exit <= enter, received enter 0.1 and exit 0.2');
    expect(() => threshold({ enter: -0.1, side: 'both' })).toThrow('enter >= 0 for side both');
  });
});

describe('the crossover signal', () => {
  it('is the difference of two averages, unknown until the slow one is known', () => {
    const column = crossover(2, 4).column(flatBars([1, 2, 3, 4, 8]), new Float64Array(5));
    expect([...column]).toEqual([NaN_, NaN_, NaN_, 1, 6 - 17 / 4]);
  });

  it('is exactly zero where prices say that the averages tie', () => {
    const prices = Array.from({ length: 40 }, () => 0.1);
    const column = crossover(10, 30).column(flatBars(prices), new Float64Array(40));
    expect([...column.subarray(29)].every((value) => value === 0)).toBe(true);
  });

  it('refuses periods that are no periods', () => {
    expect(() => crossover(30, 10)).toThrow('1 <= fast < slow, received fast 30 and slow 10');
  });
});

describe('a vote', () => {
  const member = (index: number, side: 'long' | 'both' = 'long'): Strategy => ({
    name: `m${index}`,
    signals: [{ name: `s${index}`, column: (bars) => bars.close.map((_, i) => SIGNALS[index]![i] ?? NaN_) }],
    policy: threshold({ enter: 0, side }),
    short: side === 'both',
  });
  const SIGNALS = [
    [1, 1, -1, -1, 1, 1],
    [-1, 1, 1, -1, 1, 1],
    [-1, -1, 1, -1, NaN_, 1],
  ];

  function targets(strategy: Strategy): number[] {
    const panel = createPanel([flatBars([10, 10, 10, 10, 10, 10])]);
    const signals = panel.markets.map((bars) => strategy.signals.map((signal) => signal.column(bars, bars.close)));
    const { trace } = run({
      name: 'b',
      panel,
      policy: strategy.policy,
      signals,
      forecasts: [panel.markets[0]!.close],
      rules: { ...RULES, ...free, markets: { test: { margin: true } } },
      from: 0,
      to: 6,
    });
    return [...trace.market[0]!.target];
  }

  it('follows the side more than half of its members want', () => {
    expect(targets(vote([member(0), member(1), member(2)]))).toEqual([0, 1, 1, 0, 1, 1]);
  });

  it('needs its quorum', () => {
    expect(targets(vote([member(0), member(1), member(2)], 3))).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it('lets members want to be short', () => {
    expect(targets(vote([member(0, 'both'), member(1, 'both'), member(2, 'both')]))).toEqual([-1, 1, 1, -1, 1, 1]);
  });

  it('refuses a single member and a quorum of half', () => {
    expect(() => vote([member(0)])).toThrow('at least two members');
    expect(() => vote([member(0), member(1)], 1)).toThrow('more than half of 2');
  });
});

describe('the registry', () => {
  it('makes every kind, and trades with it', () => {
    const bars = randomBars({ seed: 3, length: 200 });
    const panel = createPanel([bars]);
    for (const options of [
      { kind: 'crossover', fast: 3, slow: 8 },
      { kind: 'crossover', fast: 3, slow: 8, average: 'ema', entry: 'level' },
      { kind: 'buy-and-hold' },
      {
        kind: 'vote',
        of: [
          { kind: 'crossover', fast: 3, slow: 8, entry: 'level' },
          { kind: 'crossover', fast: 2, slow: 5, entry: 'level' },
        ],
      },
    ] as const) {
      const strategy = createStrategy(options);
      const signals = [strategy.signals.map((signal) => signal.column(bars, bars.close))];
      const result = run({
        name: 'b',
        panel,
        policy: strategy.policy,
        signals,
        forecasts: [bars.close],
        rules: RULES,
        from: 0,
        to: bars.length,
      });
      expect(fillsOf(result).length, strategy.name).toBeGreaterThan(options.kind === 'buy-and-hold' ? 0 : 3);
      expect([...result.trace.market[0]!.reason].every((code) => !reasonName(code).startsWith('unknown'))).toBe(true);
    }
  });
});
