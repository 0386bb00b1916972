import { describe, expect, it } from 'vitest';
import type { BreakEven } from '../../src/backtest/result.ts';
import { breakEvenBrief, breakEvenWords } from '../../src/report/cost-words.ts';
import { guardReason } from '../../src/report/format.ts';
import { reasonWords } from '../../src/report/reason-words.ts';
import { exitsByReason, guardWords } from '../../src/report/reasons.ts';
import { costSteps } from '../../src/report/waterfall.ts';
import { costsOf, fixture, performanceOf } from './fixture.ts';

const at = (fee: number): BreakEven => ({ kind: 'fee', fee });

describe('break-even fees in words', () => {
  it.each<[BreakEven | null, BreakEven | null, string]>([
    [at(0.0031), at(0.0012), 'It would break even at a flat fee of 0.31% a fill; buy & hold is matched at 0.12%.'],
    [{ kind: 'behind' }, { kind: 'behind' }, 'It makes no profit even without fees; it is behind buy & hold even without fees.'],
    [{ kind: 'ahead' }, { kind: 'ahead' }, 'It makes a profit even at a fee of 10.0% a fill; it is ahead of buy & hold even at 10.0%.'],
    [at(0), null, 'It would break even at a flat fee of 0.00% a fill.'],
    [null, null, ''],
  ])('tell a fee, behind without fees, ahead at any, and nothing computed apart', (profit, buyAndHold, words) =>
    expect(breakEvenWords({ profit, buyAndHold })).toBe(words),
  );

  it('are short for a line of the terminal', () => {
    expect(breakEvenBrief({ profit: at(0.0031), buyAndHold: at(0.0012) })).toBe('; break-even fee 0.31%, level with buy & hold at 0.12%');
    expect(breakEvenBrief({ profit: { kind: 'ahead' }, buyAndHold: { kind: 'behind' } })).toBe(
      '; a profit even at 10.0%, behind buy & hold even without fees',
    );
    expect(breakEvenBrief({ profit: null, buyAndHold: null })).toBe('');
  });
});

describe('the steps from gross to net', () => {
  it('add up, and leave out what was not charged', () => {
    const costs = costsOf(performanceOf(), { gross: 1400, funding: -30, interest: 8, shortfall: 2, net: 1280 });
    const steps = costSteps(costs);
    expect(steps.map(({ name, amount }) => [name, amount])).toEqual([
      ['gross', 1400],
      ['fees', -120],
      ['slippage', -24],
      ['funding', 30],
      ['interest', -8],
      ['shortfall', 2],
      ['net', 1280],
    ]);
    expect(steps.slice(0, -1).reduce((sum, { amount }) => sum + amount, 0)).toBe(1280);
    expect(costSteps(costsOf(performanceOf())).map(({ name }) => name)).toEqual(['gross', 'fees', 'slippage', 'net']);
  });
});

describe('reasons in words', () => {
  it.each([
    ['stopLossGap', 'stop loss, at the open'],
    ['drawdownHalt', 'halted by the maximum drawdown'],
    ['timeStop', 'time stop'],
    ['expiredModel', 'expired model'],
    ['unsized', 'size not known yet'],
    ['a reason of my own', 'a reason of my own'],
    ['<b>', '<b>'],
  ])('%s is %s', (code, words) => expect(reasonWords(code)).toBe(words));

  it.each([
    ['a loss of 0.10425800670286939 since the day before', 'a loss of 10.43% since the day before'],
    ['a fall of 0.2 from the highest value', 'a fall of 20% from the highest value'],
    ['a fall of 6.7e-11 from the highest value', 'a fall of 0% from the highest value'],
    ['the sum of exposures is limited to 1 of equity', 'the sum of exposures is limited to 100% of equity'],
    ['limited to 0.3333333333333333 of equity', 'limited to 33.33% of equity'],
    ['3 losing round trips in a row', '3 losing round trips in a row'],
    ['held for 12 bars', 'held for 12 bars'],
  ])('of a guard have limits and falls as percents: %s', (reason, words) => expect(guardReason(reason)).toBe(words));

  it('count every act of a guard, of the account and of its markets, at whatever instant', () => {
    const event = (guard: string, market: string | null, action: 'acts' | 'ends') => ({ time: 'now', market, guard, action, reason: '' });
    const guards = [
      event('maxDrawdown', null, 'acts'),
      event('maxDrawdown', 'a', 'acts'),
      event('maxDrawdown', 'b', 'acts'),
      event('maxDrawdown', null, 'ends'),
      event('cooldown', 'a', 'acts'),
    ];
    expect(guardWords(guards)).toBe('Guards acted 4 times: maxDrawdown 3, cooldown 1');
    expect(guardWords([event('cooldown', 'a', 'ends')])).toBe('');
  });

  it('group exits: what the policy wanted is its signal, also where a guard keeps it from the other side', () => {
    const [trade] = fixture().report.trades;
    const row = (exitReason: string | null, profit: number) => ({ ...trade!, exitTime: '2024-01-01T00:00:00.000Z', exitReason, profit });
    const open = { ...trade!, exitTime: null, exitReason: null };
    const trades = [row('exit', 3), row('enterShort', -1), row('cooldown', 4), row('stopLoss', -2), row('stopLossGap', -4), open];
    expect(exitsByReason(trades).map(({ words, count, averageProfit, profit }) => [words, count, averageProfit, profit])).toEqual([
      ['signal', 3, 2, 6],
      ['stop loss', 1, -2, -2],
      ['stop loss, at the open', 1, -4, -4],
    ]);
    expect(exitsByReason(trades, false).map(({ words, count }) => [words, count])).toEqual([
      ['signal', 3],
      ['stop loss', 2],
    ]);
  });
});
