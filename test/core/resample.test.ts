import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bars, createBars, sliceBars } from '../../src/core/bars.ts';
import { intervalMs } from '../../src/core/interval.ts';
import type { Signal } from '../../src/core/policy.ts';
import { asOf, boundaryBefore, resample } from '../../src/core/resample.ts';
import { featureColumns, featureIntervals } from '../../src/models/feature.ts';
import { crossover } from '../../src/strategies/crossover.ts';
import { momentum } from '../../src/strategies/momentum.ts';
import { onInterval } from '../../src/strategies/on-interval.ts';
import { HOUR, poisoned, randomBars } from '../support/markets.ts';

const FOUR_HOURS = 4 * HOUR;
const DAY = 24 * HOUR;

/** Hourly bars at the given hours since 2020-01-01 (a Wednesday), each with a range around its hour's number. */
function hours(at: readonly number[]): Bars {
  const column = (value: (hour: number) => number) => Float64Array.from(at, value);
  return createBars('test', HOUR, {
    openTime: column((hour) => Date.UTC(2020, 0, 1) + hour * HOUR),
    open: column((hour) => 100 + hour),
    high: column((hour) => 102 + hour),
    low: column((hour) => 99 + hour),
    close: column((hour) => 101 + hour),
    volume: column((hour) => hour + 1),
  });
}

const market = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  length: fc.integer({ min: 1, max: 400 }),
  gaps: fc.constantFrom(0, 0.05, 0.6),
});
const options = { seed: 1, numRuns: 200 };

describe('bars of a higher interval', () => {
  it('have the open of the first, the highest high, the lowest low, the close of the last and the sum of the volumes', () => {
    const { bars, closed } = resample(hours([0, 1, 2, 3, 4, 5, 6, 7]), FOUR_HOURS);
    expect([...bars.openTime].map((time) => (time - Date.UTC(2020, 0, 1)) / HOUR)).toEqual([0, 4]);
    expect([bars.open[0], bars.high[0], bars.low[0], bars.close[0], bars.volume[0]]).toEqual([100, 105, 99, 104, 10]);
    expect([bars.open[1], bars.high[1], bars.low[1], bars.close[1], bars.volume[1]]).toEqual([104, 109, 103, 108, 26]);
    expect([...closed]).toEqual([0, 0, 0, 1, 1, 1, 1, 2]);
  });

  it('are anchored at multiples of the interval since 1970, weeks at Mondays, wherever the bars begin', () => {
    const late = resample(hours([2, 3, 4, 5]), FOUR_HOURS);
    expect([...late.bars.openTime].map((time) => (time - Date.UTC(2020, 0, 1)) / HOUR)).toEqual([0, 4]);
    expect([...late.closed]).toEqual([0, 1, 1, 1]);
    expect(boundaryBefore(Date.UTC(2020, 0, 1), intervalMs('1w'))).toBe(Date.UTC(2019, 11, 30));
    expect(boundaryBefore(Date.UTC(1969, 11, 31), intervalMs('1w'))).toBe(Date.UTC(1969, 11, 29));
    expect(boundaryBefore(Date.UTC(2020, 0, 1, 13, 30), DAY)).toBe(Date.UTC(2020, 0, 1));
  });

  it('are closed once their end has passed, though their last bars be missing', () => {
    // Hours 3, and 8 to 11, are missing: the first is known to be over at the close of hour 4.
    const { bars, closed } = resample(hours([0, 1, 2, 4, 5, 6, 7, 12]), FOUR_HOURS);
    expect([...closed]).toEqual([0, 0, 0, 1, 1, 1, 2, 2]);
    expect(bars.close[0]).toBe(103);
    expect(bars.length).toBe(3);
  });

  it('never hold a bar that opens after their last one has closed', () => {
    // Days that a clock change shortens open an hour before the day before has closed.
    const day = (hour: number) => Date.UTC(2020, 0, 1) + hour * HOUR;
    const times = [day(1), day(24), day(48)];
    const column = (values: readonly number[]) => Float64Array.from(values);
    const base = createBars('test', DAY, {
      openTime: column(times),
      open: column([1, 2, 3]),
      high: column([1, 2, 3]),
      low: column([1, 2, 3]),
      close: column([1, 2, 3]),
      volume: column([1, 1, 1]),
    });
    const whole = resample(base, 2 * DAY);
    for (let n = 1; n <= 3; n++) expect([...resample(sliceBars(base, 0, n), 2 * DAY).closed]).toEqual([...whole.closed.subarray(0, n)]);
  });

  it('are refused where the interval is no multiple', () => {
    expect(() => resample(hours([0, 1]), 90 * 60_000)).toThrow("a multiple of the bars' own 1h, received 90m");
    expect(() => resample(hours([0, 1]), 60_000)).toThrow('received 1m');
  });

  it('law: in steps (1h to 4h to 1d) they are what they are at once, and nothing is lost or added', () => {
    fc.assert(
      fc.property(market, (options) => {
        const base = randomBars({ ...options, market: 'test' });
        const once = resample(base, DAY).bars;
        const steps = resample(resample(base, FOUR_HOURS).bars, DAY).bars;
        expect(steps).toEqual(once);
        const sum = (column: Float64Array) => column.reduce((total, value) => total + value, 0);
        expect(sum(once.volume)).toBe(sum(base.volume));
        expect(Math.max(...once.high)).toBe(Math.max(...base.high));
        expect(Math.min(...once.low)).toBe(Math.min(...base.low));
        expect(once.open[0]).toBe(base.open[0]);
        expect(once.close[once.length - 1]).toBe(base.close[base.length - 1]);
        expect(resample(base, HOUR).bars).toEqual(base);
      }),
      options,
    );
  });

  it('law: a bar that is counted as closed is never changed by a bar that follows, nor is the count', () => {
    fc.assert(
      fc.property(market, fc.double({ min: 0, max: 1, noNaN: true }), (options, share) => {
        const base = randomBars({ ...options, market: 'test' });
        const keep = Math.max(1, Math.round(share * base.length));
        const whole = resample(base, FOUR_HOURS);
        for (const other of [sliceBars(base, 0, keep), poisoned(base, keep)]) {
          const part = resample(other, FOUR_HOURS);
          expect([...part.closed.subarray(0, keep)]).toEqual([...whole.closed.subarray(0, keep)]);
          const closed = whole.closed[keep - 1]!;
          expect(sliceBars(part.bars, 0, closed)).toEqual(sliceBars(whole.bars, 0, closed));
        }
        for (let row = 0; row < base.length; row++) {
          const last = whole.closed[row]! - 1;
          if (last >= 0) expect(whole.bars.openTime[last]! + FOUR_HOURS).toBeLessThanOrEqual(base.openTime[row]! + HOUR);
        }
      }),
      options,
    );
  });
});

describe('a signal or feature on a higher interval', () => {
  it('has at each bar the value of the last higher bar that is closed', () => {
    const bars = hours([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const close: Signal = { name: 'close', column: ({ close }) => close };
    const column = onInterval(close, FOUR_HOURS).column(bars, bars.close);
    expect([...column]).toEqual([NaN, NaN, NaN, 104, 104, 104, 104, 108, 108]);
    expect([...featureColumns({ on: { interval: '4h', of: 'close' } }, bars)[0]!]).toEqual([...column]);
    expect(onInterval(close, FOUR_HOURS).name).toBe('close on 4h');
  });

  it('is of the higher bars alone: what is expected of the next lower bar is not known there', () => {
    const bars = hours([0, 1, 2, 3, 4]);
    const forecast: Signal = { name: 'forecast', column: (_bars, expected) => expected };
    expect([...onInterval(forecast, FOUR_HOURS).column(bars, bars.close)].every(Number.isNaN)).toBe(true);
  });

  it('may be made of others, and says on which intervals it is', () => {
    const bars = randomBars({ seed: 5, length: 600, gaps: 0 });
    const weekly = { on: { interval: '4h', of: { on: { interval: '1d', of: { lag: { of: { sma: 3 }, bars: 1 } } } } } } as const;
    expect(featureIntervals(weekly)).toEqual(['4h', '1d']);
    expect(featureIntervals({ lag: { of: { on: { interval: '1d', of: 'close' } }, bars: 2 } })).toEqual(['1d']);
    const [nested] = featureColumns(weekly, bars);
    const daily = resample(bars, DAY);
    expect([...nested!]).toEqual([...asOf(daily, featureColumns({ lag: { of: { sma: 3 }, bars: 1 } }, daily.bars)[0]!)]);
  });

  it('is refused in any other form', () => {
    const bars = hours([0]);
    for (const parameters of [
      { interval: '1d' },
      { of: 'close' },
      { interval: 3, of: 'close' },
      { interval: '1d', of: 'close', more: 1 },
    ]) {
      expect(() => featureColumns({ on: parameters as never }, bars)).toThrow(
        'Expected on: { interval: <such as 1d>, of: <feature> }, received',
      );
    }
    expect(() => featureColumns({ on: { interval: 'day', of: 'close' } }, bars)).toThrow('Expected an interval such as');
  });

  it('law: does not depend on what follows, and the column of a prefix is the prefix of the column', () => {
    const columns: readonly ((bars: Bars) => Float64Array)[] = [
      (bars) => onInterval(crossover(2, 5), FOUR_HOURS).column(bars, bars.close),
      (bars) => onInterval(momentum(3), DAY).column(bars, bars.close),
      (bars) => featureColumns({ on: { interval: '4h', of: { rsi: 5 } } }, bars)[0]!,
    ];
    fc.assert(
      fc.property(market, fc.double({ min: 0, max: 1, noNaN: true }), (options, share) => {
        const base = randomBars({ ...options, market: 'test' });
        const keep = Math.round(share * base.length);
        for (const column of columns) {
          const expected = [...column(base).subarray(0, keep)];
          expect([...column(poisoned(base, keep)).subarray(0, keep)]).toEqual(expected);
          expect([...column(sliceBars(base, 0, keep))]).toEqual(expected);
        }
      }),
      options,
    );
  });
});
