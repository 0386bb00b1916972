import type { Bars } from '../core/bars.ts';
import { isoInstant } from '../core/instant.ts';
import { DataError } from '../data/data-error.ts';

/** Bars of a lower interval may leave the range of their bar by this share of the price, and more of them by accident than this share. */
const SLACK = 0.001;
const ACCIDENTS = 0.01;

/** How many bars have bars of a lower interval within them. Throws a DataError where there are none, or where they are not of the same market. */
export function detailCoverage(bars: Bars, detail: Bars): number {
  let next = 0;
  let covered = 0;
  let strangers = 0;
  let first = -1;
  for (let row = 0; row < bars.length; row++) {
    const start = bars.openTime[row]!;
    while (next < detail.length && detail.openTime[next]! < start) next++;
    let strange = false;
    const from = next;
    for (; next < detail.length && detail.openTime[next]! < start + bars.intervalMs; next++) {
      if (detail.high[next]! > bars.high[row]! * (1 + SLACK) || detail.low[next]! < bars.low[row]! * (1 - SLACK)) strange = true;
    }
    if (next > from) covered++;
    if (!strange) continue;
    strangers++;
    if (first < 0) first = row;
  }
  if (covered === 0) {
    throw new DataError(`Expected bars of a lower interval within those of ${bars.market}, received none in its period; mend detail`);
  }
  if (strangers > ACCIDENTS * covered) {
    throw new DataError(
      `Expected bars of a lower interval of ${bars.market} itself, received some beyond the range of their bar in ${strangers} of ${covered}, first ${isoInstant(bars.openTime[first]!)}; mend detail`,
    );
  }
  return covered;
}
