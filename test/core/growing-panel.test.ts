import { describe, expect, it } from 'vitest';
import { type Bars, sliceBars } from '../../src/core/bars.ts';
import { growPanel } from '../../src/core/growing-panel.ts';
import { type BarRow, growBars } from '../../src/core/growth.ts';
import { createPanel } from '../../src/core/panel.ts';
import { flatBars, HOUR } from '../support/markets.ts';

const b = flatBars([1, 2, 3, 4], 'b');
const a = flatBars([5, 6, 7, 8], 'a');
const rowOf = (bars: Bars, row: number): BarRow => ({
  openTime: bars.openTime[row]!,
  open: bars.open[row]!,
  high: bars.high[row]!,
  low: bars.low[row]!,
  close: bars.close[row]!,
  volume: bars.volume[row]!,
});
const closeOf = (bars: Bars, row: number) => bars.openTime[row]! + HOUR;

/** Both markets with two bars each, given in the wrong order. */
function started() {
  const growing = { a: growBars(sliceBars(a, 0, 2)), b: growBars(sliceBars(b, 0, 2)) };
  return { ...growing, panel: growPanel([growing.b, growing.a]) };
}

describe('a growing panel', () => {
  it('puts each slice behind the last, with -1 where a market has no bar', () => {
    const { panel, ...markets } = started();
    markets.b.append(rowOf(b, 2));
    panel.append(closeOf(b, 2), [false, true]);
    markets.a.append(rowOf(a, 3));
    markets.b.append(rowOf(b, 3));
    panel.append(closeOf(a, 3), [true, true]);
    const view = panel.view();
    expect(view.row.map((row) => [...row])).toEqual([
      [0, 1, -1, 2],
      [0, 1, 2, 3],
    ]);
    expect(view).toEqual(createPanel([markets.b.view(), markets.a.view()]));
  });

  it('leaves what was handed out before as it was', () => {
    const { panel, ...markets } = started();
    const older = panel.view();
    const before = structuredClone(older);
    markets.a.append(rowOf(a, 2));
    panel.append(closeOf(a, 2), [true, false]);
    markets.a.append(rowOf(a, 3));
    panel.append(closeOf(a, 3), [true, false]);
    expect(older).toEqual(before);
    expect(panel.view().closeTime).toHaveLength(4);
  });

  it('has the funding of all bars so far', () => {
    const growing = growBars(sliceBars(a, 0, 2));
    const funding = new Map([['a', { time: a.openTime, rate: Float64Array.of(0.1, 0.2, 0.3, 0.4) }]]);
    const panel = growPanel([growing, growBars(sliceBars(b, 0, 2))], funding);
    growing.append(rowOf(a, 2));
    panel.append(closeOf(a, 2), [true, false]);
    expect(panel.view().funding).toEqual([Float64Array.of(0.1, 0.2, 0.3), undefined]);
    expect(panel.view()).toEqual(createPanel([growing.view(), sliceBars(b, 0, 2)], { funding }));
  });

  it('refuses a slice whose bars are not those that were appended, and goes on without it', () => {
    const { panel, ...markets } = started();
    const time = closeOf(a, 2);
    expect(() => panel.append(time, [true, false])).toThrow(
      'Expected 3 bars of a, the last one closed at 2020-01-01T03:00:00.000Z, received 2',
    );
    markets.a.append(rowOf(a, 2));
    expect(() => panel.append(time, [false, true])).toThrow('Expected 2 bars of a, received 3');
    expect(() => panel.append(time + HOUR, [true, false])).toThrow('the last one closed at 2020-01-01T04:00:00.000Z, received 3');
    expect(() => panel.append(time, [false, false])).toThrow('a bar of at least one market at 2020-01-01T03:00:00.000Z, received none');
    panel.append(time, [true, false]);
    expect(panel.view()).toEqual(createPanel([markets.a.view(), markets.b.view()]));
  });

  it('refuses a slice that does not follow, and one on another clock', () => {
    const { panel } = started();
    expect(() => panel.append(closeOf(a, 1), [true, true])).toThrow('Expected a slice that closes after 2020-01-01T02:00:00.000Z');
    expect(() => panel.append(closeOf(a, 2) + HOUR / 2, [true, true])).toThrow('on the clock of the one at 2020-01-01T02:00:00.000Z');
  });

  it('refuses what no panel can be made of', () => {
    expect(() => growPanel([])).toThrow('at least one market');
    expect(() => growPanel([growBars(a), growBars(a)])).toThrow('every market once');
  });
});
