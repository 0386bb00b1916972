import { describe, expect, it } from 'vitest';
import type { Rules } from '../../src/core/rules.ts';
import { terminalSummary } from '../../src/report/terminal.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import { backtestOf, ridgeBot } from '../support/bots.ts';
import { flatBars, randomBars } from '../support/markets.ts';
import { RULES } from '../support/runs.ts';

const bars = randomBars({ seed: 31, length: 200, gaps: 0, silent: 0 });
const strategy = createStrategy({ kind: 'crossover', fast: 1, slow: 2 });
const ran = (rules: Partial<Rules>) => {
  const { model: _model, ...bot } = ridgeBot({ strategy, rules: { ...RULES, fill: 'next-open', ...rules } });
  return backtestOf(bot, [bars]);
};

describe('what a run takes for granted in its own favour', () => {
  it.each<[string, Partial<Rules>, string]>([
    [
      'this-close',
      { fill: 'this-close' },
      'it is optimistic that market orders fill at the very close they were decided on, which nobody can do',
    ],
    [
      'touched limits',
      { optimistic: true, entry: { kind: 'limit', offset: 0.001 } },
      'it is optimistic that limit orders fill where the bar',
    ],
    ['the better of two levels', { ambiguity: 'best', guards: { stopLoss: 0.05 } }, 'it is optimistic that where one bar holds a stop and'],
  ])('is in the verdict and on the terminal: %s', async (_, rules, words) => {
    const result = await ran(rules);
    expect(result.report.verdict).toContain(words);
    expect(terminalSummary(result, { colour: false, width: 100 })).toContain('(OPTIMISTIC, see below)');
  });

  it('is in both for a fit that serves at once', async () => {
    const bot = ridgeBot();
    const result = await backtestOf({ ...bot, rules: { ...bot.rules, fill: 'next-open' }, schedule: { ...bot.schedule, delay: 0 } }, [
      bars,
    ]);
    expect(result.report.verdict).toContain('a fit serves the very close at which it was requested, as if learning took no time');
    expect(terminalSummary(result, { colour: false, width: 100 })).toContain('OPTIMISTIC: a fit serves');
  });

  it('is nothing where fills are at the next open', async () => {
    const result = await ran({});
    expect(result.report.verdict).not.toContain('optimistic');
    expect(terminalSummary(result, { colour: false, width: 100 })).not.toContain('OPTIMISTIC');
  });
});

describe('the assumptions', () => {
  it('print limits of guards with four digits at most', async () => {
    const { report } = await ran({ guards: { stopLoss: 0.10425800670286939, maxDrawdown: { limit: 1 / 3 } } });
    expect(report.assumptions.notes).toContain('Guards: stop loss 10.43 %, maximum drawdown 33.33 % (for good).');
  });
});

describe('a buy & hold whose orders were refused', () => {
  it('says nothing', async () => {
    const { model: _model, ...bot } = ridgeBot({ strategy, rules: { ...RULES, markets: { m: { minimumNotional: 1e12 } } } });
    const { report } = await backtestOf(bot, [flatBars([10, 11, 12, 11, 10, 12, 13, 12], 'm')]);
    expect(report.buyAndHold.exposure).toBe(0);
    expect(report.verdict).toContain('buy & hold could not buy');
  });
});
