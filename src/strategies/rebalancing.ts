import type { Column } from '../core/bars.ts';
import type { Panel } from '../core/panel.ts';
import { HOLD, type Policy, Reason } from '../core/policy.ts';
import { boundaryBefore } from '../core/resample.ts';

/**
 * Sets the targets of all markets at a slice. `rows` holds each market's last bar, or -1 where it had none since the rebalancing before;
 * targets start as NaN, which leaves what is held.
 */
export type Allocation = (slice: number, rows: Int32Array, targets: Float64Array) => void;

/**
 * Targets that are decided anew every `every` bars, as one column for each market: the target at its first bar from then on, NaN
 * at the others. Periods are counted as intervals are, from 1970 (whole weeks from Mondays), so that a later start decides at the same closes;
 * where no market has a bar at the end of a period, the next slice stands for it.
 */
export function rebalanced(panel: Panel, every: number, allocate: Allocation): readonly Column[] {
  const { markets, closeTime, row } = panel;
  const period = every * markets[0]!.intervalMs;
  const columns = markets.map((bars) => new Float64Array(bars.length).fill(Number.NaN));
  const last = new Int32Array(markets.length).fill(-1);
  const lastTime = new Float64Array(markets.length).fill(-Infinity);
  const rows = new Int32Array(markets.length);
  const targets = new Float64Array(markets.length);
  const waiting = new Uint8Array(markets.length);
  let current = Number.NaN;
  for (let slice = 0; slice < closeTime.length; slice++) {
    const time = closeTime[slice]!;
    for (let m = 0; m < markets.length; m++) {
      if (row[m]![slice]! < 0) continue;
      last[m] = row[m]![slice]!;
      lastTime[m] = time;
    }
    const boundary = boundaryBefore(time, period);
    // Whether the first slice is the first of its period is known only where it stands on the boundary.
    if (boundary === time || (slice > 0 && boundary !== current)) {
      for (let m = 0; m < markets.length; m++) rows[m] = lastTime[m]! > time - period ? last[m]! : -1;
      targets.fill(Number.NaN);
      allocate(slice, rows, targets);
      waiting.fill(1);
    }
    current = boundary;
    for (let m = 0; m < markets.length; m++) {
      if (waiting[m] === 0 || row[m]![slice]! < 0) continue;
      columns[m]![row[m]![slice]!] = targets[m]!;
      waiting[m] = 0;
    }
  }
  return columns;
}

/** Wants what the last of the strategy's columns says, and leaves what it holds where that says nothing. */
export const follow: Policy = {
  kind: 'follow',
  slots: [],
  decide(view) {
    const target = view.signals[view.signals.length - 1]![view.i]!;
    const held = view.exposure;
    if (Number.isNaN(target)) {
      view.reason = held !== 0 ? Reason.holding : Number.isNaN(view.signal[view.i]!) ? Reason.noForecast : Reason.belowThreshold;
      return HOLD;
    }
    if (target === 0) view.reason = held !== 0 ? Reason.exit : Reason.belowThreshold;
    else if (target * held > 0) view.reason = Reason.holding;
    else view.reason = target > 0 ? Reason.enterLong : Reason.enterShort;
    return target;
  },
};
