import { describe, expect, it } from 'vitest';
import { type ProbabilityOptions, probability, riseProbability } from '../../src/strategies/probability.ts';
import { decisions } from '../support/decisions.ts';
import { flatBars } from '../support/markets.ts';

const on = (options: ProbabilityOptions, ...said: number[]) => decisions(probability(options), { probability: said });

describe('the probability policy', () => {
  it('is long above `enter`, stays between, and leaves at or below `exit`, which is a half', () => {
    const { exposures, reasons } = on({ enter: 0.55 }, 0.55, 0.56, 0.52, 0.5, 0.54, Number.NaN);
    expect(exposures).toEqual([0, 1, 1, 0, 0, 0]);
    expect(reasons).toEqual(['belowThreshold', 'enterLong', 'holding', 'exit', 'belowThreshold', 'noForecast']);
  });

  it('mirrors itself: a fall of more than 55 % is a rise of less than 45 %', () => {
    expect(on({ enter: 0.55, side: 'both' }, 0.45, 0.44, 0.48, 0.5, 0.6, 0.3).exposures).toEqual([0, -1, -1, 0, 1, -1]);
    expect(on({ enter: 0.55 }, 0.44, 0.1).exposures).toEqual([0, 0]);
  });

  it('may leave early or late', () => {
    expect(on({ enter: 0.6, exit: 0.55 }, 0.7, 0.55).exposures).toEqual([1, 0]);
    expect(on({ enter: 0.6, exit: 0.4 }, 0.7, 0.41, 0.4).exposures).toEqual([1, 1, 0]);
    expect(on({ enter: 0.6, exit: 0.4, side: 'both' }, 0.3, 0.59, 0.6).exposures).toEqual([-1, -1, 0]);
  });

  it('waits for confirmation and for a cross where it is told to', () => {
    expect(on({ enter: 0.55, confirm: 2 }, 0.6, 0.6, 0.4).exposures).toEqual([0, 1, 0]);
    expect(on({ enter: 0.55, entry: 'cross' }, 0.6, 0.4, 0.6).exposures).toEqual([0, 0, 1]);
  });

  it('refuses what are no probabilities, or contradict each other', () => {
    expect(() => probability({ enter: 55 })).toThrow('Expected probabilities with 0 <= exit <= enter < 1, received enter 55 and exit 0.5');
    expect(() => probability({ enter: 0.4 })).toThrow('received enter 0.4 and exit 0.5');
    expect(() => probability({ enter: 0.4, exit: 0.3, side: 'both' })).toThrow('enter >= 0.5 for side both');
  });

  it('knows nothing of a model that says no probability', () => {
    expect([...riseProbability.column(flatBars([1, 2]), Float64Array.of(1, 1))]).toEqual([Number.NaN, Number.NaN]);
  });
});
