import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/data/data-error.ts';
import { openMarket } from '../../src/lab/inputs.ts';
import type { ExperimentPlan } from '../../src/lab/plan.ts';
import type { Model } from '../../src/models/model.ts';
import { barsOf, flatBars } from '../support/markets.ts';
import { market, planOf, tiny } from './bench.ts';

const jagged = Array.from({ length: 60 }, (_, i) => 100 + ((i * 7) % 13));

describe('a market opened for an experiment', () => {
  it('knows present and coming levels of every output', () => {
    const bars = barsOf([
      [1, 4, 1, 2],
      [2, 6, 2, 3],
      [3, 9, 3, 5],
      [5, 8, 4, 6],
      [6, 9, 5, 8],
      [8, 12, 7, 9],
      [9, 11, 8, 10],
      [10, 13, 9, 11],
      [11, 14, 10, 12],
      [12, 15, 11, 12],
    ]);
    const model = tiny({ lookback: 1, horizon: 2, features: ['close'], target: ['high', 'close'] });
    const { present, actual, returns } = openMarket(planOf({ score: 'validation' }), bars)(model);
    expect(Array.from(present[0]!)).toEqual([4, 6, 9, 8, 9, 12, 11, 13, 14, 15]);
    expect(Array.from(actual[0]!)).toEqual([9, 8, 9, 12, 11, 13, 14, 15, Number.NaN, Number.NaN]);
    expect(Array.from(actual[1]!).slice(0, 3)).toEqual([5, 6, 8]);
    expect(returns[0]).toBeCloseTo(5 / 2 - 1, 15);
  });

  const refusals: readonly [string, Model, Partial<ExperimentPlan>, readonly number[], string][] = [
    [
      'shorter than the window',
      tiny({ lookback: 80 }),
      {},
      jagged,
      'Expected at least 2 training windows and 1 validation window of 80 rows in short, received 0 and 0 from 60 bars; use a shorter model.lookback, mend experiment.split, or add history',
    ],
    [
      'without a window in the part that is scored',
      tiny({ lookback: 11, horizon: 2 }),
      { windows: 'inside' },
      jagged.slice(0, 56),
      'Expected at least 2 training windows and 1 validation window of 11 rows in short, received 21 and 0 from 56 bars',
    ],
    [
      'with a column that never changes',
      tiny({ features: ['close', 'volume'] }),
      {},
      jagged,
      'Expected the feature "volume" of short to change on the training rows, received 1000 on all 36; take it out of model.features',
    ],
    [
      // Of 58 rows with a mean of three 34 train, in which 30 windows of five end.
      'with a target of one value',
      tiny({ features: [{ sma: 3 }], target: 'direction' }),
      {},
      Array.from({ length: 60 }, (_, i) => i + 1),
      'Expected the target close of short to change on the training rows, received 1 for all 30 windows; use another target or market',
    ],
  ];

  it.each(refusals)('%s is refused with its name, what was expected and received, and what to do', (_, model, plan, closes, words) => {
    const open = () => openMarket(planOf(plan), flatBars(closes, 'short'))(model);
    expect(open).toThrow(DataError);
    expect(open).toThrow(words);
  });

  it('without a test window is refused only where the test part is scored', () => {
    const bars = market('short', 1, 40);
    const model = tiny({ lookback: 5, horizon: 1 });
    const beyond = { kind: 'dates', validation: bars.openTime[20]!, test: bars.openTime[39]! + 1 } as const;
    const open = (plan: Partial<ExperimentPlan>) => openMarket(planOf(plan), bars)(model);
    expect(() => open({ split: beyond })).toThrow(
      'Expected at least 1 test window of 5 rows to score in short, received none from 40 bars; mend experiment.split, use a shorter model.lookback, or add history',
    );
    expect(open({ split: beyond, score: 'validation' }).ends.test.length).toBe(0);
    expect(open({ split: { kind: 'shares', train: 0.8, validation: 0.2, test: 0 } }).ends.validation.length).toBeGreaterThan(0);
  });
});
