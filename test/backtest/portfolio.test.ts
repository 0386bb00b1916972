import { describe, expect, it } from 'vitest';
import { backtest } from '../../src/backtest/options.ts';
import type { Bars } from '../../src/core/bars.ts';
import { synthetic } from '../../src/data/synthetic.ts';
import { buyAndHold } from '../../src/strategies/buy-and-hold.ts';
import { crossover } from '../../src/strategies/crossover.ts';
import { momentum } from '../../src/strategies/momentum.ts';
import { onInterval } from '../../src/strategies/on-interval.ts';
import { rank } from '../../src/strategies/rank.ts';
import type { Sizing } from '../../src/strategies/sizing.ts';
import { threshold } from '../../src/strategies/threshold.ts';

const DAY = 86_400_000;

/** Daily markets of 1 %, 2 % and 3 % volatility a day. */
const bars: readonly Bars[] = [0.01, 0.02, 0.03].map((volatility, k) => {
  const options = { bars: 900, intervalMs: DAY, start: Date.UTC(2020, 0, 1), seed: 5 + k, volatility };
  return { ...synthetic('white-noise', options).bars, market: `m${k}` };
});
const free = { taker: 0, slippage: 0 };
const exposuresOf = ({ trace }: { readonly trace: { readonly market: readonly { readonly exposure: Float64Array }[] } }) =>
  trace.market.map(({ exposure }) => exposure);

describe('several markets on one account', () => {
  it('are held at the weights that the sizing gives them', async () => {
    const sizing = { kind: 'weights', weights: { m0: 0.5, m1: 0.3, m2: 0.1 } } as const;
    const result = await backtest({ bars, strategy: buyAndHold, sizing, costs: free });
    exposuresOf(result).forEach((exposure, m) => {
      expect(exposure[1]).toBeCloseTo([0.5, 0.3, 0.1][m]!, 1);
    });
  });

  it('have the volatility that was aimed at, with more of the calm ones', async () => {
    const strategy = { ...buyAndHold, policy: threshold({ enter: 0 }) };
    const sizing = { kind: 'portfolio-volatility', target: 0.1, base: 'inverse-volatility', window: 60 } as const;
    const result = await backtest({ bars, strategy, sizing, costs: free, band: 0.01 });
    expect(result.report.performance.volatility).toBeGreaterThan(0.09);
    expect(result.report.performance.volatility).toBeLessThan(0.11);
    const mean = exposuresOf(result).map((exposure) => exposure.reduce((sum, value) => sum + value, 0) / exposure.length);
    expect(mean[0]! / mean[1]!).toBeGreaterThan(1.7);
    expect(mean[0]! / mean[2]!).toBeGreaterThan(2.4);
  });

  it('are each held with the volatility that was aimed at, one by one', async () => {
    const strategy = { ...buyAndHold, policy: threshold({ enter: 0 }) };
    const sizing = { kind: 'volatility', target: 0.1, halfLife: 30 } as const;
    const result = await backtest({ bars, strategy, sizing, costs: free, band: 0.005 });
    const mean = exposuresOf(result).map((exposure) => exposure.slice(60).reduce((sum, value) => sum + value, 0) / (exposure.length - 60));
    mean.forEach((exposure, m) => {
      expect(exposure * (m + 1) * 0.01 * Math.sqrt(365.25)).toBeCloseTo(0.1 / 3, 2);
    });
  });

  it('use all of the account where two of three are held, in whatever order they are given', async () => {
    const strategy = rank(momentum(30), { hold: 2, buffer: 1, every: 7 });
    const result = await backtest({ bars, strategy, costs: free });
    const exposures = exposuresOf(result);
    const first = exposures[0]!.findIndex((_, i) => exposures.some((exposure) => exposure[i] !== 0));
    for (let i = first; i < exposures[0]!.length; i++) {
      const held = exposures.filter((exposure) => exposure[i] !== 0).length;
      expect(held).toBe(2);
      expect(exposures.reduce((sum, exposure) => sum + exposure[i]!, 0)).toBeGreaterThan(0.9);
    }
    const reversed = await backtest({ bars: [...bars].reverse(), strategy, costs: free });
    expect(reversed.report.digest).toBe(result.report.digest);
  });

  it('are compared with buy & hold that knows nothing of the sizing', async () => {
    const strategy = { ...buyAndHold, policy: threshold({ enter: 0 }) };
    const plain = await backtest({ bars, strategy, evaluate: 'all' });
    for (const sizing of [
      { kind: 'amount', amount: 1000 },
      { kind: 'weights', weights: { m0: 0.5, m1: 0.3, m2: 0.1 } },
      { kind: 'portfolio-volatility', target: 0.1, window: 2 },
    ] as const) {
      const { buyAndHold: held } = await backtest({ bars, strategy, sizing, evaluate: 'all' });
      expect(held).toEqual(plain.buyAndHold);
    }
  });

  it('may be judged on weekly bars', async () => {
    const signal = onInterval(crossover(2, 5), 7 * DAY);
    const { trace } = await backtest({ bars, signal, policy: threshold({ enter: 0 }) });
    for (const { signal: column } of trace.market) {
      let changes = 0;
      for (let i = 1; i < column.length; i++) if (column[i] !== column[i - 1]) changes++;
      expect(changes).toBeLessThanOrEqual(Math.ceil(column.length / 7));
      expect(changes).toBeGreaterThan(100);
    }
  });

  it('are reported with the size that positions have', async () => {
    const notesOf = async (sizing: Sizing) => (await backtest({ bars, strategy: buyAndHold, sizing })).report.assumptions.notes.join(' ');
    expect(await notesOf({ kind: 'equal', of: 0.6 })).toContain('a full position takes 20 % of its equity');
    expect(await notesOf({ kind: 'volatility', target: 0.2, halfLife: 30 })).toContain(
      "takes the part of its market's share of equity that had a volatility of 20 % a year over bars whose weight halves every 30, at most 100 %.",
    );
    expect(await notesOf({ kind: 'weights', weights: { m0: 0.5, m1: 0.25, m2: 0 } })).toContain('fixed weights: m0 50 %, m1 25 %, m2 0 %.');
  });

  it('refuse a fraction beside a sizing', async () => {
    const options = { bars, strategy: buyAndHold, fraction: 0.5, sizing: { kind: 'fraction' } } as const;
    await expect(backtest(options)).rejects.toThrow('Expected either a fraction or a sizing, received both');
  });

  it('are measured from the first bar at which their size is known', async () => {
    const strategy = { ...buyAndHold, policy: threshold({ enter: 0 }) };
    const sized = await backtest({ bars, strategy, sizing: { kind: 'volatility', target: 0.2, window: 40 } });
    const plain = await backtest({ bars, strategy });
    expect(plain.trace.closeTime.length - sized.trace.closeTime.length).toBe(40);
    expect(sized.trace.market.some(({ target }) => target[0]! > 0)).toBe(true);
  });
});
