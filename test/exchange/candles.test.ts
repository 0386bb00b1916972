import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bars, barProblem, createBars } from '../../src/core/bars.ts';
import { resample } from '../../src/core/resample.ts';
import type { Candle } from '../../src/data/exchange/feed.ts';
import { barsOf, HOUR, randomBars } from '../support/markets.ts';
import { candlesOf, part, type View, type Window } from './candles.ts';

const START = Date.UTC(2020, 0, 1);
const bars = barsOf([
  [100, 112, 94, 106, 60],
  [106, 110, 96, 100, 30],
  [100, 101, 99, 100, 10],
]);
const view = (now: number, changes: Partial<View> = {}): View => ({ now, forming: true, delay: () => 0, ...changes });
const ALL: Window = { from: 0, limit: 10_000 };
const openHours = (candles: readonly Candle[] | undefined) => candles?.map(({ openTime }) => (openTime - START) / HOUR);

function asBars(candles: readonly Candle[], intervalMs: number): Bars {
  const column = (name: keyof Candle) => Float64Array.from(candles, (candle) => candle[name]);
  const openTime = column('openTime');
  return createBars('test', intervalMs, {
    openTime,
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  });
}

describe('a forming candle', () => {
  const final = { openTime: 0, open: 100, high: 112, low: 94, close: 106, volume: 60 };

  it('runs from the open to the low, the high and the close where it rises, a third of its interval each', () => {
    // By hand: 100 to 94, 94 to 112, 112 to 106.
    expect(part(final, 0)).toEqual({ ...final, high: 100, low: 100, close: 100, volume: 0 });
    expect(part(final, 1 / 6)).toEqual({ ...final, high: 100, low: 97, close: 97, volume: 10 });
    expect(part(final, 1 / 2)).toEqual({ ...final, high: 103, low: 94, close: 103, volume: 30 });
    expect(part(final, 5 / 6)).toMatchObject({ high: 112, low: 94, volume: 50 });
    expect(part(final, 5 / 6).close).toBeCloseTo(109, 9);
  });

  it('takes the high first where it falls', () => {
    expect(part({ ...final, open: 106, close: 100 }, 1 / 3)).toMatchObject({ high: 112, low: 106, close: 112 });
  });

  it('is a possible candle that only grows, whatever the bar', () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.integer(), shares, (seed, at) => {
        const market = randomBars({ seed, length: 1 });
        const whole = candlesOf(market, HOUR, ALL, view(Number.MAX_SAFE_INTEGER))![0]!;
        let before: Candle = part(whole, 0);
        for (const share of at.toSorted((a, b) => a - b)) {
          const now = part(whole, share);
          const { openTime, open, high, low, close, volume } = now;
          const columns = [openTime, open, high, low, close, volume].map((value) => Float64Array.of(value));
          const [o, a, b, c, d, e] = columns as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
          expect(barProblem({ openTime: o, open: a, high: b, low: c, close: d, volume: e }, 0)).toBeUndefined();
          expect(now.high >= before.high && now.low <= before.low && now.volume >= before.volume).toBe(true);
          expect(now.high <= whole.high && now.low >= whole.low && now.volume <= whole.volume && now.open === whole.open).toBe(true);
          before = now;
        }
      }),
    );
  });
});

describe('the candles that exist', () => {
  it('begin at their opening and are final at their close', () => {
    const at = (now: number) => candlesOf(bars, HOUR, ALL, view(START + now));
    expect(at(-1)).toEqual([]);
    expect(at(0)).toEqual([{ openTime: START, open: 100, high: 100, low: 100, close: 100, volume: 0 }]);
    expect(at(HOUR / 2)).toEqual([{ openTime: START, open: 100, high: 103, low: 94, close: 103, volume: 30 }]);
    expect(at(HOUR)![0]).toEqual({ openTime: START, open: 100, high: 112, low: 94, close: 106, volume: 60 });
    expect(openHours(at(HOUR))).toEqual([0, 1]);
  });

  it('leave out the forming one where asked', () => {
    expect(openHours(candlesOf(bars, HOUR, ALL, view(START + 2 * HOUR - 1, { forming: false })))).toEqual([0]);
    expect(openHours(candlesOf(bars, HOUR, ALL, view(START + 2 * HOUR, { forming: false })))).toEqual([0, 1]);
  });

  it('appear so long after their close, and nothing after them before', () => {
    const late = (now: number) => openHours(candlesOf(bars, HOUR, ALL, view(START + now, { delay: () => 5000 })));
    expect(late(HOUR - 1)).toEqual([0]);
    expect(late(HOUR)).toEqual([]);
    expect(late(HOUR + 4999)).toEqual([]);
    expect(late(HOUR + 5000)).toEqual([0, 1]);
    expect(openHours(candlesOf(bars, HOUR, { limit: 1 }, view(START + 2 * HOUR, { delay: () => 5000 })))).toEqual([0]);
  });

  it('are those of the lower interval put together, at every instant', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 99 }),
        fc.integer({ min: 0, max: 200 * HOUR }),
        fc.constantFrom(4, 24, 168),
        (seed, passed, k) => {
          const market = randomBars({ seed, length: 200, gaps: 0.2 });
          const now = view(market.openTime[0]! + passed);
          const hours = asBars(candlesOf(market, HOUR, ALL, now)!, HOUR);
          expect(asBars(candlesOf(market, k * HOUR, ALL, now)!, k * HOUR)).toEqual(resample(hours, k * HOUR).bars);
        },
      ),
    );
  });

  it('are the same in pages, from either end, as at once', () => {
    const intervals = fc.constantFrom(HOUR / 4, HOUR, 4 * HOUR, 24 * HOUR);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99 }), intervals, fc.integer({ min: 1, max: 50 }), (seed, interval, limit) => {
        const market = randomBars({ seed, length: 100, gaps: 0.2 });
        const now = view(market.openTime[80]! + HOUR / 3);
        const whole = candlesOf(market, interval, ALL, now)!;
        const forwards: Candle[] = [];
        for (let from = 0; ; from = forwards.at(-1)!.openTime + 1) {
          const page = candlesOf(market, interval, { from, limit }, now)!;
          forwards.push(...page);
          if (page.length < limit) break;
        }
        expect(forwards).toEqual(whole);
        const backwards: Candle[] = [];
        for (let to = now.now; ; to = backwards[0]!.openTime - 1) {
          const page = candlesOf(market, interval, { to, limit }, now)!;
          backwards.unshift(...page);
          if (page.length < limit) break;
        }
        expect(backwards).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  it('cut into pieces carry low, high and half of the volume each, and aggregate to the bar', () => {
    const quarters = candlesOf(bars, HOUR / 4, { from: START, to: START + HOUR - 1, limit: 9 }, view(START + 9 * HOUR))!;
    expect(quarters.map(({ open, high, low, close, volume }) => [open, high, low, close, volume])).toEqual([
      [100, 100, 94, 100, 30],
      [100, 100, 100, 100, 0],
      [100, 100, 100, 100, 0],
      [100, 112, 100, 106, 30],
    ]);
  });

  it('are none where one interval is no multiple of the other', () => {
    expect(candlesOf(bars, 1.5 * HOUR, ALL, view(START))).toBeUndefined();
  });
});
