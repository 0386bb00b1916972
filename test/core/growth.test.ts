import { describe, expect, it } from 'vitest';
import { BarError, type Bars, createBars, sliceBars } from '../../src/core/bars.ts';
import { type BarRow, growBars, grows, kept, remembered } from '../../src/core/growth.ts';
import { flatBars, HOUR, randomBars } from '../support/markets.ts';

const start = flatBars([10, 11, 12]);
const next = (bars: Bars, price: number): BarRow => ({
  openTime: bars.openTime[bars.length - 1]! + HOUR,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 1000,
});

/** Each close doubled, and the rows that were worked out for it. */
function doubling() {
  const asked: (readonly [from: number, to: number])[] = [];
  const doubled = (bars: Bars, key = 'double') =>
    kept(bars, key, [1], ([column], from) => {
      asked.push([from, bars.length]);
      for (let row = from; row < bars.length; row++) column![row] = 2 * bars.close[row]!;
    })[0]!;
  return { asked, doubled };
}

describe('growing bars', () => {
  it('are what bars of the same rows are', () => {
    const whole = randomBars({ seed: 1, length: 40 });
    const growing = growBars(sliceBars(whole, 0, 0));
    expect(growing.view()).toEqual(sliceBars(whole, 0, 0));
    for (let row = 0; row < 40; row++) {
      const { openTime, open, high, low, close, volume } = sliceBars(whole, row, row + 1);
      growing.append({ openTime: openTime[0]!, open: open[0]!, high: high[0]!, low: low[0]!, close: close[0]!, volume: volume[0]! });
      expect(growing.view()).toEqual(sliceBars(whole, 0, row + 1));
    }
  });

  it('leave what was handed out before, and the bars they began with, as they were', () => {
    const growing = growBars(start);
    const views = [growing.view()];
    for (const price of [13, 14, 15, 16, 17]) {
      growing.append(next(growing.view(), price));
      views.push(growing.view());
    }
    expect(views.map((view) => [...view.close])).toEqual([3, 4, 5, 6, 7, 8].map((length) => Array.from({ length }, (_, row) => 10 + row)));
    expect(start).toEqual(flatBars([10, 11, 12]));
  });

  it('move their rows, and those of kept columns, to more room a few times only', () => {
    const { doubled } = doubling();
    const growing = growBars(start);
    const rooms = new Set<ArrayBufferLike>();
    const keptRooms = new Set<ArrayBufferLike>();
    for (let row = 3; row < 1000; row++) {
      growing.append(next(growing.view(), 10));
      rooms.add(growing.view().close.buffer);
      keptRooms.add(doubled(growing.view()).buffer);
    }
    // From 3 rows to 1000 by doubling: 6, 12, 24, ... 1536; the column begins with 4.
    expect([rooms.size, keptRooms.size]).toEqual([9, 9]);
  });

  it('are one and the same view while no row comes', () => {
    const growing = growBars(start);
    expect(growing.view()).toBe(growing.view());
  });

  it('refuse a row that cannot follow, and go on without it', () => {
    const growing = growBars(start);
    const good = next(start, 13);
    expect(() => growing.append({ ...good, openTime: start.openTime[2]! })).toThrow(BarError);
    expect(() => growing.append({ ...good, openTime: start.openTime[1]! })).toThrow('test, row 3: expected bars oldest first');
    expect(() => growing.append({ ...good, low: 14 })).toThrow('row 3: expected high >= low');
    expect(() => growing.append({ ...good, close: Number.NaN })).toThrow('row 3: expected a finite close > 0, received NaN');
    growing.append(good);
    expect([...growing.view().close]).toEqual([10, 11, 12, 13]);
  });

  it('do not grow where bars are cut, spread or made anew from them', () => {
    const view = growBars(start).view();
    expect([view, sliceBars(view, 0, 3), { ...view }, createBars('test', HOUR, view), start].map(grows)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('a column that is kept', () => {
  it('is worked out for every row once, however often it is asked for', () => {
    const { asked, doubled } = doubling();
    const growing = growBars(start);
    expect([...doubled(growing.view())]).toEqual([20, 22, 24]);
    doubled(growing.view());
    growing.append(next(growing.view(), 13));
    growing.append(next(growing.view(), 14));
    expect([...doubled(growing.view())]).toEqual([20, 22, 24, 26, 28]);
    expect(asked).toEqual([
      [0, 3],
      [3, 5],
    ]);
  });

  it('is the prefix for an older view, without working anything out again', () => {
    const { asked, doubled } = doubling();
    const growing = growBars(start);
    const older = growing.view();
    growing.append(next(older, 13));
    doubled(growing.view());
    expect([...doubled(older)]).toEqual([20, 22, 24]);
    expect(asked).toHaveLength(1);
  });

  it('stays what it was when more rows come', () => {
    const { doubled } = doubling();
    const growing = growBars(start);
    const older = doubled(growing.view());
    for (const price of [13, 14, 15, 16]) {
      growing.append(next(growing.view(), price));
      doubled(growing.view());
    }
    expect([...older]).toEqual([20, 22, 24]);
  });

  it('is another one under another key, and on other growing bars', () => {
    const { asked, doubled } = doubling();
    const growing = growBars(start);
    doubled(growing.view(), 'one');
    doubled(growing.view(), 'other');
    doubled(growBars(start).view(), 'one');
    expect(asked).toHaveLength(3);
  });

  it('is new each time on bars that do not grow, and worked out even where there are none', () => {
    const { asked, doubled } = doubling();
    expect(doubled(start)).not.toBe(doubled(start));
    doubled(sliceBars(start, 0, 0));
    expect(asked).toEqual([
      [0, 3],
      [0, 3],
      [0, 0],
    ]);
  });

  it('has as many values a row as it was asked for, side by side, in arrays of any kind', () => {
    const growing = growBars(start);
    const rows = () =>
      kept(
        growing.view(),
        'numbered',
        [2, 1],
        ([pairs, single], from) => {
          expect([pairs!.length, single!.length]).toEqual([2 * growing.view().length, growing.view().length]);
          for (let row = from; row < single!.length; row++) pairs!.set([row, -row], 2 * row);
        },
        (length) => new Int32Array(length),
      );
    rows();
    growing.append(next(start, 13));
    expect(rows()).toEqual([Int32Array.of(0, -0, 1, -1, 2, -2, 3, -3), new Int32Array(4)]);
  });

  it('is asked for again from the same row where working it out has failed', () => {
    const growing = growBars(start);
    const column = (fail: boolean) =>
      kept(growing.view(), 'key', [1], ([into], from) => {
        into!.fill(7, from);
        if (fail) throw new Error('failed');
      })[0]!;
    column(false);
    growing.append(next(start, 13));
    expect(() => column(true)).toThrow('failed');
    expect([...column(false)]).toEqual([7, 7, 7, 7]);
  });
});

describe('what is remembered', () => {
  it('is made once for growing bars, and each time for others', () => {
    const growing = growBars(start);
    const older = growing.view();
    growing.append(next(start, 13));
    const make = () => ({});
    expect(remembered(growing.view(), 'a', make)).toBe(remembered(older, 'a', make));
    expect(remembered(older, 'b', make)).not.toBe(remembered(older, 'a', make));
    expect(remembered(start, 'a', make)).not.toBe(remembered(start, 'a', make));
  });
});
