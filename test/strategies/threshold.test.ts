import { describe, expect, it } from 'vitest';
import type { Strategy } from '../../src/core/policy.ts';
import { forecastReturn } from '../../src/strategies/forecast.ts';
import { type ThresholdOptions, threshold } from '../../src/strategies/threshold.ts';
import { decisions } from '../support/decisions.ts';

const NaN_ = Number.NaN;

function strategy(options: ThresholdOptions): Strategy {
  return { name: 'threshold', signals: [forecastReturn], policy: threshold(options), short: options.side === 'both' };
}

const on = (options: ThresholdOptions, ...forecast: number[]) => decisions(strategy(options), { forecast });

describe('a threshold that waits for confirmation', () => {
  it('enters at the n-th close in a row at which the condition holds', () => {
    const { exposures, reasons } = on({ enter: 0, confirm: 3 }, 1, 1, -1, 1, 1, 1, 1);
    expect(exposures).toEqual([0, 0, 0, 0, 0, 1, 1]);
    expect(reasons).toEqual(['unconfirmed', 'unconfirmed', 'belowThreshold', 'unconfirmed', 'unconfirmed', 'enterLong', 'holding']);
  });

  it('leaves at the first close that asks for it', () => {
    expect(on({ enter: 0, confirm: 2 }, 1, 1, -1, 1, 1).exposures).toEqual([0, 1, 0, 0, 1]);
  });

  it('counts afresh after a close at which nothing is known, and keeps what it holds there', () => {
    expect(on({ enter: 0, confirm: 2 }, 1, NaN_, 1, 1, NaN_, 1).exposures).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it('counts each side for itself: a turn ends flat, and is reversed once it is confirmed', () => {
    expect(on({ enter: 0, side: 'both', confirm: 2 }, 1, 1, -1, -1, -1, 1, -1, -1).exposures).toEqual([0, 1, 0, -1, -1, 0, 0, -1]);
  });

  it('holds through a turn that its hysteresis bears', () => {
    // Short below -0.5, left at or above 0.8; 0.6 would be an entry, were it confirmed.
    expect(on({ enter: 0.5, exit: -0.8, side: 'both', confirm: 2 }, -1, -1, 0.6, 0.6).exposures).toEqual([0, -1, -1, 1]);
  });

  it('with a crossing entry waits after a cross, acts once, and never on what was true from the start', () => {
    expect(on({ enter: 0, entry: 'cross', confirm: 2 }, 1, 1, 1, -1, 1, 1, 1, -1).exposures).toEqual([0, 0, 0, 0, 0, 1, 1, 0]);
    expect(on({ enter: 0, entry: 'cross', confirm: 2 }, -1, 1, NaN_, 1, 1).exposures).toEqual([0, 0, 0, 0, 0]);
  });

  it('is what it always was without confirmation', () => {
    for (const entry of ['level', 'cross'] as const) {
      const plain = threshold({ enter: 0, entry });
      expect(threshold({ enter: 0, entry, confirm: 1 }).slots).toEqual(plain.slots);
      expect(plain.slots).toEqual(entry === 'cross' ? ['zone'] : []);
      const forecast = [1, -1, 1, 1, NaN_, 1, -1, 1];
      expect(on({ enter: 0, entry, confirm: 1 }, ...forecast)).toEqual(on({ enter: 0, entry }, ...forecast));
    }
  });

  it('refuses a number of closes that is none', () => {
    expect(() => threshold({ enter: 0, confirm: 0 })).toThrow('Expected confirm to be a whole number >= 1, received 0');
    expect(() => threshold({ enter: 0, confirm: 1.5 })).toThrow('received 1.5');
  });
});
