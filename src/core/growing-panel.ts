import type { FundingRates } from './funding.ts';
import { type GrowingBars, withRoom } from './growth.ts';
import { isoInstant } from './instant.ts';
import { alignedFunding, createPanel, openingOffset, type Panel } from './panel.ts';

/** A panel that slices are appended to. */
export interface GrowingPanel {
  /**
   * Adds the slice that closes at `closeTime` (ms UTC) to the panel once its bars were appended to their markets: `present` says which have one,
   * [market] in the order of the panel. Throws a TypeError, and adds nothing, where the markets' last bars are others, or the slice does not follow.
   */
  append(closeTime: number, present: readonly boolean[]): void;
  /** What `createPanel` gives for the bars so far. What was handed out before stays as it was. */
  view(): Panel;
}

/**
 * A panel of growing bars, which begins with those that they have. `funding` holds the rates by market's name, looked up and aligned in full at each
 * view. There are no bars of a lower interval beside it. Throws a TypeError as `createPanel` does.
 */
export function growPanel(markets: readonly GrowingBars[], funding?: ReadonlyMap<string, FundingRates>): GrowingPanel {
  const sorted = [...markets].sort((a, b) => (a.view().market < b.view().market ? -1 : 1));
  const first = createPanel(sorted.map((bars) => bars.view()));
  const { intervalMs } = first.markets[0]!;
  let slices = first.closeTime.length;
  let closeTimes = first.closeTime;
  let rows = first.row;
  const lengths = first.markets.map((bars) => bars.length);

  function check(closeTime: number, present: readonly boolean[]): void {
    const last = slices > 0 ? closeTimes[slices - 1]! : -Infinity;
    if (!present.includes(true)) throw new TypeError(`Expected a bar of at least one market at ${isoInstant(closeTime)}, received none`);
    if (!(closeTime > last)) {
      throw new TypeError(`Expected a slice that closes after ${isoInstant(last)}, received one at ${isoInstant(closeTime)}`);
    }
    // One market may keep any clock, as in `createPanel`.
    if (sorted.length > 1 && slices > 0 && openingOffset(closeTime, intervalMs) !== openingOffset(last, intervalMs)) {
      throw new TypeError(`Expected a slice on the clock of the one at ${isoInstant(last)}, received one at ${isoInstant(closeTime)}`);
    }
    for (const [m, bars] of sorted.entries()) {
      const { market, length, openTime } = bars.view();
      const expected = lengths[m]! + (present[m] ? 1 : 0);
      if (length !== expected || (present[m] && openTime[length - 1]! + intervalMs !== closeTime)) {
        const closed = present[m] ? `, the last one closed at ${isoInstant(closeTime)}` : '';
        throw new TypeError(
          `Expected ${expected} bars of ${market}${closed}, received ${length}; append the bars of a slice to their markets before it`,
        );
      }
    }
  }

  return {
    append(closeTime, present) {
      check(closeTime, present);
      closeTimes = withRoom(closeTimes, slices, slices + 1);
      rows = rows.map((row) => withRoom(row, slices, slices + 1));
      closeTimes[slices] = closeTime;
      rows.forEach((row, m) => {
        row[slices] = present[m] ? lengths[m]!++ : -1;
      });
      slices++;
    },
    view() {
      const views = sorted.map((bars) => bars.view());
      return {
        markets: views,
        closeTime: closeTimes.subarray(0, slices),
        row: rows.map((row) => row.subarray(0, slices)),
        ...(funding && { funding: alignedFunding(views, funding) }),
      };
    },
  };
}
