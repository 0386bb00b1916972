import { firstAtOrAfter } from './ascending.ts';
import type { Bars, Column } from './bars.ts';
import { alignFunding, type FundingRates } from './funding.ts';
import { isoInstant } from './instant.ts';

/**
 * Bars of several markets on one clock of slices. `closeTime[s]` (ms UTC, ascending) is when slice `s` was complete;
 * `row[m][s]` is the bar of market `m` that closed then, or -1. Markets stand in the order of their names, so that no sum
 * over them depends on the order in which they were configured.
 */
export interface Panel {
  readonly markets: readonly Bars[];
  readonly closeTime: Float64Array;
  readonly row: readonly Int32Array[];
  /** Funding rates, [market], aligned with its bars, as `alignFunding` makes them; undefined where none are paid. */
  readonly funding?: readonly (Column | undefined)[];
  /** Bars of a lower interval that decide what happened first within a bar, [market]. */
  readonly detail?: readonly (Bars | undefined)[];
}

/** What is known of markets beside their bars, by name. */
export interface Beside {
  readonly funding?: ReadonlyMap<string, FundingRates>;
  readonly detail?: ReadonlyMap<string, Bars>;
}

/** A panel of at least one market; all must share the interval and have names of their own. Throws a TypeError otherwise. */
export function createPanel(markets: readonly Bars[], { funding, detail }: Beside = {}): Panel {
  const first = markets[0];
  if (!first) throw new TypeError('Expected at least one market, received none');
  const sorted = [...markets].sort((a, b) => (a.market < b.market ? -1 : 1));
  const names = new Set(sorted.map((bars) => bars.market));
  if (names.size !== sorted.length) {
    throw new TypeError(`Expected every market once, received ${sorted.map((bars) => bars.market).join(', ')}`);
  }
  for (const bars of sorted) {
    if (bars.intervalMs !== first.intervalMs) {
      throw new TypeError(`Expected markets of one interval, received ${first.intervalMs} ms and ${bars.intervalMs} ms (${bars.market})`);
    }
  }
  if (sorted.length > 1) checkClock(sorted);
  const closeTime = unionOfTimes(sorted);
  const row = sorted.map((bars) => rowsOnClock(bars, closeTime));
  return {
    markets: sorted,
    closeTime,
    row,
    ...(funding && { funding: alignedFunding(sorted, funding) }),
    ...(detail && { detail: sorted.map(({ market }) => detail.get(market)) }),
  };
}

/** The rates of every market on its bars, undefined where there are none. */
export function alignedFunding(markets: readonly Bars[], funding: ReadonlyMap<string, FundingRates>): readonly (Column | undefined)[] {
  return markets.map((bars) => {
    const rates = funding.get(bars.market);
    return rates && alignFunding(bars, rates);
  });
}

/** How long after the last multiple of the interval since 1970 bars open, ms. */
export function openingOffset(time: number, intervalMs: number): number {
  return ((time % intervalMs) + intervalMs) % intervalMs;
}

/** The first slice that closes at or after `time` (ms UTC); the number of slices where there is none. */
export function firstSliceAt(panel: Panel, time: number): number {
  return firstAtOrAfter(panel.closeTime, time);
}

/** The panel of one of its markets alone, on the same clock. */
export function singleMarket(panel: Panel, market: number): Panel {
  const { markets, closeTime, row, funding, detail } = panel;
  return {
    markets: [markets[market]!],
    closeTime,
    row: [row[market]!],
    ...(funding && { funding: [funding[market]] }),
    ...(detail && { detail: [detail[market]] }),
  };
}

/** Bars that open at different instants within the interval would meet prices of one slice that lie apart in time. */
function checkClock(markets: readonly Bars[]): void {
  const { intervalMs, openTime, market } = markets[0]!;
  const expected = openingOffset(openTime[0] ?? 0, intervalMs);
  for (const bars of markets) {
    const row = bars.openTime.findIndex((time) => openingOffset(time, intervalMs) !== expected);
    if (row >= 0) {
      throw new TypeError(
        `Expected bars of ${bars.market} that open at the same instants as those of ${market}, received one at ${isoInstant(bars.openTime[row]!)}; markets of one account need one clock`,
      );
    }
  }
}

function unionOfTimes(markets: readonly Bars[]): Float64Array {
  const interval = markets[0]!.intervalMs;
  if (markets.length === 1) return markets[0]!.openTime.map((time) => time + interval);
  const times = new Set<number>();
  for (const bars of markets) {
    for (let row = 0; row < bars.length; row++) times.add(bars.openTime[row]! + interval);
  }
  return Float64Array.from(times).sort();
}

function rowsOnClock(bars: Bars, closeTime: Float64Array): Int32Array {
  const rows = new Int32Array(closeTime.length).fill(-1);
  let row = 0;
  for (let slice = 0; slice < closeTime.length && row < bars.length; slice++) {
    if (bars.openTime[row]! + bars.intervalMs === closeTime[slice]) rows[slice] = row++;
  }
  return rows;
}
