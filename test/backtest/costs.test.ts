import { describe, expect, it } from 'vitest';
import { bounds, breakEvenFees, waterfall } from '../../src/backtest/costs.ts';
import { run } from '../../src/core/engine.ts';
import { createPanel } from '../../src/core/panel.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { Setup } from '../../src/core/setup.ts';
import { synthetic } from '../../src/data/synthetic.ts';
import { crossover } from '../../src/strategies/crossover.ts';
import { threshold } from '../../src/strategies/threshold.ts';

const BARS = 2000;
const FROM = 30;
const RULES: Rules = { capital: 10_000, fill: 'next-open', costs: { taker: 0.001, maker: 0.0002, slippage: 0.0002 }, share: 1, band: 0.05 };

/** A crossover on a market with a trend that is worth trading, and how many folds were asked for so far. */
function setupOf(rules: Partial<Rules> = {}, share = 0.2): { setup: Setup; folds: () => number } {
  const { bars } = synthetic('trend', { bars: BARS, intervalMs: 14_400_000, start: 0, seed: 5, share });
  const policy = threshold({ enter: 0 });
  let decisions = 0;
  const setup: Setup = {
    name: 'costs',
    panel: createPanel([bars]),
    policy: {
      ...policy,
      decide(...given) {
        decisions++;
        return policy.decide(...given);
      },
    },
    signals: [[crossover(5, 20).column(bars, bars.close)]],
    forecasts: [bars.close],
    rules: { ...RULES, ...rules },
    from: FROM,
    to: BARS,
  };
  return { setup, folds: () => decisions / (BARS - FROM) };
}

const endAt = (setup: Setup, fee: number) => {
  const { equity } = run({ ...setup, rules: { ...setup.rules, costs: { taker: fee, slippage: setup.rules.costs.slippage } } }).trace;
  return equity[equity.length - 1]!;
};

/** The same question by bisection, as finely as numbers go. */
function bisected(setup: Setup, level: number): number {
  let low = 0;
  let high = 0.1;
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (endAt(setup, middle) > level) low = middle;
    else high = middle;
  }
  return low;
}

describe('the break-even fees', () => {
  it('are where a fine bisection finds them, in a dozen folds for both', () => {
    const { setup, folds } = setupOf();
    const { profit, buyAndHold } = breakEvenFees(setup, 12_000);
    expect(folds()).toBeLessThanOrEqual(12);
    expect(profit?.kind === 'fee' && Math.abs(profit.fee - bisected(setup, 10_000))).toBeLessThanOrEqual(1e-6);
    expect(buyAndHold?.kind === 'fee' && Math.abs(buyAndHold.fee - bisected(setup, 12_000))).toBeLessThanOrEqual(1e-6);
  });

  it('are where the result passes the level, though guards make it jump', () => {
    const guards = { stopLoss: 0.02, takeProfit: 0.04, cooldown: 3, maxDrawdown: { limit: 0.1, pause: 40 } };
    const { setup } = setupOf({ guards });
    const { profit } = breakEvenFees(setup, 10_000);
    if (profit?.kind !== 'fee') throw new Error('expected a fee');
    expect(endAt(setup, profit.fee - 1e-6)).toBeGreaterThan(10_000);
    expect(endAt(setup, profit.fee + 1e-6)).toBeLessThanOrEqual(10_000);
  });

  it('tell a level that is out of reach, and one that is never lost', () => {
    const { setup } = setupOf();
    expect(breakEvenFees(setup, 1e9).buyAndHold).toEqual({ kind: 'behind' });
    expect(breakEvenFees(setup, 1e-9).buyAndHold).toEqual({ kind: 'ahead' });
    expect(breakEvenFees(setup, endAt(setup, 0)).buyAndHold).toEqual({ kind: 'fee', fee: 0 });
  });

  it('are not computed where nothing is traded, nor where there are very many bars', () => {
    const { setup } = setupOf();
    const none = { profit: null, buyAndHold: null };
    expect(breakEvenFees({ ...setup, signals: [[new Float64Array(BARS).fill(-1)]] }, 12_000)).toEqual(none);
    const [bars] = setup.panel.markets;
    expect(breakEvenFees({ ...setup, panel: { ...setup.panel, markets: [{ ...bars!, length: 300_001 }] } }, 12_000)).toEqual(none);
  });
});

describe('the waterfall', () => {
  it('comes from gross to net by what the account was charged', () => {
    const { setup } = setupOf();
    const finished = run(setup);
    const { gross, fees, slippage, net } = waterfall(10_000, finished);
    expect(net).toBe(finished.trace.equity.at(-1)! - 10_000);
    expect(gross - fees - slippage).toBeCloseTo(net, 8);
    expect(fees).toBeGreaterThan(0);
  });
});

describe('the bounds', () => {
  it('are the return as it was, and with the better outcome in every ambiguous bar', () => {
    const { setup } = setupOf({ guards: { stopLoss: 0.01, takeProfit: 0.01 } });
    const finished = run(setup);
    const other = run({ ...setup, rules: { ...setup.rules, ambiguity: 'best' } });
    const returned = ({ trace: { equity } }: typeof finished) => equity[equity.length - 1]! / 10_000 - 1;
    expect(finished.trace.events.some(({ kind }) => kind === 'ambiguity')).toBe(true);
    expect(bounds(setup, finished)).toEqual({ worst: returned(finished), best: returned(other) });
    expect(bounds({ ...setup, rules: { ...setup.rules, ambiguity: 'best' } }, other)).toEqual({
      worst: returned(finished),
      best: returned(other),
    });
  });
});
