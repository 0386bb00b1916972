import { describe, expect, it } from 'vitest';
import { backtest } from '../../src/backtest/options.ts';
import { HOLD, type Policy, Reason, type View } from '../../src/core/policy.ts';
import { crossover } from '../../src/strategies/crossover.ts';
import { threshold } from '../../src/strategies/threshold.ts';
import { randomBars } from '../support/markets.ts';

const bars = randomBars({ seed: 4, length: 400, market: 'm' });
const signal = crossover(3, 9);
const policy = (decide: (view: View, memory: Float64Array, at: number) => number, slots: readonly string[] = []): Policy => ({
  kind: 'mine',
  slots,
  decide(view, memory, at) {
    view.reason = Reason.holding;
    return decide(view, memory, at);
  },
});

describe('a policy', () => {
  it.each([
    ['the next close', (view: View) => (view.bars.close[view.i + 1]! > view.bars.close[view.i]! ? 1 : 0)],
    ['a close five bars on', (view: View) => (view.bars.close[view.i + 5]! > view.bars.close[view.i]! ? 1 : 0)],
    ['the next value of its signal', (view: View) => (view.signal[view.i + 1]! > 0 ? 1 : 0)],
    ['how many bars there are', (view: View) => (view.i === view.bars.length - 1 ? 0 : 1)],
  ])('that reads %s is refused', async (_what, decide) => {
    await expect(backtest({ bars, signal, policy: policy(decide) })).rejects.toThrow(
      /^Expected the policy mine to decide by what is known at each close, received a target of [01] at the close of 2020-.* of m, and of [01] on bars that end there; read no bar beyond view\.i$/,
    );
  });

  it('that remembers outside of its slots is refused', async () => {
    let decisions = 0;
    const counting = policy(() => (++decisions % 7 === 0 ? 1 : HOLD));
    await expect(backtest({ bars, signal, policy: counting })).rejects.toThrow(
      /taken up again from its state; keep all that it remembers in its slots$/,
    );
  });

  it('that remembers in its slots, and looks back as far as it likes, is not', async () => {
    const counting = policy(
      (view, memory, at) => {
        memory[at]! += 1;
        return memory[at]! % 7 === 0 && view.bars.close[view.i]! > view.bars.close[0]! ? 1 : HOLD;
      },
      ['count'],
    );
    await expect(backtest({ bars, signal, policy: counting, guards: { stopLoss: 0.02, cooldown: 3 } })).resolves.toBeDefined();
    await expect(backtest({ bars, signal, policy: threshold({ enter: 0, entry: 'cross', confirm: 3 }) })).resolves.toBeDefined();
  });
});
