import { describe, expect, it } from 'vitest';
import { run } from '../../src/core/engine.ts';
import { createPanel } from '../../src/core/panel.ts';
import { reasonName, type Signal, type Strategy } from '../../src/core/policy.ts';
import { filtered } from '../../src/strategies/filter.ts';
import { rank } from '../../src/strategies/rank.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import { threshold } from '../../src/strategies/threshold.ts';
import { flatBars } from '../support/markets.ts';
import { RULES } from '../support/runs.ts';

const listed = (name: string, values: readonly number[]): Signal => ({ name, column: ({ close }) => close.map((_, i) => values[i]!) });

/** Targets and reasons of a strategy that is long (or, with `both`, short) by `signal`, where `filter` lets it. */
function decided(signal: readonly number[], filter: readonly number[], side: 'long' | 'both' = 'long') {
  const own: Strategy = { name: 'own', signals: [listed('own', signal)], policy: threshold({ enter: 0, side }), short: side === 'both' };
  const strategy = filtered(own, listed('filter', filter));
  const panel = createPanel([flatBars(signal.map(() => 10))]);
  const [bars] = panel.markets;
  const { trace } = run({
    name: 'b',
    panel,
    policy: strategy.policy,
    signals: [strategy.signals.map((one) => one.column(bars!, bars!.close))],
    forecasts: [bars!.close],
    rules: { ...RULES, costs: { taker: 0, slippage: 0 }, markets: { test: { margin: true } } },
    from: 0,
    to: signal.length,
  });
  return { targets: [...trace.market[0]!.target], reasons: [...trace.market[0]!.reason].map(reasonName), name: strategy.name };
}

describe('a filter', () => {
  it('lets long positions be entered only where it lies above 0, and leaves to the strategy what is held', () => {
    const { targets, reasons, name } = decided([1, 1, 1, 1, -1, 1, 1], [-1, Number.NaN, 1, -1, -1, 0, 2]);
    expect(targets).toEqual([0, 0, 1, 1, 0, 0, 1]);
    expect(reasons).toEqual(['belowThreshold', 'belowThreshold', 'enterLong', 'holding', 'exit', 'belowThreshold', 'enterLong']);
    expect(name).toBe('own where filter');
  });

  it('lets short positions be entered only where it lies below 0; a turn it does not let through ends flat', () => {
    const { targets, reasons } = decided([-1, -1, 1, 1, -1, -1], [1, -1, -1, 1, 1, -1], 'both');
    expect(targets).toEqual([0, -1, 0, 1, 0, -1]);
    expect(reasons[2]).toBe('exit');
  });

  it('is a part of the strategy threshold, and may be on a higher interval', () => {
    const filter = { kind: 'crossover', fast: 50, slow: 200, interval: '1d' } as const;
    const strategy = createStrategy({ kind: 'threshold', enter: 0.001, filter });
    expect(strategy.name).toBe('threshold where sma(50)-sma(200) on 1d');
    expect(strategy.signals.map(({ needs }) => needs)).toEqual(['forecast', undefined]);
    expect(strategy.policy.slots).toEqual(threshold({ enter: 0 }).slots);
  });

  it('is refused to a strategy that judges markets together', () => {
    const strategy = rank(listed('score', []), { hold: 1 });
    expect(() => filtered(strategy, listed('filter', []))).toThrow('judges each market by itself, received the 1 best by score');
  });
});
