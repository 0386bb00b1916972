import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bars } from '../../../src/core/bars.ts';
import { boundaryBefore, resample } from '../../../src/core/resample.ts';
import { boundaryAfter, createComposition } from '../../../src/data/exchange/composition.ts';
import type { Candle } from '../../../src/data/exchange/feed.ts';
import { joinSpans, type Span } from '../../../src/data/store/span.ts';
import { barsOf, HOUR, randomBars } from '../../support/markets.ts';

/** A multiple of all lengths below. */
const START = Date.UTC(2020, 0, 1);
const DAY = 24 * HOUR;
const span = (from: number, to: number): Span => ({ from: START + from * HOUR, to: START + to * HOUR });

const candlesOf = ({ openTime, open, high, low, close, volume }: Bars): readonly Candle[] =>
  [...openTime].map((time, i) => ({ openTime: time, open: open[i]!, high: high[i]!, low: low[i]!, close: close[i]!, volume: volume[i]! }));
const within = (candles: readonly Candle[], { from, to }: Span) => candles.filter(({ openTime }) => openTime >= from && openTime < to);

/** The bars that come of spans answered for one after the other, and the spans that they are all of. */
function composed(candles: readonly Candle[], spans: readonly Span[], intervalMs: number) {
  const compose = createComposition('test', HOUR, intervalMs);
  const bars: Candle[] = [];
  let covered: readonly Span[] = [];
  for (const part of spans) {
    const made = compose(within(candles, part), part);
    if (!made) continue;
    expect(made.bars.intervalMs).toBe(intervalMs);
    bars.push(...candlesOf(made.bars));
    // Nothing is told twice.
    expect(made.covered.from).toBeGreaterThanOrEqual(covered.at(-1)?.to ?? START);
    covered = joinSpans(covered, made.covered);
  }
  return { bars, covered };
}

describe('bars made of lower candles', () => {
  // By hand: [open, high, low, close, volume], the first of the higher bars from 00:00 to 03:00.
  const candles = candlesOf(
    barsOf([
      [10, 12, 9, 11, 1],
      [11, 15, 10, 14, 2],
      [14, 14, 8, 9, 4],
      [9, 10, 7, 8, 8],
      [8, 20, 8, 19, 16],
      [19, 21, 18, 20, 32],
    ]),
  );
  const [first, second] = [
    { openTime: START, open: 10, high: 15, low: 8, close: 9, volume: 7 },
    { openTime: START + 3 * HOUR, open: 9, high: 21, low: 7, close: 20, volume: 56 },
  ];

  it('take their first part from one page and the rest from the next', () => {
    expect(composed(candles, [span(0, 2), span(2, 6)], 3 * HOUR)).toEqual({ bars: [first, second], covered: [span(0, 6)] });
    expect(composed(candles, [span(0, 1), span(1, 2), span(2, 5), span(5, 6)], 3 * HOUR).bars).toEqual([first, second]);
  });

  it('are made when their whole span is answered for, and not before', () => {
    const compose = createComposition('test', HOUR, 3 * HOUR);
    expect(compose(candles.slice(0, 2), span(0, 2))).toBeUndefined();
    expect(compose(candles.slice(2, 5), span(2, 5))?.covered).toEqual(span(0, 3));
  });

  it('are not made of a part: of a span that begins or ends within, or whose middle is not answered for', () => {
    expect(composed(candles, [span(1, 6)], 3 * HOUR)).toEqual({ bars: [second], covered: [span(3, 6)] });
    expect(composed(candles, [span(0, 5)], 3 * HOUR)).toEqual({ bars: [first], covered: [span(0, 3)] });
    expect(composed(candles, [span(0, 4), span(5, 6)], 3 * HOUR)).toEqual({ bars: [first], covered: [span(0, 3)] });
  });

  it('are made of what there is where the exchange has no others', () => {
    const holed = candles.filter((_, hour) => hour !== 1 && hour < 3);
    const bar = { openTime: START, open: 10, high: 14, low: 8, close: 9, volume: 5 };
    expect(composed(holed, [span(0, 2), span(2, 6)], 3 * HOUR)).toEqual({ bars: [bar], covered: [span(0, 6)] });
  });

  it('are the candles themselves where the interval is offered', () => {
    expect(composed(candles, [span(0, 2), span(2, 6)], HOUR)).toEqual({ bars: candles, covered: [span(0, 6)] });
  });

  it('are those of the whole series, however it is cut into pages, and whichever pages are missing', () => {
    const pages = fc.array(fc.record({ hours: fc.integer({ min: 1, max: 40 }), answered: fc.boolean() }), { minLength: 1, maxLength: 25 });
    const lengths = fc.constantFrom(HOUR, 2 * HOUR, 3 * HOUR, 5 * HOUR, DAY, 7 * DAY);
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(50), pages, lengths, (seed, start, cuts, intervalMs) => {
        const bars = randomBars({ seed, length: 400, gaps: 0.2, market: 'test' });
        const candles = candlesOf(bars);
        let at = start;
        const answered: Span[] = [];
        for (const { hours, answered: is } of cuts) {
          if (is) answered.push(span(at, at + hours));
          at += hours;
        }
        const whole = answered
          .reduce<readonly Span[]>(joinSpans, [])
          .map(({ from, to }) => ({ from: boundaryAfter(from, intervalMs), to: boundaryBefore(to, intervalMs) }))
          .filter(({ from, to }) => from < to);
        const expected = candlesOf(resample(bars, intervalMs).bars);
        expect(composed(candles, answered, intervalMs)).toEqual({
          bars: expected.filter(({ openTime }) => whole.some(({ from, to }) => openTime >= from && openTime < to)),
          covered: whole,
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('the boundary after a time', () => {
  it('is the time itself where it is one, and weeks begin on Mondays', () => {
    expect(boundaryAfter(START, DAY)).toBe(START);
    expect(boundaryAfter(START + 1, DAY)).toBe(START + DAY);
    // 2020-01-01 was a Wednesday.
    expect(boundaryAfter(START, 7 * DAY)).toBe(Date.UTC(2020, 0, 6));
  });
});
