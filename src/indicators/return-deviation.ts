import type { Bars, Column } from '../core/bars.ts';
import { kept } from '../core/growth.ts';
import { EXPONENTIAL_CARRIERS, exponentialDeviation } from './exponential-deviation.ts';
import { logReturn, simpleReturn } from './returns.ts';
import { standardDeviation } from './standard-deviation.ts';

/** How far back a deviation looks: over the last `window` returns, or with weights that halve every `halfLife` rows. */
export type Reach = { readonly window: number } | { readonly halfLife: number };

/**
 * Standard deviation of a market's returns, a fraction: of logarithmic ones from row to row, or, where a `horizon` is given, of simple ones over so
 * many rows. Over a window the divisor is `window - 1`. Kept where the bars grow, so to be read only. Throws a TypeError for a bad reach or horizon.
 */
export function returnDeviation(bars: Bars, reach: Reach, horizon?: number): Column {
  const { close } = bars;
  const key = `deviation ${horizon === undefined ? 'logReturn' : `return(${horizon})`} ${JSON.stringify(reach)}`;
  const widths = new Array<number>(2 + EXPONENTIAL_CARRIERS).fill(1);
  const [deviation] = kept(bars, key, 'window' in reach ? widths.slice(0, 2) : widths, (columns, from) => {
    const [into, returns, ...carriers] = columns as readonly [Column, Column, ...Column[]];
    if (horizon === undefined) logReturn(close, 1, returns, from);
    else simpleReturn(close, horizon, returns, from);
    if ('window' in reach) standardDeviation(returns, reach.window, 1, into, from);
    else exponentialDeviation(returns, reach.halfLife, [into, ...carriers], from);
  });
  return deviation!;
}
