import { expect } from 'vitest';
import { type Bars, sliceBars } from '../../src/core/bars.ts';
import { growPanel } from '../../src/core/growing-panel.ts';
import { type BarRow, type GrowingBars, growBars } from '../../src/core/growth.ts';
import { createPanel, type Panel } from '../../src/core/panel.ts';

export function rowOf({ openTime, open, high, low, close, volume }: Bars, row: number): BarRow {
  return { openTime: openTime[row]!, open: open[row]!, high: high[row]!, low: low[row]!, close: close[row]!, volume: volume[row]! };
}

export function appendRow(growing: GrowingBars, bars: Bars, row: number): void {
  growing.append(rowOf(bars, row));
}

/** After so many slices more something is asked; of the view of so many slices before, if there is one. */
export interface Moment {
  readonly steps: number;
  readonly back: number;
}

/** Grows the panel of the markets from its first `start` slices to all, and at each moment hands over a view and the ordinary panel of the same bars. */
export function growThrough(
  markets: readonly Bars[],
  start: number,
  moments: readonly Moment[],
  ask: (view: Panel, full: Panel) => void,
): void {
  const whole = createPanel(markets);
  const rowsBefore = (slice: number) => whole.row.map((rows) => rows.subarray(0, slice).filter((row) => row >= 0).length);
  const growing = whole.markets.map((bars, m) => growBars(sliceBars(bars, 0, rowsBefore(start)[m]!)));
  const panel = growPanel([...growing].reverse());
  const views = [panel.view()];
  let slice = start;
  for (const { steps, back } of [...moments, { steps: whole.closeTime.length, back: 0 }]) {
    for (let k = 0; k < steps && slice < whole.closeTime.length; k++, slice++) {
      const rows = whole.row.map((one) => one[slice]!);
      for (const [m, row] of rows.entries()) if (row >= 0) appendRow(growing[m]!, whole.markets[m]!, row);
      panel.append(
        whole.closeTime[slice]!,
        rows.map((row) => row >= 0),
      );
      views.push(panel.view());
    }
    const view = views[Math.max(0, views.length - 1 - back)]!;
    ask(view, createPanel(view.markets.map(({ length }, m) => sliceBars(whole.markets[m]!, 0, length))));
  }
}

type Values = Float64Array | Int32Array | Uint8Array;

/** Bit for bit, all NaNs being one. */
export function expectBits(received: readonly Values[], expected: readonly Values[], what: string): void {
  expect(received.length, what).toBe(expected.length);
  for (const [k, column] of received.entries()) {
    expect(column.length, `${what}, column ${k}`).toBe(expected[k]!.length);
    for (let row = 0; row < column.length; row++) {
      if (!Object.is(column[row], expected[k]![row])) {
        expect.fail(`${what}, column ${k}, row ${row}: expected ${expected[k]![row]}, received ${column[row]}`);
      }
    }
  }
}
