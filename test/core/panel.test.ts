import { describe, expect, it } from 'vitest';
import { sliceBars } from '../../src/core/bars.ts';
import { createPanel, firstSliceAt, singleMarket } from '../../src/core/panel.ts';
import { flatBars, HOUR, randomBars } from '../support/markets.ts';

describe('a panel', () => {
  const early = sliceBars(flatBars([1, 2, 3, 4], 'b'), 0, 3);
  const late = sliceBars(flatBars([5, 6, 7, 8], 'a'), 2, 4);

  it('puts markets on the union of their close times, in the order of their names', () => {
    const panel = createPanel([early, late]);
    expect(panel.markets.map((bars) => bars.market)).toEqual(['a', 'b']);
    expect(panel.closeTime).toHaveLength(4);
    expect([...panel.row[0]!]).toEqual([-1, -1, 0, 1]);
    expect([...panel.row[1]!]).toEqual([0, 1, 2, -1]);
    expect(panel.closeTime[0]).toBe(early.openTime[0]! + HOUR);
  });

  it('does not depend on the order in which markets are given', () => {
    expect(createPanel([late, early])).toEqual(createPanel([early, late]));
  });

  it('knows the slice of every row and the first slice at an instant', () => {
    const panel = createPanel([randomBars({ seed: 1, length: 50 }), randomBars({ seed: 2, length: 50 })]);
    panel.markets.forEach((bars, m) => {
      const rows = [...panel.row[m]!.entries()].filter(([, row]) => row >= 0);
      expect(rows.map(([, row]) => row)).toEqual(Array.from({ length: bars.length }, (_, row) => row));
      for (const [slice, row] of rows) expect(panel.closeTime[slice]).toBe(bars.openTime[row]! + HOUR);
    });
    expect(firstSliceAt(panel, panel.closeTime[7]!)).toBe(7);
    expect(firstSliceAt(panel, panel.closeTime[7]! + 1)).toBe(8);
    expect(singleMarket(panel, 1).row).toEqual([panel.row[1]]);
  });

  it('refuses markets whose bars open at different instants', () => {
    const shifted = { ...late, openTime: late.openTime.map((time) => time + HOUR / 2) };
    expect(() => createPanel([early, shifted])).toThrow('open at the same instants as those of a');
  });

  it('refuses no market, the same market twice, and different intervals', () => {
    expect(() => createPanel([])).toThrow('at least one market');
    expect(() => createPanel([early, early])).toThrow('every market once');
    expect(() => createPanel([early, { ...late, intervalMs: 60_000 }])).toThrow('one interval');
  });
});
