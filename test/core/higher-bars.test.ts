import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bars, createBars, sliceBars } from '../../src/core/bars.ts';
import { growBars } from '../../src/core/growth.ts';
import { higherBars } from '../../src/core/higher-bars.ts';
import { resample } from '../../src/core/resample.ts';
import { appendRow } from '../support/growth.ts';
import { HOUR, randomBars } from '../support/markets.ts';

const FOUR_HOURS = 4 * HOUR;

/** Hourly bars whose openings lie any number of minutes apart: some open before the one before has closed, some leave whole days out. */
const irregular: fc.Arbitrary<Bars> = fc
  .tuple(
    fc.integer({ min: 1, max: 1e6 }),
    fc.array(fc.constantFrom(15, 30, 60, 60, 60, 90, 240, 241, 3000), { minLength: 1, maxLength: 60 }),
  )
  .map(([seed, steps]) => {
    let time = Date.UTC(2020, 0, 1, seed % 7);
    const openTime = Float64Array.from(steps, (minutes) => {
      time += minutes * 60_000;
      return time;
    });
    return createBars('m', HOUR, { ...randomBars({ seed, length: steps.length }), openTime });
  });

describe('higher bars of growing bars', () => {
  it('law: are the closed ones of resampling all bars anew, and as many are closed at each row', () => {
    fc.assert(
      fc.property(irregular, fc.constantFrom(HOUR, FOUR_HOURS, 24 * HOUR), fc.array(fc.nat({ max: 12 })), (bars, interval, steps) => {
        const growing = growBars(sliceBars(bars, 0, 0));
        let length = 0;
        for (const step of [...steps, bars.length]) {
          for (let k = 0; k < step && length < bars.length; k++) appendRow(growing, bars, length++);
          const received = higherBars(growing.view(), interval);
          const expected = resample(sliceBars(bars, 0, length), interval);
          expect(received.closed).toEqual(expected.closed);
          expect(received.bars).toEqual(sliceBars(expected.bars, 0, expected.closed[length - 1] ?? 0));
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('are made again from the forming one on, not from the first', () => {
    const bars = randomBars({ seed: 2, length: 90, gaps: 0 });
    const growing = growBars(sliceBars(bars, 0, 79));
    higherBars(growing.view(), FOUR_HOURS);
    // Prices that no bar could be made of, had they to be read again.
    growing.view().high.fill(Number.NaN, 0, 74);
    for (let row = 79; row < 90; row++) appendRow(growing, bars, row);
    expect(higherBars(growing.view(), FOUR_HOURS).bars.length).toBe(22);
  });

  it('are all there are for bars that do not grow, the forming one included', () => {
    const bars = randomBars({ seed: 2, length: 90, gaps: 0 });
    expect(higherBars(bars, FOUR_HOURS)).toEqual(resample(bars, FOUR_HOURS));
    expect(higherBars(bars, FOUR_HOURS).bars.length).toBe(23);
  });

  it('are refused where the interval is no multiple, though there be no bars yet', () => {
    const none = growBars(sliceBars(randomBars({ seed: 2, length: 1 }), 0, 0)).view();
    expect(() => higherBars(none, 90 * 60_000)).toThrow("a multiple of the bars' own 1h, received 90m");
  });
});
