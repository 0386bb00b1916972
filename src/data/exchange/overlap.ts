import { type Bars, firstRowAt } from '../../core/bars.ts';

/** So many bars must disagree before it is no revision. */
const ENOUGH = 2;

/**
 * Whether two series cannot be of one market: none of their bars of equal times, of which there are two at least, traded at a price in common.
 * A revised bar still has most of its range.
 */
export function isOtherMarket(stored: Bars, answered: Bars): boolean {
  let compared = 0;
  for (let k = 0; k < answered.length; k++) {
    const row = firstRowAt(stored, answered.openTime[k]!);
    if (stored.openTime[row] !== answered.openTime[k]) continue;
    if (answered.low[k]! <= stored.high[row]! && answered.high[k]! >= stored.low[row]!) return false;
    compared++;
  }
  return compared >= ENOUGH;
}
